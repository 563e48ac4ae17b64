package tests

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/store/sqlstore"
)

// closedPort is an address where nobody listens.
func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	postgres := func(change func(u *url.URL)) func(t *testing.T) *sql.DB {
		return func(t *testing.T) *sql.DB {
			u, err := url.Parse(postgresSchema(t))
			require.NoError(t, err)
			change(u)
			return openPostgres(t, u.String())
		}
	}
	maria := func(change func(t *testing.T, c *mysql.Config)) func(t *testing.T) *sql.DB {
		return func(t *testing.T) *sql.DB {
			dsn := mariaDatabase(t)
			c, err := mysql.ParseDSN(dsn)
			require.NoError(t, err)
			tabled(t, openMariaDB(t, dsn), sqlstore.MariaDB)
			change(t, c)
			return openMariaDB(t, c.FormatDSN())
		}
	}
	// with are further options of a DSN.
	with := func(options ...string) func(t *testing.T, c *mysql.Config) {
		return func(_ *testing.T, c *mysql.Config) {
			c.Params = map[string]string{}
			for i := 0; i < len(options); i += 2 {
				c.Params[options[i]] = options[i+1]
			}
		}
	}
	// after is what somebody has done to the tables.
	after := func(statement string) func(t *testing.T, c *mysql.Config) {
		return func(t *testing.T, c *mysql.Config) { run(t, "mysql", c.FormatDSN(), statement) }
	}
	migrated := func(options ...string) func(t *testing.T) *sql.DB {
		return func(t *testing.T) *sql.DB {
			dsn := postgresSchema(t)
			tabled(t, openPostgres(t, dsn), sqlstore.PostgreSQL)
			return openPostgres(t, postgresURL(t, dsn, options...))
		}
	}
	file := func(options string) func(t *testing.T) *sql.DB {
		return func(t *testing.T) *sql.DB { return tabled(t, sqliteFile(options)(t), sqlstore.SQLite) }
	}
	// user is a user of MariaDB who may read, and has a password.
	user := func(t *testing.T, c *mysql.Config) {
		server, name := c.FormatDSN(), own()
		run(t, "mysql", server, "CREATE USER "+name+" IDENTIFIED BY 'right'")
		t.Cleanup(func() { run(t, "mysql", server, "DROP USER "+name) })
		run(t, "mysql", server, "GRANT SELECT ON "+c.DBName+".* TO "+name)
		c.User, c.Passwd = name, "right"
	}
	for _, c := range []struct {
		name    string
		dialect sqlstore.Dialect
		open    func(t *testing.T) *sql.DB
		want    error
	}{
		{"PostgreSQL: nobody listens", sqlstore.PostgreSQL, func(t *testing.T) *sql.DB {
			return openPostgres(t, "postgres://postgres@"+closedPort(t)+"/test?sslmode=disable")
		}, sqlstore.ErrUnreachable},
		{"PostgreSQL: a role that does not exist", sqlstore.PostgreSQL, postgres(func(u *url.URL) { u.User = url.UserPassword(own(), "x") }), sqlstore.ErrCredentials},
		{"PostgreSQL: a database that does not exist", sqlstore.PostgreSQL, postgres(func(u *url.URL) { u.Path = "/" + own() }), sqlstore.ErrCredentials},
		{"PostgreSQL: no tables", sqlstore.PostgreSQL, postgres(func(*url.URL) {}), sqlstore.ErrSchema},
		{"PostgreSQL: a read-only session", sqlstore.PostgreSQL, migrated("default_transaction_read_only", "on"), sqlstore.ErrReadOnly},

		{"MariaDB: nobody listens", sqlstore.MariaDB, func(t *testing.T) *sql.DB { return openMariaDB(t, "root@tcp("+closedPort(t)+")/test") }, sqlstore.ErrUnreachable},
		{"MariaDB: a wrong password", sqlstore.MariaDB, maria(func(t *testing.T, c *mysql.Config) { user(t, c); c.Passwd = "wrong" }), sqlstore.ErrCredentials},
		{"MariaDB: a database that does not exist", sqlstore.MariaDB, maria(func(_ *testing.T, c *mysql.Config) { c.DBName = own() }), sqlstore.ErrCredentials},
		{"MariaDB: a user who may only read", sqlstore.MariaDB, maria(user), sqlstore.ErrReadOnly},

		{"MariaDB: a session that may only read", sqlstore.MariaDB, maria(with("tx_read_only", "1")), sqlstore.ErrReadOnly},
		{"MariaDB: three bytes for a character (go-sql-driver/mysql#932, gotify/server#761)", sqlstore.MariaDB, maria(with("charset", "utf8")), sqlstore.ErrSetting},
		{"MariaDB: a collation of three bytes (tinode/chat#181)", sqlstore.MariaDB, maria(with("collation", "utf8_general_ci")), sqlstore.ErrSetting},
		{"MariaDB: three bytes, and nobody is told (go-gitea/gitea#2711)", sqlstore.MariaDB, maria(with("charset", "utf8", "sql_mode", "''")), sqlstore.ErrSetting},
		{"MariaDB: an encoding that takes UTF-8 for something else, and back", sqlstore.MariaDB, maria(with("charset", "latin1")), sqlstore.ErrSetting},
		{"MariaDB: another encoding for what is read", sqlstore.MariaDB, maria(with("character_set_results", "latin1")), sqlstore.ErrSetting},
		{"MariaDB: nothing is kept that is not committed", sqlstore.MariaDB, maria(with("autocommit", "0")), sqlstore.ErrSetting},
		{"MariaDB: halves of changes are read", sqlstore.MariaDB, maria(with("tx_isolation", "'READ-UNCOMMITTED'")), sqlstore.ErrSetting},
		{"MariaDB: what is too long is cut", sqlstore.MariaDB, maria(with("sql_mode", "'NO_ENGINE_SUBSTITUTION'")), sqlstore.ErrSetting},
		{"MariaDB: an empty text is none", sqlstore.MariaDB, maria(with("sql_mode", "'STRICT_TRANS_TABLES,EMPTY_STRING_IS_NULL'", "interpolateParams", "true")), sqlstore.ErrSetting},
		{"MariaDB: a table without transactions", sqlstore.MariaDB, maria(after("ALTER TABLE amend_tokens ENGINE=MyISAM")), sqlstore.ErrSchema},
		{"MariaDB: a table of three bytes for a character", sqlstore.MariaDB, maria(after("ALTER TABLE amend_sessions MODIFY user_agent mediumtext CHARACTER SET utf8mb3 NOT NULL")), sqlstore.ErrSchema},

		{"PostgreSQL: an encoding that takes UTF-8 for something else, and back", sqlstore.PostgreSQL, migrated("client_encoding", "LATIN1"), sqlstore.ErrSetting},
		{"PostgreSQL: bytes in a form that the driver does not read as text (lib/pq#195)", sqlstore.PostgreSQL, migrated("default_query_exec_mode", "exec", "bytea_output", "escape"), sqlstore.ErrSetting},
		{"PostgreSQL: a database of another encoding", sqlstore.PostgreSQL, func(t *testing.T) *sql.DB {
			server, name := variable(t, "AMEND_POSTGRES"), own()
			run(t, "pgx", server, "CREATE DATABASE "+name+" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
			t.Cleanup(func() { run(t, "pgx", server, "DROP DATABASE "+name+" WITH (FORCE)") })
			u, err := url.Parse(server)
			require.NoError(t, err)
			u.Path = "/" + name
			return tabled(t, openPostgres(t, u.String()), sqlstore.PostgreSQL)
		}, sqlstore.ErrSetting},

		{"SQLite: a journal that undoes nothing", sqlstore.SQLite, file("_pragma=journal_mode(OFF)"), sqlstore.ErrSetting},
		{"SQLite: a journal that is lost with the process", sqlstore.SQLite, file("_pragma=journal_mode(MEMORY)"), sqlstore.ErrSetting},
		{"SQLite: halves of changes are read", sqlstore.SQLite, file("_pragma=read_uncommitted(1)"), sqlstore.ErrSetting},
		{"SQLite: a connection that may only read", sqlstore.SQLite, func(t *testing.T) *sql.DB {
			path := filepath.Join(t.TempDir(), "amend.db")
			tabled(t, opened(t, "sqlite", "file:"+path), sqlstore.SQLite)
			return opened(t, "sqlite", "file:"+path+"?_pragma=query_only(1)")
		}, sqlstore.ErrReadOnly},
		{"SQLite: a directory that does not exist", sqlstore.SQLite, func(t *testing.T) *sql.DB {
			return opened(t, "sqlite", "file:"+filepath.Join(t.TempDir(), "none", "amend.db"))
		}, sqlstore.ErrUnreachable},
		{"SQLite: a file that is no database", sqlstore.SQLite, func(t *testing.T) *sql.DB {
			path := filepath.Join(t.TempDir(), "amend.db")
			require.NoError(t, os.WriteFile(path, []byte("a shopping list, long enough to have a header of a hundred bytes: milk, bread, butter, eggs, coffee, tea"), 0o600))
			return opened(t, "sqlite", "file:"+path)
		}, sqlstore.ErrUnreachable},
		{"SQLite: a file that may only be read", sqlstore.SQLite, func(t *testing.T) *sql.DB {
			path := filepath.Join(t.TempDir(), "amend.db")
			tabled(t, opened(t, "sqlite", "file:"+path), sqlstore.SQLite)
			return opened(t, "sqlite", "file:"+path+"?mode=ro")
		}, sqlstore.ErrReadOnly},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := sqlstore.New(c.open(t), c.dialect)
			require.NoError(t, err)
			err = s.Check(t.Context())
			require.ErrorIs(t, err, c.want)
			assert.NotContains(t, err.Error(), "wrong", "no password is in the error")
			for _, named := range []error{sqlstore.ErrUnreachable, sqlstore.ErrCredentials, sqlstore.ErrSetting, sqlstore.ErrSchema, sqlstore.ErrReadOnly} {
				assert.Equal(t, named == c.want, errors.Is(err, named), named)
			}
		})
	}
}

// tabled makes the tables of a store.
func tabled(t *testing.T, db *sql.DB, d sqlstore.Dialect) *sql.DB {
	t.Helper()
	s, err := sqlstore.New(db, d)
	require.NoError(t, err)
	require.NoError(t, s.Migrate(t.Context()))
	return db
}

// Options that change nothing of what is stored are a host's own.
func TestCheckTakesWhatDoesNoHarm(t *testing.T) {
	maria := func(options string) func(t *testing.T) *sql.DB {
		return func(t *testing.T) *sql.DB { return openMariaDB(t, mariaDatabase(t)+"?"+options) }
	}
	postgres := func(options ...string) func(t *testing.T) *sql.DB {
		return func(t *testing.T) *sql.DB { return openPostgres(t, postgresSchema(t, options...)) }
	}
	for _, c := range []struct {
		name    string
		dialect sqlstore.Dialect
		open    func(t *testing.T) *sql.DB
	}{
		{"MariaDB: four bytes for a character, aloud", sqlstore.MariaDB, maria("charset=utf8mb4")},
		{"MariaDB: of two encodings the one that the server knows", sqlstore.MariaDB, maria("charset=utf9,utf8mb4")},
		{"MariaDB: another collation", sqlstore.MariaDB, maria("collation=utf8mb4_unicode_ci")},
		{"MariaDB: a level below its own", sqlstore.MariaDB, maria("tx_isolation=%27READ-COMMITTED%27")},
		{"MariaDB: parameters in the text of statements", sqlstore.MariaDB, maria("interpolateParams=true&parseTime=true&clientFoundRows=true")},
		{"MariaDB: strict modes, and backslashes that are nothing special", sqlstore.MariaDB, maria("interpolateParams=true&sql_mode=%27TRADITIONAL,ANSI,NO_BACKSLASH_ESCAPES%27")},
		{"PostgreSQL: serializable", sqlstore.PostgreSQL, postgres("default_transaction_isolation", "serializable")},
		{"PostgreSQL: nothing is prepared", sqlstore.PostgreSQL, postgres("default_query_exec_mode", "exec")},
		{"PostgreSQL: bytes in another form of text, where the driver asks for no text", sqlstore.PostgreSQL, postgres("bytea_output", "escape")},
		{"SQLite: WAL", sqlstore.SQLite, sqliteFileOf("_pragma=journal_mode(WAL)")},
		{"SQLite: UTF-16", sqlstore.SQLite, sqliteFileOf("_pragma=encoding('UTF-16')")},
		{"SQLite: in memory", sqlstore.SQLite, func(t *testing.T) *sql.DB {
			db := opened(t, "sqlite", ":memory:")
			db.SetMaxOpenConns(1)
			return db
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := tabled(t, c.open(t), c.dialect)
			s, err := sqlstore.New(db, c.dialect)
			require.NoError(t, err)
			before := dump(t, db)
			require.NoError(t, s.Check(t.Context()))
			assert.Equal(t, before, dump(t, db))
		})
	}
}

func sqliteFileOf(options string) func(t *testing.T) *sql.DB {
	return func(t *testing.T) *sql.DB { return sqliteFile(options)(t) }
}

func TestCheckWritesNothing(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, db := d.store(t)
		account(t, s, "alice")
		before := dump(t, db)
		require.NoError(t, s.Check(t.Context()))
		assert.Equal(t, before, dump(t, db))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		assert.ErrorIs(t, s.Check(ctx), context.Canceled)
		assert.ErrorIs(t, s.Migrate(ctx), context.Canceled)
	})
}

// The servers are of this machine, so their clock is this one; a second is more than any of them rounds.
func TestTheClockOfADatabase(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, _ := d.store(t)
		before := time.Now().Add(-time.Second)
		at, err := s.Clock(t.Context())
		require.NoError(t, err)
		assert.False(t, at.Before(before), "%v before %v", at, before)
		assert.False(t, at.After(time.Now().Add(time.Second)), at)
	})
}
