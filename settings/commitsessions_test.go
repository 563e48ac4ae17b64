package settings_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
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
		kit := settingstest.New(t, mode, offering(puppet{edit: settingTraits(`{"name":"Ada"}`)}))
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
		proving := puppet{edit: addFactor, after: func(c settings.Change) settings.Change {
			c.Proved = aal.TOTP
			return c
		}}
		kit := settingstest.New(t, mode, offering(proving, puppet{name: "removal", edit: removeFactor}))
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
		kit := settingstest.New(t, mode, offering(puppet{edit: addFactor}))
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
func at(kit *settingstest.Kit, c *settingstest.Client) *settingstest.Client {
	other := c.Copy()
	other.Kit = kit
	return other
}

// level is the assurance level that whoami shows.
func level(t *testing.T, c *settingstest.Client) string {
	t.Helper()
	a := c.Whoami()
	require.Equal(t, http.StatusOK, a.Status, "%v", a)
	var s struct {
		Level string `json:"authenticator_assurance_level"`
	}
	require.NoError(t, json.Unmarshal(a.Body, &s))
	return s.Level
}
