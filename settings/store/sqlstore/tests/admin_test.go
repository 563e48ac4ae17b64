package tests

import (
	"context"
	"errors"
	"fmt"
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

// What administrators do over a database: a password, a lost phone, and an erasure that
// leaves no row once the host has heard of it.
func TestAnAdministratorOverADatabase(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, db := d.store(t)
		deaf, told := false, []string{}
		kit := settingstest.New(t, func(c *settings.Config) {
			c.Flows, c.Sessions, c.Identities, c.Backend = s, s, s, s
			c.After = append(c.After, func(_ context.Context, e settings.Event) error {
				if deaf {
					return errors.New("not now")
				}
				told = append(told, e.Name)
				return nil
			})
		})
		require.NoError(t, s.CreateIdentity(t.Context(), identity.Record{
			ID: "ada", Active: true, Traits: []byte(`{}`), CreatedAt: kit.Clock.Now(), UpdatedAt: kit.Clock.Now(),
			Keys: []identity.Key{{Kind: identity.Identifier, Value: "ada@example.com"}},
		}))
		kit.AddFactor("ada", aal.Passkey)
		kit.AddFactor("ada", aal.TOTP)
		c := kit.SignIn("ada", respond.API, aal.Passkey)
		c.Start()
		ctx, service := settings.WithActor(t.Context(), "admin"), kit.Handler.Service
		require.ErrorIs(t, service.RemoveFactors(ctx, "ada", aal.Passkey, aal.TOTP), settings.ErrLastWay)
		require.NoError(t, s.SetSignsInElsewhere(t.Context(), "ada", true))
		require.NoError(t, service.RemoveFactors(ctx, "ada", aal.Passkey, aal.TOTP))
		assert.Equal(t, http.StatusUnauthorized, c.Whoami().Status)
		require.NoError(t, service.SetPassword(ctx, "ada", right))
		kit.SignIn("ada", respond.API).Start()

		deaf = true
		require.NoError(t, service.Erase(ctx, "ada"))
		assert.Equal(t, []string{"factors.removed", "password.changed"}, told)
		count := func() (rows string) {
			for _, table := range []string{"identities", "keys", "sessions", "tokens", "flows"} {
				var n int
				require.NoError(t, db.QueryRow("SELECT count(*) FROM amend_"+table).Scan(&n))
				rows += fmt.Sprint(table, " ", n, " ")
			}
			return rows
		}
		assert.Equal(t, "identities 1 keys 1 sessions 0 tokens 0 flows 2 ", count(), "the event stands in the row")
		deaf = false
		kit.Clock.Advance(time.Minute)
		require.NoError(t, service.Sweep(t.Context()))
		assert.Equal(t, "account.erased", told[len(told)-1])
		assert.Equal(t, "identities 0 keys 0 sessions 0 tokens 0 flows 0 ", count())
	})
}
