package sqlstore

import (
	"context"
	"time"
)

// Clock is the time of the database. Nothing is decided by it; Handler.Check compares it
// with the clock of the process.
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
