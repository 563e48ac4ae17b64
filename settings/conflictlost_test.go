package settings_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

func TestAnotherSubmitToTheFlowIsNoReasonToFail(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit, stores := watchedKit(t, mode)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, kind)
		tab, f := c.Copy(), c.Start()
		meanwhile(stores, func() {
			wantInvalid(t, tab, tab.Submit(f, settingstest.Fields{"method": "password", "password": "short"}), "password:4000032")
		})
		wantSaved(t, c, c.Submit(f, toNewPassword))
		shown := c.Read(f.ID).Flow
		assert.Equal(t, "success", shown.State)
		assert.Equal(t, []string{"1050001"}, shown.Messages(), "the last submit counts")
	})
}

// A store of flows may lose them. Where it is apart from the accounts, the
// change may be made by then, and must not look like an error: its client
// would never get the new token.
func TestAFlowThatIsLostMeanwhile(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			kit, stores := watchedKit(t)
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			c := kit.SignIn(ada, kind)
			f := c.Start()
			meanwhile(stores, func() { require.NoError(t, kit.Store.DeleteFlow(t.Context(), flow.Key(f.ID))) })
			wantSaved(t, c, c.Submit(f, toNewPassword))
			assert.Equal(t, http.StatusOK, c.Whoami().Status)
			assert.True(t, kit.PasswordIs(ada, newPassword))
		})
		t.Run(kind.String()+" with a backend", func(t *testing.T) {
			kit, stores := watchedKit(t, func(c *settings.Config) { c.Backend = c.Flows.(store.Backend) })
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			c := kit.SignIn(ada, kind)
			f := c.Start()
			before := snapshot(t, kit, ada)
			meanwhile(stores, func() { require.NoError(t, kit.Store.DeleteFlow(t.Context(), flow.Key(f.ID))) })
			wantRefused(t, c, c.Submit(f, toNewPassword), http.StatusNotFound, "self_service_flow_not_found")
			assert.Equal(t, before, snapshot(t, kit, ada))
		})
	}
}

// The change is one write, the session's rotation another, where the stores are
// apart. If the session ends in between, the change is made all the same: its
// user must be told, or they would sign in with the old password for ever.
func TestASessionThatEndsRightAfterItsChange(t *testing.T) {
	rows := map[string]func(kit *settingstest.Kit, ada, session string) error{
		"it is ended": func(kit *settingstest.Kit, ada, session string) error {
			return kit.Store.DeleteSession(kit.T.Context(), ada, session)
		},
		"it is ended with all others": func(kit *settingstest.Kit, ada, session string) error {
			if err := kit.Handler.Sessions.RevokeAll(kit.T.Context(), ada); err != nil {
				return err
			}
			return kit.Store.DeleteSession(kit.T.Context(), ada, session)
		},
		"the account is deleted": func(kit *settingstest.Kit, ada, _ string) error {
			return kit.Store.DeleteIdentity(kit.T.Context(), ada)
		},
	}
	for _, kind := range everyClient {
		for name, end := range rows {
			t.Run(kind.String()+": "+name, func(t *testing.T) {
				var events eventLog
				kit, stores := watchedKit(t, events.hook)
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				c := kit.SignIn(ada, kind)
				f := c.Start()
				stores.once(func(c storeCall) bool { return c.Op == "UpdateSession" }, func(run func() error) error {
					require.NoError(t, end(kit, ada, kit.Identity(ada).State.KeptSession))
					return run()
				})
				wantSaved(t, c, c.Submit(f, toNewPassword))
				stores.handle(nil)
				wantNoSession(t, c.Whoami())
				assert.Len(t, events.all(), 1)
				if name == "the account is deleted" {
					return
				}
				assert.True(t, kit.PasswordIs(ada, newPassword))
				sessions, err := kit.Store.ListSessions(t.Context(), ada)
				require.NoError(t, err)
				assert.Empty(t, sessions)
			})
		}
	}
	t.Run("the answer shows the account as it is now", func(t *testing.T) {
		kit, stores := watchedKit(t, offering(fakeMethod{edit: named}))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, respond.API)
		f := c.Start()
		stores.once(func(c storeCall) bool { return c.Op == "UpdateFlow" }, func(func() error) error {
			require.NoError(t, kit.Handler.Sessions.EndToken(t.Context(), c.Token))
			return errFault
		})
		a := c.Submit(f, toTest)
		wantSaved(t, c, a)
		assert.Equal(t, map[string]any{"email": "ada@example.com", "name": "Ada"}, a.Flow.Identity["traits"])
	})
	t.Run("one that was revoked is not brought back", func(t *testing.T) {
		kit, stores := watchedKit(t)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, respond.API)
		f := c.Start()
		stores.once(func(c storeCall) bool { return c.Op == "UpdateSession" }, func(func() error) error {
			require.NoError(t, kit.Handler.Sessions.RevokeAll(t.Context(), ada))
			return errFault
		})
		wantSaved(t, c, c.Submit(f, toNewPassword))
		wantNoSession(t, c.Whoami())
		assert.True(t, kit.PasswordIs(ada, newPassword))
	})
}

func TestAChangeThatAlwaysLosesGivesUp(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		var n counting
		kit, stores := watchedKit(t, mode, offering(n.method(named)))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, kind)
		f := c.Start()
		stores.handle(func(c storeCall, run func() error) error {
			if c.identity() {
				kit.Edit(ada, func(i *identity.Identity) { i.Traits = append(i.Traits, ' ') })
			}
			return run()
		})
		wantRefused(t, c, c.Submit(f, toTest), http.StatusServiceUnavailable, "unavailable")
		assert.Equal(t, 1, n.works)
		assert.Greater(t, n.edits, 2, "it does try again")
		assert.NotContains(t, string(kit.Identity(ada).Traits), "Ada")
	})
}
