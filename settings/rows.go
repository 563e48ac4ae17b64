package settings

import (
	"context"
	"errors"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/optimistic"
	"github.com/amend-go/amend/settings/store"
)

// This file owns reading and writing identities' rows, and the reads that a request
// begins with.

// load reads session, identity and flow, at once if the stores can.
func (s *Service) load(ctx context.Context, tokenHash, flowKey string) (store.Loaded, error) {
	if s.c.Backend != nil {
		return s.c.Backend.Load(ctx, tokenHash, flowKey)
	}
	// The identity comes last. A change writes it first, so nothing that is read
	// before it is of a later change than it knows.
	var l store.Loaded
	found, err := s.c.Sessions.GetSession(ctx, tokenHash)
	if errors.Is(err, session.ErrNotFound) {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	l.Session = &found
	if flowKey != "" {
		record, err := s.c.Flows.GetFlow(ctx, flowKey)
		if err == nil {
			l.Flow = &record
		} else if !errors.Is(err, flow.ErrNotFound) {
			return store.Loaded{}, err
		}
	}
	row, err := s.c.Identities.GetIdentity(ctx, found.IdentityID)
	if err == nil {
		l.Identity = &row
	} else if !errors.Is(err, identity.ErrNotFound) {
		return store.Loaded{}, err
	}
	return l, nil
}

// find reads a session with its identity, for Sessions.
func (s *Service) find(ctx context.Context, tokenHash string) (session.Session, identity.Record, error) {
	l, err := s.load(ctx, tokenHash, "")
	if err != nil {
		return session.Session{}, identity.Record{}, err
	}
	if l.Session == nil || l.Identity == nil {
		return session.Session{}, identity.Record{}, session.ErrNotFound
	}
	return *l.Session, *l.Identity, nil
}

// row reads an identity.
func (s *Service) row(ctx context.Context, id string) (identity.Identity, error) {
	r, err := s.c.Identities.GetIdentity(ctx, id)
	if err != nil {
		return identity.Identity{}, err
	}
	return identity.Open(s.ring, r)
}

// owner reads an identity that may sign in.
func (s *Service) owner(ctx context.Context, id string) (identity.Identity, error) {
	i, err := s.row(ctx, id)
	if errors.Is(err, identity.ErrNotFound) || err == nil && !i.Active {
		return identity.Identity{}, method.ErrWrong
	}
	return i, err
}

// errAsItIs is returned by an edit of a row that finds nothing to do.
var errAsItIs = errors.New("settings: nothing to do")

// editRow makes a small change of an identity's row that is no settings change:
// no session ends by it. It begins with i as it was read, and goes on with newer
// rows.
func (s *Service) editRow(ctx context.Context, i identity.Identity, edit func(*identity.Identity) error) error {
	return optimistic.Retry(ctx, func() error {
		i = i.Clone()
		if err := edit(&i); errors.Is(err, errAsItIs) {
			return nil
		} else if err != nil {
			return err
		}
		r, err := i.Seal(s.ring)
		if err != nil {
			return err
		}
		err = s.c.Identities.UpdateIdentity(ctx, r)
		if errors.Is(err, identity.ErrConflict) {
			newer, unread := s.row(ctx, i.ID)
			if unread != nil {
				return unread
			}
			i = newer
		}
		return err
	}, identity.ErrConflict)
}

// conflict reports whether an error of a store says that a record is not the
// one that was read: it is worth reading again.
func conflict(err error) bool {
	return errors.Is(err, identity.ErrConflict) || errors.Is(err, session.ErrConflict) || errors.Is(err, flow.ErrConflict) ||
		errors.Is(err, session.ErrNotFound) || errors.Is(err, flow.ErrNotFound) || errors.Is(err, identity.ErrNotFound)
}

// uninterrupted runs a call of a store that must not be torn off by a client going
// away. It has a time of its own.
func uninterrupted(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), uninterruptedTimeout)
	defer cancel()
	return call(ctx)
}

const uninterruptedTimeout = 10 * time.Second
