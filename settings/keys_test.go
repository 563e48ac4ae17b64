package settings_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/settingstest"
)

func withKeys(keys ...[]byte) func(*settings.Config) {
	return func(c *settings.Config) { c.Keys = keys }
}

// opensUnder reports whether the stored state of an identity opens with these
// keys and no others.
func opensUnder(t *testing.T, kit *settingstest.Kit, id string, keys ...[]byte) bool {
	t.Helper()
	ring, err := seal.New(keys...)
	require.NoError(t, err)
	r, err := kit.Store.GetIdentity(t.Context(), id)
	require.NoError(t, err)
	require.NotEmpty(t, r.SealedState)
	_, err = identity.Open(ring, r)
	return err == nil
}

func TestANewKeyTakesOverWithTheNextChange(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		oldKey, newKey := settings.NewKey(), settings.NewKey()
		kit := settingstest.New(t, mode, withKeys(oldKey))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		kit.AddFactor(ada, aal.TOTP)
		factors := kit.Identity(ada).State.Factors
		c := kit.SignIn(ada, kind, aal.Password, aal.TOTP)
		open := c.Start() // a form that is open while the keys are rotated

		rotated := instance(t, kit, mode, withKeys(newKey, oldKey))
		c = at(rotated, c)
		assert.Equal(t, "aal2", level(t, c), "the factor is still known")
		assert.Equal(t, http.StatusOK, c.Read(open.ID).Status)
		require.True(t, opensUnder(t, kit, ada, oldKey))
		require.False(t, opensUnder(t, kit, ada, newKey), "reading writes nothing")

		wantSaved(t, c, c.Submit(open, toNewPassword))
		assert.True(t, opensUnder(t, kit, ada, newKey))
		assert.False(t, opensUnder(t, kit, ada, oldKey))

		c = at(instance(t, kit, mode, withKeys(newKey)), c) // the old key may go
		assert.Equal(t, "aal2", level(t, c))
		wantSaved(t, c, c.Submit(c.Start(), settingstest.Fields{"method": "password", "password": "eleven ducks in a row"}))
		ring, err := seal.New(newKey)
		require.NoError(t, err)
		r, err := kit.Store.GetIdentity(t.Context(), ada)
		require.NoError(t, err)
		i, err := identity.Open(ring, r)
		require.NoError(t, err)
		assert.Equal(t, factors, i.State.Factors, "nothing of it is lost")
	})
}

func TestARetryAcrossARotationOfKeys(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		oldKey, newKey := settings.NewKey(), settings.NewKey()
		kit := settingstest.New(t, mode, withKeys(oldKey))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, kind)
		f := c.Start()
		lost := c.Copy()
		token := wantSaved(t, lost, lost.Submit(f, toNewPassword))

		c = at(instance(t, kit, mode, withKeys(newKey, oldKey)), c)
		assert.Equal(t, token, wantSaved(t, c, c.Submit(f, toNewPassword)))
	})
}

// A state that does not open may hide a second factor, or the end of a session:
// nothing is guessed about it, and nothing is written over it.
func TestAStateThatDoesNotOpenIsABug(t *testing.T) {
	rows := []struct {
		name  string
		spoil func(t *testing.T, kit *settingstest.Kit, ada, bob string) // the stored rows
		keys  [][]byte                                                   // of the instance that meets them; nil for the kit's
	}{
		{"the key is gone", nil, [][]byte{settings.NewKey()}},
		{"it was tampered with", func(t *testing.T, kit *settingstest.Kit, ada, _ string) {
			rewrite(t, kit, ada, func(r *identity.Record) { r.SealedState[len(r.SealedState)-1] ^= 1 })
		}, nil},
		{"it was cut", func(t *testing.T, kit *settingstest.Kit, ada, _ string) {
			rewrite(t, kit, ada, func(r *identity.Record) { r.SealedState = r.SealedState[:20] })
		}, nil},
		{"it is another account's", func(t *testing.T, kit *settingstest.Kit, ada, bob string) {
			theirs, err := kit.Store.GetIdentity(t.Context(), bob)
			require.NoError(t, err)
			rewrite(t, kit, ada, func(r *identity.Record) { r.SealedState = theirs.SealedState })
		}, nil},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				kit, stores := watchedKit(t, mode)
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				bob := kit.AddIdentity("bob@example.com", oldPassword)
				kit.AddFactor(ada, aal.TOTP)
				kit.AddFactor(bob, aal.Lookup)
				c := kit.SignIn(ada, kind, aal.Password, aal.TOTP)
				f := c.Start()
				if row.keys != nil {
					c = at(instance(t, kit, withKeys(row.keys...), mode), c)
				}
				if row.spoil != nil {
					row.spoil(t, kit, ada, bob)
				}
				was, err := kit.Store.GetIdentity(t.Context(), ada)
				require.NoError(t, err)
				stores.forget()

				wantRefused(t, c, c.Submit(f, toNewPassword), http.StatusInternalServerError, "internal_error")
				start := "/self-service/settings/" + map[bool]string{true: "api", false: "browser"}[kind == respond.API]
				wantRefused(t, c, c.Get(start), http.StatusInternalServerError, "internal_error")
				read := c.Read(f.ID)
				assert.Equal(t, http.StatusInternalServerError, read.Status)
				assert.Equal(t, "internal_error", read.Error.ID)
				assert.GreaterOrEqual(t, c.Whoami().Status, 500)

				assert.Empty(t, stores.written())
				is, err := kit.Store.GetIdentity(t.Context(), ada)
				require.NoError(t, err)
				assert.Equal(t, was, is)
			})
		}
	})
}

// rewrite changes a stored row as it is.
func rewrite(t *testing.T, kit *settingstest.Kit, id string, change func(*identity.Record)) {
	t.Helper()
	r, err := kit.Store.GetIdentity(t.Context(), id)
	require.NoError(t, err)
	change(&r)
	require.NoError(t, kit.Store.UpdateIdentity(t.Context(), r))
}
