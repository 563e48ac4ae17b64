package tests

import (
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

// Two builds share the tables while one is rolled out. What follows is told by the
// versions of the schema, of which the build at 1 knew no column extra.

// statements are those of a script.
func statements(script string) []string {
	return strings.Split(strings.TrimSuffix(strings.TrimSpace(script), ";"), ";\n")
}

// ofVersion1 makes the tables as the build at version 1 did.
func ofVersion1(t *testing.T, d database, db *sql.DB) {
	t.Helper()
	later := statements(sqlstore.Upgrade(d.dialect, 1))[1:] // without the table of the version
	for _, statement := range statements(sqlstore.Schema(d.dialect)) {
		if !slices.Contains(later, statement) {
			execute(t, db, statement)
		}
	}
	execute(t, db, "INSERT INTO amend_version (id, version) VALUES (1, 1)")
}

func execute(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	_, err := db.Exec(statement)
	require.NoError(t, err, statement)
}

// The build at version 1 signs somebody in, and later writes that session again.
const (
	insertOfVersion1 = `INSERT INTO amend_sessions (id, identity_id, token_hash, superseded_hash, superseded_until, successor, generation, change_id, methods,
		authenticated_at, issued_at, expires_at, user_agent, ip, version)
		VALUES ('ID', 'alice', 'HASH', '', 0, '', 3, '', '[{"method":"password","at":"2031-02-03T12:00:00Z"}]', 0, 0, 1, 'fox', '::1', 1)`
	tokenOfVersion1  = `INSERT INTO amend_tokens (hash, session_id) VALUES ('HASH', 'ID')`
	updateOfVersion1 = `UPDATE amend_sessions SET token_hash = 'HASH', superseded_hash = '', superseded_until = 0, successor = '', generation = 4, change_id = '',
		methods = '[{"method":"totp","at":"2031-02-03T12:00:00Z"}]', authenticated_at = 0, issued_at = 0, expires_at = 1, user_agent = 'fox', ip = '::1', version = version + 1
		WHERE id = 'ID'`
)

// as is a statement for a session of some name.
func as(name, statement string) string {
	return strings.NewReplacer("ID", name, "HASH", "hash of "+name).Replace(statement)
}

func TestTheBuildBeforeGoesOnBesideTheNext(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		db := d.open(t)
		ofVersion1(t, d, db)
		execute(t, db, as("first", insertOfVersion1))
		execute(t, db, as("first", tokenOfVersion1))
		s, err := sqlstore.New(db, d.dialect)
		require.NoError(t, err)
		err = s.Check(t.Context())
		require.ErrorIs(t, err, sqlstore.ErrSchema)
		require.ErrorContains(t, err, "version 1 is older than this package's 3")

		require.NoError(t, s.Migrate(t.Context()))
		require.NoError(t, s.Check(t.Context()))
		assert.Equal(t, [2]int{1, 3}, versions(t, db), "the build at version 1, which looks at the first, starts again too")
		first, err := s.GetSession(t.Context(), "hash of first")
		require.NoError(t, err)
		assert.Empty(t, first.Extra)
		assert.EqualValues(t, 3, first.Generation)

		first.Extra = []byte(`{"last_used":"2031-02-03"}`)
		require.NoError(t, s.UpdateSession(t.Context(), first))
		execute(t, db, as("first", updateOfVersion1))
		execute(t, db, as("second", insertOfVersion1))
		execute(t, db, as("second", tokenOfVersion1))
		first, err = s.GetSession(t.Context(), "hash of first")
		require.NoError(t, err)
		assert.JSONEq(t, `{"last_used":"2031-02-03"}`, string(first.Extra), "the older build has not lost it")
		assert.EqualValues(t, 4, first.Generation)
		second, err := s.GetSession(t.Context(), "hash of second")
		require.NoError(t, err)
		assert.Empty(t, second.Extra)
	})
}

// The builds before version 3 knew of no identity when it is due, nor how it signs in.
func TestAnIdentityOfTheBuildBefore(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		db := d.open(t)
		ofVersion1(t, d, db)
		insert := func(id string) {
			active := map[bool]string{true: "true", false: "1"}[d.dialect == sqlstore.PostgreSQL || d.dialect == sqlstore.CockroachDB]
			execute(t, db, `INSERT INTO amend_identities (id, active, schema_id, traits, metadata_public, password_hash, sealed_state, version, created_at, updated_at)
				VALUES ('`+id+`', `+active+`, '', '{}', '', '', '', 1, 0, 0)`)
		}
		insert("first")
		s, err := sqlstore.New(db, d.dialect)
		require.NoError(t, err)
		require.NoError(t, s.Migrate(t.Context()))
		insert("second")
		for _, id := range []string{"first", "second"} {
			r, err := s.GetIdentity(t.Context(), id)
			require.NoError(t, err)
			assert.True(t, r.DueAt.IsZero())
			assert.False(t, r.SignsInElsewhere)
			require.NoError(t, s.SetSignsInElsewhere(t.Context(), id, true))
			r.Version++
			r.DueAt = time.Unix(1, 0)
			require.NoError(t, s.UpdateIdentity(t.Context(), r))
			execute(t, db, "UPDATE amend_identities SET traits = '{}', password_hash = '', sealed_state = '', updated_at = 0, version = version + 1 WHERE id = '"+id+"'")
			r, err = s.GetIdentity(t.Context(), id)
			require.NoError(t, err)
			assert.True(t, r.SignsInElsewhere, "the older build has not lost it")
			assert.True(t, r.DueAt.Equal(time.Unix(1, 0)), "and leaves it due: who looks finds nothing to tell, and puts it right")
		}
		due, err := s.DueIdentities(t.Context(), time.Now(), 10)
		require.NoError(t, err)
		assert.Equal(t, []string{"first", "second"}, due)
		require.ErrorIs(t, s.SetSignsInElsewhere(t.Context(), "nobody", true), identity.ErrNotFound)
	})
}

func TestASchemaSaysWhichBuildsItIsFor(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, db := d.store(t)
		for _, row := range []struct {
			name           string
			oldest, schema string
			good           bool
		}{
			{"a newer schema that this build can work with", "1", "99", true},
			{"and that this build is the oldest for", "3", "99", true},
			{"a newer schema that this build is too old for", "4", "99", false},
		} {
			execute(t, db, "UPDATE amend_version SET version = "+row.oldest+" WHERE id = 1")
			execute(t, db, "UPDATE amend_version SET version = "+row.schema+" WHERE id = 2")
			before := versions(t, db)
			for _, err := range []error{s.Check(t.Context()), s.Migrate(t.Context())} {
				if row.good {
					assert.NoError(t, err, row.name)
				} else {
					assert.ErrorIs(t, err, sqlstore.ErrSchema, row.name)
				}
			}
			assert.Equal(t, before, versions(t, db), row.name)
		}
	})
}

func TestAnUpdateLeavesColumnsItDoesNotKnow(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, db := d.store(t)
		rows := []string{"amend_identities", "amend_sessions", "amend_flows"}
		for _, table := range rows {
			execute(t, db, "ALTER TABLE "+table+" ADD COLUMN later varchar(20) NOT NULL DEFAULT 'default'")
		}
		l := account(t, s, "alice")
		for _, table := range rows {
			execute(t, db, "UPDATE "+table+" SET later = 'of a newer build'")
		}
		require.NoError(t, s.Commit(t.Context(), commitOf(l)))
		l = load(t, s, "alice")
		require.NoError(t, s.Commit(t.Context(), store.Commit{Session: l.Session}))
		require.NoError(t, s.UpdateIdentity(t.Context(), *l.Identity))
		require.NoError(t, s.UpdateFlow(t.Context(), *l.Flow))
		require.NoError(t, s.SetActive(t.Context(), "alice", false))
		for _, table := range rows {
			var later string
			require.NoError(t, db.QueryRow("SELECT later FROM "+table).Scan(&later))
			assert.Equal(t, "of a newer build", later, table)
		}
	})
}

func TestAnUpgradeRunByHandIsWhatMigrateMakes(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		db := d.open(t)
		ofVersion1(t, d, db)
		for _, statement := range statements(sqlstore.Upgrade(d.dialect, 1)) {
			execute(t, db, statement)
		}
		s, err := sqlstore.New(db, d.dialect)
		require.NoError(t, err)
		require.NoError(t, s.Check(t.Context()))
		assert.Equal(t, [2]int{1, 3}, versions(t, db))
		account(t, s, "alice")
		assert.Empty(t, sqlstore.Upgrade(d.dialect, 3), "nothing is left to do")
	})
}
