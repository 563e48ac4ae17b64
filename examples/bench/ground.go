package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/memory"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

// kind is a kind of record.
type kind int

const (
	identities kind = iota
	sessions
	flows
	kinds
)

// stores are the three stores and a Backend in one.
type stores interface {
	store.FlowStore
	store.SessionStore
	store.IdentityStore
	store.Backend
	CreateIdentity(ctx context.Context, r identity.Record) error
}

// ground is a store that can be filled.
type ground interface {
	stores
	// grow adds n records of a kind, like the samples; every tenth has expired.
	grow(ctx context.Context, k kind, n int, like samples) error
	// used is how many bytes the store takes.
	used(ctx context.Context) (int64, error)
	close() error
}

// samples are records as the library writes them.
type samples struct {
	identity identity.Record
	flow     flow.Record
	now      time.Time
}

// expiry is when the n-th record expires.
func (s samples) expiry(n int) time.Time {
	if n%10 == 0 {
		return s.now.Add(-time.Hour)
	}
	return s.now.Add(24 * time.Hour)
}

func open(ctx context.Context, store string) (ground, error) {
	file, isFile := strings.CutPrefix(store, "sqlite:")
	switch {
	case store == "memory":
		return &inMemory{Store: memory.New()}, nil
	case isFile:
		if _, err := os.Stat(file); err == nil {
			return nil, fmt.Errorf("%s is there already", file)
		}
		dsn := "file:" + file + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"
		db, err := sql.Open("sqlite", dsn)
		if err != nil {
			return nil, err
		}
		return migrated(ctx, &inSQL{db: db, dsn: dsn, dialect: sqlstore.SQLite, random: "lower(hex(randomblob(16)))", bytes: "randomblob(%d)", yes: "1",
			size: "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()", end: func() error { return nil }})
	case strings.HasPrefix(store, "postgres"):
		return inSchema(ctx, store)
	}
	return nil, fmt.Errorf("no store %q", store)
}

// inSchema is a ground in a schema of its own of a PostgreSQL server.
func inSchema(ctx context.Context, server string) (ground, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		return nil, err
	}
	schema := "amend_bench_" + strings.ToLower(rand.Text()[:16])
	if _, err := admin.ExecContext(ctx, "CREATE SCHEMA "+schema); err != nil {
		return nil, errors.Join(err, admin.Close())
	}
	end := func() error {
		_, err := admin.Exec("DROP SCHEMA " + schema + " CASCADE")
		return errors.Join(err, admin.Close())
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	db, err := sql.Open("pgx", u.String())
	if err != nil {
		return nil, errors.Join(err, end())
	}
	return migrated(ctx, &inSQL{db: db, dsn: u.String(), dialect: sqlstore.PostgreSQL, random: "md5(random()::text || i::text)", bytes: "decode(left(repeat(md5(random()::text), %[1]d / 16 + 1), %[1]d * 2), 'hex')", yes: "true",
		size: "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace", analyze: "ANALYZE", end: end})
}

func migrated(ctx context.Context, g *inSQL) (ground, error) {
	g.db.SetMaxOpenConns(8)
	g.db.SetMaxIdleConns(8)
	s, err := sqlstore.New(g.db, g.dialect)
	if err == nil {
		err = s.Migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, g.close())
	}
	g.Store = s
	return g, nil
}

// inMemory is package memory, filled by its own calls.
type inMemory struct {
	*memory.Store
	ids []string
}

func (m *inMemory) grow(ctx context.Context, k kind, n int, like samples) error {
	if k == identities {
		m.ids = m.ids[:0]
	}
	for i := range n {
		var err error
		switch k {
		case identities:
			r := like.identity.Clone()
			r.ID = rand.Text()
			r.Keys = []identity.Key{{Kind: identity.Identifier, Value: r.ID + "@example.com"}}
			m.ids = append(m.ids, r.ID)
			err = m.CreateIdentity(ctx, r)
		case sessions:
			s, _ := session.New(identity.Identity{Record: identity.Record{ID: m.ids[i]}}, like.now, 24*time.Hour, "password")
			s.ExpiresAt = like.expiry(i)
			err = m.CreateSession(ctx, s)
		case flows:
			err = m.CreateFlow(ctx, flow.Record{Key: "flow:" + rand.Text(), Owner: m.ids[i], ExpiresAt: like.expiry(i), Data: like.flow.Data})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *inMemory) used(context.Context) (int64, error) {
	var s runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc), nil
}

func (m *inMemory) close() error { return nil }

// inSQL is a database, filled by statements of its own: what they write is as
// long as what the library writes, and found by nobody.
type inSQL struct {
	*sqlstore.Store
	db      *sql.DB
	dsn     string
	dialect sqlstore.Dialect
	random  string // an expression of 32 random characters
	bytes   string // of so many random bytes
	yes     string
	size    string // the query of the bytes in use
	analyze string
	end     func() error
}

func (g *inSQL) grow(ctx context.Context, k kind, n int, like samples) error {
	const batch = 50_000
	for from := 0; from < n; from += batch {
		if err := g.add(ctx, k, min(batch, n-from), like); err != nil {
			return err
		}
	}
	if g.analyze != "" && k == flows {
		_, err := g.db.ExecContext(ctx, g.analyze)
		return err
	}
	return nil
}

func (g *inSQL) add(ctx context.Context, k kind, n int, like samples) error {
	counted := fmt.Sprintf("WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < %d)", n)
	blob := func(n int) string { return fmt.Sprintf(g.bytes, n) }
	expiry := fmt.Sprintf("CASE WHEN i %% 10 = 0 THEN %d ELSE %d END", like.expiry(0).UnixMicro(), like.expiry(1).UnixMicro())
	var statements []string
	switch k {
	case identities:
		statements = []string{
			"CREATE TEMPORARY TABLE IF NOT EXISTS fresh (i bigint, id text)",
			"DELETE FROM fresh",
			counted + " INSERT INTO fresh SELECT i, " + g.random + " FROM numbers",
			fmt.Sprintf(`INSERT INTO amend_identities (id, active, schema_id, traits, metadata_public, password_hash, sealed_state, version, created_at, updated_at)
				SELECT id, %s, '', '{"email":"' || id || '@example.com"}', '', '%s', %s, 1, 0, 0 FROM fresh`, g.yes, like.identity.PasswordHash, blob(len(like.identity.SealedState))),
			"INSERT INTO amend_keys (kind, value, identity_id) SELECT 'identifier', id || '@example.com', id FROM fresh",
		}
	case sessions:
		statements = []string{
			"CREATE TEMPORARY TABLE IF NOT EXISTS fresh (i bigint, id text)",
			"DELETE FROM fresh",
			counted + " INSERT INTO fresh SELECT i, " + g.random + " FROM numbers",
			`INSERT INTO amend_sessions (id, identity_id, token_hash, superseded_hash, superseded_until, successor, generation, change_id, methods, authenticated_at, issued_at, expires_at, user_agent, ip, version)
				SELECT id, ` + g.random + `, id || id, '', 0, ` + blob(0) + `, 0, '', '[{"method":"password","at":"2030-01-02T12:00:00Z"}]', 0, 0, ` + expiry + `, 'growth', '', 1 FROM fresh`,
			"INSERT INTO amend_tokens (hash, session_id) SELECT id || id, id FROM fresh",
		}
	case flows:
		statements = []string{counted + ` INSERT INTO amend_flows (flow_key, owner_id, version, expires_at, data)
			SELECT 'flow:' || ` + g.random + `, ` + g.random + `, 1, ` + expiry + `, ` + blob(len(like.flow.Data)) + ` FROM numbers`}
	}
	// A temporary table is its connection's.
	c, err := g.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	for _, statement := range statements {
		if _, err := c.ExecContext(ctx, statement); err != nil {
			_, undone := c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
			return errors.Join(fmt.Errorf("%s: %w", statement, err), undone)
		}
	}
	_, err = c.ExecContext(ctx, "COMMIT")
	return err
}

func (g *inSQL) used(ctx context.Context) (n int64, err error) {
	return n, g.db.QueryRowContext(ctx, g.size).Scan(&n)
}

func (g *inSQL) close() error { return errors.Join(g.db.Close(), g.end()) }
