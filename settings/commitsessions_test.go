package settings_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestACredentialChangeEndsTheOtherSessionsEverywhereAtOnce(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode)
		elsewhere := instance(t, kit, mode)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		bob := kit.AddIdentity("bob@example.com", oldPassword)
		c, other := kit.SignIn(ada, kind), kit.SignIn(bob, kind)
		old := c.Copy()
		var thieves []*settingstest.Client
		for _, k := range everyClient {
			thieves = append(thieves, kit.SignIn(ada, k), at(elsewhere, kit.SignIn(ada, k)))
		}
		open := map[*settingstest.Client]*settingstest.Flow{}
		for _, thief := range thieves {
			open[thief] = thief.Start()
		}

		wantSaved(t, c, c.Submit(c.Start(), toNewPassword))

		for _, thief := range thieves {
			wantNoSession(t, thief.Whoami())
			wantNoSession(t, thief.Read(open[thief].ID))
			wantRefused(t, thief, thief.Submit(open[thief], toNewPassword), http.StatusUnauthorized, "session_inactive")
		}
		wantNoSession(t, at(elsewhere, old).Whoami())
		assert.Equal(t, http.StatusOK, c.Whoami().Status)
		assert.Equal(t, http.StatusOK, at(elsewhere, c).Whoami().Status)
		assert.Equal(t, http.StatusOK, other.Whoami().Status, "it is nobody else's business")
		assert.True(t, kit.PasswordIs(ada, newPassword))

		fresh := kit.SignIn(ada, kind)
		assert.Equal(t, http.StatusOK, fresh.Whoami().Status, "a new sign-in works")
	})
}

func TestKeepOtherSessions(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, func(c *settings.Config) { c.KeepOtherSessions = true })
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c, phone := kit.SignIn(ada, kind), kit.SignIn(ada, kind)
		old, form := c.Copy(), phone.Start()
		wantSaved(t, c, c.Submit(c.Start(), toNewPassword))

		assert.Equal(t, http.StatusOK, phone.Whoami().Status)
		assert.Equal(t, http.StatusOK, phone.Read(form.ID).Status, "its open form stays good")
		wantNoSession(t, old.Whoami()) // its own token rotates all the same
	})
}

func TestAProfileChangeKeepsSessionsAndToken(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, offering(fakeMethod{edit: settingTraits(`{"name":"Ada"}`)}))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c, phone := kit.SignIn(ada, kind), kit.SignIn(ada, kind)
		token, form := heldToken(t, c), phone.Start()
		assert.Equal(t, token, wantSaved(t, c, c.Submit(c.Start(), toTest)))

		assert.JSONEq(t, `{"name":"Ada"}`, string(kit.Identity(ada).Traits))
		assert.Zero(t, kit.Identity(ada).State.Generation)
		assert.Equal(t, http.StatusOK, phone.Whoami().Status)
		assert.Equal(t, http.StatusOK, phone.Read(form.ID).Status)
	})
}

func TestAFactorThatTheChangeProvedCountsForTheSessionAtOnce(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		proving := fakeMethod{edit: addFactor, after: func(c method.Change) method.Change {
			c.Proved = aal.TOTP
			return c
		}}
		kit := settingstest.New(t, mode, offering(proving, fakeMethod{name: "removal", edit: removeFactor}))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, kind)
		require.Equal(t, "aal1", level(t, c))
		wantSaved(t, c, c.Submit(c.Start(), toTest))
		assert.Equal(t, "aal2", level(t, c))

		f := c.Start()
		wantSaved(t, c, c.Submit(f, settingstest.Fields{"method": "removal"}))
		assert.Equal(t, "aal1", level(t, c), "what the identity no longer has proves nothing")
		assert.Equal(t, http.StatusOK, c.Read(f.ID).Status, "and nothing more is asked of the session")
	})
}

func TestAFactorThatIsAddedUnprovedDoesNotCount(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, offering(fakeMethod{edit: addFactor}))
		c := kit.SignIn(kit.AddIdentity("ada@example.com", oldPassword), kind)
		wantSaved(t, c, c.Submit(c.Start(), toTest))
		assert.Equal(t, "aal1", level(t, c))
	})
}

// instance is a second Handler over the stores, keys and clock of a Kit:
// another process.
func instance(t *testing.T, kit *settingstest.Kit, changes ...func(*settings.Config)) *settingstest.Kit {
	t.Helper()
	same := func(c *settings.Config) {
		c.Flows, c.Sessions, c.Identities, c.Backend = kit.Config.Flows, kit.Config.Sessions, kit.Config.Identities, nil
		c.Keys, c.Now, c.Methods = kit.Config.Keys, kit.Config.Now, kit.Config.Methods
	}
	return settingstest.New(t, append([]func(*settings.Config){same}, changes...)...)
}

// at is the client at another instance.
func at(kit *settingstest.Kit, c *settingstest.Client) *settingstest.Client { return c.At(kit) }

// level is the assurance level that whoami shows.
func level(t *testing.T, c *settingstest.Client) string {
	t.Helper()
	cur, err := c.Kit.Handler.Sessions.FromToken(t.Context(), heldToken(t, c))
	require.NoError(t, err)
	return cur.Level().String()
}

// A process may die between the identity's row, which has the new factor, and
// the session that has just proved it. Nobody is asked for a factor that they
// have only begun to use.
func TestAFactorCountsThoughTheSessionWasNotWritten(t *testing.T) {
	for name, next := range map[string]func(t *testing.T, c *settingstest.Client, form *settingstest.Flow){
		"the submit is sent again": func(t *testing.T, c *settingstest.Client, form *settingstest.Flow) {
			wantSaved(t, c, c.Submit(form, toTest))
		},
		"another change is made": func(t *testing.T, c *settingstest.Client, form *settingstest.Flow) {
			wantSaved(t, c, c.Submit(c.Start(), toNewPassword))
		},
		"its user signs in again": func(t *testing.T, c *settingstest.Client, form *settingstest.Flow) {
			_, token, err := c.Kit.Handler.Sessions.RenewToken(t.Context(), c.Token, aal.Password)
			require.NoError(t, err)
			c.Token = token
		},
	} {
		t.Run(name, func(t *testing.T) {
			proving := fakeMethod{}
			proving.plan = func(v method.View, _ method.Submission) (method.Plan, error) {
				return method.Plan{Do: func(context.Context) (method.Result, error) {
					if v.Identity.Has(aal.TOTP) {
						return method.Unchanged{Messages: []ui.Message{ui.Form(ui.WrongTOTP())}}, nil
					}
					return method.Change{Event: "test.changed", Edit: addFactor, Proved: aal.TOTP}, nil
				}}, nil
			}
			kit, stores := watchedKit(t, offering(proving))
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			c := kit.SignIn(ada, respond.API)
			form := c.Start()
			written := false
			stores.handle(func(call storeCall, run func() error) error {
				if written {
					return errors.New("the process is gone")
				}
				written = call.identity()
				return run()
			})
			require.Equal(t, http.StatusServiceUnavailable, c.Submit(form, toTest).Status)
			stores.handle(nil)
			require.True(t, kit.Identity(ada).Has(aal.TOTP))
			require.Equal(t, "aal2", level(t, c))
			next(t, c, form)
			assert.Equal(t, "aal2", level(t, c))

			kit.Edit(ada, func(i *identity.Identity) { i.State.LastChange = identity.LastChange{} })
			assert.Equal(t, "aal2", level(t, c), "by now the session says so itself")
		})
	}
}

func TestUnchangedWithoutMessagesIsASuccess(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, offering(fakeMethod{do: func(context.Context, method.View) (method.Result, error) {
			return method.Unchanged{}, nil
		}}))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, kind)
		was := kit.Identity(ada)
		wantSaved(t, c, c.Submit(c.Start(), toTest))
		assert.Equal(t, was, kit.Identity(ada), "and nothing is written")
	})
}

func TestAStepOnTheWayIsRemembered(t *testing.T) {
	var seen map[string]string
	kit := settingstest.New(t, offering(fakeMethod{do: func(_ context.Context, v method.View) (method.Result, error) {
		seen = v.Input
		return method.Again{Input: map[string]string{"step": "one"}}, nil
	}}))
	c := kit.SignIn(kit.AddIdentity("ada@example.com", oldPassword), respond.API)
	f := c.Start()
	require.Equal(t, 200, c.Submit(f, toTest).Status)
	assert.Empty(t, seen)
	c.Submit(f, toTest)
	assert.Equal(t, map[string]string{"step": "one"}, seen)
	wantInvalid(t, c, c.Submit(f, settingstest.Fields{"method": "password"}), "password:4000002")
	c.Submit(f, toTest)
	assert.Empty(t, seen, "until the next submit")
}
