package tests

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"modernc.org/sqlite"

	"github.com/amend-go/amend/settings/store/sqlstore"
)

// watched is SQLite whose connections tell which statements fail.
type watched struct {
	dsn    string
	failed func(query string)
}

func (w watched) Driver() driver.Driver { return &sqlite.Driver{} }

func (w watched) Connect(context.Context) (driver.Conn, error) {
	c, err := w.Driver().Open(w.dsn)
	return watchedConn{c, w.failed}, err
}

type watchedConn struct {
	driver.Conn
	failed func(query string)
}

func (c watchedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	r, err := c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	if err != nil {
		c.failed(query)
	}
	return r, err
}

func (c watchedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

// Without busy_timeout SQLite does not wait for another writer at all: here one
// holds the lock until the store has been refused.
func TestStoreWaitsForAnotherWriterOfTheFile(t *testing.T) {
	dsn := "file:" + filepath.Join(t.TempDir(), "amend.db")
	other := opened(t, "sqlite", dsn)
	first, err := sqlstore.New(other, sqlstore.SQLite)
	require.NoError(t, err)
	require.NoError(t, first.Migrate(t.Context()))

	refused, once := make(chan string, 1), sync.Once{}
	db := sql.OpenDB(watched{dsn, func(query string) { once.Do(func() { refused <- query }) }})
	defer db.Close()
	s, err := sqlstore.New(db, sqlstore.SQLite)
	require.NoError(t, err)
	l := account(t, s, "alice")

	holder, err := other.Conn(t.Context())
	require.NoError(t, err)
	defer holder.Close()
	_, err = holder.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	written := make(chan error)
	go func() { written <- s.Commit(t.Context(), commitOf(l)) }()
	assert.Equal(t, "BEGIN IMMEDIATE", <-refused, "the lock is asked for before anything is read")
	_, err = holder.ExecContext(t.Context(), "COMMIT")
	require.NoError(t, err)
	require.NoError(t, <-written)
	assert.EqualValues(t, 2, load(t, s, "alice").Identity.Version)

	_, err = holder.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	require.Error(t, s.Commit(t.Context(), commitOf(load(t, s, "alice"))), "it does not wait for ever")
	_, err = holder.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	require.NoError(t, s.Commit(t.Context(), commitOf(load(t, s, "alice"))))
}
