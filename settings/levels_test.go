package settings_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

// spent stands for recovery codes that are all used: they are there, and prove
// nothing to who has not used one in this session.
const spent aal.Method = "spent"

var levelMethods = []aal.Method{"password", "oidc", "passkey", "totp", "webauthn", "lookup_secret", spent}

// levelOf states the rule once more, in other words than the library: two
// distinct factors are a passkey; a password, a linked login or a sent code with
// an authenticator app or a security key; or a password with a recovery code.
func levelOf(set []aal.Method) int {
	has := func(m aal.Method) bool { return slices.Contains(set, m) }
	first := has("password") || has("oidc")
	switch {
	case has("passkey"), first && (has("totp") || has("webauthn")), has("password") && has("lookup_secret"):
		return 2
	case first:
		return 1
	}
	return 0
}

// requiredOf states the other rule: AAL2 if an authenticator app or a security key is
// there, and a first factor beside it.
func requiredOf(has []aal.Method) int {
	if slices.Contains(has, "totp") || slices.Contains(has, "webauthn") {
		return max(1, levelOf(has))
	}
	return 1
}

func subset(of []aal.Method, bits int) (some []aal.Method) {
	for n, m := range of {
		if bits&(1<<n) != 0 {
			some = append(some, m)
		}
	}
	return some
}

// Every combination of factors that an account can have, with every session
// that its factors can make, for both requirements: what is asked of settings at
// all, and of a change of factors.
func TestEveryCombinationOfFactorsAndRequirements(t *testing.T) {
	rows := 0
	for _, c := range []struct {
		name              string
		config            func(*settings.Config)
		atAAL1, factorsAt bool // what a session below the required level may do
	}{
		{"by default", func(*settings.Config) {}, false, false},
		{"settings at AAL1", func(c *settings.Config) { c.AllowAAL1 = true }, true, false},
		{"settings and factors at AAL1", func(c *settings.Config) { c.AllowAAL1, c.AllowFactorChangeAtAAL1 = true, true }, true, true},
		{"factors at AAL1 alone", func(c *settings.Config) { c.AllowFactorChangeAtAAL1 = true }, false, true},
	} {
		for bits := range 1 << len(levelMethods) {
			kit := settingstest.New(t, c.config, offering(fakeMethod{edit: func(i *identity.Identity) error {
				if i.State.Factors == nil {
					i.State.Factors = map[aal.Method]identity.Factor{}
				}
				f := i.State.Factors["code"] // of a kind that no level depends on, once it is there
				f.Serial++
				i.State.Factors["code"] = f
				return nil
			}}))
			has := subset(levelMethods, bits)
			required := requiredOf(has)
			could := slices.DeleteFunc(slices.Clone(has), func(m aal.Method) bool { return m == spent })
			if slices.Contains(has, spent) && !slices.Contains(has, "lookup_secret") {
				could = append(could, "lookup_secret") // by the last one, in this session
			}
			for some := range 1 << len(could) {
				did := subset(could, some)
				level := levelOf(did)
				if level == 0 {
					continue // nobody signs in so
				}
				rows++
				name := fmt.Sprintf("%s: an account with %v, a session by %v", c.name, has, did)
				pass := ""
				if slices.Contains(has, "password") {
					pass = "correct horse battery staple"
				}
				id := kit.AddIdentity(fmt.Sprintf("%d.%d.%d@example.com", rows, bits, some), pass)
				for _, m := range has {
					switch m {
					case "password":
					case spent:
						kit.AddFactor(id, "lookup_secret")
						kit.Edit(id, func(i *identity.Identity) {
							all := i.State.Factors["lookup_secret"].Credentials
							all[len(all)-1].Spent = true
						})
					default:
						kit.AddFactor(id, m)
					}
				}
				client := kit.SignIn(id, respond.API, did...)
				start := client.Get("/self-service/settings/api")
				if level < required && !c.atAAL1 {
					require.Equal(t, http.StatusForbidden, start.Status, name)
					require.Equal(t, "session_aal2_required", start.Error.ID, name)
					continue
				}
				require.Equal(t, http.StatusOK, start.Status, name)
				change := client.Submit(start.Flow, toTest)
				if level < required && !c.factorsAt {
					require.Equal(t, http.StatusForbidden, change.Status, name)
					require.Equal(t, "session_aal2_required", change.Error.ID, name)
					continue
				}
				require.Equal(t, http.StatusOK, change.Status, name)
			}
		}
	}
	assert.Greater(t, rows, 2000)
}

// The session follows what its account has: a factor that is enrolled raises it
// with the same commit, one that is removed lowers it, and so every other
// session that counted on it.
func TestLevelFollowsTheFactors(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		for factor, firsts := range map[aal.Method][]aal.Method{"totp": {"password", "oidc"}, "webauthn": {"password", "oidc"}, "lookup_secret": {"password"}, "passkey": {"password", "oidc"}} {
			for _, first := range firsts {
				t.Run(fmt.Sprintf("%s, then %s", first, factor), func(t *testing.T) {
					enrol := fakeMethod{name: "enrol", after: func(c method.Change) method.Change {
						c.Proved = factor
						return c
					}, edit: func(i *identity.Identity) error {
						if i.State.Factors == nil {
							i.State.Factors = map[aal.Method]identity.Factor{}
						}
						i.State.Factors[factor] = identity.Factor{Serial: 1, Credentials: []identity.Credential{{ID: "1"}}}
						return nil
					}}
					remove := fakeMethod{name: "remove", edit: func(i *identity.Identity) error {
						i.State.Factors[factor] = identity.Factor{Serial: 2}
						return nil
					}}
					kit := settingstest.New(t, mode, offering(enrol, remove), func(c *settings.Config) { c.KeepOtherSessions = true })
					id := kit.AddIdentity("ada@example.com", "correct horse battery staple")
					if first == "oidc" {
						kit.AddFactor(id, "oidc")
					}
					client, other := kit.SignIn(id, respond.API, first), kit.SignIn(id, respond.API, first)
					require.Equal(t, "aal1", level(t, client))
					wantSaved(t, client, client.Submit(client.Start(), settingstest.Fields{"method": "enrol"}))
					assert.Equal(t, "aal2", level(t, client))
					assert.Equal(t, "aal1", level(t, other), "who has not proved it is not raised")
					if aal.Required([]aal.Method{first, factor}) == aal.AAL2 {
						wantRefused(t, other, other.Get("/self-service/settings/api"), 403, "session_aal2_required")
					} else {
						other.Start() // adding it has locked nobody out
					}
					wantSaved(t, client, client.Submit(client.Start(), settingstest.Fields{"method": "remove"}))
					assert.Equal(t, "aal1", level(t, client))
					other.Start()
				})
			}
		}
	})
}

// A session that only an account recovery has made may put back what was lost,
// and take nothing away: whoever reads the mail of somebody must not become them
// for good.
func TestARecoveringSessionOnlyRepairs(t *testing.T) {
	passkey := func(i *identity.Identity) error {
		i.State.Factors["passkey"] = identity.Factor{Serial: 1, Credentials: []identity.Credential{{ID: "1"}}}
		return nil
	}
	for _, c := range []struct {
		name string
		edit func(i *identity.Identity) error
		ok   bool
	}{
		{"a new password", func(i *identity.Identity) error { i.PasswordHash = "$argon2id$new"; return nil }, true},
		{"a new passkey", passkey, true},
		{"a nickname", func(i *identity.Identity) error {
			i.Traits = []byte(`{"email":"ada@example.com","nickname":"x"}`)
			return nil
		}, true},
		{"no password any more", func(i *identity.Identity) error { i.PasswordHash = ""; return passkey(i) }, false},
		{"a linked login less", func(i *identity.Identity) error { delete(i.State.Factors, "oidc"); return nil }, false},
		{"another address to sign in with", func(i *identity.Identity) error { i.Keys[0].Value = "eve@example.com"; return nil }, false},
		{"one address more", func(i *identity.Identity) error {
			i.Keys = append(i.Keys, identity.Key{Kind: identity.Identifier, Value: "eve@example.com"})
			return nil
		}, false},
	} {
		for _, method := range []aal.Method{"code_recovery", "link_recovery"} {
			t.Run(fmt.Sprintf("%s, by %s", c.name, method), func(t *testing.T) {
				kit := settingstest.New(t, offering(fakeMethod{edit: c.edit}))
				id := kit.AddIdentity("ada@example.com", "correct horse battery staple")
				kit.AddFactor(id, "oidc")
				client := kit.SignIn(id, respond.API, method)
				was := kit.Snapshot(id)
				a := client.Submit(client.Start(), toTest)
				if c.ok {
					wantSaved(t, client, a)
					return
				}
				wantRefused(t, client, a, http.StatusForbidden, "session_refresh_required")
				assert.Equal(t, was, kit.Snapshot(id))

				whole := kit.SignIn(id, respond.API, method, "password")
				wantSaved(t, whole, whole.Submit(whole.Start(), toTest))
			})
		}
	}
}

// Nor may it say where the next recovery goes.
func TestARecoveringSessionDoesNotMoveTheRecovery(t *testing.T) {
	kit := settingstest.New(t, offering(profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
		profile.Field{Name: "email", Type: profile.Email, Identifier: true},
		profile.Field{Name: "backup", Type: profile.Email, Recover: profile.ByEmail},
		profile.Field{Name: "nickname"},
	)}})))
	id := kit.AddIdentity("ada@example.com", "correct horse battery staple")
	client := kit.SignIn(id, respond.API, "code_recovery")
	was := kit.Snapshot(id)
	wantRefused(t, client, client.Submit(client.Start(), settingstest.Fields{"method": "profile", "traits": map[string]any{
		"email": "ada@example.com", "backup": "eve@example.com",
	}}), http.StatusForbidden, "session_refresh_required")
	assert.Equal(t, was, kit.Snapshot(id))
	wantSaved(t, client, client.Submit(client.Start(), settingstest.Fields{"method": "profile", "traits": map[string]any{
		"email": "ada@example.com", "nickname": "ada",
	}}))
}
