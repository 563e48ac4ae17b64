package main_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings"
)

// databases are the servers that tests may use. Each test has a database, or a
// schema, of its own.
var databases = []struct {
	name string
	url  func(t testing.TB) string
}{{"PostgreSQL", postgres}, {"MariaDB", mariadb}}

func postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv("AMEND_POSTGRES")
	if server == "" {
		t.Skip("AMEND_POSTGRES is not set: the URL of a PostgreSQL to test with")
	}
	schema := "amend_test_" + strings.ToLower(rand.Text()[:16])
	execute(t, "pgx", server, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { execute(t, "pgx", server, "DROP SCHEMA "+schema+" CASCADE") })
	return databaseURL(t, server, func(u *url.URL) {
		q := u.Query()
		q.Set("search_path", schema)
		u.RawQuery = q.Encode()
	})
}

func mariadb(t testing.TB) string {
	t.Helper()
	server := os.Getenv("AMEND_MARIADB")
	if server == "" {
		t.Skip("AMEND_MARIADB is not set: the DSN of a MariaDB to test with")
	}
	name := "amend_test_" + strings.ToLower(rand.Text()[:16])
	execute(t, "mysql", server, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, "mysql", server, "DROP DATABASE "+name) })
	c, err := mysql.ParseDSN(server)
	require.NoError(t, err)
	u := url.URL{Scheme: "mysql", User: url.UserPassword(c.User, c.Passwd), Host: c.Addr, Path: "/" + name}
	return u.String()
}

// execute runs a statement on a pool of its own, after the test too.
func execute(t testing.TB, driver, dsn, statement string) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(context.Background(), statement)
	require.NoError(t, err)
}

func TestInstancesShareADatabase(t *testing.T) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			at := d.url(t)
			key := base64.StdEncoding.EncodeToString(settings.NewKey())
			one, other := startWithKeys(t, key, "-store", at), startWithKeys(t, key, "-store", at)
			id := one.identity(email)
			app := one.plant(id, "totp")
			v := newPerson(t)
			v.open(other.public + "/settings")
			v.submit("identifier", email, "password", oldPassword)
			v.submit("totp_code", app.code(t, 0))
			require.Equal(t, "aal2", other.level(v))
			v.submit("traits.name.first", "Ada")
			assert.Contains(t, v.page, `data-id="1050001"`)
			v.submit("password", newPassword)
			assert.Contains(t, v.page, `data-id="1050001"`)
			assert.True(t, one.knows(email, newPassword))
			s := one.session(newClient(t), id)
			assert.Equal(t, 204, newClient(t).send("DELETE", other.public+"/demo/sessions/"+s.ID, "", "").Status)
			assert.Equal(t, 404, newClient(t).send("DELETE", one.public+"/demo/sessions/"+s.ID, "", "").Status)

			require.Zero(t, other.end(syscall.SIGTERM))
			third := startWithKeys(t, key, "-store", at)
			assert.True(t, third.knows(email, newPassword))
		})
	}
}

func TestWrongCredentialsAreOneLine(t *testing.T) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			at := databaseURL(t, d.url(t), func(u *url.URL) { u.User = url.UserPassword("amend_nobody", "s3cret") })
			said := refusal(t, 1, base64.StdEncoding.EncodeToString(settings.NewKey()), "-addr", "127.0.0.1:0", "-store", at)
			assert.Contains(t, said, "refuses the user, the password")
			assert.NotContains(t, said, "s3cret")
		})
	}
}

// The database goes away and comes back. Until then everyone is told to try
// again, and nobody that they are somebody else.
func TestADatabaseComesBack(t *testing.T) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			at := d.url(t)
			u, err := url.Parse(at)
			require.NoError(t, err)
			line := newLine(t, u.Host)
			p := startWithKeys(t, base64.StdEncoding.EncodeToString(settings.NewKey()), "-store", databaseURL(t, at, func(u *url.URL) { u.Host = line.addr }))
			id := p.identity(email)
			v, app := newPerson(t), newClient(t)
			p.session(v.client, id)
			token := p.session(newClient(t), id).Token

			line.cut()
			for name, r := range map[string]reply{
				"a login":                signIn(p, newClient(t), email, oldPassword, ""),
				"the home page":          v.get(p.public + "/"),
				"an app":                 app.get(p.public+"/self-service/settings/api", "X-Session-Token", token),
				"the demo API":           app.json(p.public+"/demo/verify", `{"identifier":"ada@example.com","password":"correct horse battery staple"}`),
				"a script of that API":   app.json(p.public+"/demo/identities", `{"traits":{}}`),
				"a second factor's page": v.get(p.public + "/login?aal=aal2"),
			} {
				assert.Equal(t, 503, r.Status, name)
				assert.NotEmpty(t, r.Header.Get("Retry-After"), name)
				assert.NotContains(t, r.Body, "dial", name)
				assert.NotContains(t, r.Body, line.addr, name)
			}
			assert.Equal(t, 200, newClient(t).get(p.public+"/login").Status, "a form to sign in asks no store")
			shown := newPerson(t)
			shown.http.Jar = v.http.Jar
			shown.open(p.public + "/settings")
			assert.Equal(t, p.public+"/error", withoutQuery(shown.at))
			assert.Contains(t, shown.page, `data-id="unavailable"`)
			line.mend(t)
			require.Eventually(t, func() bool { return v.get(p.public+"/").Status == 200 }, 20*time.Second, 20*time.Millisecond)
			assert.True(t, p.knows(email, oldPassword))
			assert.NotNil(t, p.whoami(v.client), "they are still signed in")
		})
	}
}

// line is a network between a server and its database, that can be cut.
type line struct {
	addr, to string
	mu       sync.Mutex
	listener net.Listener
	open     []net.Conn
}

func newLine(t testing.TB, to string) *line {
	l := &line{addr: "127.0.0.1:0", to: to}
	l.mend(t)
	l.addr = l.listener.Addr().String()
	t.Cleanup(l.cut)
	return l
}

func (l *line) mend(t testing.TB) {
	t.Helper()
	listener, err := net.Listen("tcp", l.addr)
	require.NoError(t, err)
	l.mu.Lock()
	l.listener = listener
	l.mu.Unlock()
	go func() {
		for {
			here, err := listener.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", l.to)
			if err != nil {
				_ = here.Close()
				continue
			}
			l.mu.Lock()
			l.open = append(l.open, here, there)
			l.mu.Unlock()
			go func() { _, _ = io.Copy(there, here); _ = there.Close() }()
			go func() { _, _ = io.Copy(here, there); _ = here.Close() }()
		}
	}()
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.listener.Close()
	for _, c := range l.open {
		_ = c.Close()
	}
	l.open = nil
}
