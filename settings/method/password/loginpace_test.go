package password_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
)

const known = "correct horse battery staple"

// hashes are what a table with a history has.
func hashes(t *testing.T) (argon, bcrypted string) {
	t.Helper()
	argon, err := settingstest.FastHash().Hash(known)
	require.NoError(t, err)
	b, err := bcrypt.GenerateFromPassword([]byte(known), bcrypt.MinCost)
	require.NoError(t, err)
	return argon, string(b)
}

func of(hash string) method.View {
	return method.View{Identity: identity.Identity{Record: identity.Record{ID: "ada", PasswordHash: hash}}}
}

// In a bubble hashing takes no time, so all the time there is is that of the timer.
func TestAWrongAnswerTakesAsLongAsTheDearestKind(t *testing.T) {
	argon, bcrypted := hashes(t)
	for name, try := range map[string]struct {
		stored, typed string
		right         bool
	}{
		"of somebody with the writer's kind":      {argon, "a guess", false},
		"of somebody with the dearest kind":       {bcrypted, "a guess", false},
		"of nobody":                               {"", "a guess", false},
		"of nobody, the right one of the decoy's": {"", known, false},
		"too long for bcrypt":                     {bcrypted, strings.Repeat("x", 73), false},
		"with a NUL, which bcrypt does not read":  {bcrypted, "a\x00guess", false},
		"nothing":                                 {argon, "", false},
		"of somebody whose hash is damaged":       {"$2b$10$damaged", "a guess", false},
		"of somebody whose hash asks too much":    {"$argon2id$v=19$m=99999999,t=1,p=1$c2FsdHNhbHQ$" + strings.Repeat("A", 43), "a guess", false},
		"a right one waits for nothing":           {argon, known, true},
		"nor does one of the dearest kind":        {bcrypted, known, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limiter := password.NewLimiter(1, 0, 0)
				m := password.New(password.Config{Writer: settingstest.FastHash(), Limiter: limiter})
				m.Seen(bcrypted, 400*time.Millisecond)
				began := time.Now()
				slotFree := make(chan time.Duration, 1)
				go func() {
					time.Sleep(time.Millisecond) // the comparison is done, and the answer held
					assert.NoError(t, limiter.Do(t.Context(), "ada", 1, func() error { return nil }))
					slotFree <- time.Since(began)
				}()
				_, err := m.Verify(t.Context(), of(try.stored), method.Proof{Value: try.typed})
				took := time.Since(began)
				if try.right {
					assert.NoError(t, err)
					assert.Zero(t, took)
				} else {
					assert.ErrorIs(t, err, method.ErrWrong)
					assert.Equal(t, 500*time.Millisecond, took, "400 and a quarter")
				}
				assert.Equal(t, time.Millisecond, <-slotFree, "no slot is held meanwhile")
			})
		})
	}
}

func TestAnAnswerIsNotHeldForAClientThatLeaves(t *testing.T) {
	argon, bcrypted := hashes(t)
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine is left
		m := password.New(password.Config{Writer: settingstest.FastHash(), Limiter: password.NewLimiter(1, 0, 0)})
		m.Seen(bcrypted, 400*time.Millisecond)
		ctx, leave := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer leave()
		began := time.Now()
		_, err := m.Verify(ctx, of(argon), method.Proof{Value: "a guess"})
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 100*time.Millisecond, time.Since(began))
	})
}

// What is never hashed says nothing of how long hashing takes, or anyone could make
// answers quick again.
func TestWhatIsNotHashedDoesNotCount(t *testing.T) {
	argon, bcrypted := hashes(t)
	synctest.Test(t, func(t *testing.T) {
		m := password.New(password.Config{Writer: settingstest.FastHash(), Limiter: password.NewLimiter(1, 0, 0)})
		m.Seen(bcrypted, 400*time.Millisecond)
		for range 50 {
			_, err := m.Verify(t.Context(), of(bcrypted), method.Proof{Value: strings.Repeat("x", 73)})
			assert.ErrorIs(t, err, method.ErrWrong)
		}
		began := time.Now()
		_, err := m.Verify(t.Context(), of(argon), method.Proof{Value: "a guess"})
		assert.ErrorIs(t, err, method.ErrWrong)
		assert.Equal(t, 500*time.Millisecond, time.Since(began))
	})
}

func TestADamagedHashIsAWrongPasswordAndAnErrorForTheLog(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", known)
	kit.Edit(ada, func(i *identity.Identity) { i.PasswordHash = "$2b$10$damaged" })
	for range 10 {
		err := prove(kit, ada, known)
		assert.Equal(t, method.ErrWrong, err, "the client's half has no cause")
	}
	assert.ErrorContains(t, prove(kit, ada, known), "too many", "it is counted like any other")
	assert.Contains(t, kit.Log.String(), "level=ERROR")
	assert.Contains(t, kit.Log.String(), password.ErrUnknownHash.Error())
}
