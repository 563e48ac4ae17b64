package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/store"
)

// CreateSession implements store.SessionStore.
func (s *Store) CreateSession(ctx context.Context, sess session.Session) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !storableSession(sess) {
		return errText
	}
	values, err := sessionValues(sess)
	if err != nil {
		return err
	}
	values = append(append([]any{sess.ID, sess.IdentityID}, values...), 1)
	return s.transact(ctx, nil, func(r runner) error {
		n, err := s.exec(ctx, r, s.d.insert("amend_sessions", sessionColumns, 1), values...)
		if err == nil && n == 0 {
			return session.ErrDuplicate
		}
		if err != nil {
			return err
		}
		return s.addTokens(ctx, r, sess.ID, hashes(sess))
	})
}

// addTokens makes hashes find a session. A hash finds one session, whether as
// its token's or as its superseded one's: both stand in one table.
func (s *Store) addTokens(ctx context.Context, r runner, id string, hashes []string) error {
	if len(hashes) == 0 {
		return nil
	}
	var values []any
	for _, hash := range hashes {
		values = append(values, hash, id)
	}
	n, err := s.exec(ctx, r, s.d.insert("amend_tokens", "hash, session_id", len(hashes)), values...)
	if err == nil && int(n) < len(hashes) {
		return session.ErrDuplicate
	}
	return err
}

// GetSession implements store.SessionStore.
func (s *Store) GetSession(ctx context.Context, tokenHash string) (session.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !storable(MaxID, tokenHash) {
		return session.Session{}, session.ErrNotFound
	}
	var found *session.Session
	err := s.retry(ctx, nil, func() (err error) {
		row := s.db.QueryRowContext(ctx, s.d.bound("SELECT "+sessionColumns+" FROM amend_tokens t JOIN amend_sessions s ON s.id = t.session_id WHERE t.hash = ?"), tokenHash)
		var r sessionRow
		if err = row.Scan(r.appendFields(nil)...); err == nil {
			found, err = r.record()
		}
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return session.Session{}, session.ErrNotFound
	}
	if err != nil {
		return session.Session{}, err
	}
	return *found, nil
}

// UpdateSession implements store.SessionStore.
func (s *Store) UpdateSession(ctx context.Context, sess session.Session) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.Commit(ctx, store.Commit{Session: &sess})
}

func (s *Store) updateSession(ctx context.Context, r runner, sess session.Session) error {
	values, err := sessionValues(sess)
	if err != nil {
		return err
	}
	n, err := s.exec(ctx, r, "UPDATE amend_sessions SET "+sessionSet+" WHERE id = ? AND version = ? AND identity_id = ?", append(values, sess.ID, sess.Version, sess.IdentityID)...)
	if err != nil {
		return err
	}
	if n == 0 {
		return s.notThisSession(ctx, r, sess.ID)
	}
	before, err := s.column(ctx, r, "SELECT hash FROM amend_tokens WHERE session_id = ?", sess.ID)
	if err != nil {
		return err
	}
	after := hashes(sess)
	for _, hash := range before {
		if !slices.Contains(after, hash) {
			if _, err := s.exec(ctx, r, "DELETE FROM amend_tokens WHERE hash = ?", hash); err != nil {
				return err
			}
		}
	}
	return s.addTokens(ctx, r, sess.ID, slices.DeleteFunc(after, func(hash string) bool { return slices.Contains(before, hash) }))
}

// notThisSession says why a session was not found as it should be: another one has
// its id, or none.
func (s *Store) notThisSession(ctx context.Context, r runner, id string) error {
	there, err := s.exists(ctx, r, "SELECT 1 FROM amend_sessions WHERE id = ?", id)
	switch {
	case err != nil:
		return err
	case there:
		return session.ErrConflict
	}
	return session.ErrNotFound
}

// holdSession finds out that a session is as it was read, and keeps it so until the
// transaction ends.
func (s *Store) holdSession(ctx context.Context, r runner, sess session.Session) error {
	found, err := s.column(ctx, r, "SELECT version FROM amend_sessions WHERE id = ? AND identity_id = ?"+s.d.forUpdate(), sess.ID, sess.IdentityID)
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return s.notThisSession(ctx, r, sess.ID)
	case found[0] != strconv.FormatInt(sess.Version, 10):
		return session.ErrConflict
	}
	return nil
}

// ListSessions implements store.SessionStore.
func (s *Store) ListSessions(ctx context.Context, identityID string) ([]session.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !storable(MaxID, identityID) {
		return []session.Session{}, nil
	}
	var list []session.Session
	err := s.retry(ctx, nil, func() error {
		list = []session.Session{}
		rows, err := s.db.QueryContext(ctx, s.d.bound("SELECT "+sessionColumns+" FROM amend_sessions s WHERE s.identity_id = ? ORDER BY s.issued_at DESC, s.id"), identityID)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r sessionRow
			if err := rows.Scan(r.appendFields(nil)...); err != nil {
				return err
			}
			sess, err := r.record()
			if err != nil {
				return err
			}
			list = append(list, *sess)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// DeleteSession implements store.SessionStore.
func (s *Store) DeleteSession(ctx context.Context, identityID, id string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !storable(MaxID, identityID, id) {
		return nil
	}
	return s.transact(ctx, nil, func(r runner) error {
		n, err := s.exec(ctx, r, "DELETE FROM amend_sessions WHERE id = ? AND identity_id = ?", id, identityID)
		if err == nil && n > 0 {
			_, err = s.exec(ctx, r, "DELETE FROM amend_tokens WHERE session_id = ?", id)
		}
		return err
	})
}

// DeleteExpiredSessions implements store.SessionStore.
func (s *Store) DeleteExpiredSessions(ctx context.Context, now time.Time, limit int) (int, error) {
	return s.sweep(ctx, limit, func(r runner, most int) (int64, error) {
		ids, err := s.column(ctx, r, "SELECT id FROM amend_sessions WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"+s.d.skipLocked(), micros(now), most)
		if err != nil {
			return 0, err
		}
		return s.dropSessions(ctx, r, ids)
	})
}

// dropSessions deletes sessions and what finds them.
func (s *Store) dropSessions(ctx context.Context, r runner, ids []string) (int64, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	n, err := s.exec(ctx, r, "DELETE FROM amend_sessions WHERE id IN ("+marks(len(ids))+")", anys(ids)...)
	if err == nil {
		_, err = s.exec(ctx, r, "DELETE FROM amend_tokens WHERE session_id IN ("+marks(len(ids))+")", anys(ids)...)
	}
	return n, err
}
