package memory

import (
	"context"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// Load implements store.Backend. It never finds one half of a Commit.
func (s *Store) Load(ctx context.Context, tokenHash, flowKey string) (store.Loaded, error) {
	if err := ctx.Err(); err != nil {
		return store.Loaded{}, err
	}
	se, ok := s.sessions.get(handle{'t', tokenHash})
	if !ok {
		return store.Loaded{}, nil
	}
	locks := set(1) << se.owner.part
	fe, withFlow := s.flows.get(flowKey)
	if withFlow {
		locks |= 1 << fe.owner.part
	}

	s.accounts.rlock(locks)
	sess, owner, gone := se.record, se.owner.identity, se.gone
	var record flow.Record
	if withFlow {
		record, withFlow = fe.record, !fe.gone
	}
	s.accounts.runlock(locks)

	if gone || !opens(&sess, tokenHash) {
		return store.Loaded{}, nil
	}
	var l store.Loaded
	sess = sess.Clone()
	l.Session = &sess
	if owner != nil {
		i := owner.Clone()
		l.Identity = &i
	}
	if withFlow {
		record = record.Clone()
		l.Flow = &record
	}
	return l, nil
}

// Commit implements store.Backend. All updates of the store pass here: what
// may refuse one is checked first, under all the locks it needs, then it is
// written.
func (s *Store) Commit(ctx context.Context, c store.Commit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var locks set
	if c.Identity != nil {
		locks |= 1 << s.accounts.part(c.Identity.ID)
	}
	if c.Session != nil {
		locks |= 1 << s.accounts.part(c.Session.IdentityID)
	}
	if c.IfSession != nil {
		locks |= 1 << s.accounts.part(c.IfSession.IdentityID)
	}
	if c.Flow != nil {
		locks |= 1 << s.accounts.part(c.Flow.Owner)
	}
	drop := s.flowsToDrop(c.Drop)
	for _, e := range drop {
		locks |= 1 << e.owner.part
	}
	s.accounts.lock(locks)
	defer s.accounts.unlock(locks)

	var (
		a   *account
		se  *entry[session.Session]
		fe  *entry[flow.Record]
		err error
	)
	if c.Identity != nil {
		if a, err = s.identityToUpdate(c.Identity); err != nil {
			return err
		}
		if !storableKeys(c.Identity.Keys) {
			return errKey
		}
		keys := s.keys.partsOf(a.identity.Keys) | s.keys.partsOf(c.Identity.Keys)
		s.keys.lock(keys)
		defer s.keys.unlock(keys)
		if !s.keys.free(a, c.Identity.Keys) {
			return identity.ErrDuplicate
		}
	}
	if c.Session != nil {
		if se, err = s.sessionToUpdate(c.Session); err != nil {
			return err
		}
	}
	if c.IfSession != nil {
		if _, err = s.sessionToUpdate(c.IfSession); err != nil {
			return err
		}
	}
	if c.Flow != nil {
		if fe, err = s.flowToUpdate(c.Flow); err != nil {
			return err
		}
	}
	// The last check is that of the token hashes, and it writes: nothing below it
	// may refuse.
	if c.Session != nil && !s.updateSession(se, c.Session) {
		return session.ErrDuplicate
	}
	if c.Identity != nil {
		s.updateIdentity(a, c.Identity)
	}
	if c.Flow != nil {
		s.updateFlow(fe, c.Flow)
	}
	for _, e := range drop {
		if !e.gone {
			s.dropFlow(e)
			s.forgetEmpty(e.owner)
		}
	}
	return nil
}

// flowsToDrop finds records by their keys. One that is created after this is
// not among them: it is another record.
func (s *Store) flowsToDrop(keys []string) (found []*entry[flow.Record]) {
	for _, key := range keys {
		if e, ok := s.flows.get(key); ok {
			found = append(found, e)
		}
	}
	return found
}

func (s *Store) identityToUpdate(r *identity.Record) (*account, error) {
	a := s.accounts.parts[s.accounts.part(r.ID)][r.ID]
	switch {
	case a == nil || a.identity == nil:
		return nil, identity.ErrNotFound
	case a.identity.Version != r.Version:
		return nil, identity.ErrConflict
	}
	return a, nil
}

// updateIdentity writes what a settings change may write. It needs the locks
// of the old keys and of the new.
func (s *Store) updateIdentity(a *account, r *identity.Record) {
	changed, r2 := *a.identity, r.Clone()
	s.keys.drop(changed.Keys)
	s.keys.put(a, r2.Keys)
	changed.Traits, changed.PasswordHash, changed.Keys = r2.Traits, r2.PasswordHash, r2.Keys
	changed.SealedState, changed.DueAt, changed.UpdatedAt = r2.SealedState, r2.DueAt, r2.UpdatedAt
	changed.Version++
	a.identity = &changed
	s.setDue(a, changed.DueAt)
}

// sessionToUpdate finds the stored session. Only one of the identity that is
// given, whose lock is held, is looked into.
func (s *Store) sessionToUpdate(sess *session.Session) (*entry[session.Session], error) {
	e, ok := s.sessions.get(handle{'i', sess.ID})
	switch {
	case !ok:
		return nil, session.ErrNotFound
	case e.owner.id != sess.IdentityID || e.record.Version != sess.Version:
		return nil, session.ErrConflict
	}
	return e, nil
}

// updateSession replaces a session, unless another one has a token hash of
// the new.
func (s *Store) updateSession(e *entry[session.Session], sess *session.Session) bool {
	before, after := handles(&e.record, new([3]handle)), handles(sess, new([3]handle))
	locks := s.sessions.partsOf(before) | s.sessions.partsOf(after)
	s.sessions.lock(locks)
	defer s.sessions.unlock(locks)
	if !s.sessions.free(e, after) {
		return false
	}
	s.sessions.drop(before)
	s.sessions.put(e, after)
	changed := sess.Clone()
	changed.Version++
	s.sessionQueues[e.owner.part].replace(e, changed, changed.ExpiresAt)
	return true
}

// flowToUpdate finds the stored record. Only one of the owner that is given,
// whose lock is held, is looked into.
func (s *Store) flowToUpdate(r *flow.Record) (*entry[flow.Record], error) {
	e, ok := s.flows.get(r.Key)
	switch {
	case !ok:
		return nil, flow.ErrNotFound
	case e.owner.id != r.Owner || e.record.Version != r.Version:
		return nil, flow.ErrConflict
	}
	return e, nil
}

func (s *Store) updateFlow(e *entry[flow.Record], r *flow.Record) {
	changed := r.Clone()
	changed.Version++
	s.flowQueues[e.owner.part].replace(e, changed, changed.ExpiresAt)
}
