package settings_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
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
					kit := settingstest.New(t, mode, offering(fakeMethod{edit: row.edit}))
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
				edit := offering(fakeMethod{edit: row.edit})
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
				kit := settingstest.New(t, mode, offering(fakeMethod{edit: row.edit}), func(c *settings.Config) {
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
		needs method.Needs
		id    string
	}{
		"a recent sign-in":  {method.Needs{Privileged: true}, "session_refresh_required"},
		"the highest level": {method.Needs{RequiredAAL: true}, "session_aal2_required"},
	} {
		t.Run(name, func(t *testing.T) {
			forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
				worked := 0
				kit := settingstest.New(t, mode, func(c *settings.Config) { c.AllowAAL1 = true }, offering(fakeMethod{
					needs: row.needs,
					do: func(context.Context, method.View) (method.Result, error) {
						worked++
						return method.Again{}, nil
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
				kit := settingstest.New(t, mode, offering(fakeMethod{edit: row.edit}))
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

func TestRefusalsOfTheRow(t *testing.T) {
	rows := []struct {
		name    string
		edit    func(*identity.Identity) error
		message string
	}{
		{"an address of another account", addKey(identity.Identifier, "bob@example.com"), "4000007"},
		{"a row that the method did not see", func(*identity.Identity) error { return method.ErrChanged }, "7000010"},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				kit := settingstest.New(t, mode, offering(fakeMethod{edit: row.edit}))
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
