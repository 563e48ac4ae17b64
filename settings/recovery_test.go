package settings_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/settingstest"
)

// An account whose password is forgotten is repaired by a recovery: with the second
// factor that it requires, or without one where none obliges. Whoever reads the mail
// of somebody does not get past their second factor.
func TestARecoverySetsAPassword(t *testing.T) {
	accounts := [][]aal.Method{
		{"password"}, {"password", "totp"}, {"password", "webauthn"}, {"password", "totp", "lookup_secret"},
		{"password", "passkey"}, {"password", "passkey", "totp"}, {"password", "lookup_secret"}, {"oidc", "totp"}, {"passkey"},
	}
	proofs := []aal.Method{"", "totp", "webauthn", "lookup_secret", "passkey"}
	rows := 0
	for _, recovery := range []aal.Method{"code_recovery", "link_recovery"} {
		for _, has := range accounts {
			for _, proof := range proofs {
				if proof != "" && !slices.Contains(has, proof) {
					continue
				}
				rows++
				obliged := slices.Contains(has, "totp") || slices.Contains(has, "webauthn")
				t.Run(fmt.Sprintf("%s and %q, of an account with %v", recovery, proof, has), func(t *testing.T) {
					kit := settingstest.New(t)
					pass := ""
					if slices.Contains(has, "password") {
						pass = oldPassword
					}
					id := kit.AddIdentity("ada@example.com", pass)
					for _, m := range has {
						if m != "password" {
							kit.AddFactor(id, m)
						}
					}
					c := kit.SignIn(id, respond.API, recovery)
					if proof != "" {
						c.SignInAgain(proof)
					}
					start := c.Get("/self-service/settings/api")
					if obliged && proof == "" {
						wantRefused(t, c, start, 403, "session_aal2_required")
						assert.Equal(t, 403, c.Whoami().Status)
						return
					}
					require.Equal(t, 200, start.Status, start)
					wantSaved(t, c, c.Submit(start.Flow, toNewPassword))
					assert.True(t, kit.PasswordIs(id, newPassword))
					if proof == "passkey" {
						return // that is a sign-in by itself
					}
					wantRefused(t, c, c.Whoami(), 403, "session_refresh_required")

					// What an administrator takes off the account obliges no longer; the
					// new password signs in like any other.
					kit.Edit(id, func(i *identity.Identity) { delete(i.State.Factors, aal.TOTP); delete(i.State.Factors, aal.WebAuthn) })
					proved, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: id, Value: newPassword})
					require.NoError(t, err)
					assert.Equal(t, 200, kit.SignIn(proved, respond.API).Whoami().Status)
				})
			}
		}
	}
	assert.Equal(t, 38, rows, "each account with each of its proofs, and without one")
}

// After an administrator has removed the lost factor, the recovery needs no other.
func TestARecoveryAfterAnAdministratorRemovedTheFactor(t *testing.T) {
	kit := settingstest.New(t)
	id := kit.AddIdentity("ada@example.com", oldPassword)
	kit.AddFactor(id, aal.TOTP)
	c := kit.SignIn(id, respond.API, aal.LinkRecovery)
	wantRefused(t, c, c.Get("/self-service/settings/api"), 403, "session_aal2_required")
	kit.Edit(id, func(i *identity.Identity) { delete(i.State.Factors, aal.TOTP) })
	wantSaved(t, c, c.Submit(c.Start(), toNewPassword))
}
