package settings_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

// meanwhile does something after a submit was judged and its work is done, and
// before its change is written.
func meanwhile(stores *watchedStore, do func()) {
	stores.once(storeCall.identity, func(run func() error) error {
		do()
		return run()
	})
}

// counting is a change that counts how often its work is done and its edit runs.
type counting struct {
	works, edits int
}

func (n *counting) method(edit func(*identity.Identity) error) settings.Method {
	return fakeMethod{
		do: func(context.Context, method.View) (method.Result, error) {
			n.works++
			return method.Change{Event: "test.changed", Edit: func(i *identity.Identity) error {
				n.edits++
				return edit(i)
			}}, nil
		},
	}
}

// named adds a name to the traits that are there.
func named(i *identity.Identity) error {
	traits := map[string]string{}
	if err := json.Unmarshal(i.Traits, &traits); err != nil {
		return err
	}
	traits["name"] = "Ada"
	var err error
	i.Traits, err = json.Marshal(traits)
	return err
}

func TestAConflictEditsTheNewerRowAndNeverWorksTwice(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		var n counting
		kit, stores := watchedKit(t, mode, offering(n.method(named)))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, kind)
		f := c.Start()
		wantSaved(t, c, c.Submit(f, toNewPassword)) // that it made the last credential change itself is no conflict
		meanwhile(stores, func() {
			kit.Edit(ada, func(i *identity.Identity) { i.Traits = []byte(`{"email":"ada@example.com","city":"London"}`) })
		})
		wantSaved(t, c, c.Submit(f, toTest))
		assert.JSONEq(t, `{"email":"ada@example.com","city":"London","name":"Ada"}`, string(kit.Identity(ada).Traits), "neither change undoes the other")
		assert.Equal(t, counting{works: 1, edits: 2}, n)
	})
}

func TestAConflictAsksEveryGuardAgain(t *testing.T) {
	rows := []struct {
		name      string
		edit      func(*identity.Identity) error
		meanwhile func(kit *settingstest.Kit, ada string)
		status    int // 0 for a refusal of the input
		id        string
	}{
		{"the account is blocked", named, func(kit *settingstest.Kit, ada string) {
			require.NoError(kit.T, kit.Store.SetActive(kit.T.Context(), ada, false))
		}, 401, "session_inactive"},
		{"every session is ended", named, func(kit *settingstest.Kit, ada string) {
			require.NoError(kit.T, kit.Handler.Sessions.RevokeAll(kit.T.Context(), ada))
		}, 401, "session_inactive"},
		{"the account is deleted", named, func(kit *settingstest.Kit, ada string) {
			require.NoError(kit.T, kit.Store.DeleteIdentity(kit.T.Context(), ada))
		}, 401, "session_inactive"},
		{"the session expires", named, func(kit *settingstest.Kit, ada string) {
			kit.AddFactor(ada, aal.Lookup)
			kit.Clock.Advance(24 * time.Hour)
		}, 401, "session_inactive"},
		{"a second factor is enrolled", named, func(kit *settingstest.Kit, ada string) {
			kit.AddFactor(ada, aal.TOTP)
		}, 403, "session_aal2_required"},
		{"the sign-in gets too old", replacePassword, func(kit *settingstest.Kit, ada string) {
			kit.AddFactor(ada, aal.Code)
			kit.Clock.Advance(15*time.Minute + 1)
		}, 403, "session_refresh_required"},
		{"the other way to sign in goes", func(i *identity.Identity) error { i.PasswordHash = ""; return nil }, func(kit *settingstest.Kit, ada string) {
			kit.Edit(ada, func(i *identity.Identity) { delete(i.State.Factors, aal.OIDC) })
		}, 0, "4000001"},
		{"somebody else takes the address", addKey(identity.Identifier, "lovelace@example.com"), func(kit *settingstest.Kit, _ string) {
			kit.AddIdentity("lovelace@example.com", oldPassword)
		}, 0, "4000007"},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				var n counting
				kit, stores := watchedKit(t, mode, offering(n.method(row.edit)))
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				kit.AddFactor(ada, aal.OIDC)
				c := kit.SignIn(ada, kind)
				f := c.Start()
				var before string
				gone := false
				meanwhile(stores, func() {
					row.meanwhile(kit, ada)
					_, err := kit.Store.GetIdentity(t.Context(), ada)
					if gone = err != nil; !gone {
						before = snapshot(t, kit, ada)
					}
				})
				a := c.Submit(f, toTest)
				if row.status == 0 {
					wantInvalid(t, c, a, row.id)
				} else {
					wantRefused(t, c, a, row.status, row.id)
				}
				assert.Equal(t, 1, n.works)
				if !gone {
					assert.Equal(t, before, snapshot(t, kit, ada), "nothing is written")
				}
			})
		}
	})
}

func TestAChangeLosesToAnotherDevices(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit, stores := watchedKit(t, mode)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c, phone := kit.SignIn(ada, kind), kit.SignIn(ada, respond.API)
		f, theirs := c.Start(), phone.Start()
		meanwhile(stores, func() {
			wantSaved(t, phone, phone.Submit(theirs, settingstest.Fields{"method": "password", "password": "chosen on the phone"}))
		})
		wantRefused(t, c, c.Submit(f, toNewPassword), http.StatusUnauthorized, "session_inactive")
		assert.True(t, kit.PasswordIs(ada, "chosen on the phone"))
		assert.EqualValues(t, 1, kit.Identity(ada).State.Generation)
		assert.Equal(t, http.StatusOK, phone.Whoami().Status)
	})
}

func TestAChangeLosesToAnotherDevicesThatKeepsSessions(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit, stores := watchedKit(t, mode, func(c *settings.Config) { c.KeepOtherSessions = true })
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c, phone := kit.SignIn(ada, kind), kit.SignIn(ada, respond.API)
		f, theirs := c.Start(), phone.Start()
		meanwhile(stores, func() {
			wantSaved(t, phone, phone.Submit(theirs, settingstest.Fields{"method": "password", "password": "chosen on the phone"}))
		})
		wantInvalid(t, c, c.Submit(f, toNewPassword), "7000010")
		assert.True(t, kit.PasswordIs(ada, "chosen on the phone"))
	})
}

func TestAChangeLosesToAnotherOneOfItsSession(t *testing.T) {
	for name, sameFlow := range map[string]bool{"in another tab": false, "in the same form": true} {
		t.Run(name, func(t *testing.T) {
			forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
				kit, stores := watchedKit(t, mode)
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				c := kit.SignIn(ada, kind)
				tab, f := c.Copy(), c.Start()
				theirs := f
				if !sameFlow {
					theirs = tab.Start()
				}
				meanwhile(stores, func() {
					wantSaved(t, tab, tab.Submit(theirs, settingstest.Fields{"method": "password", "password": "chosen in the other tab"}))
				})
				a := c.Submit(f, toNewPassword)
				if kind == respond.Page { // its own token is superseded: the browser has the other tab's by now
					c = tab
				}
				if kind == respond.Page && !sameFlow { // and a form from before a change is over
					require.Equal(t, http.StatusSeeOther, a.Status)
					require.Equal(t, uiPage+f.ID, a.Location)
				} else if kind == respond.Page {
					require.Equal(t, uiPage+f.ID, a.Location)
					assert.Equal(t, []string{"7000010"}, c.Read(f.ID).Flow.Messages())
				} else {
					wantInvalid(t, c, a, "7000010")
				}
				assert.True(t, kit.PasswordIs(ada, "chosen in the other tab"))
				assert.EqualValues(t, 1, kit.Identity(ada).State.Generation)
			})
		})
	}
}

// A password that another device changes is no conflict with a profile, where
// that does not end the session.
func TestAProfileGoesOnAfterAnotherDevicesPassword(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit, stores := watchedKit(t, mode, offering(fakeMethod{edit: named}), func(c *settings.Config) { c.KeepOtherSessions = true })
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c, phone := kit.SignIn(ada, kind), kit.SignIn(ada, respond.API)
		f, theirs := c.Start(), phone.Start()
		meanwhile(stores, func() { wantSaved(t, phone, phone.Submit(theirs, toNewPassword)) })
		wantSaved(t, c, c.Submit(f, toTest))
		assert.True(t, kit.PasswordIs(ada, newPassword))
		assert.Contains(t, string(kit.Identity(ada).Traits), "Ada")
	})
}

// Once another tab has had the token rotated, and that is not what the
// conflict is about any more, a submit that carries the old one has no session.
func TestAConflictFindsTheTokenSuperseded(t *testing.T) {
	rows := []struct {
		name string
		then func(kit *settingstest.Kit, ada string, phone *settingstest.Client)
	}{
		{"and then another device made a change", func(kit *settingstest.Kit, _ string, phone *settingstest.Client) {
			wantSaved(kit.T, phone, phone.Submit(phone.Start(), settingstest.Fields{"method": "password", "password": "chosen on the phone"}))
		}},
		{"and then the account was blocked", func(kit *settingstest.Kit, ada string, _ *settingstest.Client) {
			require.NoError(kit.T, kit.Store.SetActive(kit.T.Context(), ada, false))
		}},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				kit, stores := watchedKit(t, mode, offering(fakeMethod{edit: named}), func(c *settings.Config) { c.KeepOtherSessions = true })
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				c, phone := kit.SignIn(ada, kind), kit.SignIn(ada, respond.API)
				tab, f := c.Copy(), c.Start()
				theirs := tab.Start()
				var before string
				meanwhile(stores, func() {
					wantSaved(t, tab, tab.Submit(theirs, toNewPassword))
					row.then(kit, ada, phone)
					before = snapshot(t, kit, ada)
				})
				wantRefused(t, c, c.Submit(f, toTest), http.StatusUnauthorized, "session_inactive")
				assert.Equal(t, before, snapshot(t, kit, ada))
			})
		}
	})
}

func TestAPasswordThatTheHostReplacedIsNotOverwritten(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit, stores := watchedKit(t, mode)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, kind)
		f := c.Start()
		meanwhile(stores, func() {
			kit.Edit(ada, func(i *identity.Identity) { _ = replacePassword(i) })
		})
		wantInvalid(t, c, c.Submit(f, toNewPassword), "7000010")
		assert.Equal(t, "$2b$12$a-hash-of-the-method", kit.Identity(ada).PasswordHash)
	})
}
