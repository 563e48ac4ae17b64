package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/optimistic"
)

// This file owns how a session begins and goes on: issued, renewed, used.

// ErrNothingProved is returned for a list of methods that signs nobody in: an empty one, a
// second factor without a first one, an unknown method.
var ErrNothingProved = errors.New("session: these methods prove nothing")

// Device describes where a session is used, for its user to recognise it.
type Device struct {
	UserAgent, IP string
}

// IssueToken starts a session of an identity that has just completed the
// methods, and returns its token. An unknown identity is identity.ErrNotFound,
// one that is not active ErrBlocked, and methods that do not sign anybody in are
// ErrNothingProved. For an account recovery that the host has checked the methods
// are aal.CodeRecovery or aal.LinkRecovery, the latter also for a link that an
// administrator gave: such a session may only repair.
func (m *Sessions) IssueToken(ctx context.Context, identityID string, d Device, methods ...aal.Method) (Session, string, error) {
	if aal.Of(methods...) == aal.None {
		return Session{}, "", ErrNothingProved
	}
	r, err := m.c.Identities.GetIdentity(ctx, identityID)
	if err != nil {
		return Session{}, "", err
	}
	i, err := identity.Open(m.c.Ring, r)
	if err != nil {
		return Session{}, "", err
	}
	if !i.Active {
		return Session{}, "", ErrBlocked
	}
	if slices.ContainsFunc(methods, aal.Recovery) {
		if err := m.c.Unlock(ctx, identityID); err != nil {
			return Session{}, "", err
		}
	}
	m.c.Sweep(ctx)
	now := m.c.Now()
	s, token := New(i, now, m.c.Lifespan, methods...)
	s = m.limited(m.kept(ctx, s), now)
	s.UserAgent, s.IP = cut(d.UserAgent), cut(d.IP)
	if err := m.c.Store.CreateSession(ctx, s); err != nil {
		return Session{}, "", err
	}
	s.Version = 1 // as it is stored
	return s, token, nil
}

type keptKey struct{}

// KeepFor gives a ctx for Issue and IssueToken, so that the session lasts d after each
// sign-in if d is longer than the Lifespan: for a login's "Keep me signed in". Renewals of
// the session keep d. MaxAge and IdleTimeout still end the session, and a sensitive change
// still asks for a recent sign-in. Issue takes the context of its request:
//
//	amend.Sessions.Issue(w, r.WithContext(session.KeepFor(r.Context(), 30*24*time.Hour)), id, aal.Password)
func KeepFor(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, keptKey{}, d)
}

// kept is a session that its user has asked, by the ctx, to be kept signed in with.
func (m *Sessions) kept(ctx context.Context, s Session) Session {
	if d, _ := ctx.Value(keptKey{}).(time.Duration); d > m.c.Lifespan {
		return s.with(func(x *extra) { x.KeptFor = d })
	}
	return s
}

// limited is a session that was signed in, or in again, now: it lives for Lifespan, or as
// long as its user is kept signed in, within MaxAge, and may be idle for IdleTimeout.
func (m *Sessions) limited(s Session, now time.Time) Session {
	s.ExpiresAt = now.Add(max(m.c.Lifespan, s.extras().KeptFor))
	if last := s.SignedInAt().Add(m.c.MaxAge); m.c.MaxAge > 0 && last.Before(s.ExpiresAt) {
		s.ExpiresAt = last
	}
	return s.usableUntil(m.idleUntil(now))
}

func (m *Sessions) idleUntil(now time.Time) time.Time {
	if m.c.IdleTimeout == 0 {
		return time.Time{}
	}
	return now.Add(m.c.IdleTimeout)
}

// cut bounds what a client can make us store: at most 256 bytes, and text, as
// a store may refuse anything else.
func cut(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), 256)], "")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

// Issue is IssueToken for a browser, whose token the Transport saves. A session of the same
// identity in the request is renewed instead, so that a login in the midst of a settings
// change goes on with that change. A session of another identity ends (ASVS 5.0 7.2.4); so
// do all sessions of a request whose cookies are of several identities. The browser gets
// the device cookie if the session has the level that its identity requires.
func (m *Sessions) Issue(w http.ResponseWriter, r *http.Request, identityID string, methods ...aal.Method) (Session, error) {
	old, err := m.FromRequest(r)
	if err == nil && old.Session.IdentityID == identityID {
		renewed, err := m.Renew(w, r, methods...)
		if !errors.Is(err, ErrNoSession) { // it may have ended just now
			return renewed, err
		}
	}
	hasOld, several := err == nil, errors.Is(err, ErrAmbiguous)
	s, token, err := m.IssueToken(r.Context(), identityID, Device{UserAgent: r.UserAgent(), IP: m.clientIP(r)}, methods...)
	if err != nil {
		return Session{}, err
	}
	if hasOld {
		if err := m.end(r.Context(), old.Session); err != nil {
			return Session{}, err
		}
	}
	if several {
		if _, err := m.EndContradiction(r.Context(), Present(r, m.c.Transport)); err != nil {
			return Session{}, err
		}
	}
	return s, errors.Join(m.c.Transport.Save(w, r, token, s), m.remember(w, r, s))
}

func (m *Sessions) clientIP(r *http.Request) string {
	if m.c.ClientIP == nil {
		return ""
	}
	return m.c.ClientIP(r)
}

// RenewToken records that the user of a session has just completed the
// methods again, or further ones: a new token, authenticated now. The host has
// checked that it was the session's own identity. If every factor that the account
// requires has now been proved within PrivilegedAge, it is a whole sign-in: the
// session gets a new id too, and MaxAge counts from now. It is ErrNoSession if the
// token's session is not valid, and ErrNothingProved without a method that is known.
func (m *Sessions) RenewToken(ctx context.Context, token string, methods ...aal.Method) (Session, string, error) {
	for _, known := range methods {
		if aal.Counted(known) == aal.None {
			return Session{}, "", ErrNothingProved
		}
	}
	if len(methods) == 0 {
		return Session{}, "", ErrNothingProved
	}
	var s Session
	var fresh string
	err := optimistic.Retry(ctx, func() error {
		cur, err := m.FromToken(ctx, token)
		if err != nil {
			return err
		}
		now := m.c.Now()
		s, fresh = cur.Session.CaughtUp(cur.Identity.State.LastChange).Completing(now, methods...).Renewed()
		s.AuthenticatedAt, s.Generation = now, cur.Identity.State.Generation
		s = m.kept(ctx, s)
		renewed := m.Current(s, cur.Identity, now)
		if renewed.Suffices() && len(renewed.Stale(m.c.PrivilegedAge)) == 0 {
			s = m.limited(s.SignedInAgain(now), now)
			return m.replace(ctx, cur.Session, s)
		}
		s = m.limited(s, now)
		return m.c.Store.UpdateSession(ctx, s)
	}, ErrConflict)
	switch {
	case errors.Is(err, ErrConflict):
		return Session{}, "", fmt.Errorf("renew: %w", err)
	case errors.Is(err, ErrNotFound):
		return Session{}, "", ErrNoSession
	case err != nil:
		return Session{}, "", err
	}
	s.Version++
	return s, fresh, nil
}

// replace stores a session with a new id in the place of an old one. Between the two
// steps both are there; the new one's token nobody has yet.
func (m *Sessions) replace(ctx context.Context, old, next Session) error {
	if err := m.c.Store.CreateSession(ctx, next); err != nil {
		return err
	}
	return m.end(ctx, old)
}

// Renew is RenewToken for a browser. It gets the device cookie as by Issue.
func (m *Sessions) Renew(w http.ResponseWriter, r *http.Request, methods ...aal.Method) (Session, error) {
	token, err := m.Pick(r.Context(), Present(r, m.c.Transport))
	if err != nil {
		return Session{}, err
	}
	s, fresh, err := m.RenewToken(r.Context(), token, methods...)
	if err != nil {
		return Session{}, err
	}
	return s, errors.Join(m.c.Transport.Save(w, r, fresh, s), m.remember(w, r, s))
}

// UsedAt is when a session was used last, to within a tenth of IdleTimeout; zero where
// there is none, because then no use is written down.
func (m *Sessions) UsedAt(s Session) time.Time {
	until := s.idleUntil()
	if m.c.IdleTimeout == 0 || until.IsZero() {
		return time.Time{}
	}
	return until.Add(-m.c.IdleTimeout)
}

// touches are how often in an IdleTimeout a use is written down.
const touches = 10

// Touch records in the background that a session is used, if there is an IdleTimeout: at
// most once per tenth of it. Errors are dropped, because the next use tries again.
func (m *Sessions) Touch(ctx context.Context, s Session) {
	until, is := m.idleUntil(m.c.Now()), s.idleUntil()
	if until.Equal(is) || m.c.IdleTimeout > 0 && !is.IsZero() && until.Sub(is) < m.c.IdleTimeout/touches {
		return
	}
	go m.write(context.WithoutCancel(ctx), s.usableUntil(until))
}

// write stores a session that is used.
func (m *Sessions) write(ctx context.Context, s Session) {
	ctx, cancel := context.WithTimeout(ctx, touchTimeout)
	defer cancel()
	defer func() { // a panic of the host's store, which no handler of HTTP catches here
		if p := recover(); p != nil {
			slog.ErrorContext(ctx, "the use of a session is not written", "session", s.ID, "panic", p)
		}
	}()
	_ = m.c.Store.UpdateSession(ctx, s) // another write has been faster, or the next use tries again
}

const touchTimeout = 10 * time.Second
