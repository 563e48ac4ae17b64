package tests

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/sqlstore"
	"github.com/amend-go/amend/settings/store/storetest"
)

// serializable opens PostgreSQL where every transaction may be undone because
// of others that read what it wrote, and counts how many were.
func serializable(t testing.TB, undone *undone) *sql.DB {
	config, err := pgx.ParseConfig(postgresSchema(t, "default_transaction_isolation", "serializable"))
	require.NoError(t, err)
	config.Tracer = undone
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(10)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

type undone struct{ atomic.Int64 }

func (u *undone) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (u *undone) TraceQueryEnd(_ context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	var err *pgconn.PgError
	if errors.As(data.Err, &err) && err.Code == "40001" {
		u.Add(1)
	}
}

var bothDialects = []sqlstore.Dialect{sqlstore.PostgreSQL, sqlstore.CockroachDB}

func TestContractHoldsWhereTransactionsAreUndone(t *testing.T) {
	for _, dialect := range bothDialects {
		t.Run(string(dialect), func(t *testing.T) {
			variable(t, "AMEND_POSTGRES")
			var u undone
			d := database{dialect: dialect, open: func(t testing.TB) *sql.DB { return serializable(t, &u) }}
			empty := d.emptied(t)
			storetest.Backend(t, func(t *testing.T) storetest.Database {
				s := empty(t)
				return storetest.Database{Backend: s, Flows: s, Sessions: s, Accounts: accounts(s)}
			})
			assert.NotZero(t, u.Load(), "none was undone: this shows nothing")
		})
	}
}

// Commits of different people have nothing to do with each other, but a
// serializable database may find that they have. Nobody must see that.
func TestUndoneTransactionsAreRepeated(t *testing.T) {
	for _, dialect := range bothDialects {
		t.Run(string(dialect), func(t *testing.T) {
			variable(t, "AMEND_POSTGRES")
			var u undone
			s, _ := database{dialect: dialect, open: func(t testing.TB) *sql.DB { return serializable(t, &u) }}.store(t)
			const people, commits = 16, 20
			for n := range people {
				account(t, s, fmt.Sprint("user", n))
			}
			u.Store(0)
			var wg sync.WaitGroup
			for n := range people {
				wg.Go(func() {
					id := fmt.Sprint("user", n)
					for range commits {
						l, err := s.Load(t.Context(), session.Hash(id+"0"), flowOf(id, 0).Key)
						if assert.NoError(t, err) {
							l.Identity.Keys = append(l.Identity.Keys, identity.Key{Kind: identity.WebAuthn, Value: fmt.Sprint(id, " ", l.Identity.Version)})
							assert.NoError(t, s.Commit(t.Context(), commitOf(l)))
						}
					}
				})
			}
			wg.Wait()
			for n := range people {
				assert.EqualValues(t, 1+commits, load(t, s, fmt.Sprint("user", n)).Identity.Version)
			}
			assert.NotZero(t, u.Load(), "none was undone: this shows nothing")
		})
	}
}

func TestOfManyCommitsOnOneIdentityOneWins(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, db := d.store(t)
		l := account(t, s, "alice")
		var wg sync.WaitGroup
		var won atomic.Int64
		for n := range 32 {
			wg.Go(func() {
				i, sess := l.Identity.Clone(), l.Session.Clone()
				i.Keys = append(i.Keys, identity.Key{Kind: identity.WebAuthn, Value: fmt.Sprint("key ", n)})
				sess.Superseded, sess.TokenHash = session.Superseded{TokenHash: sess.TokenHash}, session.Hash(fmt.Sprint("new", n))
				err := s.Commit(t.Context(), store.Commit{Identity: &i, Session: &sess, Flow: l.Flow, Drop: []string{"tries:alice:password"}})
				if err == nil {
					won.Add(1)
					return
				}
				assert.ErrorIs(t, err, identity.ErrConflict, "the first record in the commit")
			})
		}
		wg.Wait()
		assert.EqualValues(t, 1, won.Load())
		var keys, tokens int
		require.NoError(t, db.QueryRow("SELECT count(*) FROM amend_keys").Scan(&keys))
		require.NoError(t, db.QueryRow("SELECT count(*) FROM amend_tokens").Scan(&tokens))
		assert.Equal(t, []int{2, 2}, []int{keys, tokens}, "e-mail address and the winner's key; the winner's token and the one before")
	})
}

// A pool of one connection stands still for ever if a call needs a second one.
func TestPoolOfOneConnectionIsEnough(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		db := d.open(t)
		db.SetMaxOpenConns(1)
		s, err := sqlstore.New(db, d.dialect)
		require.NoError(t, err)
		require.NoError(t, s.Migrate(t.Context()))
		require.NoError(t, s.Check(t.Context()))
		l := account(t, s, "alice")
		require.NoError(t, s.Commit(t.Context(), commitOf(l)))
		require.ErrorIs(t, s.Commit(t.Context(), commitOf(l)), identity.ErrConflict)
		require.ErrorIs(t, s.UpdateFlow(t.Context(), *l.Flow), flow.ErrConflict)
		require.ErrorIs(t, s.CreateSession(t.Context(), *l.Session), session.ErrDuplicate)
		_, err = s.ListSessions(t.Context(), "alice")
		require.NoError(t, err)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				_, err := s.DeleteExpiredSessions(t.Context(), noon.Add(time.Hour), 10)
				assert.NoError(t, err)
				assert.NoError(t, s.DeleteIdentity(t.Context(), "alice"))
			})
		}
		wg.Wait()
	})
}

func TestSweepsMeetNobodysUpdates(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, db := d.store(t)
		const old = 230
		for n := range old {
			sess := sessionOf("alice", n)
			sess.ExpiresAt = noon
			require.NoError(t, s.CreateSession(t.Context(), sess))
			f := flowOf("alice", n)
			f.ExpiresAt = noon
			require.NoError(t, s.CreateFlow(t.Context(), f))
		}
		var wg sync.WaitGroup
		var flows, sessions atomic.Int64
		for n := range 4 {
			wg.Go(func() {
				swept, err := s.DeleteExpiredFlows(t.Context(), noon, old)
				assert.NoError(t, err)
				flows.Add(int64(swept))
				swept, err = s.DeleteExpiredSessions(t.Context(), noon, old)
				assert.NoError(t, err)
				sessions.Add(int64(swept))
			})
			wg.Go(func() {
				id := fmt.Sprint("user", n)
				account(t, s, id)
				for range 10 {
					assert.NoError(t, s.Commit(t.Context(), commitOf(load(t, s, id))))
				}
			})
		}
		wg.Wait()
		rest, err := s.DeleteExpiredFlows(t.Context(), noon, old) // what sweeps left to one another
		require.NoError(t, err)
		assert.EqualValues(t, old, flows.Load()+int64(rest))
		rest, err = s.DeleteExpiredSessions(t.Context(), noon, old)
		require.NoError(t, err)
		assert.EqualValues(t, old, sessions.Load()+int64(rest))
		var left int
		require.NoError(t, db.QueryRow("SELECT count(*) FROM amend_tokens").Scan(&left))
		assert.Equal(t, 4, left)
	})
}

// A sweep does not wait for a record that another is writing or deleting. It
// leaves it to them.
func TestSweepSkipsWhatIsLocked(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		if d.dialect == sqlstore.SQLite {
			return // it has one lock, for all
		}
		s, db := d.store(t)
		for n := range 3 {
			require.NoError(t, s.CreateFlow(t.Context(), flowOf("alice", n)))
			require.NoError(t, s.CreateSession(t.Context(), sessionOf("alice", n)))
		}
		tx, err := db.Begin()
		require.NoError(t, err)
		defer tx.Rollback()
		for _, lock := range []string{
			"SELECT 1 FROM amend_flows WHERE flow_key = '" + flowOf("alice", 1).Key + "' FOR UPDATE",
			"SELECT 1 FROM amend_sessions WHERE id = '" + sessionOf("alice", 1).ID + "' FOR UPDATE",
		} {
			_, err = tx.Exec(lock)
			require.NoError(t, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		n, err := s.DeleteExpiredFlows(ctx, noon.Add(time.Hour), 10)
		require.NoError(t, err)
		assert.Equal(t, 2, n)
		n, err = s.DeleteExpiredSessions(ctx, noon.Add(time.Hour), 10)
		require.NoError(t, err)
		assert.Equal(t, 2, n)
		require.NoError(t, tx.Rollback())
		n, err = s.DeleteExpiredFlows(ctx, noon.Add(time.Hour), 10)
		require.NoError(t, err)
		assert.Equal(t, 1, n)
	})
}

// A commit that is broken off while it waits for a lock writes nothing or
// everything. A single statement may be finished by the server after that: then
// the next one finds a newer version.
func TestCancelledCommitWritesNoPart(t *testing.T) {
	on(t, func(t *testing.T, d database) {
		s, db := d.store(t)
		l := account(t, s, "alice")
		holder, err := db.Conn(t.Context())
		require.NoError(t, err)
		defer holder.Close()
		begin := "BEGIN"
		if d.dialect == sqlstore.SQLite {
			begin = "BEGIN IMMEDIATE"
		}
		for _, statement := range []string{begin, "UPDATE amend_flows SET version = version WHERE owner_id = 'alice'"} {
			_, err = holder.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		assert.ErrorIs(t, s.Commit(ctx, commitOf(l)), context.DeadlineExceeded)
		_, err = holder.ExecContext(t.Context(), "ROLLBACK")
		require.NoError(t, err)
		for {
			l := load(t, s, "alice")
			require.Equal(t, []int64{l.Identity.Version, l.Identity.Version}, []int64{l.Session.Version, l.Flow.Version})
			if err := s.Commit(t.Context(), commitOf(l)); !errors.Is(err, identity.ErrConflict) {
				require.NoError(t, err, "no connection of the pool is spoiled")
				break
			}
		}
		l = load(t, s, "alice")
		assert.Contains(t, []int64{2, 3}, l.Identity.Version)
		assert.Equal(t, []int64{l.Identity.Version, l.Identity.Version}, []int64{l.Session.Version, l.Flow.Version})
	})
}
