package settings

import (
	"context"
	"errors"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/optimistic"
	"github.com/amend-go/amend/settings/seal"
)

// This file owns what waits for somebody to come back: a browser at another site,
// a change that needs a newer sign-in. All of it is one kind of record: sealed, bound
// to whom it is of, good for a time and good once.

// pendingKind is what is pending, and for how long.
type pendingKind struct {
	purpose  string // separates what is sealed of one kind from another's
	lifetime time.Duration
}

var (
	pendingRedirects = pendingKind{"away", 15 * time.Minute}
	pendingChanges   = pendingKind{"paused", 15 * time.Minute}
)

// pending names one record: its key in the flow store, and what its seal is bound
// to besides the record's owner.
type pending struct {
	pendingKind
	key     string
	boundTo string
}

// sealed is a record with a value in it.
func (s *Service) sealed(p pending, r flow.Record, value jsonrecord.Record) (flow.Record, error) {
	plain, err := jsonrecord.Encode(value)
	if err != nil {
		return r, err
	}
	r.Data = s.ring.Seal(seal.Binding{Purpose: p.purpose, Owner: p.boundTo, IdentityID: r.Owner}, plain)
	return r, nil
}

// createPending stores a new record of an identity, whose time begins at since.
// errTooLarge says that its value does not fit.
func (s *Service) createPending(ctx context.Context, p pending, owner string, since time.Time, value jsonrecord.Record) error {
	r, err := s.sealed(p, flow.Record{Key: p.key, Owner: owner, ExpiresAt: since.Add(p.lifetime)}, value)
	if err != nil {
		return err
	}
	if len(r.Data) > flow.MaxData {
		return errTooLarge
	}
	return s.createRecord(ctx, r)
}

// putPending stores a record as createPending does, but replaces an earlier record of the
// same key.
func (s *Service) putPending(ctx context.Context, p pending, owner string, since time.Time, value jsonrecord.Record) error {
	err := s.createPending(ctx, p, owner, since, value)
	if !errors.Is(err, flow.ErrDuplicate) {
		return err
	}
	return optimistic.Retry(ctx, func() error {
		r, err := s.c.Flows.GetFlow(ctx, p.key)
		if errors.Is(err, flow.ErrNotFound) {
			if err := s.createPending(ctx, p, owner, since, value); !errors.Is(err, flow.ErrDuplicate) {
				return err
			}
			return flow.ErrConflict
		}
		if err != nil {
			return err
		}
		r.ExpiresAt = since.Add(p.lifetime)
		if r, err = s.sealed(p, r, value); err != nil {
			return err
		}
		return s.c.Flows.UpdateFlow(ctx, r)
	}, flow.ErrConflict)
}

var errTooLarge = errors.New("settings: too large to be kept")

// readPending reads a record into a value. It is flow.ErrNotFound for one that is
// missing or used up, or that no key opens, and jsonrecord.ErrNewer for one that
// only a newer build may read. Whether its time is over the caller
// asks by inTime: the time stands in the value, which is sealed.
func (s *Service) readPending(ctx context.Context, p pending, value jsonrecord.Record) (flow.Record, error) {
	r, err := s.c.Flows.GetFlow(ctx, p.key)
	if err != nil {
		return r, err
	}
	if len(r.Data) == 0 {
		return r, flow.ErrNotFound
	}
	plain, err := s.ring.Open(seal.Binding{Purpose: p.purpose, Owner: p.boundTo, IdentityID: r.Owner}, r.Data)
	if err != nil {
		return r, flow.ErrNotFound
	}
	return r, jsonrecord.Decode(plain, value)
}

// inTime reports whether what is pending since a time may still be used.
func (k pendingKind) inTime(since, now time.Time) bool { return now.Before(since.Add(k.lifetime)) }

// rewritePending puts another value into a record. Of many that do so at once one
// succeeds; for the others it is flow.ErrNotFound.
func (s *Service) rewritePending(ctx context.Context, p pending, r flow.Record, value jsonrecord.Record) error {
	r, err := s.sealed(p, r, value)
	if err != nil {
		return err
	}
	return usedUp(s.c.Flows.UpdateFlow(ctx, r))
}

// usedUp turns the conflict of a lost race into flow.ErrNotFound: somebody else has used
// the record.
func usedUp(err error) error {
	if errors.Is(err, flow.ErrConflict) {
		return flow.ErrNotFound
	}
	return err
}
