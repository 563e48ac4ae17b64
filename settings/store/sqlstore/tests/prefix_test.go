package tests

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store/sqlstore"
	"github.com/amend-go/amend/settings/store/storetest"
)

// Two installations share a database, and know nothing of each other.
func TestTablesOfAnotherPrefix(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		standard, db := d.store(t)
		other, err := sqlstore.New(db, d.dialect, sqlstore.Prefix("auth_v2_"))
		require.NoError(t, err)
		require.ErrorIs(t, other.Check(t.Context()), sqlstore.ErrSchema, "its tables are not there yet")
		require.NoError(t, other.Migrate(t.Context()))
		require.NoError(t, other.Check(t.Context()))
		require.NoError(t, standard.Check(t.Context()))
		account(t, other, "alice")
		_, err = standard.GetIdentity(t.Context(), "alice")
		require.ErrorIs(t, err, identity.ErrNotFound)

		storetest.Backend(t, func(t *testing.T) storetest.Database {
			for _, table := range tables {
				execute(t, db, "DELETE FROM "+strings.Replace(table, "amend_", "auth_v2_", 1))
			}
			return storetest.Database{Backend: other, Flows: other, Sessions: other, Accounts: accounts(other)}
		})
	})
}

func TestPrefixesThatCannotBe(t *testing.T) {
	for _, prefix := range []string{"", "Auth_", "1auth_", "auth-", `auth"; DROP TABLE users; --`, "_auth", strings.Repeat("a", 25)} {
		_, err := sqlstore.New(sqliteFile("")(t), sqlstore.SQLite, sqlstore.Prefix(prefix))
		assert.ErrorContains(t, err, "want 1 to 24 lower-case letters", prefix)
		assert.Empty(t, sqlstore.Schema(sqlstore.SQLite, sqlstore.Prefix(prefix)))
		assert.Empty(t, sqlstore.Migrations(sqlstore.SQLite, sqlstore.Prefix(prefix)))
	}
}

// A migration tool runs one file after the other, and comes to what Migrate makes: from
// each version on, Migrate has nothing left to do but the rest.
func TestMigrationsForATool(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		db := d.open(t)
		s, err := sqlstore.New(db, d.dialect, sqlstore.Prefix("tool_"))
		require.NoError(t, err)
		all := sqlstore.Migrations(d.dialect, sqlstore.Prefix("tool_"))
		require.GreaterOrEqual(t, len(all), 3)
		for n, file := range all {
			err := s.Check(t.Context())
			require.ErrorIs(t, err, sqlstore.ErrSchema)
			if n > 0 {
				require.ErrorContains(t, err, "is older")
			}
			for statement := range strings.SplitSeq(strings.TrimSuffix(file, ";\n"), ";\n") {
				execute(t, db, statement)
			}
		}
		require.NoError(t, s.Check(t.Context()))
		require.NoError(t, s.Migrate(t.Context()))
		account(t, s, "alice")
		assert.NotContains(t, strings.Join(all, ""), "amend_")
	})
}
