package sqlstore

import (
	"context"
	"time"
)

// Clock is the database's time, by which nothing is decided here: a handler that checks
// itself compares it with its own.
func (s *Store) Clock(ctx context.Context) (time.Time, error) {
	query := map[Dialect]string{
		SQLite:     "SELECT CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
		PostgreSQL: "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)",
		MariaDB:    "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)",
	}[Dialect(s.d.family())]
	var micros int64
	err := s.db.QueryRowContext(ctx, query).Scan(&micros)
	return time.UnixMicro(micros), err
}
