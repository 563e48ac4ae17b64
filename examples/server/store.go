package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

// accountStore is what this server keeps everything in: what the library needs, and
// what an app with its own sign-up needs besides.
type accountStore interface {
	store.FlowStore
	store.SessionStore
	store.IdentityStore

	// backend writes what a change writes together; nil where that is not in one store.
	backend() store.Backend

	// CreateIdentity stores a new identity. An id or a key that exists is
	// identity.ErrDuplicate.
	CreateIdentity(ctx context.Context, r identity.Record) error

	// SessionOwner is the identity of a session, by the session's id;
	// session.ErrNotFound without one.
	SessionOwner(ctx context.Context, sessionID string) (identityID string, err error)

	Close() error
}

// open opens the store and finds its keys, and gives the lines to print about
// them. Its error says in one line why they cannot be used.
func (l location) open(env string, log *slog.Logger) (s accountStore, keys [][]byte, notes []string, err error) {
	if l.kind == inFile {
		if err := os.MkdirAll(filepath.Dir(l.file), 0o700); err != nil {
			return nil, nil, nil, fmt.Errorf("-store: %w", err)
		}
	}
	keys, note, err := findKeys(env, l) // first: it looks whether there is a file
	if err != nil {
		return nil, nil, nil, err
	}
	if notes = append(notes, l.note()); note != "" {
		notes = append(notes, note)
	}
	if l.kind == inMemory {
		return newMemoryStore(), keys, notes, nil
	}
	if s, err = l.openSQL(log); err != nil {
		return nil, nil, nil, fmt.Errorf("-store: %w", err)
	}
	return s, keys, notes, nil
}

// openSQL opens a database and brings its schema up to date.
func (l location) openSQL(log *slog.Logger) (accountStore, error) {
	db, dialect, err := l.pool(log)
	if err != nil {
		return nil, err
	}
	s, err := sqlstore.New(db, dialect)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	err = s.Check(ctx)
	if errors.Is(err, sqlstore.ErrSchema) { // none yet, or an older one
		if err = s.Migrate(ctx); err == nil {
			err = s.Check(ctx)
		}
	}
	if err != nil {
		_ = db.Close()
		if l.kind == inFile {
			err = fmt.Errorf("%s: %w", l.file, err)
		}
		return nil, err
	}
	return newSQLStore(s, db, dialect), nil
}

// pool makes the connections, and asks the database nothing.
func (l location) pool(log *slog.Logger) (*sql.DB, sqlstore.Dialect, error) {
	driver, dialect := "pgx", sqlstore.PostgreSQL
	switch l.kind {
	case inFile:
		db, err := openFile(l.file)
		return db, sqlstore.SQLite, err
	case inMySQL:
		driver, dialect = "mysql", sqlstore.MariaDB
		if err := mysql.SetLogger(slog.NewLogLogger(log.Handler(), slog.LevelWarn)); err != nil {
			return nil, "", err
		}
	}
	db, err := sql.Open(driver, l.dsn)
	if err != nil {
		return nil, "", err
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	db.SetConnMaxLifetime(3 * time.Minute)
	return db, dialect, nil
}

// openFile opens an SQLite file, which only this user can read: it has hashes of
// passwords in it, and whatever else accounts say.
func openFile(path string) (*sql.DB, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // it also says best why a file cannot be written
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", fmt.Sprintf("file:%s?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)",
		(&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()))
	if err != nil {
		return nil, err
	}
	// Each takes some megabytes, and one of them writes at a time: without a bound a
	// crowd opens a thousand.
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	return db, nil
}
