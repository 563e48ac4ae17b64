package sqlstore

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"time"
)

// patience is how long a call may take, whatever its context allows: a database
// that hangs must not hold a request for as long as its client waits.
const patience = 10 * time.Second

// How often, and after which pauses, a call is tried again that was undone
// because of others. Together the pauses are about two seconds: time for the
// writer of an SQLite file to finish, and for a crowd on one row to thin out.
const (
	maxTries   = 15
	firstPause = 2 * time.Millisecond
	longest    = 256 * time.Millisecond
)

// retry calls try until it is not undone because of others. What is undone to
// the last is unserialisable, if that is not nil: an error of the contract.
func (s *Store) retry(ctx context.Context, unserialisable error, try func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for n := 1; ; n++ {
		err := try()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil { // whatever the driver calls it
			return ctx.Err()
		}
		f := s.failureOf(err)
		if f != clash && f != busy {
			return err
		}
		if n == maxTries {
			if f == clash && unserialisable != nil {
				return fmt.Errorf("%w (%w)", unserialisable, err)
			}
			return err
		}
		if err := pause(ctx, n); err != nil {
			return err
		}
	}
}

// pause waits a random while, which doubles each time: those who clashed must
// not meet again.
func pause(ctx context.Context, n int) error {
	most := min(firstPause<<n, longest)
	timer := time.NewTimer(most/2 + rand.N(most/2))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// transact runs f in a transaction: all it writes or nothing. It runs it again
// if the transaction is undone because of others.
func (s *Store) transact(ctx context.Context, unserialisable error, f func(runner) error) error {
	return s.retry(ctx, unserialisable, func() error {
		if s.d.Dialect == SQLite {
			return s.immediately(ctx, f)
		}
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() // after Commit it does nothing
		if err := f(tx); err != nil {
			return err
		}
		return tx.Commit()
	})
}

// immediately is a transaction of SQLite. It takes the write lock at once: one
// that reads first, as database/sql begins it, cannot be given the lock later
// if another has written, and no waiting would help. So no option of the DSN
// is needed for it.
func (s *Store) immediately(ctx context.Context, f func(runner) error) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	abandon := func() { // no later user of the pool may find itself in this transaction
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		if ctx.Err() != nil {
			abandon() // it may have begun
		}
		return err
	}
	err = f(conn)
	if err == nil {
		err = ctx.Err()
	}
	// From here on there is an end in any case.
	ending := context.WithoutCancel(ctx)
	if err == nil {
		if _, err = conn.ExecContext(ending, "COMMIT"); err == nil {
			return nil
		}
	}
	if _, failed := conn.ExecContext(ending, "ROLLBACK"); failed != nil {
		abandon()
	}
	return err
}
