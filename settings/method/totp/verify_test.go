package totp_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/store/memory"
)

// login checks a code as a login page does.
func (w *fixture) login(code string) error {
	id, err := w.Handler.Service.Verify(w.t.Context(), settings.Proof{Method: aal.TOTP, IdentityID: w.ada, Value: code})
	if err == nil {
		assert.Equal(w.t, w.ada, id)
	} else {
		assert.Empty(w.t, id)
	}
	return err
}

func TestACodeAtALogin(t *testing.T) {
	for name, row := range map[string]struct {
		off   time.Duration
		right bool
	}{
		"of now":                  {0, true},
		"of the step before":      {-30 * time.Second, true},
		"of the step after":       {30 * time.Second, true},
		"of two steps before":     {-60 * time.Second, false},
		"90 seconds old":          {-90 * time.Second, false},
		"of two steps after":      {60 * time.Second, false},
		"of an app an hour off":   {-time.Hour, false},
		"of an app an hour ahead": {time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			secret := w.enrolled(w.SignIn(w.ada, respond.API))
			w.Clock.Advance(5 * time.Minute)
			code := app(t, secret, w.Clock.Now().Add(row.off))
			if !row.right {
				before := w.Identity(w.ada)
				assert.ErrorIs(t, w.login(code), method.ErrWrong)
				assert.Equal(t, before, w.Identity(w.ada))
				return
			}
			before := w.Identity(w.ada)
			require.NoError(t, w.login(code))
			after := w.Identity(w.ada)
			assert.Equal(t, before.State.Factors[aal.TOTP].Serial, after.State.Factors[aal.TOTP].Serial, "a login is no change of the factor")
			assert.Equal(t, before.State.Generation, after.State.Generation, "and ends no session")
			assert.ErrorIs(t, w.login(code), method.ErrWrong, "once")
		})
	}
}

func TestAStepIsUsedUpWithAllBeforeIt(t *testing.T) {
	w := newFixture(t)
	secret := w.enrolled(w.SignIn(w.ada, respond.API))
	w.Clock.Advance(5 * time.Minute)
	now := w.Clock.Now()
	require.NoError(t, w.login(app(t, secret, now)))
	assert.ErrorIs(t, w.login(app(t, secret, now.Add(-30*time.Second))), method.ErrWrong, "older than the last used one")
	require.NoError(t, w.login(app(t, secret, now.Add(30*time.Second))))
	w.Clock.Advance(30 * time.Second)
	assert.ErrorIs(t, w.login(app(t, secret, now.Add(30*time.Second))), method.ErrWrong)
	w.Clock.Advance(-time.Hour) // a clock set back opens nothing again
	assert.ErrorIs(t, w.login(w.code(secret)), method.ErrWrong)
	w.Clock.Advance(time.Hour + time.Minute)
	assert.NoError(t, w.login(w.code(secret)))
}

func TestTheCodeThatAddedTheAppIsUsedUp(t *testing.T) {
	for _, off := range []time.Duration{-30 * time.Second, 0, 30 * time.Second} {
		w := newFixture(t)
		c := w.SignIn(w.ada, respond.API)
		f := c.Start()
		secret := w.secret(f)
		code := app(t, secret, w.Clock.Now().Add(off))
		w.saved(c, c.Submit(f, enrol(code)))
		assert.ErrorIs(t, w.login(code), method.ErrWrong, "%v", off)
		w.Clock.Advance(time.Minute)
		assert.NoError(t, w.login(w.code(secret)), "%v", off)
	}
}

func TestManyLoginsWithOneCode(t *testing.T) {
	for name, mode := range map[string]func(*settings.Config){
		"three stores": func(*settings.Config) {},
		"a backend":    func(c *settings.Config) { c.Backend = c.Flows.(*memory.Store) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, mode)
			secret := w.enrolled(w.SignIn(w.ada, respond.API))
			w.Clock.Advance(time.Minute)
			code := w.code(secret)
			var right atomic.Int32
			var all sync.WaitGroup
			for range 32 {
				all.Go(func() {
					if w.login(code) == nil {
						right.Add(1)
					}
				})
			}
			all.Wait()
			assert.EqualValues(t, 1, right.Load())
		})
	}
}

func TestWhatIsNoCode(t *testing.T) {
	w := newFixture(t)
	secret := w.enrolled(w.SignIn(w.ada, respond.API))
	w.Clock.Advance(time.Minute)
	for n, given := range []string{"", "12345", "1234567", "12345x", "١٢٣", "+12345", "-12345", "0x1234", "123456\x00", secret} {
		err := w.login(given)
		assert.ErrorIs(t, err, method.ErrWrong, "%q", given)
		assert.ErrorIs(t, err, totp.ErrMalformed, "%q", given)
		for _, id := range []string{"nobody", w.AddIdentity(strconv.Itoa(n)+"@example.com", "")} { // who has an app is not told by it
			_, err := w.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.TOTP, IdentityID: id, Value: given})
			assert.ErrorIs(t, err, method.ErrWrong, "%q", given)
			assert.ErrorIs(t, err, totp.ErrMalformed, "%q", given)
		}
		w.Clock.Advance(16 * time.Minute)
		require.NoError(t, w.login(w.code(secret))) // so that none is locked
	}
}

func TestCodesOfOthers(t *testing.T) {
	w := newFixture(t)
	secret := w.enrolled(w.SignIn(w.ada, respond.API))
	w.Clock.Advance(time.Minute)
	bob := w.AddIdentity("bob@example.com", "")
	for name, id := range map[string]string{"an account without an app": bob, "nobody": "00000000-0000-4000-8000-000000000000"} {
		_, err := w.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.TOTP, IdentityID: id, Value: w.code(secret)})
		assert.ErrorIs(t, err, method.ErrWrong, name)
	}
}

func TestARemovedApp(t *testing.T) {
	w := newFixture(t)
	c := w.SignIn(w.ada, respond.API)
	secret := w.enrolled(c)
	w.saved(c, c.Submit(c.Start(), unlink))
	w.Clock.Advance(time.Minute)
	assert.ErrorIs(t, w.login(w.code(secret)), method.ErrWrong)
	next := w.enrolled(c)
	w.Clock.Advance(time.Minute)
	assert.ErrorIs(t, w.login(w.code(secret)), method.ErrWrong)
	assert.NoError(t, w.login(w.code(next)))
}

// A row that changed between the comparison and the write decides anew.
func TestBurningOnANewerRow(t *testing.T) {
	w := newFixture(t)
	secret := w.enrolled(w.SignIn(w.ada, respond.API))
	w.Clock.Advance(time.Minute)
	m := totp.New(totp.Config{Issuer: "Example"})
	burn, err := m.Verify(t.Context(), method.View{Identity: w.Identity(w.ada), Now: w.Clock.Now()},
		settings.Proof{Method: aal.TOTP, IdentityID: w.ada, Value: w.code(secret)})
	require.NoError(t, err)

	same := w.Identity(w.ada)
	require.NoError(t, burn(&same))
	assert.Equal(t, w.Clock.Now(), same.State.Factors[aal.TOTP].Credentials[0].LastUsedAt)
	assert.ErrorIs(t, burn(&same), method.ErrWrong, "the step was used meanwhile")

	gone := w.Identity(w.ada)
	gone.State.Factors[aal.TOTP] = identity.Factor{Serial: 2}
	assert.ErrorIs(t, burn(&gone), method.ErrWrong, "the app was removed meanwhile")

	replaced := w.Identity(w.ada)
	replaced.State.Factors[aal.TOTP].Credentials[0].ID = "3"
	assert.ErrorIs(t, burn(&replaced), method.ErrWrong, "and another one was added")
}

// What is stored but has no secret proves nothing, and can be removed.
func TestAnAppThatCannotBeRead(t *testing.T) {
	for _, data := range []string{``, `{}`, `{"secret":""}`, `{"secret":"AAAA","used":1}`, `[]`} {
		t.Run(data, func(t *testing.T) {
			w := newFixture(t)
			w.AddFactor(w.ada, aal.TOTP)
			w.Edit(w.ada, func(i *identity.Identity) { i.State.Factors[aal.TOTP].Credentials[0].Data = []byte(data) })
			err := w.login("328482") // the code of an empty key at that time is as good as any
			require.Error(t, err)
			assert.NotErrorIs(t, err, method.ErrWrong, "it is for the log")
			c := w.SignIn(w.ada, respond.API, aal.Password, aal.TOTP)
			assert.Equal(t, "400 4000001", c.Submit(c.Start(), enrol("123456")).Brief())
			w.saved(c, c.Submit(c.Start(), unlink))
		})
	}
}

func TestTenWrongCodesAtALogin(t *testing.T) {
	w := newFixture(t)
	secret := w.enrolled(w.SignIn(w.ada, respond.API))
	w.Clock.Advance(time.Minute)
	for range 10 {
		assert.ErrorIs(t, w.login("000000"), method.ErrWrong)
	}
	var locked *settings.LockedError
	require.ErrorAs(t, w.login(w.code(secret)), &locked, "even a right one")
	assert.Equal(t, 15*time.Minute, locked.RetryAfter)
	w.Clock.Advance(15 * time.Minute)
	assert.NoError(t, w.login(w.code(secret)))
}

// The stores hold a secret sealed only: the Kit looks for it in every write of
// every test here. This one looks that it would find it.
func TestWhatStandsInTheRow(t *testing.T) {
	w := newFixture(t)
	w.enrolled(w.SignIn(w.ada, respond.API))
	open := w.Identity(w.ada).State.Factors[aal.TOTP].Credentials[0]
	assert.Regexp(t, `^\{"secret":"[A-Za-z0-9+/]{27}=","used":[0-9]+\}$`, string(open.Data))
	row, err := w.Store.GetIdentity(t.Context(), w.ada)
	require.NoError(t, err)
	assert.NotContains(t, string(row.SealedState), "secret")
}

// An app that was set up elsewhere goes on.
func TestAnImportedApp(t *testing.T) {
	w := newFixture(t)
	secret := []byte("12345678901234567890")
	app, err := totp.Credential(secret, w.Clock.Now())
	require.NoError(t, err)
	w.Edit(w.ada, func(i *identity.Identity) {
		i.State.Factors = map[aal.Method]identity.Factor{aal.TOTP: {Serial: 1, Credentials: []identity.Credential{app}}}
	})
	w.Clock.Advance(time.Unix(1111111109, 0).Sub(w.Clock.Now())) // RFC 6238 appendix B: 07081804
	prove := func(code string) error {
		_, err := w.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.TOTP, IdentityID: w.ada, Value: code})
		return err
	}
	require.NoError(t, prove("081804"))
	require.ErrorIs(t, prove("081804"), method.ErrWrong)

	_, err = totp.Credential(secret[:15], w.Clock.Now())
	assert.Error(t, err, "less than 128 bit")
}
