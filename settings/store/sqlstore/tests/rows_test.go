package tests

import (
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/settingstest"
)

var tables = []string{"amend_identities", "amend_keys", "amend_sessions", "amend_tokens", "amend_flows"}

// dump is every column of every row, as it is stored.
func dump(t *testing.T, db *sql.DB) string {
	t.Helper()
	var all strings.Builder
	for _, table := range tables {
		rows, err := db.Query("SELECT * FROM " + table)
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values, fields := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
			for i := range values {
				fields[i] = &values[i]
			}
			require.NoError(t, rows.Scan(fields...))
			for i, value := range values {
				fmt.Fprintf(&all, "%s.%s=%s\n", table, columns[i], value)
			}
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
	return all.String()
}

func TestNoSecretStandsInARow(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, db := d.store(t)
		k := settingstest.New(t, func(c *settings.Config) { c.Flows, c.Sessions, c.Identities, c.Backend = s, s, s, s })
		who := person("alice")
		who.PasswordHash = ""
		require.NoError(t, s.CreateIdentity(t.Context(), who))
		k.Edit("alice", func(i *identity.Identity) {
			i.State.Factors = map[aal.Method]identity.Factor{"custom": {Serial: 1, Credentials: []identity.Credential{{ID: "canary-id", Data: json.RawMessage(`"canary-data"`)}}}}
		})
		client := k.SignIn("alice", respond.API, aal.Code)
		first := client.Token
		f := client.Start()
		a := client.Submit(f, settingstest.Fields{"method": "password", "password": "canary passphrase for alice"})
		require.Equal(t, http.StatusOK, a.Status, a)
		require.NotEqual(t, first, client.Token, "the token was rotated: its successor is stored too, sealed")

		rows := dump(t, db)
		assert.Contains(t, rows, "alice@example.com", "what is stored in the clear is found")
		assert.Contains(t, rows, session.Hash(client.Token))
		for _, secret := range []string{"canary", first, client.Token, strings.TrimPrefix(client.Token, session.Prefix)} {
			assert.NotContains(t, rows, secret)
		}
		assert.Equal(t, "canary-id", k.Identity("alice").State.Factors["custom"].Credentials[0].ID, "it is there for who has the key")
	})
}

func TestDeletedIdentityLeavesNothingBehind(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, db := d.store(t)
		account(t, s, "bob")
		others := dump(t, db)
		account(t, s, "alice")
		for n := range 250 {
			require.NoError(t, s.CreateSession(t.Context(), sessionOf("alice", n+1)))
		}
		require.NoError(t, s.CreateFlow(t.Context(), flow.Record{Key: "tries:alice:password", Owner: "alice", ExpiresAt: noon}))
		before := dump(t, db)
		require.NotEqual(t, others, before)
		require.ErrorIs(t, s.EraseIdentity(t.Context(), "alice", load(t, s, "alice").Identity.Version-1), identity.ErrConflict)
		require.Equal(t, before, dump(t, db), "nothing goes with a version of before")
		require.NoError(t, s.EraseIdentity(t.Context(), "alice", load(t, s, "alice").Identity.Version))
		assert.Equal(t, others, dump(t, db))
		require.NoError(t, s.EraseIdentity(t.Context(), "alice", 1), "a missing one is no error")
		require.NoError(t, s.DeleteIdentity(t.Context(), "alice"), "a missing one is no error")
		account(t, s, "alice")
	})
}

func TestSweptAndDeletedSessionsLeaveNothingBehind(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, db := d.store(t)
		empty := dump(t, db)
		for n := range 250 {
			sess := sessionOf("alice", n)
			sess.Superseded.TokenHash = session.Hash(fmt.Sprint("old", n))
			require.NoError(t, s.CreateSession(t.Context(), sess))
		}
		require.NoError(t, s.DeleteSession(t.Context(), "alice", sessionOf("alice", 0).ID))
		n, err := s.DeleteExpiredSessions(t.Context(), noon.Add(time.Hour), 1000)
		require.NoError(t, err)
		assert.Equal(t, 249, n)
		assert.Equal(t, empty, dump(t, db))
	})
}

func TestBlockingCountsAsAnUpdate(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, _ := d.store(t)
		before := account(t, s, "alice")
		require.NoError(t, s.SetActive(t.Context(), "alice", false))
		assert.False(t, load(t, s, "alice").Identity.Active)
		require.ErrorIs(t, s.Commit(t.Context(), commitOf(before)), identity.ErrConflict, "a change under way is judged anew")
		require.NoError(t, s.SetActive(t.Context(), "alice", true))
		assert.True(t, load(t, s, "alice").Identity.Active)
		require.ErrorIs(t, s.SetActive(t.Context(), "nobody", false), identity.ErrNotFound)
	})
}

func TestCreatingAnIdentityTwiceChangesNothing(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, db := d.store(t)
		account(t, s, "alice")
		before := dump(t, db)
		require.ErrorIs(t, s.CreateIdentity(t.Context(), identity.Record{ID: "alice", Keys: []identity.Key{{Kind: identity.OIDC, Value: "x"}}}), identity.ErrDuplicate)
		taking := person("bob")
		taking.Keys = append(taking.Keys, person("alice").Keys...)
		require.ErrorIs(t, s.CreateIdentity(t.Context(), taking), identity.ErrDuplicate)
		assert.Equal(t, before, dump(t, db))
	})
}

// A token's hash is unique, whether it is the token now or the one before.
func TestSupersededHashIsTakenToo(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, db := d.store(t)
		owner := sessionOf("alice", 0)
		owner.Superseded.TokenHash = session.Hash("before")
		require.NoError(t, s.CreateSession(t.Context(), owner))
		require.NoError(t, s.CreateSession(t.Context(), sessionOf("bob", 0)))
		before := dump(t, db)
		for _, hash := range []string{owner.TokenHash, owner.Superseded.TokenHash} {
			for _, taking := range []session.Session{
				{ID: "new", IdentityID: "bob", TokenHash: hash},
				{ID: "new", IdentityID: "bob", TokenHash: session.Hash("new"), Superseded: session.Superseded{TokenHash: hash}},
			} {
				require.ErrorIs(t, s.CreateSession(t.Context(), taking), session.ErrDuplicate)
				taking.ID, taking.Version = sessionOf("bob", 0).ID, 1
				require.ErrorIs(t, s.UpdateSession(t.Context(), taking), session.ErrDuplicate)
			}
		}
		assert.Equal(t, before, dump(t, db))
	})
}

// PostgreSQL has no text with NUL and none that is not UTF-8, and what a
// request names is not always text.
func TestWhatNoColumnCanHaveIsNotFound(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, db := d.store(t)
		account(t, s, "alice")
		before := dump(t, db)
		for _, odd := range []string{"\x00", "flow:\x00", "\xff", strings.Repeat("x", identity.MaxKeyValue+1)} {
			_, err := s.GetFlow(t.Context(), odd)
			require.ErrorIs(t, err, flow.ErrNotFound)
			_, err = s.GetSession(t.Context(), odd)
			require.ErrorIs(t, err, session.ErrNotFound)
			_, err = s.GetIdentity(t.Context(), odd)
			require.ErrorIs(t, err, identity.ErrNotFound)
			_, err = s.IdentityOwner(t.Context(), identity.Key{Kind: identity.Identifier, Value: odd})
			require.ErrorIs(t, err, identity.ErrNotFound)
			l, err := s.Load(t.Context(), session.Hash("alice0"), odd)
			require.NoError(t, err)
			assert.NotNil(t, l.Session)
			assert.Nil(t, l.Flow)
			l, err = s.Load(t.Context(), odd, "")
			require.NoError(t, err)
			assert.Nil(t, l.Session)
			list, err := s.ListSessions(t.Context(), odd)
			require.NoError(t, err)
			assert.Empty(t, list)

			require.ErrorIs(t, s.UpdateFlow(t.Context(), flow.Record{Key: odd}), flow.ErrNotFound)
			require.ErrorIs(t, s.UpdateSession(t.Context(), session.Session{ID: odd}), session.ErrNotFound)
			require.ErrorIs(t, s.UpdateIdentity(t.Context(), identity.Record{ID: odd}), identity.ErrNotFound)
			require.ErrorIs(t, s.SetActive(t.Context(), odd, false), identity.ErrNotFound)
			require.NoError(t, s.DeleteFlow(t.Context(), odd))
			require.NoError(t, s.DeleteSession(t.Context(), "alice", odd))
			require.NoError(t, s.DeleteIdentity(t.Context(), odd))

			require.Error(t, s.CreateFlow(t.Context(), flow.Record{Key: odd}))
			require.Error(t, s.CreateSession(t.Context(), session.Session{ID: odd}))
			require.Error(t, s.CreateIdentity(t.Context(), identity.Record{ID: odd}))
			who := load(t, s, "alice").Identity
			who.Keys = []identity.Key{{Kind: identity.Identifier, Value: odd}}
			require.Error(t, s.UpdateIdentity(t.Context(), *who))
		}
		assert.Equal(t, before, dump(t, db))
	})
}

// The longest key that identity.Key.Storable lets pass fits every index, also one that
// cannot be compressed.
func TestTheLongestKeyIsFound(t *testing.T) {
	longest := make([]byte, identity.MaxKeyValue/2)
	_, err := rand.Read(longest)
	require.NoError(t, err)
	k := identity.Key{Kind: identity.Identifier, Value: hex.EncodeToString(longest)}
	require.True(t, k.Storable())
	on(t, func(t *testing.T, d database) {
		s, _ := d.store(t)
		who := account(t, s, "alice").Identity
		who.Keys = []identity.Key{k}
		require.NoError(t, s.UpdateIdentity(t.Context(), *who))
		owner, err := s.IdentityOwner(t.Context(), k)
		require.NoError(t, err)
		assert.Equal(t, "alice", owner)
	})
}

func TestUserAgentOfAnyBytesSignsIn(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, _ := d.store(t)
		sess := sessionOf("alice", 0)
		sess.UserAgent, sess.IP = "fox\x00\xff "+strings.Repeat("x", 100_000), "\xff"
		require.NoError(t, s.CreateSession(t.Context(), sess))
		got, err := s.GetSession(t.Context(), sess.TokenHash)
		require.NoError(t, err)
		assert.Equal(t, "fox\uFFFD\uFFFD "+strings.Repeat("x", 100_000), got.UserAgent)
	})
}
