package tests

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/store/sqlstore"
)

func TestManyProcessesMigrateAtOnce(t *testing.T) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			db := d.open(t)
			var wg sync.WaitGroup
			for range 8 {
				s, err := sqlstore.New(db, d.dialect)
				require.NoError(t, err)
				wg.Go(func() { assert.NoError(t, s.Migrate(t.Context())) })
			}
			wg.Wait()
			s, err := sqlstore.New(db, d.dialect)
			require.NoError(t, err)
			require.NoError(t, s.Check(t.Context()))
			account(t, s, "alice")
			require.NoError(t, s.Migrate(t.Context()), "again")
			load(t, s, "alice")
		})
	}
}

// MariaDB ends a transaction at each CREATE TABLE, so what keeps two migrations
// apart there is a lock of the server. Here somebody else has it.
func TestMigrationOfMariaDBWaitsForAnother(t *testing.T) {
	dsn := mariaDatabase(t)
	db := openMariaDB(t, dsn)
	other, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer other.Close()
	var got int
	require.NoError(t, other.QueryRowContext(t.Context(), "SELECT GET_LOCK(CONCAT('amend_migrate_', MD5(DATABASE())), 0)").Scan(&got))
	require.Equal(t, 1, got)
	s, err := sqlstore.New(openMariaDB(t, dsn), sqlstore.MariaDB)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.Migrate(ctx), context.DeadlineExceeded)
	require.ErrorIs(t, s.Check(t.Context()), sqlstore.ErrSchema)
	_, err = other.ExecContext(t.Context(), "DO RELEASE_LOCK(CONCAT('amend_migrate_', MD5(DATABASE())))")
	require.NoError(t, err)
	require.NoError(t, s.Migrate(t.Context()))
	require.NoError(t, s.Check(t.Context()))
	require.NoError(t, other.QueryRowContext(t.Context(), "SELECT IS_FREE_LOCK(CONCAT('amend_migrate_', MD5(DATABASE())))").Scan(&got))
	assert.Equal(t, 1, got, "it is given back, though its connection lives on in the pool")
}

func TestMigrationBrokenOffIsFinishedByTheNext(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		db := d.open(t)
		statements := strings.Split(sqlstore.Schema(d.dialect), ";\n")
		for _, statement := range statements[:4] { // the table of the version, still empty, and some others
			_, err := db.Exec(statement)
			require.NoError(t, err)
		}
		s, err := sqlstore.New(db, d.dialect)
		require.NoError(t, err)
		require.ErrorIs(t, s.Check(t.Context()), sqlstore.ErrSchema)
		require.NoError(t, s.Migrate(t.Context()))
		require.NoError(t, s.Check(t.Context()))
		account(t, s, "alice")
	})
}

func TestSchemaRunByHandIsWhatMigrateMakes(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		db := d.open(t)
		for statement := range strings.SplitSeq(strings.TrimSpace(sqlstore.Schema(d.dialect)), ";\n") {
			_, err := db.Exec(statement)
			require.NoError(t, err, statement)
		}
		s, err := sqlstore.New(db, d.dialect)
		require.NoError(t, err)
		require.NoError(t, s.Check(t.Context()))
		require.NoError(t, s.Migrate(t.Context()))
		account(t, s, "alice")
	})
}

func TestSchemaOfAnotherVersionIsRefused(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, db := d.store(t)
		_, err := db.Exec("UPDATE amend_version SET version = 99")
		require.NoError(t, err)
		for _, err := range []error{s.Check(t.Context()), s.Migrate(t.Context())} {
			require.ErrorIs(t, err, sqlstore.ErrSchema)
			assert.ErrorContains(t, err, "version 99 is newer than this package's")
		}
		assert.Equal(t, [2]int{99, 99}, versions(t, db), "nobody has turned it back")
	})
}

// versions are the oldest build that can work with a schema, and the schema's.
func versions(t *testing.T, db *sql.DB) (of [2]int) {
	t.Helper()
	for n := range of {
		require.NoError(t, db.QueryRow(fmt.Sprint("SELECT version FROM amend_version WHERE id = ", n+1)).Scan(&of[n]))
	}
	return of
}

func TestEmptyDatabaseIsToldFromABrokenOne(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, err := sqlstore.New(d.open(t), d.dialect)
		require.NoError(t, err)
		err = s.Check(t.Context())
		require.ErrorIs(t, err, sqlstore.ErrSchema)
		assert.ErrorContains(t, err, "call Migrate")
	})
}

func TestNewRefusesWhatItCannotUse(t *testing.T) {
	_, err := sqlstore.New(nil, sqlstore.SQLite)
	require.ErrorContains(t, err, "db is nil")
	_, err = sqlstore.New(sqliteFile("")(t), "oracle")
	require.ErrorContains(t, err, `unknown dialect "oracle"`)
	_, err = sqlstore.New(sqliteFile("")(t), "")
	require.Error(t, err)
	assert.Empty(t, sqlstore.Schema("oracle"))
}
