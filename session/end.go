package session

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/optimistic"
)

// This file owns how sessions end. A request of a session may be under way when it
// ends: its body is still arriving, its password waits to be hashed. So ending one
// deletes it first, and then counts the version of the identity's row: whatever was
// judged before is written against an older row, and not at all.

// EndToken ends the session of a token. It is no error if there is none.
func (m *Sessions) EndToken(ctx context.Context, token string) error {
	cur, err := m.FromToken(ctx, token)
	if errors.Is(err, ErrNoSession) {
		return nil
	}
	if err != nil {
		return err
	}
	return m.end(ctx, cur.Session)
}

// end ends one session.
func (m *Sessions) end(ctx context.Context, s Session) error {
	if err := m.c.Store.DeleteSession(ctx, s.IdentityID, s.ID); err != nil {
		return err
	}
	return m.count(ctx, s.IdentityID)
}

// count writes an identity's row back as it was read, so that its version moves.
func (m *Sessions) count(ctx context.Context, identityID string) error {
	return optimistic.Retry(ctx, func() error {
		r, err := m.c.Identities.GetIdentity(ctx, identityID)
		if errors.Is(err, identity.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return m.c.Identities.UpdateIdentity(ctx, r)
	}, identity.ErrConflict)
}

// End is a logout: it ends the session of a browser's request and makes the browser forget
// its token, even if the store fails. The session needs no level and no recent sign-in.
func (m *Sessions) End(w http.ResponseWriter, r *http.Request) error {
	p := Present(r, m.c.Transport)
	return errors.Join(m.endEach(r.Context(), slices.Concat(p.Cookie, p.Header)), m.c.Transport.Clear(w, r))
}

// endEach ends the sessions of tokens, of which MaxCandidates are looked up. It goes on
// after a failure.
func (m *Sessions) endEach(ctx context.Context, tokens []string) (failed error) {
	tokens, _ = distinct(tokens)
	for _, token := range tokens {
		failed = errors.Join(failed, m.EndToken(ctx, token))
	}
	return failed
}

// EndContradiction ends the sessions of a browser whose request was ErrAmbiguous because of
// several cookies. clear is then true: the caller must make the browser forget its cookie,
// so that nobody goes on as somebody else and the next login begins clean. If a header was
// part of the contradiction, nothing ends and clear is false.
func (m *Sessions) EndContradiction(ctx context.Context, p Presented) (clear bool, err error) {
	if len(p.Header) > 0 || len(p.Cookie) < 2 {
		return false, nil
	}
	if err := m.endEach(ctx, p.Cookie); err != nil {
		return false, err
	}
	return true, nil
}

// RevokeAll ends every session of an identity, at once in every instance: for
// a password reset, a blocked account. Flows that are open end too, its devices
// are known no more, and what wrong tries have closed is open. It is
// identity.ErrNotFound for an unknown identity. No hook is told:
// settings.Service.EndSessions does the same with an event.
func (m *Sessions) RevokeAll(ctx context.Context, identityID string) error {
	err := optimistic.Retry(ctx, func() error {
		r, err := m.c.Identities.GetIdentity(ctx, identityID)
		if err != nil {
			return err
		}
		i, err := identity.Open(m.c.Ring, r)
		if err != nil {
			return err
		}
		i.EndSessions()
		if r, err = i.Seal(m.c.Ring); err != nil {
			return err
		}
		return m.c.Identities.UpdateIdentity(ctx, r)
	}, identity.ErrConflict)
	if err != nil {
		return err
	}
	return m.c.Unlock(ctx, identityID)
}

// List are the valid sessions of an identity, newest first.
func (m *Sessions) List(ctx context.Context, i identity.Identity) ([]Session, error) {
	all, err := m.c.Store.ListSessions(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	valid := all[:0]
	for _, s := range all {
		if ValidityOf(s, i, s.TokenHash, m.c.Now()) == Valid {
			valid = append(valid, s)
		}
	}
	return valid, nil
}

// RevokeOthers ends all sessions of the identity except the given one, and returns how many
// it ended.
func (m *Sessions) RevokeOthers(ctx context.Context, cur Current) (int, error) {
	sessions, err := m.List(ctx, cur.Identity)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, s := range sessions {
		if s.ID == cur.Session.ID {
			continue
		}
		if err := m.c.Store.DeleteSession(ctx, s.IdentityID, s.ID); err != nil {
			if n > 0 {
				err = errors.Join(err, m.count(ctx, cur.Identity.ID))
			}
			return n, err
		}
		n++
	}
	// Also where none was there: one whose count failed may have been deleted before.
	return n, m.count(ctx, cur.Identity.ID)
}

// Revoke ends one session of an identity. It is ErrNotFound if the identity
// has no valid session of that id, whether or not another has.
func (m *Sessions) Revoke(ctx context.Context, i identity.Identity, id string) error {
	sessions, err := m.List(ctx, i)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if s.ID == id {
			return m.end(ctx, s)
		}
	}
	return ErrNotFound
}
