package settings_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

// brokenAtFirst are After hooks of which the one before last fails until it is mended.
func brokenAtFirst(events *eventLog) (mend func(), hooks func(*settings.Config)) {
	var mu sync.Mutex
	broken := true
	return func() {
			mu.Lock()
			defer mu.Unlock()
			broken = false
		}, afterHooks(func(context.Context, settings.Event) error {
			mu.Lock()
			defer mu.Unlock()
			if broken {
				return errBroken
			}
			return nil
		}, events.taken())
}

func sweep(t *testing.T, kit *settingstest.Kit) {
	t.Helper()
	require.NoError(t, kit.Handler.Service.Sweep(t.Context()))
}

// Whoever changed the password may never come back; what ends the thief's sessions
// elsewhere must hear of it all the same, with all that it needs.
func TestSweepTellsOfAUserWhoDoesNotComeBack(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		var events eventLog
		mend, hooks := brokenAtFirst(&events)
		kit := settingstest.New(t, mode, hooks, func(c *settings.Config) {
			c.ClientIP = func(*http.Request) string { return "192.0.2.7" }
			c.Methods = append(c.Methods, profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
				profile.Field{Name: "email", Type: profile.Email, Identifier: true, Verify: profile.ByEmail, Recover: profile.ByEmail},
			)}}))
		})
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, respond.API)
		f := c.Start()
		wantSaved(t, c, c.Submit(f, toNewPassword))
		kit.Clock.Advance(time.Second)
		wantSaved(t, c, c.Submit(f, settingstest.Fields{"method": "profile", "traits": map[string]any{"email": "bea@example.com"}}))
		first := events.all()
		require.Len(t, first, 2, "a hook that fails keeps no other from being told")
		require.Len(t, kit.Identity(ada).State.Events, 2, "and both are told again")
		assert.Equal(t, "192.0.2.7", first[0].ClientIP)
		assert.True(t, first[0].SessionsEnded)
		assert.Equal(t, first[0].Session, first[0].KeptSession)
		assert.Equal(t, []string{"ada@example.com"}, first[1].Removed.Identifiers)
		assert.Equal(t, []string{"bea@example.com"}, first[1].Added.Identifiers)
		assert.Equal(t, []identity.Address{{Via: "email", Value: "ada@example.com", Verifiable: true, Recovery: true}}, first[1].Removed.Addresses)
		assert.Equal(t, "bea@example.com", first[1].Added.Addresses[0].Value)
		assert.False(t, first[1].SessionsEnded)

		sweep(t, kit)
		require.Len(t, events.all(), 2, "the request may still be telling it")
		kit.Clock.Advance(time.Minute)
		sweep(t, kit)
		sweep(t, kit)
		require.Len(t, events.all(), 4, "and once more it fails")
		mend()
		sweep(t, kit)
		require.Len(t, events.all(), 4, "it was tried a moment ago")
		kit.Clock.Advance(2 * time.Minute)
		sweep(t, kit)
		again := events.all()[4:]
		require.Len(t, again, 2)
		for n := range again {
			assert.Equal(t, 2, again[n].Attempts)
			again[n].Attempts = 0
		}
		assert.Equal(t, first, again, "with everything that it was told first")
		i := kit.Identity(ada)
		assert.Empty(t, i.State.Events)
		assert.True(t, i.DueAt.IsZero())
		kit.Clock.Advance(24 * time.Hour)
		sweep(t, kit)
		assert.Len(t, events.all(), 6, "told is told")
	})
}

func TestSweepsAtOnceTellEachEventOnce(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		var events eventLog
		mend, hooks := brokenAtFirst(&events)
		kit := settingstest.New(t, mode, hooks)
		want := map[string]int{}
		for n := range 20 {
			ada := kit.AddIdentity(fmt.Sprintf("ada%d@example.com", n), oldPassword)
			c := kit.SignIn(ada, respond.API)
			wantSaved(t, c, c.Submit(c.Start(), toNewPassword))
			want[kit.Identity(ada).State.Events[0].ID] = 1
		}
		mend()
		kit.Clock.Advance(time.Minute)
		before := len(events.all())
		instances := []*settingstest.Kit{kit, instance(t, kit, mode, hooks), instance(t, kit, mode, hooks), instance(t, kit, mode, hooks)}
		var wg sync.WaitGroup
		for _, one := range instances {
			wg.Go(func() { assert.NoError(t, one.Handler.Service.Sweep(t.Context())) })
		}
		wg.Wait()
		got := map[string]int{}
		for _, e := range events.all()[before:] {
			got[e.ID]++
		}
		assert.Equal(t, want, got)
	})
}

// A hook that needs three seconds an event gets no time for twenty. What it has taken
// is struck all the same, or it would be told of the first ones for ever.
func TestASlowHookComesToAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, calls := false, 0
		kit := settingstest.New(t, offering(fakeMethod{edit: func(i *identity.Identity) error {
			i.Traits = append(slices.Clone(i.Traits), ' ')
			return nil
		}}), afterHooks(func(ctx context.Context, _ settings.Event) error {
			if !slow {
				return errBroken
			}
			calls++
			select {
			case <-time.After(3 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, respond.API)
		f := c.Start()
		for range 20 {
			wantSaved(t, c, c.Submit(f, toTest))
		}
		slow = true
		for left := 20; left > 0; left -= 3 {
			require.Len(t, kit.Identity(ada).State.Events, left)
			kit.Clock.Advance(time.Hour)
			calls = 0
			sweep(t, kit)
			require.LessOrEqual(t, calls, 4)
		}
	})
}

// A row that no key opens any more stays due. It holds up nobody, however many there
// are.
func TestSweepPassesOverWhatItCannotRead(t *testing.T) {
	var events eventLog
	mend, hooks := brokenAtFirst(&events)
	kit := settingstest.New(t, hooks)
	for n := range 400 { // more than two steps of a sweep
		r := identity.Record{ID: fmt.Sprintf("lost-%d", n), Active: true, SealedState: []byte("of a key that is lost"), DueAt: kit.Clock.Now().Add(-time.Hour)}
		require.NoError(t, kit.Store.CreateIdentity(t.Context(), r))
	}
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	c := kit.SignIn(ada, respond.API)
	wantSaved(t, c, c.Submit(c.Start(), toNewPassword))
	mend()
	kit.Clock.Advance(time.Minute)
	sweep(t, kit)
	assert.Len(t, events.all(), 2)
	assert.Empty(t, kit.Identity(ada).State.Events)
	assert.Contains(t, kit.Log.String(), "identity=lost-399")
}

// A build that knows no DueAt strikes an event and leaves the row due.
func TestSweepPutsARowRightThatIsDueForNothing(t *testing.T) {
	var events eventLog
	kit := settingstest.New(t, events.hook)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	r, err := kit.Store.GetIdentity(t.Context(), ada)
	require.NoError(t, err)
	r.DueAt = kit.Clock.Now()
	require.NoError(t, kit.Store.UpdateIdentity(t.Context(), r))
	sweep(t, kit)
	i := kit.Identity(ada)
	assert.True(t, i.DueAt.IsZero())
	sweep(t, kit)
	assert.Equal(t, i.Version, kit.Identity(ada).Version, "once")
}

// A process without hooks, an administrator's tool, takes nothing from those that have
// some.
func TestWhereThereAreNoHooksNothingIsStruck(t *testing.T) {
	var events eventLog
	mend, hooks := brokenAtFirst(&events)
	kit := settingstest.New(t, hooks)
	tool := instance(t, kit)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	c := kit.SignIn(ada, respond.API)
	f := c.Start()
	wantSaved(t, c, c.Submit(f, toNewPassword))
	mend()
	kit.Clock.Advance(time.Hour - time.Minute)
	sweep(t, tool)
	at(tool, c).Start()
	require.Len(t, kit.Identity(ada).State.Events, 1)
	sweep(t, kit)
	assert.Empty(t, kit.Identity(ada).State.Events)
}

func TestAtMostTwentyEventsWait(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		var events eventLog
		mend, hooks := brokenAtFirst(&events)
		kit := settingstest.New(t, mode, hooks, offering(fakeMethod{edit: func(i *identity.Identity) error {
			i.Traits = append(slices.Clone(i.Traits), ' ')
			return nil
		}}))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, kind)
		f := c.Start()
		for range 20 {
			wantSaved(t, c, c.Submit(f, toTest))
		}
		require.Len(t, kit.Identity(ada).State.Events, 20)
		was := kit.Identity(ada)
		for _, change := range []settingstest.Fields{toTest, toNewPassword} {
			wantRefused(t, c, c.Submit(f, change), http.StatusServiceUnavailable, "unavailable")
		}
		assert.Equal(t, was, kit.Identity(ada), "nothing is written")
		assert.Contains(t, kit.Log.String(), "too many events of this identity wait for an After hook that fails")
		require.Error(t, kit.Handler.Service.SetPassword(settings.WithActor(t.Context(), "admin"), ada, newPassword))
		assert.True(t, kit.PasswordIs(ada, oldPassword))

		mend()
		kit.Clock.Advance(time.Minute)
		sweep(t, kit)
		assert.Empty(t, kit.Identity(ada).State.Events)
		wantSaved(t, c, c.Submit(f, toNewPassword))
	})
}
