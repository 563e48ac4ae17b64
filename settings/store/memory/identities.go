package memory

import (
	"context"
	"errors"
	"time"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// errKey is for a record that no other store could keep: an app that grows out of
// this one takes its accounts along.
var errKey = errors.New("memory: a key that is not storable")

func storableKeys(keys []identity.Key) bool {
	for _, k := range keys {
		if !k.Storable() {
			return false
		}
	}
	return true
}

// CreateIdentity stores a new identity with Version 1, whatever Version it
// has. An id that exists, or a key that another identity has, is
// identity.ErrDuplicate. A key that is not identity.Key.Storable is an error.
func (s *Store) CreateIdentity(ctx context.Context, r identity.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !storableKeys(r.Keys) {
		return errKey
	}
	r = r.Clone()
	r.Version = 1
	lock := s.accounts.lockOf(r.ID)
	lock.Lock()
	defer lock.Unlock()

	a := s.account(r.ID)
	if a.identity != nil {
		return identity.ErrDuplicate
	}
	if !s.keys.claim(a, r.Keys) {
		s.forgetEmpty(a)
		return identity.ErrDuplicate
	}
	a.identity = &r
	s.setDue(a, r.DueAt)
	return nil
}

// SetActive blocks an identity, so that none of its sessions is valid, or unblocks it. It
// raises the version, so a change under way is judged again. A missing identity is
// identity.ErrNotFound.
func (s *Store) SetActive(ctx context.Context, id string, active bool) error {
	return s.set(ctx, id, func(r *identity.Record) { r.Active = active })
}

// SetSignsInElsewhere says whether an identity has a way to sign in that the host keeps:
// see identity.Record. It raises the version. A missing identity is identity.ErrNotFound.
func (s *Store) SetSignsInElsewhere(ctx context.Context, id string, does bool) error {
	return s.set(ctx, id, func(r *identity.Record) { r.SignsInElsewhere = does })
}

// set changes what is the host's.
func (s *Store) set(ctx context.Context, id string, change func(*identity.Record)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	lock := s.accounts.lockOf(id)
	lock.Lock()
	defer lock.Unlock()

	a := s.accounts.parts[s.accounts.part(id)][id]
	if a == nil || a.identity == nil {
		return identity.ErrNotFound
	}
	changed := *a.identity
	change(&changed)
	changed.Version++
	a.identity = &changed
	return nil
}

// DeleteIdentity deletes an identity and all that belongs to it, its keys, its sessions
// and its flow records, counts of tries too. A missing one is no error.
func (s *Store) DeleteIdentity(ctx context.Context, id string) error {
	return s.deleteIdentity(ctx, id, func(*identity.Record) error { return nil })
}

// EraseIdentity implements store.Eraser.
func (s *Store) EraseIdentity(ctx context.Context, id string, version int64) error {
	return s.deleteIdentity(ctx, id, func(r *identity.Record) error {
		if r.Version != version {
			return identity.ErrConflict
		}
		return nil
	})
}

// deleteIdentity deletes an identity if its row may go.
func (s *Store) deleteIdentity(ctx context.Context, id string, may func(*identity.Record) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	lock := s.accounts.lockOf(id)
	lock.Lock()
	defer lock.Unlock()

	a := s.account(id)
	if a.identity != nil {
		if err := may(a.identity); err != nil {
			return err
		}
		s.keys.release(a.identity.Keys)
		a.identity = nil
		s.setDue(a, time.Time{})
	}
	for len(a.sessions) > 0 {
		s.dropSession(a.sessions[len(a.sessions)-1])
	}
	for len(a.flows) > 0 {
		s.dropFlow(a.flows[len(a.flows)-1])
	}
	s.forgetEmpty(a)
	return nil
}

// GetIdentity implements store.IdentityStore.
func (s *Store) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	if err := ctx.Err(); err != nil {
		return identity.Record{}, err
	}
	n := s.accounts.part(id)
	s.accounts.locks[n].RLock()
	var r *identity.Record
	if a := s.accounts.parts[n][id]; a != nil {
		r = a.identity
	}
	s.accounts.locks[n].RUnlock()
	if r == nil {
		return identity.Record{}, identity.ErrNotFound
	}
	return r.Clone(), nil
}

// UpdateIdentity implements store.IdentityStore.
func (s *Store) UpdateIdentity(ctx context.Context, r identity.Record) error {
	return s.Commit(ctx, store.Commit{Identity: &r})
}

// IdentityOwner implements store.IdentityStore.
func (s *Store) IdentityOwner(ctx context.Context, k identity.Key) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	a, ok := s.keys.get(k)
	if !ok {
		return "", identity.ErrNotFound
	}
	return a.id, nil
}
