package settings_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

// namedTry proves a password of whoever has a name.
func namedTry(kit *settingstest.Kit, name, pass string) error {
	id, err := kit.Store.IdentityOwner(kit.T.Context(), identity.Key{Kind: identity.Identifier, Value: name})
	if err != nil && !errors.Is(err, identity.ErrNotFound) {
		kit.T.Fatal(err)
	}
	_, err = kit.Handler.Service.Verify(kit.T.Context(), settings.Proof{Method: aal.Password, IdentityID: id, Name: name, Value: pass})
	return err
}

// said is what an answer tells a client.
func said(err error) string {
	var locked *settings.LockedError
	switch {
	case err == nil:
		return "right"
	case errors.As(err, &locked):
		return fmt.Sprint("locked for ", locked.RetryAfter)
	case err == settings.ErrWrong:
		return "wrong"
	}
	return err.Error()
}

// Whatever somebody who guesses does, and however long they wait in between, a name
// that somebody has is answered like one that nobody has.
func TestGuessesDoNotTellWhichNamesExist(t *testing.T) {
	ten := func(wait time.Duration) []time.Duration { return append(make([]time.Duration, 9), wait) }
	for name, waits := range map[string][]time.Duration{
		"a lock, and the end of it":            append(ten(0), 15*time.Minute-1, 1, 0),
		"without a pause":                      append(append(ten(15*time.Minute), ten(30*time.Minute)...), ten(time.Hour)...),
		"with pauses that forget what is told": append(append(ten(30*time.Minute), ten(30*time.Minute)...), ten(30*time.Minute)...),
		"just before it is forgotten":          append(append(ten(30*time.Minute-1), ten(time.Hour-1)...), ten(0)...),
		"nine, and a long time":                append(append(make([]time.Duration, 8), 15*time.Minute-1), append(make([]time.Duration, 8), 15*time.Minute, 0)...),
		"a day for each ten":                   append(append(ten(24*time.Hour), ten(24*time.Hour)...), ten(48*time.Hour)...),
		"for weeks": func() (all []time.Duration) {
			for range 12 {
				all = append(all, ten(24*time.Hour)...)
			}
			return all
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
				kit := settingstest.New(t, mode)
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				kit.AddIdentity("bob@example.com", "") // signs in by a linked login only
				blocked := kit.AddIdentity("eve@example.com", oldPassword)
				require.NoError(t, kit.Store.SetActive(t.Context(), blocked, false))
				kit.Edit(ada, func(i *identity.Identity) { i.UpdatedAt = kit.Clock.Now() })
				for n, wait := range append(waits, 0, 0) {
					answers := map[string]string{}
					for _, who := range []string{"ada@example.com", "bob@example.com", "eve@example.com", "nobody@example.com"} {
						answers[who] = said(namedTry(kit, who, "a guess at it"))
					}
					for who, answer := range answers {
						require.Equal(t, answers["nobody@example.com"], answer, "try %d of %s", n, who)
					}
					kit.Clock.Advance(wait)
				}
			})
		})
	}
}

// What is told is short, for the sake of names that nobody has. What holds is not: who
// waits for a lock to be forgotten gets no more of the real password compared.
func TestALockHoldsLongerThanItIsTold(t *testing.T) {
	kit := settingstest.New(t)
	kit.AddIdentity("ada@example.com", oldPassword)
	ten := func() {
		for range 10 {
			require.Equal(t, "wrong", said(namedTry(kit, "ada@example.com", "a guess at it")))
		}
	}
	ten()
	kit.Clock.Advance(30 * time.Minute)
	ten()
	require.Equal(t, "locked for 15m0s", said(namedTry(kit, "ada@example.com", oldPassword)))
	kit.Clock.Advance(30*time.Minute - 1)
	require.Equal(t, "wrong", said(namedTry(kit, "ada@example.com", oldPassword)), "the second lock takes 30 minutes")
	kit.Clock.Advance(1)
	require.Equal(t, "right", said(namedTry(kit, "ada@example.com", oldPassword)))

	// Ten guesses every half an hour, for two days.
	var compared int
	for range 96 {
		for range 10 {
			require.Equal(t, "wrong", said(namedTry(kit, "ada@example.com", "a guess at it")))
		}
		if said(namedTry(kit, "ada@example.com", oldPassword)) == "right" {
			compared++
		}
		kit.Clock.Advance(30 * time.Minute)
	}
	assert.Zero(t, compared)
}

// rows counts the flow records that there are.
type rows struct {
	store.FlowStore
	n, most atomic.Int64
}

func (r *rows) CreateFlow(ctx context.Context, f flow.Record) error {
	err := r.FlowStore.CreateFlow(ctx, f)
	if err == nil {
		n := r.n.Add(1)
		for most := r.most.Load(); n > most && !r.most.CompareAndSwap(most, n); most = r.most.Load() {
		}
	}
	return err
}

func (r *rows) DeleteFlow(ctx context.Context, key string) error {
	if _, err := r.GetFlow(ctx, key); err == nil {
		r.n.Add(-1)
	}
	return r.FlowStore.DeleteFlow(ctx, key)
}

func (r *rows) DeleteExpiredFlows(ctx context.Context, now time.Time, limit int) (int, error) {
	n, err := r.FlowStore.DeleteExpiredFlows(ctx, now, limit)
	r.n.Add(int64(-n))
	return n, err
}

func countingRows(c *settings.Config) *rows {
	r := &rows{FlowStore: c.Flows}
	c.Flows = r
	return r
}

// A name that nobody has takes a row for a quarter of an hour, and nobody has to call
// Sweep to be rid of it.
func TestInventedNamesLeaveFewRows(t *testing.T) {
	var flows *rows
	kit := settingstest.New(t, func(c *settings.Config) { flows = countingRows(c) })
	var err error
	kit.Handler, err = settings.New(kit.Config) // past the Kit's watch, which keeps all that is stored
	require.NoError(t, err)
	for n := range 10_000 {
		assert.Equal(t, "wrong", said(namedTry(kit, fmt.Sprintf("nobody%d@example.com", n), "a guess at it")))
		kit.Clock.Advance(time.Second)
	}
	assert.LessOrEqual(t, flows.most.Load(), int64(15*60+3*64))
	assert.Greater(t, flows.most.Load(), int64(15*60-1), "or none is counted")
	kit.Clock.Advance(15 * time.Minute)
	require.NoError(t, kit.Handler.Service.Sweep(t.Context()))
	assert.Zero(t, flows.n.Load())
}

// What was typed is nobody's to read, in a name's place least of all: it may be a
// password.
func TestNoStoreHasANameThatNobodyHas(t *testing.T) {
	kit := settingstest.New(t)
	for _, typed := range []string{"correct horse battery staple", "nobody@example.com"} {
		kit.Secret("what was typed as a name", typed)
		require.Equal(t, "wrong", said(namedTry(kit, typed, "a guess at it")))
	}
}

func TestAProofWithoutANameIsToldTheLockAsItIs(t *testing.T) {
	kit, _, ada := counted(t)
	prove := func() error {
		_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.TOTP, IdentityID: ada, Value: "7"})
		return err
	}
	for range 10 {
		require.Equal(t, "wrong", said(prove()))
	}
	kit.Clock.Advance(30 * time.Minute)
	for range 10 {
		require.Equal(t, "wrong", said(prove()))
	}
	assert.Equal(t, "locked for 30m0s", said(prove()))
}

// Records of a build that had one lock for everybody still hold.
func TestACountOfAnOlderBuildHolds(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	now := kit.Clock.Now()
	for name, row := range map[string]struct {
		data string
		want []string
	}{
		"nine tries":      {`{"count":9}`, []string{"wrong", "locked for 15m0s"}},
		"a second lock":   {`{"count":0,"locks":2,"until":"2030-01-02T12:20:00Z"}`, []string{"locked for 20m0s"}},
		"a lock that was": {`{"count":9,"locks":2,"until":"2030-01-02T11:55:00Z"}`, []string{"wrong", "locked for 1h0m0s"}},
	} {
		t.Run(name, func(t *testing.T) {
			key := "tries:" + ada + ":password"
			require.NoError(t, kit.Store.DeleteFlow(t.Context(), key))
			require.NoError(t, kit.Store.CreateFlow(t.Context(), flow.Record{
				Key: key, Owner: ada, ExpiresAt: now.Add(24 * time.Hour), Data: []byte(row.data),
			}))
			for _, want := range row.want {
				assert.Equal(t, want, said(namedTry(kit, "ada@example.com", "a guess at it")))
			}
		})
	}
}

// A method that says that it counts tries itself, and does not.
type uncounting struct{ stepping }

func (*uncounting) Info() (method.Info, error) {
	return method.Info{Name: "totp", Fields: []string{"totp_code"}, CountsTries: true}, nil
}

func TestAProofThatWasNotCountedIsWorthNothing(t *testing.T) {
	kit := settingstest.New(t, offering(&uncounting{}))
	ada := kit.AddIdentity("ada@example.com", "")
	kit.AddFactor(ada, aal.TOTP)
	was := kit.Identity(ada)
	_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.TOTP, IdentityID: ada, Value: "1"})
	require.Error(t, err)
	assert.NotErrorIs(t, err, settings.ErrWrong)
	assert.Equal(t, was, kit.Identity(ada))
}

func TestChallengesAreNoRows(t *testing.T) {
	var flows *rows
	kit := settingstest.New(t, offering(&signing{}), func(c *settings.Config) { flows = countingRows(c) })
	ada := kit.AddIdentity("ada@example.com", "")
	kit.Edit(ada, func(i *identity.Identity) { i.Keys = append(i.Keys, identity.Key{Kind: identity.WebAuthn, Value: "k"}) })
	for n := range 400 {
		c, err := kit.Handler.Service.Challenge(t.Context(), aal.Passkey, "")
		require.NoError(t, err)
		_, err = kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Passkey, Challenge: c.ID, Value: fmt.Sprint(n)})
		require.ErrorIs(t, err, settings.ErrWrong)
	}
	assert.Zero(t, flows.most.Load(), "nor are wrong answers")
	c, err := kit.Handler.Service.Challenge(t.Context(), aal.Passkey, "")
	require.NoError(t, err)
	_, err = kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Passkey, Challenge: c.ID, Value: "k"})
	require.NoError(t, err)
	assert.EqualValues(t, 1, flows.n.Load())
}

// Rows are deleted by whatever makes some.
func TestSweepsRunWhereRowsAreMade(t *testing.T) {
	for name, work := range map[string]func(kit *settingstest.Kit, id string, n int){
		"counts of names": func(kit *settingstest.Kit, _ string, n int) {
			assert.Equal(kit.T, "wrong", said(namedTry(kit, fmt.Sprint("nobody", n), "a guess at it")))
		},
		"sessions": func(kit *settingstest.Kit, id string, _ int) { kit.SignIn(id, respond.API) },
		"flows":    func(kit *settingstest.Kit, id string, _ int) { kit.SignIn(id, respond.API).Start() },
	} {
		t.Run(name, func(t *testing.T) {
			var flows *rows
			kit := settingstest.New(t, func(c *settings.Config) { flows = countingRows(c) })
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			for range 50 {
				kit.SignIn(ada, respond.API).Start()
			}
			old := flows.n.Load()
			kit.Clock.Advance(100 * time.Hour)
			for n := range 64 {
				work(kit, ada, n)
			}
			gone, err := kit.Store.DeleteExpiredFlows(t.Context(), kit.Clock.Now(), 1000)
			require.NoError(t, err)
			assert.Zero(t, gone, "of %d", old)
			gone, err = kit.Store.DeleteExpiredSessions(t.Context(), kit.Clock.Now(), 1000)
			require.NoError(t, err)
			assert.Zero(t, gone)
		})
	}
}
