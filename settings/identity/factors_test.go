package identity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
)

// having makes an identity from words: "password", a factor with one
// credential, "lookup_secret(spent)", "totp(gone)" for a factor whose last
// credential was removed.
func having(words string) identity.Identity {
	var i identity.Identity
	i.State.Factors = map[aal.Method]identity.Factor{}
	for word := range strings.FieldsSeq(words) {
		name, note, _ := strings.Cut(word, "(")
		switch m := aal.Method(name); {
		case m == aal.Password:
			i.PasswordHash = "$2b$"
		case note == "gone)":
			i.State.Factors[m] = identity.Factor{Serial: 2}
		default:
			i.State.Factors[m] = identity.Factor{Serial: 1, Credentials: []identity.Credential{{ID: "1", Spent: note == "spent)"}}}
		}
	}
	return i
}

func methods(words string) []aal.Method {
	var all []aal.Method
	for word := range strings.FieldsSeq(words) {
		all = append(all, aal.Method(word))
	}
	return all
}

func TestWhatAnIdentityHas(t *testing.T) {
	for _, c := range []struct{ name, has, want string }{
		{"nothing", "", ""},
		{"a password", "password", "password"},
		{"several", "password totp oidc passkey", "password totp oidc passkey"},
		{"used-up recovery codes are none", "password lookup_secret(spent)", "password"},
		{"a removed factor is none", "password totp(gone)", "password"},
		{"a factor without a password", "totp", "totp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := having(c.has)
			assert.ElementsMatch(t, methods(c.want), i.Methods())
			for _, m := range methods("password oidc code passkey totp webauthn lookup_secret magic") {
				assert.Equal(t, strings.Contains(" "+c.want+" ", " "+string(m)+" "), i.Has(m), m)
			}
		})
	}

	partly := having("lookup_secret(spent)")
	f := partly.State.Factors[aal.Lookup]
	f.Credentials = append(f.Credentials, identity.Credential{ID: "2"})
	partly.State.Factors[aal.Lookup] = f
	assert.True(t, partly.Has(aal.Lookup), "one credential that is not spent is enough")

	i := identity.Identity{}
	i.State.Factors = map[aal.Method]identity.Factor{aal.Password: {Credentials: []identity.Credential{{ID: "1"}}}}
	assert.False(t, i.Has(aal.Password), "a password stands in its column, and nowhere else")
}

// What a session proves follows from what it completed and what its identity
// still has.
func TestLevelOfASession(t *testing.T) {
	for _, c := range []struct{ name, has, completed, want string }{
		{"nothing completed", "password totp", "", "aal0"},
		{"a password", "password", "password", "aal1"},
		{"password and totp", "password totp", "password totp", "aal2"},
		{"totp was removed since", "password totp(gone)", "password totp", "aal1"},
		{"totp was never there", "password", "password totp", "aal1"},
		{"the security key was removed, totp is left but was not completed", "password totp webauthn(gone)", "password webauthn", "aal1"},
		{"a recovery code", "password lookup_secret", "password lookup_secret", "aal2"},
		{"the last recovery code: it counts for the session that spent it", "password lookup_secret(spent)", "password lookup_secret", "aal2"},
		{"the recovery codes were removed", "password lookup_secret(gone)", "password lookup_secret", "aal1"},
		{"a passkey", "passkey", "passkey", "aal2"},
		{"the passkey was removed: one factor was proved, and remains", "password passkey(gone)", "passkey", "aal1"},
		{"the passkey was removed, and totp is there", "totp passkey(gone)", "passkey totp", "aal2"},
		{"a first factor of the host", "", "oidc", "aal1"},
		{"a first factor of the host, and totp", "totp", "code totp", "aal2"},
		{"a first factor of the host, and a recovery code", "lookup_secret", "oidc lookup_secret", "aal1"},
		{"the password was removed since", "oidc", "password", "aal1"},
		{"a second factor alone", "totp", "totp", "aal0"},
		{"an account recovery", "password totp", "code_recovery", "aal1"},
		{"an account recovery and totp", "password totp", "link_recovery totp", "aal1"},
		{"a method nobody knows", "magic", "magic", "aal0"},
		{"a password twice", "password", "password password", "aal1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, having(c.has).Level(methods(c.completed)...).String())
		})
	}
}

func TestTheLevelThatAnAccountRequires(t *testing.T) {
	for _, c := range []struct{ name, has, oblige, completed, want string }{
		{"nothing: no session could be asked for less", "", "", "", "aal1"},
		{"a password", "password", "", "password", "aal1"},
		{"an authenticator app obliges", "password totp", "", "password", "aal2"},
		{"whatever was completed", "password totp", "", "", "aal2"},
		{"an authenticator app that was removed does not", "password totp(gone)", "", "password", "aal1"},
		{"a security key obliges", "oidc webauthn", "", "oidc", "aal2"},
		{"recovery codes alone oblige nobody", "password lookup_secret", "", "password", "aal1"},
		{"unless their host says so", "password lookup_secret", "lookup_secret", "password", "aal2"},
		{"but not once they are used up", "password lookup_secret(spent)", "lookup_secret", "password", "aal1"},
		{"nor where they could not help", "oidc lookup_secret", "lookup_secret", "oidc", "aal1"},
		{"recovery codes beside an app", "password totp lookup_secret(spent)", "", "password", "aal2"},
		{"a passkey alone obliges nobody", "passkey", "", "", "aal1"},
		{"nor beside a password: adding one locks nobody out", "password passkey", "", "password", "aal1"},
		{"unless their host says so, a passkey", "password passkey", "passkey", "password", "aal2"},
		{"a second factor, and no first of ours", "totp", "", "", "aal1"},
		{"a second factor, and a first of the host", "totp", "", "code", "aal2"},
		{"a second factor, and an account recovery: it has to be shown", "totp", "", "code_recovery", "aal2"},
		{"a completed passkey that is gone", "", "", "passkey", "aal1"},
		{"a completed second factor that is gone", "password", "", "password totp", "aal1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, having(c.has).Required(methods(c.oblige), methods(c.completed)...).String())
		})
	}
}

// Whoever has all of an identity's methods must be able to reach its highest
// level; a requirement nobody can meet locks its user out.
func TestTheRequiredLevelCanBeReached(t *testing.T) {
	all := []string{"password", "oidc", "code", "passkey", "totp", "webauthn", "lookup_secret", "lookup_secret(spent)"}
	strict := []aal.Method{aal.Passkey, aal.Lookup}
	for set := range 1 << len(all) {
		var words []string
		for n, w := range all {
			if set&(1<<n) != 0 {
				words = append(words, w)
			}
		}
		i := having(strings.Join(words, " "))
		have := i.Methods()
		if !identity.CanSignIn(i) {
			continue
		}
		assert.GreaterOrEqual(t, i.Level(have...), i.Required(strict, have...), words)
		assert.GreaterOrEqual(t, i.Required(strict), i.Required(strict, aal.TOTP), words)
	}
}

func TestWhoCanSignIn(t *testing.T) {
	for _, c := range []struct {
		has  string
		want bool
	}{
		{"", false},
		{"password", true},
		{"oidc", true},
		{"passkey", true},
		{"code", true},
		{"totp", false},
		{"webauthn", false},
		{"lookup_secret", false},
		{"totp webauthn lookup_secret", false},
		{"passkey(gone) totp", false},
		{"oidc(gone)", false},
		{"passkey(spent)", false},
		{"passkey(gone) password", true},
	} {
		t.Run(c.has, func(t *testing.T) { assert.Equal(t, c.want, identity.CanSignIn(having(c.has))) })
	}
}

// The last way to sign in cannot be removed: a change is tried on a clone and
// judged before it is written.
func ExampleCanSignIn() {
	i := identity.Identity{Record: identity.Record{PasswordHash: "$argon2id$…"}}
	after := i.Clone()
	after.PasswordHash = ""
	fmt.Println(identity.CanSignIn(i), identity.CanSignIn(after))
	// Output: true false
}
