package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// CreateIdentity stores a new identity with Version 1, whatever Version it
// has. An id that exists, or a key that another identity has, is
// identity.ErrDuplicate.
func (s *Store) CreateIdentity(ctx context.Context, r identity.Record) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !storable(MaxID, r.ID, r.SchemaID) || !storableKeys(r.Keys) {
		return errText
	}
	return s.transact(ctx, nil, func(tx runner) error { return s.insertIdentity(ctx, tx, r) })
}

func (s *Store) insertIdentity(ctx context.Context, r runner, i identity.Record) error {
	n, err := s.exec(ctx, r, s.d.insert("amend_identities", identityColumns, 1), identityValues(i)...)
	if err == nil && n == 0 {
		return identity.ErrDuplicate
	}
	if err != nil {
		return err
	}
	return s.addKeys(ctx, r, i.ID, sorted(i.Keys))
}

func (s *Store) addKeys(ctx context.Context, r runner, id string, keys []identity.Key) error {
	for _, k := range keys {
		n, err := s.exec(ctx, r, s.d.insert("amend_keys", "kind, value, identity_id", 1), string(k.Kind), k.Value, id)
		if err == nil && n == 0 {
			return identity.ErrDuplicate
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// SetActive blocks an identity, so that none of its sessions is valid, or unblocks it. It
// raises the version, so a change under way is judged again. A missing identity is
// identity.ErrNotFound.
func (s *Store) SetActive(ctx context.Context, id string, active bool) error {
	return s.set(ctx, "active", id, active)
}

// SetSignsInElsewhere says whether an identity has a way to sign in that the host keeps:
// see identity.Record. It raises the version. A missing identity is identity.ErrNotFound.
func (s *Store) SetSignsInElsewhere(ctx context.Context, id string, does bool) error {
	return s.set(ctx, "signs_in_elsewhere", id, does)
}

// set changes a column that is the host's.
func (s *Store) set(ctx context.Context, column, id string, value bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !storable(MaxID, id) {
		return identity.ErrNotFound
	}
	return s.retry(ctx, identity.ErrConflict, func() error {
		n, err := s.exec(ctx, s.db, "UPDATE amend_identities SET "+column+" = ?, version = version + 1 WHERE id = ?", value, id)
		if err == nil && n == 0 {
			return identity.ErrNotFound
		}
		return err
	})
}

// DeleteIdentity deletes an identity and all that belongs to it, its keys, its sessions
// and its flow records, counts of tries too. A missing one is no error.
func (s *Store) DeleteIdentity(ctx context.Context, id string) error {
	return s.deleteIdentity(ctx, id, func(r runner) error {
		_, err := s.exec(ctx, r, "DELETE FROM amend_identities WHERE id = ?", id)
		return err
	})
}

// EraseIdentity implements store.Eraser.
func (s *Store) EraseIdentity(ctx context.Context, id string, version int64) error {
	return s.deleteIdentity(ctx, id, func(r runner) error {
		n, err := s.exec(ctx, r, "DELETE FROM amend_identities WHERE id = ? AND version = ?", id, version)
		if err != nil || n > 0 {
			return err
		}
		other, err := s.column(ctx, r, "SELECT id FROM amend_identities WHERE id = ?", id)
		if err == nil && len(other) > 0 {
			err = identity.ErrConflict
		}
		return err
	})
}

// deleteIdentity deletes what belongs to an identity, after its row.
func (s *Store) deleteIdentity(ctx context.Context, id string, row func(runner) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !storable(MaxID, id) {
		return nil
	}
	return s.transact(ctx, nil, func(r runner) error {
		if err := row(r); err != nil {
			return err
		}
		if _, err := s.exec(ctx, r, "DELETE FROM amend_keys WHERE identity_id = ?", id); err != nil {
			return err
		}
		sessions, err := s.column(ctx, r, "SELECT id FROM amend_sessions WHERE identity_id = ?", id)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(sessions, sweepAtOnce) {
			if _, err := s.dropSessions(ctx, r, some); err != nil {
				return err
			}
		}
		_, err = s.exec(ctx, r, "DELETE FROM amend_flows WHERE owner_id = ?", id)
		return err
	})
}

// GetIdentity implements store.IdentityStore.
func (s *Store) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !storable(MaxID, id) {
		return identity.Record{}, identity.ErrNotFound
	}
	var row identityRow
	err := s.retry(ctx, nil, func() error {
		return s.db.QueryRowContext(ctx, s.selectIdentity, id).Scan(row.appendFields(nil)...)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return identity.Record{}, identity.ErrNotFound
	}
	if err != nil {
		return identity.Record{}, err
	}
	r, err := row.record()
	if err != nil {
		return identity.Record{}, err
	}
	return *r, nil
}

// UpdateIdentity implements store.IdentityStore.
func (s *Store) UpdateIdentity(ctx context.Context, r identity.Record) error {
	return s.Commit(ctx, store.Commit{Identity: &r})
}

func (s *Store) updateIdentity(ctx context.Context, r runner, i identity.Record) error {
	n, err := s.exec(ctx, r, "UPDATE amend_identities SET "+identitySet+" WHERE id = ? AND version = ?", append(identityUpdate(i), i.ID, i.Version)...)
	if err != nil {
		return err
	}
	if n == 0 {
		there, err := s.exists(ctx, r, "SELECT 1 FROM amend_identities WHERE id = ?", i.ID)
		switch {
		case err != nil:
			return err
		case there:
			return identity.ErrConflict
		}
		return identity.ErrNotFound
	}
	before, err := s.keys(ctx, r, i.ID)
	if err != nil {
		return err
	}
	after := sorted(i.Keys)
	for _, k := range before {
		if !slices.Contains(after, k) {
			if _, err := s.exec(ctx, r, "DELETE FROM amend_keys WHERE kind = ? AND value = ?", string(k.Kind), k.Value); err != nil {
				return err
			}
		}
	}
	return s.addKeys(ctx, r, i.ID, slices.DeleteFunc(after, func(k identity.Key) bool { return slices.Contains(before, k) }))
}

// keys are the keys that an identity has. They change with its version only.
func (s *Store) keys(ctx context.Context, r runner, id string) (keys []identity.Key, err error) {
	rows, err := r.QueryContext(ctx, s.d.bound("SELECT kind, value FROM amend_keys WHERE identity_id = ?"), id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var kind, value string
		if err := rows.Scan(&kind, &value); err != nil {
			return nil, err
		}
		keys = append(keys, identity.Key{Kind: identity.Kind(kind), Value: value})
	}
	return keys, rows.Err()
}

// IdentityOwner implements store.IdentityStore.
func (s *Store) IdentityOwner(ctx context.Context, k identity.Key) (id string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !storableKeys([]identity.Key{k}) {
		return "", identity.ErrNotFound
	}
	err = s.retry(ctx, nil, func() error {
		return s.db.QueryRowContext(ctx, s.d.bound("SELECT identity_id FROM amend_keys WHERE kind = ? AND value = ?"), string(k.Kind), k.Value).Scan(&id)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", identity.ErrNotFound
	}
	return id, err
}

// DueIdentities implements store.Due.
func (s *Store) DueIdentities(ctx context.Context, before time.Time, limit int) (ids []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = s.retry(ctx, nil, func() error {
		ids, err = s.column(ctx, s.db, "SELECT id FROM amend_identities WHERE due_at > 0 AND due_at <= ? ORDER BY due_at, id LIMIT ?", micros(before), max(limit, 0))
		return err
	})
	if err != nil {
		return nil, err
	}
	return append([]string{}, ids...), nil
}
