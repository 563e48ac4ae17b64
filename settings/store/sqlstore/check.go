package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// Check finds out, at the start of an application, whether the store can work.
// Its error says in one line what is wrong, and is one of ErrUnreachable,
// ErrCredentials, ErrSchema and ErrReadOnly where that is known, with the
// driver's own error behind it. It writes nothing.
func (s *Store) Check(ctx context.Context) error {
	if err := s.db.PingContext(ctx); err != nil {
		return s.named(ctx, err)
	}
	v, err := s.version(ctx)
	if err != nil {
		return s.named(ctx, err)
	}
	if err := v.judge(len(s.d.migrations())); err != nil {
		return err
	}
	// Only a write shows that writing is allowed. It is undone.
	err = s.transact(ctx, nil, func(r runner) error {
		if _, err := s.exec(ctx, r, "UPDATE amend_version SET version = version WHERE id = 1"); err != nil {
			return err
		}
		return errUndo
	})
	if errors.Is(err, errUndo) {
		return nil
	}
	return s.named(ctx, err)
}

var errUndo = errors.New("sqlstore: undo")

// named is an error of a driver under the name of what it means.
func (s *Store) named(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ctx.Err()
	}
	var network net.Error
	switch f := s.failureOf(err); {
	case f == refused:
		return fmt.Errorf("%w: %w", ErrCredentials, err)
	case f == readOnly:
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case f == noFile, errors.As(err, &network), ctx.Err() != nil:
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return fmt.Errorf("sqlstore: %w", err)
}
