package tests

import (
	"database/sql"
	"slices"
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
		byTool := catalogue(t, d, db)
		require.NoError(t, s.Migrate(t.Context()))
		assert.Equal(t, byTool, catalogue(t, d, db), "nothing was left to do")
		other := d.open(t)
		migrated, err := sqlstore.New(other, d.dialect, sqlstore.Prefix("tool_"))
		require.NoError(t, err)
		require.NoError(t, migrated.Migrate(t.Context()))
		assert.Equal(t, catalogue(t, d, other), byTool, "the tables, columns, indexes and version that Migrate makes")
		account(t, s, "alice")
		assert.NotContains(t, strings.Join(all, ""), "amend_")
	})
}

// catalogue is what a database says of its tables, columns and indexes, and what stands
// in the table of the version.
func catalogue(t testing.TB, d database, db *sql.DB) (lines []string) {
	t.Helper()
	queries := map[sqlstore.Dialect][]string{
		sqlstore.SQLite: {"SELECT name || ' ' || coalesce(sql, '') FROM sqlite_master"},
		sqlstore.MariaDB: {
			"SELECT concat_ws(' ', table_name, ordinal_position, column_name, column_type, is_nullable, column_default, collation_name) FROM information_schema.columns WHERE table_schema = DATABASE()",
			"SELECT concat_ws(' ', table_name, index_name, seq_in_index, column_name, non_unique) FROM information_schema.statistics WHERE table_schema = DATABASE()",
		},
	}[d.dialect]
	if queries == nil {
		queries = []string{
			"SELECT concat_ws(' ', table_name, ordinal_position, column_name, data_type, is_nullable, column_default, collation_name) FROM information_schema.columns WHERE table_schema = current_schema()",
			"SELECT concat_ws(' ', tablename, indexname, replace(indexdef, current_schema(), '')) FROM pg_indexes WHERE schemaname = current_schema()",
		}
	}
	for _, query := range queries {
		lines = append(lines, column(t, db, query)...)
	}
	require.NotEmpty(t, lines)
	for _, p := range []string{"amend_", "tool_"} {
		if slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, p+"version") }) {
			lines = append(lines, column(t, db, "SELECT 10000 * id + version FROM "+p+"version")...)
		}
	}
	slices.Sort(lines)
	return lines
}

func column(t testing.TB, db *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := db.Query(query)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var value string
		require.NoError(t, rows.Scan(&value))
		values = append(values, value)
	}
	require.NoError(t, rows.Err())
	return values
}
