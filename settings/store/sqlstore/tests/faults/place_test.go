package faults_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/memory"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

// place is where a store is: enough to open it, here or in a child process.
type place struct {
	Store   string // its name in the summary
	Dialect sqlstore.Dialect
	Driver  string
	DSN     string

	// OnlyUsers keeps flows and sessions in memory, so that they do not outlive
	// their process, and only the identities in the database: a host with a
	// users table of its own.
	OnlyUsers bool
}

// places make an empty place for a test, which is gone after it.
var places = []struct {
	name string
	make func(t testing.TB) place
}{{"memory", memoryPlace}, {"SQLite", sqlitePlace}, {"PostgreSQL", postgresPlace}, {"MariaDB", mariaPlace}}

func memoryPlace(testing.TB) place { return place{Store: "memory"} }

func sqlitePlace(t testing.TB) place {
	return place{Store: "SQLite", Dialect: sqlstore.SQLite, Driver: "sqlite", DSN: "file:" + filepath.Join(t.TempDir(), "amend.db") +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"}
}

func postgresPlace(t testing.TB) place {
	server, schema := variable(t, "AMEND_POSTGRES"), own()
	run(t, "pgx", server, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { run(t, "pgx", server, "DROP SCHEMA "+schema+" CASCADE") })
	u, err := url.Parse(server)
	require.NoError(t, err)
	q := u.Query()
	q.Set("search_path", schema)
	q.Set("application_name", schema)
	// The server itself does not die here, so it need not wait for its disk.
	q.Set("synchronous_commit", "off")
	u.RawQuery = q.Encode()
	return place{Store: "PostgreSQL", Dialect: sqlstore.PostgreSQL, Driver: "pgx", DSN: u.String()}
}

func mariaPlace(t testing.TB) place {
	server, name := variable(t, "AMEND_MARIADB"), own()
	run(t, "mysql", server, "CREATE DATABASE "+name)
	t.Cleanup(func() { run(t, "mysql", server, "DROP DATABASE "+name) })
	c, err := mysql.ParseDSN(server)
	require.NoError(t, err)
	c.DBName = name
	return place{Store: "MariaDB", Dialect: sqlstore.MariaDB, Driver: "mysql", DSN: c.FormatDSN()}
}

// usersPlace is memory for all but the users, who are in a file.
func usersPlace(t testing.TB) place {
	p := sqlitePlace(t)
	p.Store, p.OnlyUsers = "memory", true
	return p
}

func own() string { return "amend_faults_" + strings.ToLower(rand.Text()[:16]) }

// variable is a variable of the environment that names a server.
func variable(t testing.TB, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Skip(name + " is not set: no server to test with")
	}
	return value
}

// run runs a statement on a pool of its own, after the test too.
func run(t testing.TB, driver, dsn, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(context.Background(), statement, args...)
	require.NoError(t, err)
}

// stores are the three stores and a Backend in one.
type stores interface {
	store.FlowStore
	store.SessionStore
	store.IdentityStore
	store.Backend
	store.Due
	store.Eraser
	DeleteIdentity(ctx context.Context, id string) error
	CreateIdentity(ctx context.Context, r identity.Record) error
}

// opened is a place that is open.
type opened struct {
	place
	stores
	db *sql.DB // nil for memory
}

// open opens a place, and makes its tables if they are not there.
func (p place) open(t testing.TB) opened {
	t.Helper()
	if p.Driver == "" {
		return opened{p, memory.New(), nil}
	}
	db, err := sql.Open(p.Driver, p.DSN)
	require.NoError(t, err)
	return p.over(t, db)
}

// over is open with a pool that is there.
func (p place) over(t testing.TB, db *sql.DB) opened {
	t.Helper()
	db.SetMaxOpenConns(10)
	db.SetMaxIdleConns(10)
	t.Cleanup(func() { _ = db.Close() })
	s, err := sqlstore.New(db, p.Dialect)
	require.NoError(t, err)
	require.NoError(t, s.Migrate(t.Context()))
	if p.OnlyUsers {
		return opened{p, inMemoryBut{memory.New(), s}, db}
	}
	return opened{p, s, db}
}

// inMemoryBut keeps everything in memory but the identities. Its Backend is not
// to be used: it is over other identities.
type inMemoryBut struct {
	*memory.Store
	users *sqlstore.Store
}

func (s inMemoryBut) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	return s.users.GetIdentity(ctx, id)
}

func (s inMemoryBut) UpdateIdentity(ctx context.Context, r identity.Record) error {
	return s.users.UpdateIdentity(ctx, r)
}

func (s inMemoryBut) IdentityOwner(ctx context.Context, k identity.Key) (string, error) {
	return s.users.IdentityOwner(ctx, k)
}

func (s inMemoryBut) DueIdentities(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return s.users.DueIdentities(ctx, before, limit)
}

func (s inMemoryBut) CreateIdentity(ctx context.Context, r identity.Record) error {
	return s.users.CreateIdentity(ctx, r)
}

func (s inMemoryBut) EraseIdentity(ctx context.Context, id string, version int64) error {
	if err := s.users.EraseIdentity(ctx, id, version); err != nil {
		return err
	}
	return s.Store.EraseIdentity(ctx, id, version)
}

func (s inMemoryBut) DeleteIdentity(ctx context.Context, id string) error {
	return errors.Join(s.users.DeleteIdentity(ctx, id), s.Store.DeleteIdentity(ctx, id))
}

// restart ends all connections of a place's pools, as a server that is
// restarted does. The server itself is others' too.
func (at opened) restart(t testing.TB) {
	t.Helper()
	switch at.Driver {
	case "pgx":
		u, err := url.Parse(at.DSN)
		require.NoError(t, err)
		run(t, "pgx", os.Getenv("AMEND_POSTGRES"), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE application_name = $1`, u.Query().Get("application_name"))
	case "mysql":
		c, err := mysql.ParseDSN(at.DSN)
		require.NoError(t, err)
		for _, id := range connectionsTo(t, c.DBName) {
			run(t, "mysql", os.Getenv("AMEND_MARIADB"), "KILL "+id)
		}
	}
}

// connectionsTo are the ids of a MariaDB database's connections.
func connectionsTo(t testing.TB, database string) (ids []string) {
	db, err := sql.Open("mysql", os.Getenv("AMEND_MARIADB"))
	require.NoError(t, err)
	defer db.Close()
	rows, err := db.Query("SELECT id FROM information_schema.processlist WHERE db = ?", database)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var id string
		require.NoError(t, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(t, rows.Err())
	return ids
}
