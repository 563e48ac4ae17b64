package settings_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/settingstest"
)

func keepsActivity(c *settings.Config) { c.KeepActivity = true }

// activityOf are the names of what is kept, newest first.
func activityOf(t *testing.T, kit *settingstest.Kit, id string) []string {
	t.Helper()
	all, err := kit.Handler.Service.Activity(t.Context(), id)
	require.NoError(t, err)
	names := []string{}
	for _, one := range all {
		names = append(names, one.Event)
	}
	return names
}

func activityRecord(t *testing.T, kit *settingstest.Kit, id string) flow.Record {
	t.Helper()
	activityOf(t, kit, id) // which waits until it is written
	r, err := kit.Store.GetFlow(t.Context(), "activity:"+id)
	require.NoError(t, err)
	return r
}

func TestTheActivityTellsWhatWasDoneAndFromWhere(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, keepsActivity, func(c *settings.Config) {
			c.ClientIP = func(*http.Request) string { return "192.0.2.7" }
		}, offering(fakeMethod{edit: named}))
		ada, bea := kit.AddIdentity("ada@example.com", oldPassword), kit.AddIdentity("bea@example.com", oldPassword)
		c := kit.SignIn(ada, kind)
		before := len(activityOf(t, kit, ada)) // a browser's sign-in is on a new device
		changed := kit.Clock.Now()
		wantSaved(t, c, c.Submit(c.Start(), toNewPassword))
		kit.Clock.Advance(time.Minute)
		wantSaved(t, c, c.Submit(c.Start(), toTest))
		c.Submit(c.Start(), settingstest.Fields{"method": "password", "password": "short"})
		require.NoError(t, kit.Handler.Service.EndSessions(settings.WithActor(t.Context(), "help desk: 17"), ada))

		all, err := kit.Handler.Service.Activity(t.Context(), ada)
		require.NoError(t, err)
		require.Len(t, all, before+3, "what was refused is not told")
		assert.Equal(t, []identity.Activity{
			{Event: "sessions.ended", At: changed.Add(time.Minute), Actor: "help desk: 17"},
			{Event: "test.changed", At: changed.Add(time.Minute), UserAgent: "settingstest", ClientIP: "192.0.2.7"},
			{Event: "password.changed", At: changed, UserAgent: "settingstest", ClientIP: "192.0.2.7"},
		}, all[:3])
		assert.Empty(t, activityOf(t, kit, bea))

		r := activityRecord(t, kit, ada)
		assert.Equal(t, ada, r.Owner)
		assert.NotContains(t, string(r.Data), "password", "it is sealed")
		kit.Clock.Advance(90*24*time.Hour - time.Minute)
		assert.Equal(t, []string{"sessions.ended", "test.changed"}, activityOf(t, kit, ada))
		kit.Clock.Advance(time.Minute)
		assert.Empty(t, activityOf(t, kit, ada))
	})
}

// A record that somebody with the store has put in the place of another's opens for
// nobody, and the next entry begins a new one.
func TestTheActivityOfSomebodyElse(t *testing.T) {
	kit := settingstest.New(t, keepsActivity)
	ada, bea := kit.AddIdentity("ada@example.com", oldPassword), kit.AddIdentity("bea@example.com", oldPassword)
	a, b := kit.SignIn(ada, respond.API), kit.SignIn(bea, respond.API)
	wantSaved(t, a, a.Submit(a.Start(), toNewPassword))
	wantSaved(t, b, b.Submit(b.Start(), toNewPassword))
	require.Len(t, activityOf(t, kit, bea), 1)
	mine, theirs := activityRecord(t, kit, ada), activityRecord(t, kit, bea)
	theirs.Data = mine.Data
	require.NoError(t, kit.Store.UpdateFlow(t.Context(), theirs))
	assert.Empty(t, activityOf(t, kit, bea))
	require.NoError(t, kit.Handler.Service.EndSessions(settings.WithActor(t.Context(), "x"), bea))
	assert.Equal(t, []string{"sessions.ended"}, activityOf(t, kit, bea))
}

func TestTheActivityIsBounded(t *testing.T) {
	kit, stores := watchedKit(t, keepsActivity)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	for n := range 25 {
		ctx := settings.WithActor(t.Context(), fmt.Sprint(n, strings.Repeat(" a long name", 100)))
		require.NoError(t, kit.Handler.Service.EndSessions(ctx, ada))
	}
	all, err := kit.Handler.Service.Activity(t.Context(), ada)
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(all[0].Actor, "24 "))
	assert.Less(t, len(all), 20, "so many of these do not fit")
	assert.LessOrEqual(t, stores.largestFlow(), flow.MaxData)
	require.NoError(t, kit.Handler.Service.SetPassword(settings.WithActor(t.Context(), "a thief"), ada, newPassword))
	for range 25 {
		require.NoError(t, kit.Handler.Service.EndSessions(settings.WithActor(t.Context(), "x"), ada))
	}
	names := activityOf(t, kit, ada)
	assert.Len(t, names, 20)
	assert.Equal(t, "password.changed", names[19], "nobody pushes it out by many others")
}

// A change neither waits for its entry nor fails with it.
func TestAChangeDoesNotDependOnItsActivity(t *testing.T) {
	for name, fails := range map[string]func() error{
		"a store that is down": func() error { return errors.New("the store is down") },
		"a store that panics":  func() error { panic("a nil map of the host's") },
	} {
		t.Run(name, func(t *testing.T) {
			inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
				release, reached := make(chan struct{}), make(chan struct{}, 1)
				kit, stores := watchedKit(t, mode, keepsActivity)
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				c := kit.SignIn(ada, respond.API)
				stores.handle(func(call storeCall, run func() error) error {
					if strings.HasPrefix(call.Key, "activity:") {
						reached <- struct{}{}
						<-release
						return fails()
					}
					return run()
				})
				wantSaved(t, c, c.Submit(c.Start(), toNewPassword)) // while the entry waits
				<-reached
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				_, err := kit.Handler.Service.Activity(ctx, ada)
				require.ErrorIs(t, err, context.Canceled, "a reader who has left does not wait")
				close(release)
				require.Eventually(t, func() bool { return strings.Contains(kit.Log.String(), "an entry of the activity is lost") }, time.Minute, time.Millisecond)
				stores.handle(nil)
				assert.Empty(t, activityOf(t, kit, ada))
				assert.True(t, kit.PasswordIs(ada, newPassword))
			})
		})
	}
}

// Whoever changes their account without end, while a store is slow, takes nobody else's
// place; and of their own account each kind of change stays.
func TestOneAccountTakesNobodyElsesPlace(t *testing.T) {
	release := make(chan struct{})
	kit, stores := watchedKit(t, keepsActivity, offeringProfile)
	ada, eve := kit.AddIdentity("ada@example.com", oldPassword), kit.AddIdentity("eve@example.com", oldPassword)
	a, e := kit.SignIn(ada, respond.API), kit.SignIn(eve, respond.API)
	stores.handle(func(call storeCall, run func() error) error {
		if strings.HasPrefix(call.Key, "activity:") {
			<-release
		}
		return run()
	})
	wantSaved(t, e, e.Submit(e.Start(), toNewPassword))
	for n := range 300 {
		wantSaved(t, e, e.Submit(e.Start(), settingstest.Fields{"method": "profile", "traits": settingstest.Fields{"email": "eve@example.com", "name": fmt.Sprint(n)}}))
	}
	wantSaved(t, a, a.Submit(a.Start(), toNewPassword))
	close(release)
	assert.Equal(t, []string{"password.changed"}, activityOf(t, kit, ada))
	names := activityOf(t, kit, eve)
	assert.Len(t, names, 20)
	assert.Equal(t, "password.changed", names[19])
	assert.NotContains(t, kit.Log.String(), "is lost")
}

// Another process writes the record between the read and the write of this one.
func TestEntriesOfTwoProcessesAreBothKept(t *testing.T) {
	kit, stores := watchedKit(t, keepsActivity)
	other, err := settings.New(kit.Config)
	require.NoError(t, err)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	ctx := settings.WithActor(t.Context(), "x")
	for _, op := range []string{"CreateFlow", "UpdateFlow"} {
		stores.once(func(c storeCall) bool { return c.Op == op && strings.HasPrefix(c.Key, "activity:") }, func(run func() error) error {
			stores.handle(nil)
			if err := other.Service.SetPassword(ctx, ada, newPassword); err != nil {
				return err
			}
			return run()
		})
		require.NoError(t, kit.Handler.Service.EndSessions(ctx, ada))
	}
	assert.Equal(t, []string{"sessions.ended", "password.changed", "sessions.ended", "password.changed"}, activityOf(t, kit, ada))
}

func TestASignInOnANewDeviceIsTold(t *testing.T) {
	kit := settingstest.New(t, keepsActivity)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	laptop, phone := newPage(kit), newPage(kit)
	laptop.signIn(ada, oldPassword)
	laptop.logOut()
	laptop.signIn(ada, oldPassword)
	assert.Equal(t, []string{"device.added"}, activityOf(t, kit, ada), "the second time it is known")
	phone.issue(ada, aal.LinkRecovery)
	assert.Len(t, activityOf(t, kit, ada), 1, "a recovery is no whole sign-in")
	phone.signIn(ada, oldPassword)
	assert.Len(t, activityOf(t, kit, ada), 2)
}

func TestNoActivityIsKeptUnlessAskedFor(t *testing.T) {
	kit, stores := watchedKit(t)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	c := kit.SignIn(ada, respond.Page)
	stores.forget()
	wantSaved(t, c, c.Submit(c.Start(), toNewPassword))
	for _, call := range stores.calls {
		assert.NotContains(t, call.Key, "activity")
	}
	_, err := kit.Handler.Service.Activity(t.Context(), ada)
	require.ErrorIs(t, err, settings.ErrActivityNotKept)
}

func TestAnErasureTakesTheActivity(t *testing.T) {
	var events eventLog
	kit := settingstest.New(t, keepsActivity, events.hook, func(c *settings.Config) {
		c.Flows, c.Sessions, c.Identities = plainFlows{c.Flows}, plainSessions{c.Sessions}, plainIdentities{c.Identities}
	})
	ada, _, _ := toErase(kit)
	require.NoError(t, kit.Handler.Service.EndSessions(settings.WithActor(t.Context(), "x"), ada))
	require.NotEmpty(t, activityOf(t, kit, ada))
	erase(t, kit, ada)
	_, err := kit.Store.GetFlow(t.Context(), "activity:"+ada)
	require.ErrorIs(t, err, flow.ErrNotFound)
	assert.Empty(t, activityOf(t, kit, ada))
}
