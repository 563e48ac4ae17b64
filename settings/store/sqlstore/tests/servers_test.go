package tests

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/amend-go/amend/settings/store/sqlstore"
)

// database is a way to open an empty database of a test's own.
type database struct {
	name    string
	dialect sqlstore.Dialect
	open    func(t testing.TB) *sql.DB
}

// databases are all that the tests run on. CockroachDB's dialect runs on
// PostgreSQL: that shows its statements, not the server.
var databases = []database{
	{"SQLite, WAL", sqlstore.SQLite, sqliteFile("_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)")},
	{"SQLite, rollback journal", sqlstore.SQLite, sqliteFile("_pragma=busy_timeout(5000)&_pragma=synchronous(OFF)")},
	{"PostgreSQL", sqlstore.PostgreSQL, func(t testing.TB) *sql.DB { return openPostgres(t, postgresSchema(t)) }},
	{"PostgreSQL in CockroachDB's dialect", sqlstore.CockroachDB, func(t testing.TB) *sql.DB { return openPostgres(t, postgresSchema(t)) }},
	{"MariaDB", sqlstore.MariaDB, func(t testing.TB) *sql.DB { return openMariaDB(t, mariaDatabase(t)) }},
}

// on runs a test on every database, each in a subtest.
func on(t *testing.T, test func(t *testing.T, d database)) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) { test(t, d) })
	}
}

// store opens an empty database with its tables.
func (d database) store(t testing.TB) (*sqlstore.Store, *sql.DB) {
	t.Helper()
	db := d.open(t)
	s, err := sqlstore.New(db, d.dialect)
	require.NoError(t, err)
	require.NoError(t, s.Migrate(t.Context()))
	return s, db
}

// emptied opens a database and gives a way to the store over it that empties
// its tables each time: a rule of storetest needs no tables of its own, and
// making them takes longer than most rules.
func (d database) emptied(t testing.TB) func(t *testing.T) *sqlstore.Store {
	s, db := d.store(t)
	return func(t *testing.T) *sqlstore.Store {
		t.Helper()
		for _, table := range tables {
			_, err := db.Exec("DELETE FROM " + table)
			require.NoError(t, err)
		}
		return s
	}
}

// opened opens a pool that ends with the test, of as many connections as a
// small server has for each application.
func opened(t testing.TB, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	db.SetMaxOpenConns(10)
	db.SetMaxIdleConns(10)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func sqliteFile(options string) func(t testing.TB) *sql.DB {
	return func(t testing.TB) *sql.DB {
		return opened(t, "sqlite", "file:"+filepath.Join(t.TempDir(), "amend.db")+"?"+options)
	}
}

// variable is a variable of the environment that names a server.
func variable(t testing.TB, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Skip(name + " is not set: no server to test with")
	}
	return value
}

func own() string { return "amend_test_" + strings.ToLower(rand.Text()[:16]) }

// run runs a statement on a pool of its own, after the test too.
func run(t testing.TB, driver, dsn, statement string) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(context.Background(), statement)
	require.NoError(t, err)
}

// postgresSchema makes a schema and gives a URL that works in it. Whatever is
// added to it are options of the connection.
func postgresSchema(t testing.TB, options ...string) string {
	t.Helper()
	server, schema := variable(t, "AMEND_POSTGRES"), own()
	run(t, "pgx", server, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { run(t, "pgx", server, "DROP SCHEMA "+schema+" CASCADE") })
	return postgresURL(t, server, append(options, "search_path", schema)...)
}

// postgresURL is a URL with more options: names and values.
func postgresURL(t testing.TB, server string, options ...string) string {
	t.Helper()
	u, err := url.Parse(server)
	require.NoError(t, err)
	q := u.Query()
	for i := 0; i < len(options); i += 2 {
		q.Set(options[i], options[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func openPostgres(t testing.TB, dsn string) *sql.DB { return opened(t, "pgx", dsn) }

// mariaDatabase makes a database and gives its DSN.
func mariaDatabase(t testing.TB) string {
	t.Helper()
	server, name := variable(t, "AMEND_MARIADB"), own()
	run(t, "mysql", server, "CREATE DATABASE "+name)
	t.Cleanup(func() { run(t, "mysql", server, "DROP DATABASE "+name) })
	c, err := mysql.ParseDSN(server)
	require.NoError(t, err)
	c.DBName = name
	return c.FormatDSN()
}

func openMariaDB(t testing.TB, dsn string) *sql.DB { return opened(t, "mysql", dsn) }
