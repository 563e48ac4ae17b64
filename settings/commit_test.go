package settings_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/settingstest"
)

var toTest = settingstest.Fields{"method": "test"}

// Edits a method may make of a credential, or of what its user logs in with.
var (
	replacePassword = func(i *identity.Identity) error {
		i.PasswordHash = "$2b$12$a-hash-of-the-method"
		return nil
	}
	addFactor = func(i *identity.Identity) error {
		if i.State.Factors == nil {
			i.State.Factors = map[aal.Method]identity.Factor{}
		}
		i.State.Factors[aal.TOTP] = identity.Factor{Serial: 1, Credentials: []identity.Credential{{ID: "app"}}}
		return nil
	}
	removeFactor = func(i *identity.Identity) error {
		delete(i.State.Factors, aal.TOTP)
		return nil
	}
	addKey = func(kind identity.Kind, value string) func(i *identity.Identity) error {
		return func(i *identity.Identity) error {
			i.Keys = append(i.Keys, identity.Key{Kind: kind, Value: value})
			return nil
		}
	}
)

// alterFactor is a method that touches every part of a credential in turn.
func alterFactor(change func(*identity.Credential)) func(i *identity.Identity) error {
	return func(i *identity.Identity) error {
		f := i.State.Factors[aal.TOTP]
		change(&f.Credentials[0])
		i.State.Factors[aal.TOTP] = f
		return nil
	}
}

func TestACredentialChangeNeedsAFreshSignInWhateverItsPlanDeclares(t *testing.T) {
	rows := []struct {
		name  string
		edit  func(*identity.Identity) error
		needs bool
	}{
		{"the password is replaced", replacePassword, true},
		{"the password is removed", func(i *identity.Identity) error { i.PasswordHash = ""; return nil }, true},
		{"a factor is added", func(i *identity.Identity) error {
			i.State.Factors[aal.WebAuthn] = identity.Factor{Credentials: []identity.Credential{{ID: "key"}}}
			return nil
		}, true},
		{"a factor is removed", removeFactor, true},
		{"the secret of a factor is exchanged", alterFactor(func(c *identity.Credential) { c.Data = []byte(`"mine"`) }), true},
		{"a credential is spent", alterFactor(func(c *identity.Credential) { c.Spent = true }), true},
		{"a credential is renamed", alterFactor(func(c *identity.Credential) { c.Name = "mine" }), true},
		{"a credential gets another id", alterFactor(func(c *identity.Credential) { c.ID = "mine" }), true},
		{"a factor's serial moves", func(i *identity.Identity) error {
			f := i.State.Factors[aal.TOTP]
			f.Serial++
			i.State.Factors[aal.TOTP] = f
			return nil
		}, true},
		{"a login of another provider is linked", addKey(identity.OIDC, "https://idp.example mallory"), true},
		{"an address to log in with is added", addKey(identity.Identifier, "mallory@example.com"), true},
		{"an address to log in with is removed", func(i *identity.Identity) error { i.Keys = nil; return nil }, true},
		{"only the profile is edited", settingTraits(`{"name":"Ada"}`), false},
	}
	ages := []struct {
		name  string
		age   time.Duration
		stale bool
	}{
		{"signed in exactly 15 minutes ago", 15 * time.Minute, false},
		{"a nanosecond more", 15*time.Minute + 1, true},
		{"signed in 60 seconds from now, by another clock", -60 * time.Second, false},
		{"further in the future", -60*time.Second - 1, true},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range rows {
			for _, at := range ages {
				t.Run(row.name+"/"+at.name, func(t *testing.T) {
					kit := settingstest.New(t, mode, offering(puppet{edit: row.edit}))
					ada := kit.AddIdentity("ada@example.com", oldPassword)
					kit.AddFactor(ada, aal.TOTP)
					kit.AddFactor(ada, aal.OIDC)
					c := kit.SignIn(ada, kind, aal.Password, aal.TOTP)
					kit.Clock.Advance(at.age)
					f := c.Start()
					before := snapshot(t, kit, ada)

					a := c.Submit(f, toTest)
					if !row.needs || !at.stale {
						wantSaved(t, c, a)
						assert.NotEqual(t, before, snapshot(t, kit, ada))
						return
					}
					wantRefused(t, c, a, http.StatusForbidden, "session_refresh_required")
					assert.Equal(t, before, snapshot(t, kit, ada))
				})
			}
		}
	})
}

func TestAChangeOfFactorsNeedsTheHighestLevelWhateverItsPlanDeclares(t *testing.T) {
	rows := []struct {
		name  string
		edit  func(*identity.Identity) error
		needs bool
	}{
		{"a factor is added", func(i *identity.Identity) error {
			i.State.Factors[aal.WebAuthn] = identity.Factor{Credentials: []identity.Credential{{ID: "key"}}}
			return nil
		}, true},
		{"the second factor is removed", removeFactor, true},
		{"the second factor is exchanged", alterFactor(func(c *identity.Credential) { c.Data = []byte(`"mine"`) }), true},
		{"a login of another provider is linked", addKey(identity.OIDC, "https://idp.example mallory"), true},
		{"the profile is edited", settingTraits(`{"name":"Ada"}`), false},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				edit := offering(puppet{edit: row.edit})
				kit := settingstest.New(t, mode, edit, func(c *settings.Config) { c.AllowAAL1 = true })
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				kit.AddFactor(ada, aal.TOTP)
				thief := kit.SignIn(ada, kind, aal.Password)
				f := thief.Start()
				before := snapshot(t, kit, ada)
				a := thief.Submit(f, toTest)
				if !row.needs {
					wantSaved(t, thief, a)
					return
				}
				wantRefused(t, thief, a, http.StatusForbidden, "session_aal2_required")
				assert.Equal(t, before, snapshot(t, kit, ada))

				owner := kit.SignIn(ada, kind, aal.Password, aal.TOTP)
				wantSaved(t, owner, owner.Submit(owner.Start(), toTest))
			})
			t.Run(row.name+", and the host allows that at AAL1", func(t *testing.T) {
				kit := settingstest.New(t, mode, offering(puppet{edit: row.edit}), func(c *settings.Config) {
					c.AllowAAL1, c.AllowFactorChangeAtAAL1 = true, true
				})
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				kit.AddFactor(ada, aal.TOTP)
				c := kit.SignIn(ada, kind, aal.Password)
				wantSaved(t, c, c.Submit(c.Start(), toTest))
			})
		}
	})
}

func TestADeclaredNeedIsAskedBeforeTheWork(t *testing.T) {
	for name, row := range map[string]struct {
		needs settings.Needs
		id    string
	}{
		"a recent sign-in":  {settings.Needs{Privileged: true}, "session_refresh_required"},
		"the highest level": {settings.Needs{HighestAAL: true}, "session_aal2_required"},
	} {
		t.Run(name, func(t *testing.T) {
			forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
				worked := 0
				kit := settingstest.New(t, mode, func(c *settings.Config) { c.AllowAAL1 = true }, offering(puppet{
					needs: row.needs,
					do: func(context.Context, settings.View) (settings.Result, error) {
						worked++
						return settings.Again{}, nil
					},
				}))
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				kit.AddFactor(ada, aal.TOTP)
				c := kit.SignIn(ada, kind, aal.Password)
				kit.Clock.Advance(15*time.Minute + 1)
				wantRefused(t, c, c.Submit(c.Start(), toTest), http.StatusForbidden, row.id)
				assert.Zero(t, worked)
			})
		})
	}
}

func TestAMethodThatMisbehavesIsABugAndWritesNothing(t *testing.T) {
	boom := errors.New("sql: a secret of the library at method.go:12")
	edit := func(change func(*identity.Identity)) puppet {
		return puppet{edit: func(i *identity.Identity) error {
			i.Traits = []byte(`{"name":"Mallory"}`)
			change(i)
			return nil
		}}
	}
	rows := map[string]puppet{
		"it edits the id":             edit(func(i *identity.Identity) { i.ID = "another" }),
		"it activates the account":    edit(func(i *identity.Identity) { i.Active = !i.Active }),
		"it edits the schema":         edit(func(i *identity.Identity) { i.SchemaID = "admin" }),
		"it edits the version":        edit(func(i *identity.Identity) { i.Version++ }),
		"it edits the metadata":       edit(func(i *identity.Identity) { i.MetadataPublic = []byte(`{"role":"admin"}`) }),
		"it edits the generation":     edit(func(i *identity.Identity) { i.State.Generation++ }),
		"it edits the kept session":   edit(func(i *identity.Identity) { i.State.KeptSession = "mine" }),
		"it edits the last change":    edit(func(i *identity.Identity) { i.State.LastChange.Flow = "mine" }),
		"it adds an event":            edit(func(i *identity.Identity) { i.State.Events = append(i.State.Events, identity.Event{ID: "x"}) }),
		"its edit fails":              {edit: func(*identity.Identity) error { return boom }},
		"its edit panics":             {edit: func(*identity.Identity) error { panic("boom") }},
		"its work fails":              {do: func(context.Context, settings.View) (settings.Result, error) { return nil, boom }},
		"its work panics":             {do: func(context.Context, settings.View) (settings.Result, error) { panic("boom") }},
		"its work comes to no result": {do: func(context.Context, settings.View) (settings.Result, error) { return nil, nil }},
		"its plan fails":              {plan: func(settings.View, settings.Submission) (settings.Plan, error) { return settings.Plan{}, boom }},
		"its plan panics":             {plan: func(settings.View, settings.Submission) (settings.Plan, error) { panic("boom") }},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for name, method := range rows {
			t.Run(name, func(t *testing.T) {
				kit, stores := tapKit(t, mode, offering(method))
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				c := kit.SignIn(ada, kind)
				f := c.Start()
				before := snapshot(t, kit, ada)
				stores.forget()

				a := c.Submit(f, toTest)
				wantRefused(t, c, a, http.StatusInternalServerError, "internal_error")
				assert.NotContains(t, string(a.Body), "sql:")
				assert.NotContains(t, string(a.Body), "boom")
				assert.Empty(t, stores.written())
				assert.Equal(t, before, snapshot(t, kit, ada))
			})
		}
	})
}

// What a method sees is its own: it cannot change the account by writing into
// what it was shown.
func TestAMethodCannotWriteThroughItsView(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, offering(puppet{
			plan: func(v settings.View, _ settings.Submission) (settings.Plan, error) {
				v.Identity.Traits[2] = 'X'
				v.Identity.Keys[0].Value = "mallory@example.com"
				v.Identity.State.Factors[aal.TOTP].Credentials[0].Data[1] = 'X'
				v.Session.Methods[0].Method = aal.Passkey
				return settings.Plan{Do: func(context.Context) (settings.Result, error) {
					return settings.Change{Event: "test.changed", Edit: replacePassword}, nil
				}}, nil
			},
		}))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		kit.AddFactor(ada, aal.TOTP)
		kit.Edit(ada, func(i *identity.Identity) { i.State.Factors[aal.TOTP].Credentials[0].Data = []byte(`"theirs"`) })
		c := kit.SignIn(ada, respond.API, aal.Password, aal.TOTP)
		before := kit.Identity(ada)
		wantSaved(t, c, c.Submit(c.Start(), toTest))

		after := kit.Identity(ada)
		assert.NotEqual(t, before.PasswordHash, after.PasswordHash)
		assert.Equal(t, before.Traits, after.Traits)
		assert.Equal(t, before.Keys, after.Keys)
		assert.Equal(t, before.State.Factors, after.State.Factors)
		sessions, err := kit.Store.ListSessions(t.Context(), ada)
		require.NoError(t, err)
		assert.Equal(t, []aal.Method{aal.Password, aal.TOTP}, sessions[0].Completed())
	})
}

func TestTheLastWayToSignInStays(t *testing.T) {
	noPassword := func(i *identity.Identity) error { i.PasswordHash = ""; return nil }
	noLogin := func(i *identity.Identity) error { delete(i.State.Factors, aal.OIDC); return nil }
	rows := []struct {
		name  string
		pass  string
		has   []aal.Method
		edit  func(*identity.Identity) error
		saved bool
	}{
		{"the password alone", oldPassword, nil, noPassword, false},
		{"the password beside a second factor, which signs nobody in", oldPassword, []aal.Method{aal.TOTP}, noPassword, false},
		{"the password beside recovery codes", oldPassword, []aal.Method{aal.Lookup}, noPassword, false},
		{"the password beside a linked login", oldPassword, []aal.Method{aal.OIDC}, noPassword, true},
		{"the password beside a passkey", oldPassword, []aal.Method{aal.Passkey}, noPassword, true},
		{"the only linked login", "", []aal.Method{aal.OIDC}, noLogin, false},
		{"the password, exchanged for another one", oldPassword, nil, replacePassword, true},
		{"a second factor, of an account that signs in at the host", "", []aal.Method{aal.TOTP}, removeFactor, true},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				kit := settingstest.New(t, mode, offering(puppet{edit: row.edit}))
				ada := kit.AddIdentity("ada@example.com", row.pass)
				for _, m := range row.has {
					kit.AddFactor(ada, m)
				}
				c := kit.SignIn(ada, kind, append([]aal.Method{aal.Password}, row.has...)...)
				f := c.Start()
				before := snapshot(t, kit, ada)
				a := c.Submit(f, toTest)
				if row.saved {
					wantSaved(t, c, a)
					return
				}
				wantInvalid(t, c, a, "4000001")
				assert.Equal(t, before, snapshot(t, kit, ada))
			})
		}
	})
}

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

func TestRefusalsOfTheRow(t *testing.T) {
	rows := []struct {
		name    string
		edit    func(*identity.Identity) error
		message string
	}{
		{"an address of another account", addKey(identity.Identifier, "bob@example.com"), "4000007"},
		{"a row that the method did not see", func(*identity.Identity) error { return settings.ErrChanged }, "7000010"},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				kit := settingstest.New(t, mode, offering(puppet{edit: row.edit}))
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				bob := kit.AddIdentity("bob@example.com", oldPassword)
				c := kit.SignIn(ada, kind)
				f := c.Start()
				before, beforeBob := snapshot(t, kit, ada), snapshot(t, kit, bob)
				a := c.Submit(f, toTest)
				wantInvalid(t, c, a, row.message)
				assert.NotContains(t, string(a.Body), bob, "nobody learns whose it is")
				assert.Equal(t, before, snapshot(t, kit, ada))
				assert.Equal(t, beforeBob, snapshot(t, kit, bob))
			})
		}
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
