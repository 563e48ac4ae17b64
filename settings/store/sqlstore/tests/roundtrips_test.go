package tests

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

// counted is a pool of one connection whose round trips are counted. The
// driver's own ping of a connection that idled for a second is off: it would
// make the count depend on the clock.
func counted(t *testing.T) (*sql.DB, *wire) {
	w, dsn := newWire(t, postgresSchema(t))
	config, err := pgx.ParseConfig(dsn)
	require.NoError(t, err)
	db := stdlib.OpenDB(*config, stdlib.OptionShouldPing(func(context.Context, stdlib.ShouldPingParams) bool { return false }))
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	return db, w
}

func behindWire(t *testing.T) (*sqlstore.Store, *wire) {
	db, w := counted(t)
	s, err := sqlstore.New(db, sqlstore.PostgreSQL)
	require.NoError(t, err)
	require.NoError(t, s.Migrate(t.Context()))
	return s, w
}

// The numbers are those of a connection whose statements are prepared: each
// call is made twice, and the second one is counted.
func TestRoundTripsOnPostgreSQL(t *testing.T) {
	s, w := behindWire(t)
	account(t, s, "alice")
	n := 100
	for _, c := range []struct {
		name string
		want int
		call func() error
	}{
		{"load", 1, func() error { load(t, s, "alice"); return nil }},
		{"load of an unknown token", 1, func() error { _, err := s.Load(t.Context(), session.Hash("none"), "flow:none"); return err }},
		{"commit of all, with a rotated token, other keys and a dropped record", 2 /* the load is one */, func() error {
			n++
			c := commitOf(load(t, s, "alice"))
			c.Identity.Keys = append(c.Identity.Keys, identity.Key{Kind: identity.WebAuthn, Value: string(rune(n))})
			c.Session.Superseded.TokenHash, c.Session.TokenHash = session.Hash("alice0"), session.Hash(string(rune(n)))
			c.Drop = []string{"tries:alice:password"}
			return s.Commit(t.Context(), c)
		}},
		{"commit of a flow", 2 /* so here */, func() error { return s.Commit(t.Context(), store.Commit{Flow: load(t, s, "alice").Flow}) }},
		{"CreateFlow", 1, func() error { n++; return s.CreateFlow(t.Context(), flowOf("alice", n)) }},
		{"GetFlow", 1, func() error { _, err := s.GetFlow(t.Context(), flowOf("alice", 0).Key); return err }},
		{"UpdateFlow", 2 /* and here */, func() error { return s.UpdateFlow(t.Context(), *load(t, s, "alice").Flow) }},
		{"UpdateSession", 2 /* and here */, func() error { return s.UpdateSession(t.Context(), *load(t, s, "alice").Session) }},
		{"UpdateIdentity", 2 /* and here */, func() error { return s.UpdateIdentity(t.Context(), *load(t, s, "alice").Identity) }},
		{"DeleteFlow", 1, func() error { return s.DeleteFlow(t.Context(), "flow:none") }},
		{"GetSession", 1, func() error { _, err := s.GetSession(t.Context(), session.Hash("alice0")); return err }},
		{"GetIdentity", 1, func() error { _, err := s.GetIdentity(t.Context(), "alice"); return err }},
		{"IdentityOwner", 1, func() error { _, err := s.IdentityOwner(t.Context(), person("alice").Keys[0]); return err }},
		{"ListSessions", 1, func() error { _, err := s.ListSessions(t.Context(), "alice"); return err }},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 2 {
				require.NoError(t, c.call())
			}
			assert.Equal(t, c.want, w.during(func() { require.NoError(t, c.call()) }))
		})
	}
}

func TestTheWireCountsATransaction(t *testing.T) {
	db, w := counted(t)
	during := func() int {
		return w.during(func() {
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			for range 2 {
				_, err = tx.Exec("SELECT 1")
				require.NoError(t, err)
			}
			require.NoError(t, tx.Rollback())
		})
	}
	during()
	assert.Equal(t, 4, during(), "begin, twice the statement, rollback")
}

// The budgets of whole requests, through HTTP and package settings.
func TestRoundTripsOfARequest(t *testing.T) {
	for _, c := range []struct {
		name                string
		config              password.Config
		start, read, submit int
	}{
		{"a new password", password.Config{}, 2, 1, 2},
		{"a new password that needs the old one, whose tries are counted", password.Config{RequireCurrentPassword: true}, 2, 1, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, w := behindWire(t)
			c.config.Writer = settingstest.FastHash()
			k := settingstest.New(t, func(sc *settings.Config) {
				sc.Flows, sc.Sessions, sc.Identities, sc.Backend = s, s, s, s
				sc.Methods = []settings.Method{password.New(c.config)}
			})
			who := person("alice")
			who.PasswordHash = ""
			require.NoError(t, s.CreateIdentity(t.Context(), who))
			client := k.SignIn("alice", respond.API, aal.Code)
			var f *settingstest.Flow
			n := 0
			pass := func() string { return fmt.Sprint("a passphrase, number ", n) }
			start := func() { f = client.Start() }
			read := func() { require.Equal(t, http.StatusOK, client.Read(f.ID).Status) }
			submit := func() {
				fields := settingstest.Fields{"method": "password"}
				if c.config.RequireCurrentPassword && n > 0 {
					fields["current_password"] = pass()
				}
				n++
				fields["password"] = pass()
				a := client.Submit(f, fields)
				require.Equal(t, http.StatusOK, a.Status, a)
			}
			for range 3 { // after the first password is set and changed once, all statements are prepared
				start()
				read()
				submit()
			}
			assert.Equal(t, c.start, w.during(start), "start a flow")
			assert.Equal(t, c.read, w.during(read), "read a flow")
			assert.Equal(t, c.submit, w.during(submit), "submit")
			require.True(t, k.PasswordIs("alice", pass()))
			_, err := s.GetFlow(t.Context(), "tries:alice:password")
			assert.ErrorIs(t, err, flow.ErrNotFound, "a right password forgives the tries, with the commit")
		})
	}
}
