package session_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
)

// account makes an account with these methods, and a session that completed some of
// them, each so many minutes ago: "password:20 totp:1".
func (h *installation) account(t *testing.T, has, completed string) session.Current {
	t.Helper()
	i := identity.Identity{Record: identity.Record{ID: "7", Active: true}}
	i.State.Factors = map[aal.Method]identity.Factor{}
	for m := range strings.FieldsSeq(has) {
		name, spent := strings.CutSuffix(m, "(spent)")
		if name == "password" {
			i.PasswordHash = "$2b$"
			continue
		}
		i.State.Factors[aal.Method(name)] = identity.Factor{Serial: 1, Credentials: []identity.Credential{{ID: "1", Spent: spent}}}
	}
	s := session.Session{IdentityID: "7", IssuedAt: start}
	for c := range strings.FieldsSeq(completed) {
		name, ago, _ := strings.Cut(c, ":")
		var minutes int
		if ago != "" {
			_, err := fmt.Sscan(ago, &minutes)
			require.NoError(t, err)
		}
		s = s.Completing(start.Add(-time.Duration(minutes)*time.Minute), aal.Method(name))
	}
	return h.Current(s, i, start)
}

func words(methods []aal.Method) string {
	var all []string
	for _, m := range methods {
		all = append(all, string(m))
	}
	return strings.Join(all, " ")
}

func TestWhatIsMissing(t *testing.T) {
	h := newInstallation(t)
	for _, c := range []struct{ name, has, completed, missing string }{
		{"nothing, of an account with a password alone", "password", "password", ""},
		{"nothing, beside a passkey: it obliges nobody", "password passkey", "password", ""},
		{"nothing, beside recovery codes alone", "password lookup_secret", "password", ""},
		{"the app", "password totp", "password", "totp"},
		{"nothing, once it is shown", "password totp", "password totp", ""},
		{"the app, a security key or a recovery code", "password totp webauthn lookup_secret", "password", "totp webauthn lookup_secret"},
		{"no recovery code where all are used", "password totp lookup_secret(spent)", "password", "totp"},
		{"a passkey will do, too", "password passkey totp", "password", "passkey totp"},
		{"no recovery code beside a linked login, which it does not lift", "oidc totp lookup_secret", "oidc", "totp"},
		{"the app, of an account that its host signs in", "totp", "code", "totp"},
		{"after a recovery: the second factor, or a code that stands in for it", "password totp lookup_secret", "code_recovery", "totp lookup_secret"},
		{"after a recovery that showed it: nothing, for repairs", "password totp", "code_recovery totp", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			cur := h.account(t, c.has, c.completed)
			assert.Equal(t, c.missing, words(cur.Missing()))
			assert.Equal(t, c.missing == "", cur.Suffices())
		})
	}
}

func TestWhatIsStale(t *testing.T) {
	h := newInstallation(t)
	for _, c := range []struct{ name, has, completed, stale string }{
		{"nothing", "password", "password:15", ""},
		{"the password", "password", "password:16", "password"},
		{"any first factor will do", "password oidc", "password:20 oidc:3", ""},
		{"either of two", "password oidc", "password:20 oidc:30", "password oidc"},
		{"the app alone", "password totp", "password:1 totp:20", "totp"},
		{"the password alone", "password totp", "password:20 totp:1", "password"},
		{"both, the first one first", "password totp", "totp:20 password:20", "password totp"},
		{"the passkey", "passkey", "passkey:20", "passkey"},
		{"a passkey is both factors", "passkey password totp", "password:40 totp:40 passkey:1", ""},
		{"a second factor that its account does not require", "password passkey lookup_secret", "password:1 lookup_secret:40", ""},
		{"a factor that was removed since counts for nothing", "password", "password:1 totp:40", ""},
		{"a session below what its account requires: of what it has", "password totp", "password:20", "password"},
		{"signed in in the future, by a clock that was off", "password", "password:-2", "password"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.stale, words(h.account(t, c.has, c.completed).Stale(15*time.Minute)))
		})
	}
}
