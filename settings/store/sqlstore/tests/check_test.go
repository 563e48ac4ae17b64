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
			s, err := sqlstore.New(openMariaDB(t, dsn), sqlstore.MariaDB)
			require.NoError(t, err)
			require.NoError(t, s.Migrate(t.Context()))
			change(t, c)
			return openMariaDB(t, c.FormatDSN())
		}
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
		{"PostgreSQL: a read-only session", sqlstore.PostgreSQL, func(t *testing.T) *sql.DB {
			dsn := postgresSchema(t)
			s, err := sqlstore.New(openPostgres(t, dsn), sqlstore.PostgreSQL)
			require.NoError(t, err)
			require.NoError(t, s.Migrate(t.Context()))
			return openPostgres(t, postgresURL(t, dsn, "default_transaction_read_only", "on"))
		}, sqlstore.ErrReadOnly},

		{"MariaDB: nobody listens", sqlstore.MariaDB, func(t *testing.T) *sql.DB { return openMariaDB(t, "root@tcp("+closedPort(t)+")/test") }, sqlstore.ErrUnreachable},
		{"MariaDB: a wrong password", sqlstore.MariaDB, maria(func(t *testing.T, c *mysql.Config) { user(t, c); c.Passwd = "wrong" }), sqlstore.ErrCredentials},
		{"MariaDB: a database that does not exist", sqlstore.MariaDB, maria(func(_ *testing.T, c *mysql.Config) { c.DBName = own() }), sqlstore.ErrCredentials},
		{"MariaDB: a user who may only read", sqlstore.MariaDB, maria(user), sqlstore.ErrReadOnly},

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
			s, err := sqlstore.New(opened(t, "sqlite", "file:"+path), sqlstore.SQLite)
			require.NoError(t, err)
			require.NoError(t, s.Migrate(t.Context()))
			return opened(t, "sqlite", "file:"+path+"?mode=ro")
		}, sqlstore.ErrReadOnly},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := sqlstore.New(c.open(t), c.dialect)
			require.NoError(t, err)
			err = s.Check(t.Context())
			require.ErrorIs(t, err, c.want)
			assert.NotContains(t, err.Error(), "wrong", "no password is in the error")
			for _, named := range []error{sqlstore.ErrUnreachable, sqlstore.ErrCredentials, sqlstore.ErrSchema, sqlstore.ErrReadOnly} {
				assert.Equal(t, named == c.want, errors.Is(err, named), named)
			}
		})
	}
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
