package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Migrate brings the schema to the version this package is for, from whatever
// older one, and does nothing if it is there. Any number of processes may call
// it at once: one migrates, the others wait for it. There is no way back. A schema
// that is newer than this package is ErrSchema only if it says that this package
// can no longer work with it.
//
// It needs the right to create tables. A deployment that does not give it to
// the application runs Schema by its own means and calls Check only.
func (s *Store) Migrate(ctx context.Context) error {
	all := s.d.migrations()
	v, err := s.version(ctx)
	if err != nil {
		return err
	}
	if v.schema >= len(all) {
		return v.judge(len(all))
	}
	return s.alone(ctx, func(r runner) error {
		if _, err := r.ExecContext(ctx, s.d.bound(versionTable)); err != nil {
			if s.failureOf(err) == duplicate { // PostgreSQL, when two create it at once
				return errAgain
			}
			return err
		}
		if _, err := s.exec(ctx, r, s.d.insert("amend_version", "id, version", 1), 1, 0); err != nil {
			return err
		}
		lock := ""
		if s.d.numbered() {
			lock = " FOR UPDATE"
		}
		if err := r.QueryRowContext(ctx, s.d.bound("SELECT version FROM amend_version WHERE id = 1"+lock)).Scan(&v.oldest); err != nil {
			return err
		}
		if v, err = s.readVersion(ctx, r); err != nil {
			return err
		}
		if _, err := s.exec(ctx, r, s.d.insert("amend_version", "id, version", 1), 2, v.schema); err != nil {
			return err
		}
		for ; v.schema < len(all); v.schema++ {
			for _, statement := range all[v.schema] {
				if _, err := r.ExecContext(ctx, s.d.bound(statement)); err != nil {
					return fmt.Errorf("sqlstore: migration to version %d: %w", v.schema+1, err)
				}
			}
			if _, err := s.exec(ctx, r, "UPDATE amend_version SET version = ? WHERE id = 2", v.schema+1); err != nil {
				return err
			}
		}
		if _, err := s.exec(ctx, r, "UPDATE amend_version SET version = ? WHERE id = 1 AND version < ?", oldest, oldest); err != nil {
			return err
		}
		return v.judge(len(all))
	})
}

// alone runs f while no other process is in it. In PostgreSQL and SQLite that
// is a transaction, which locks the row or the file. In MariaDB each CREATE
// ends the transaction it is in, so the lock is one of the server, and f may be
// broken off between two statements: they can all be repeated.
func (s *Store) alone(ctx context.Context, f func(runner) error) error {
	if s.d.Dialect != MariaDB {
		return s.transact(ctx, nil, f)
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	const lock = "CONCAT('amend_migrate_', MD5(DATABASE()))"
	var got sql.Null[int]
	if err := conn.QueryRowContext(ctx, s.d.bound("SELECT GET_LOCK("+lock+", 60)")).Scan(&got); err != nil {
		return err
	}
	if got.V != 1 {
		return errors.New("sqlstore: another process has been migrating for a minute")
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), s.d.bound("DO RELEASE_LOCK("+lock+")"))
	return f(conn)
}

// oldest is the oldest version of this package that can work with the newest
// schema. A migration that only adds tables, or columns with a default, leaves it
// as it is: the build before goes on, and can be restarted.
const oldest = 1

// version is what a schema says of itself, in the rows 2 and 1 of amend_version.
// Where there is no row 2, row 1 has both.
type version struct {
	schema int // 0 for none
	oldest int // the oldest version of this package that can work with it
}

func (s *Store) version(ctx context.Context) (v version, err error) {
	there := map[Dialect]string{
		SQLite:     "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'amend_version'",
		PostgreSQL: "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('amend_version')",
		MariaDB:    "SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'amend_version'",
	}[Dialect(s.d.family())]
	err = s.retry(ctx, nil, func() error {
		var n int
		if err := s.db.QueryRowContext(ctx, s.d.bound(there)).Scan(&n); err != nil || n == 0 {
			return err
		}
		v, err = s.readVersion(ctx, s.db)
		return err
	})
	return v, err
}

// readVersion reads the version where its table exists. Without rows in it another
// process is about to migrate.
func (s *Store) readVersion(ctx context.Context, r runner) (v version, err error) {
	var first, second sql.Null[int]
	err = r.QueryRowContext(ctx, s.d.bound("SELECT max(CASE WHEN id = 1 THEN version END), max(CASE WHEN id = 2 THEN version END) FROM amend_version")).Scan(&first, &second)
	v = version{schema: first.V, oldest: first.V}
	if second.Valid {
		v.schema = second.V
	}
	return v, err
}

// judge is the error of a schema for a package that knows so many migrations.
func (v version) judge(known int) error {
	switch {
	case v.schema == 0:
		return fmt.Errorf("%w: the tables are missing: call Migrate, or run what Schema returns", ErrSchema)
	case v.schema < known:
		return fmt.Errorf("%w: version %d is older than this package's %d: call Migrate, or run what Upgrade returns", ErrSchema, v.schema, known)
	case v.oldest > known:
		return fmt.Errorf("%w: version %d is newer than this package's %d: deploy the newer release of the application", ErrSchema, v.schema, known)
	}
	return nil
}
