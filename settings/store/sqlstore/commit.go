package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// Load implements store.Backend. It is one statement, so it sees all of a
// Commit or nothing.
func (s *Store) Load(ctx context.Context, tokenHash, flowKey string) (store.Loaded, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !storable(MaxID, tokenHash) {
		return store.Loaded{}, ctx.Err()
	}
	if !storable(MaxID, flowKey) {
		flowKey = ""
	}
	row := new(struct { // at once
		session  sessionRow
		identity identityRow
		flow     flowRow
		fields   [34]any
	})
	fields := row.flow.appendFields(row.identity.appendFields(row.session.appendFields(row.fields[:0])))
	err := s.retry(ctx, nil, func() error { return s.db.QueryRowContext(ctx, s.load, flowKey, tokenHash).Scan(fields...) })
	if errors.Is(err, sql.ErrNoRows) {
		return store.Loaded{}, nil
	}
	if err != nil {
		return store.Loaded{}, err
	}
	sess, err := row.session.record()
	if err != nil {
		return store.Loaded{}, err
	}
	who, err := row.identity.record()
	if err != nil {
		return store.Loaded{}, err
	}
	return store.Loaded{Session: sess, Identity: who, Flow: row.flow.record()}, nil
}

// Commit implements store.Backend. On PostgreSQL it is one statement. Where
// that is refused, and in other databases, it is a transaction that finds out
// which record is in the way.
func (s *Store) Commit(ctx context.Context, c store.Commit) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := storableCommit(c); err != nil {
		return err
	}
	if s.d.Dialect == PostgreSQL && !(c.Flow != nil && slices.Contains(c.Drop, c.Flow.Key)) { // one statement cannot write a row twice
		done, err := s.commitAtOnce(ctx, c)
		if done || err != nil {
			return err
		}
	}
	return s.transact(ctx, conflictOf(c), func(r runner) error {
		if c.Identity != nil {
			if err := s.updateIdentity(ctx, r, *c.Identity); err != nil {
				return err
			}
		}
		if c.Session != nil {
			if err := s.updateSession(ctx, r, *c.Session); err != nil {
				return err
			}
		}
		if c.IfSession != nil {
			if err := s.holdSession(ctx, r, *c.IfSession); err != nil {
				return err
			}
		}
		if c.Flow != nil {
			if err := s.updateFlow(ctx, r, *c.Flow); err != nil {
				return err
			}
		}
		return s.dropFlows(ctx, r, c.Drop)
	})
}

// conflictOf is the conflict of a commit's first record.
func conflictOf(c store.Commit) error {
	switch {
	case c.Identity != nil:
		return identity.ErrConflict
	case c.Session != nil, c.IfSession != nil:
		return session.ErrConflict
	case c.Flow != nil:
		return flow.ErrConflict
	}
	return nil
}
