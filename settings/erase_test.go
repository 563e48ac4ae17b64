package settings_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/memory"
)

// plainIdentities, and the other two, are a host's stores, which implement nothing but
// what is mandatory.
type plainIdentities struct{ store.IdentityStore }
type plainFlows struct{ store.FlowStore }
type plainSessions struct{ store.SessionStore }

// toErase makes an account with something of everything.
func toErase(kit *settingstest.Kit) (ada string, c *settingstest.Client, f *settingstest.Flow) {
	ada = kit.AddIdentity("ada@example.com", oldPassword)
	kit.AddFactor(ada, aal.TOTP)
	kit.Edit(ada, func(i *identity.Identity) {
		i.Keys = append(i.Keys, identity.Key{Kind: identity.OIDC, Value: "o"})
		i.State.Verified = []identity.Verified{{Via: "email", Value: "ada@example.com"}}
		i.State.LastChange = identity.LastChange{ID: "earlier", Flow: "f"}
	})
	c = kit.SignIn(ada, respond.API, aal.Password, aal.TOTP)
	return ada, c, c.Start()
}

func erase(t *testing.T, kit *settingstest.Kit, id string) {
	t.Helper()
	require.NoError(t, kit.Handler.Service.Erase(settings.WithActor(t.Context(), "the user"), id))
}

func TestAnErasedAccountIsGone(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		for name, hooks := range map[string]func(*settings.Config){"without hooks": func(*settings.Config) {}, "told at once": (&eventLog{}).hook} {
			t.Run(name, func(t *testing.T) {
				kit := settingstest.New(t, mode, hooks)
				bea := kit.AddIdentity("bea@example.com", oldPassword)
				ada, c, f := toErase(kit)
				erase(t, kit, ada)
				_, err := kit.Store.GetIdentity(t.Context(), ada)
				require.ErrorIs(t, err, identity.ErrNotFound)
				_, err = kit.Store.GetFlow(t.Context(), "flow:"+f.ID)
				require.Error(t, err)
				assert.Equal(t, http.StatusUnauthorized, c.Whoami().Status)
				assert.True(t, kit.PasswordIs(bea, oldPassword), "nobody else")
				require.ErrorIs(t, kit.Handler.Service.Erase(settings.WithActor(t.Context(), "the user"), ada), identity.ErrNotFound)
			})
		}
	})
}

// The row must not go before the hook has heard of it: it is what tells the hook.
func TestAnErasureIsToldBeforeTheRowGoes(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		var events eventLog
		mend, hooks := brokenAtFirst(&events)
		kit := settingstest.New(t, mode, hooks)
		ada, c, _ := toErase(kit)
		wantSaved(t, c, c.Submit(c.Start(), toNewPassword)) // waits for the hook too
		erase(t, kit, ada)
		i := kit.Identity(ada)
		assert.Empty(t, i.PasswordHash)
		assert.Equal(t, []identity.Key{{Kind: identity.Identifier, Value: "ada@example.com"}}, i.Keys)
		assert.Empty(t, i.State.Factors)
		assert.Empty(t, i.State.Verified)
		assert.Empty(t, i.State.LastChange)
		assert.Len(t, i.State.Events, 2)
		sessions, err := kit.Store.ListSessions(t.Context(), ada)
		require.NoError(t, err)
		assert.Empty(t, sessions)
		assert.Equal(t, http.StatusUnauthorized, c.Whoami().Status)

		mend()
		kit.Clock.Advance(time.Minute)
		sweep(t, kit)
		_, err = kit.Store.GetIdentity(t.Context(), ada)
		require.ErrorIs(t, err, identity.ErrNotFound)
		all := events.all()
		last := all[len(all)-1]
		assert.Equal(t, "account.erased", last.Name)
		assert.Equal(t, "the user", last.Actor)
		assert.Len(t, last.Removed.Authenticators, 2)
		sweep(t, kit)
		assert.Len(t, events.all(), len(all))
	})
}

// Between the erasure and its delivery the host has let the user begin anew.
func TestAnAccountThatIsBegunAnewIsNotDeleted(t *testing.T) {
	var events eventLog
	mend, hooks := brokenAtFirst(&events)
	kit := settingstest.New(t, hooks)
	ada, _, _ := toErase(kit)
	erase(t, kit, ada)
	c := kit.SignIn(ada, respond.API, aal.LinkRecovery)
	wantSaved(t, c, c.Submit(c.Start(), toNewPassword))
	mend()
	kit.Clock.Advance(time.Minute)
	sweep(t, kit)
	assert.True(t, kit.PasswordIs(ada, newPassword))
	assert.Empty(t, kit.Identity(ada).State.Events)
}

// erasing is a store of which something happens right before an account goes.
type erasing struct {
	*memory.Store
	before func()
}

func (s erasing) EraseIdentity(ctx context.Context, id string, version int64) error {
	s.before()
	return s.Store.EraseIdentity(ctx, id, version)
}

// The user begins anew between the last look at the row and its deletion. What else
// writes the row there keeps it from nothing.
func TestAnAccountThatIsBegunAnewAtTheLastMomentIsNotDeleted(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(*settingstest.Kit, string)
		stays     bool
	}{
		"begun anew": {func(kit *settingstest.Kit, ada string) {
			c := kit.SignIn(ada, respond.API, aal.LinkRecovery)
			wantSaved(kit.T, c, c.Submit(c.Start(), toNewPassword))
		}, true},
		"another write": {func(kit *settingstest.Kit, ada string) {
			kit.Edit(ada, func(i *identity.Identity) { i.State.DevicesSince++ })
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var kit *settingstest.Kit
			var ada string
			times := 0
			kit = settingstest.New(t, func(config *settings.Config) {
				s := erasing{config.Identities.(*memory.Store), func() {
					if times++; times == 1 {
						c.meanwhile(kit, ada)
					}
				}}
				config.Flows, config.Sessions, config.Identities, config.Backend = s, s, s, nil
			})
			ada, _, _ = toErase(kit)
			erase(t, kit, ada)
			_, err := kit.Store.GetIdentity(t.Context(), ada)
			if !c.stays {
				require.ErrorIs(t, err, identity.ErrNotFound)
				return
			}
			require.NoError(t, err)
			assert.True(t, kit.PasswordIs(ada, newPassword))
		})
	}
}

// The row is the host's where its store does not delete. What stands in it of ours
// keeps sessions of before from coming to life, and is nothing else.
func TestErasingWhereTheRowIsTheHosts(t *testing.T) {
	var events eventLog
	kit := settingstest.New(t, events.hook, func(c *settings.Config) {
		c.Flows, c.Sessions, c.Identities = plainFlows{c.Flows}, plainSessions{c.Sessions}, plainIdentities{c.Identities}
	})
	ada, c, f := toErase(kit)
	issued, err := kit.Store.ListSessions(t.Context(), ada)
	require.NoError(t, err)
	erase(t, kit, ada)
	i := kit.Identity(ada)
	assert.Equal(t, identity.State{Generation: 1, DevicesSince: 1}, i.State)
	assert.JSONEq(t, `{"email":"ada@example.com"}`, string(i.Traits), "the host's")
	assert.Empty(t, i.PasswordHash)
	require.Len(t, events.all(), 1)

	// One that was issued while the account was erased.
	late := issued[0]
	require.NoError(t, kit.Store.CreateSession(context.Background(), late))
	assert.Equal(t, http.StatusUnauthorized, c.Whoami().Status)
	_, err = kit.Store.GetFlow(t.Context(), "flow:"+f.ID)
	require.NoError(t, err, "flow records go as they expire")
	assert.NotEqual(t, session.Valid, session.ValidityOf(late, i, late.TokenHash, kit.Clock.Now()))
}
