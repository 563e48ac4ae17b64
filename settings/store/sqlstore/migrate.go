package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Migrate brings the schema to the version this package is for, from whatever
// older one, and does nothing if it is there. Any number of processes may call
// it at once: one migrates, the others wait for it. There is no way back; a
// schema newer than this package is ErrSchema.
//
// It needs the right to create tables. A deployment that does not give it to
// the application runs Schema by its own means and calls Check only.
func (s *Store) Migrate(ctx context.Context) error {
	all := s.d.migrations()
	version, err := s.version(ctx)
	if err != nil {
		return err
	}
	if version >= len(all) {
		return s.judge(version)
	}
	return s.alone(ctx, func(r runner) error {
		if _, err := r.ExecContext(ctx, versionTable); err != nil {
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
		if err := r.QueryRowContext(ctx, "SELECT version FROM amend_version WHERE id = 1"+lock).Scan(&version); err != nil {
			return err
		}
		for ; version < len(all); version++ {
			for _, statement := range all[version] {
				if _, err := r.ExecContext(ctx, statement); err != nil {
					return fmt.Errorf("sqlstore: migration to version %d: %w", version+1, err)
				}
			}
			if _, err := s.exec(ctx, r, "UPDATE amend_version SET version = ? WHERE id = 1", version+1); err != nil {
				return err
			}
		}
		return s.judge(version)
	})
}

// alone runs f while no other process is in it. In PostgreSQL and SQLite that
// is a transaction, which locks the row or the file. In MariaDB each CREATE
// ends the transaction it is in, so the lock is one of the server, and f may be
// broken off between two statements: they can all be repeated.
func (s *Store) alone(ctx context.Context, f func(runner) error) error {
	if s.d != MariaDB {
		return s.transact(ctx, nil, f)
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	const lock = "CONCAT('amend_migrate_', MD5(DATABASE()))"
	var got sql.Null[int]
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+lock+", 60)").Scan(&got); err != nil {
		return err
	}
	if got.V != 1 {
		return errors.New("sqlstore: another process has been migrating for a minute")
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK("+lock+")")
	return f(conn)
}

// version is the version of the schema, 0 for none.
func (s *Store) version(ctx context.Context) (version int, err error) {
	there := map[Dialect]string{
		SQLite:     "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'amend_version'",
		PostgreSQL: "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('amend_version')",
		MariaDB:    "SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'amend_version'",
	}[Dialect(s.d.family())]
	err = s.retry(ctx, nil, func() error {
		var n int
		if err := s.db.QueryRowContext(ctx, there).Scan(&n); err != nil || n == 0 {
			return err
		}
		err := s.db.QueryRowContext(ctx, "SELECT version FROM amend_version WHERE id = 1").Scan(&version)
		if errors.Is(err, sql.ErrNoRows) { // another process is about to migrate
			return nil
		}
		return err
	})
	return version, err
}

// judge is the error of a schema's version.
func (s *Store) judge(version int) error {
	known := len(s.d.migrations())
	switch {
	case version == 0:
		return fmt.Errorf("%w: the tables are missing: call Migrate, or run what Schema returns", ErrSchema)
	case version < known:
		return fmt.Errorf("%w: version %d is older than this package's %d: call Migrate", ErrSchema, version, known)
	case version > known:
		return fmt.Errorf("%w: version %d is newer than this package's %d: deploy the newer release of the application", ErrSchema, version, known)
	}
	return nil
}
