package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/amend-go/amend/settings/store"
)

// Store keeps flows, sessions and identities in a SQL database. It is made by
// New and safe for concurrent use, in one process and in many.
type Store struct {
	db *sql.DB
	d  tables

	// Queries that differ by dialect, made once.
	selectIdentity, load string
}

var (
	_ store.FlowStore     = (*Store)(nil)
	_ store.SessionStore  = (*Store)(nil)
	_ store.IdentityStore = (*Store)(nil)
	_ store.Backend       = (*Store)(nil)
	_ store.Due           = (*Store)(nil)
	_ store.Eraser        = (*Store)(nil)
)

// New makes a store over a pool of connections, which stays the caller's to
// close. It asks the database nothing: Check and Migrate do.
func New(db *sql.DB, d Dialect, options ...Option) (*Store, error) {
	if db == nil {
		return nil, errors.New("sqlstore: New: db is nil")
	}
	t, err := newTables(d, options)
	if err != nil {
		return nil, err
	}
	identityColumns := identityColumns + ", " + d.keysOfIdentity()
	return &Store{
		db: db, d: t,
		selectIdentity: t.bound("SELECT " + identityColumns + " FROM amend_identities i WHERE i.id = ?"),
		load: t.bound("SELECT " + sessionColumns + ", " + identityColumns + ", " + flowColumns + ` FROM amend_tokens t
			JOIN amend_sessions s ON s.id = t.session_id
			LEFT JOIN amend_identities i ON i.id = s.identity_id
			LEFT JOIN amend_flows f ON f.flow_key = ?
			WHERE t.hash = ?`),
	}, nil
}

// runner runs statements: a pool, a connection or a transaction.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// exec runs a statement with question marks and says how many rows it wrote.
func (s *Store) exec(ctx context.Context, r runner, query string, args ...any) (int64, error) {
	result, err := r.ExecContext(ctx, s.d.bound(query), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// exists reports whether a row of a table has an id.
func (s *Store) exists(ctx context.Context, r runner, query string, id string) (bool, error) {
	var one int
	err := r.QueryRowContext(ctx, s.d.bound(query), id).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// column is the one column of a query's rows.
func (s *Store) column(ctx context.Context, r runner, query string, args ...any) (all []string, err error) {
	rows, err := r.QueryContext(ctx, s.d.bound(query), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
