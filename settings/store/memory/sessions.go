package memory

import (
	"cmp"
	"container/heap"
	"context"
	"slices"
	"time"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/store"
)

// CreateSession implements store.SessionStore.
func (s *Store) CreateSession(ctx context.Context, sess session.Session) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	sess = sess.Clone()
	sess.Version = 1
	lock := s.accounts.lockOf(sess.IdentityID)
	lock.Lock()
	defer lock.Unlock()

	a := s.account(sess.IdentityID)
	e := &entry[session.Session]{owner: a, record: sess, due: sess.ExpiresAt}
	if !s.sessions.claim(e, handles(&sess, new([3]handle))) {
		s.forgetEmpty(a)
		return session.ErrDuplicate
	}
	if len(a.sessions) >= MaxPerOwner {
		s.dropSession(firstToExpire(a.sessions))
	}
	a.sessions = append(a.sessions, e)
	heap.Push(&s.sessionQueues[a.part], e)
	return nil
}

// GetSession implements store.SessionStore.
func (s *Store) GetSession(ctx context.Context, tokenHash string) (session.Session, error) {
	if err := ctx.Err(); err != nil {
		return session.Session{}, err
	}
	e, ok := s.sessions.get(handle{'t', tokenHash})
	if !ok {
		return session.Session{}, session.ErrNotFound
	}
	lock := &s.accounts.locks[e.owner.part]
	lock.RLock()
	sess, gone := e.record, e.gone
	lock.RUnlock()
	if gone || !opens(&sess, tokenHash) {
		return session.Session{}, session.ErrNotFound
	}
	return sess.Clone(), nil
}

// opens reports whether a session still has a token hash that found it.
func opens(sess *session.Session, tokenHash string) bool {
	return sess.TokenHash == tokenHash || sess.Superseded.TokenHash == tokenHash
}

// UpdateSession implements store.SessionStore.
func (s *Store) UpdateSession(ctx context.Context, sess session.Session) error {
	return s.Commit(ctx, store.Commit{Session: &sess})
}

// ListSessions implements store.SessionStore.
func (s *Store) ListSessions(ctx context.Context, identityID string) ([]session.Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n := s.accounts.part(identityID)
	s.accounts.locks[n].RLock()
	list := []session.Session{}
	if a := s.accounts.parts[n][identityID]; a != nil {
		for _, e := range a.sessions {
			list = append(list, e.record)
		}
	}
	s.accounts.locks[n].RUnlock()

	for i := range list {
		list[i] = list[i].Clone()
	}
	slices.SortFunc(list, func(a, b session.Session) int {
		return cmp.Or(b.IssuedAt.Compare(a.IssuedAt), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

// DeleteSession implements store.SessionStore.
func (s *Store) DeleteSession(ctx context.Context, identityID, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	lock := s.accounts.lockOf(identityID)
	lock.Lock()
	defer lock.Unlock()
	if e, ok := s.sessions.get(handle{'i', id}); ok && e.owner.id == identityID {
		s.dropSession(e)
		s.forgetEmpty(e.owner)
	}
	return nil
}

// DeleteExpiredSessions implements store.SessionStore. It holds each lock
// for a few sessions at a time.
func (s *Store) DeleteExpiredSessions(ctx context.Context, now time.Time, limit int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return sweep(s, &s.sessionQueues, now, limit, func(e *entry[session.Session]) {
		s.dropSession(e)
		s.forgetEmpty(e.owner)
	}), nil
}

// dropSession deletes a stored session. It needs the lock of its owner.
func (s *Store) dropSession(e *entry[session.Session]) {
	s.sessions.release(handles(&e.record, new([3]handle)))
	heap.Remove(&s.sessionQueues[e.owner.part], e.at)
	e.owner.sessions = without(e.owner.sessions, e)
	e.gone = true
}
