package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/seal"
)

// Store is what Sessions needs of a session store. The contract of each
// method, with its negative cases, stands at store.SessionStore.
type Store interface {
	CreateSession(ctx context.Context, s Session) error
	GetSession(ctx context.Context, tokenHash string) (Session, error)
	UpdateSession(ctx context.Context, s Session) error
	ListSessions(ctx context.Context, identityID string) ([]Session, error)
	DeleteSession(ctx context.Context, identityID, id string) error
}

// Identities is what Sessions needs of an identity store; see
// store.IdentityStore.
type Identities interface {
	GetIdentity(ctx context.Context, id string) (identity.Record, error)
	UpdateIdentity(ctx context.Context, r identity.Record) error
}

// ErrNoSession is returned where a request carries no valid session.
var ErrNoSession = errors.New("session: none")

// ErrAmbiguous is returned where a request carries two.
var ErrAmbiguous = errors.New("session: more than one in the request")

// ErrBlocked is returned when a session is asked for an identity that is not
// active.
var ErrBlocked = errors.New("session: identity is not active")

// Config is what Sessions works with. settings.New makes one from its own
// configuration.
type Config struct {
	Store      Store
	Identities Identities
	Ring       *seal.Keyring
	Transport  Transport
	Responder  *respond.Responder
	Now        func() time.Time
	Lifespan   time.Duration

	// Client tells the kind of client of a request that the middleware answers, as
	// the settings endpoints do.
	Client func(*http.Request) respond.Client

	// Log gets the outcome of a request that the middleware answers; nil drops
	// it.
	Log func(context.Context, respond.Outcome)

	// ClientIP is the address of a request's client, for the list of sessions; nil,
	// or "", if it is not known.
	ClientIP func(*http.Request) string

	// Device gives the value of DeviceCookie after a session was issued or renewed
	// for a browser, "" to leave it as it is; presented is the value that came. nil:
	// there are no known devices.
	Device       func(ctx context.Context, s Session, presented string) string
	DeviceCookie Cookie

	// Unlock opens what wrong tries have closed of an identity, when its sessions are
	// revoked or one is issued after a recovery; nil does nothing.
	Unlock func(ctx context.Context, identityID string) error

	// Sweep is called when a session is issued, to delete expired rows now and then;
	// nil does nothing.
	Sweep func(context.Context)

	// Find reads a session by its token's hash together with its identity, in
	// one step if the stores can; nil asks Store and Identities in turn. A
	// missing session or identity is ErrNotFound.
	Find func(ctx context.Context, tokenHash string) (Session, identity.Record, error)
}

// Sessions issues, renews, finds and ends sessions. It is safe for concurrent
// use and keeps nothing itself.
type Sessions struct {
	c Config
}

// NewSessions makes Sessions. Every field of the Config must be set, but for those
// whose nil means something.
func NewSessions(c Config) *Sessions {
	m := &Sessions{c}
	if m.c.Log == nil {
		m.c.Log = func(context.Context, respond.Outcome) {}
	}
	if m.c.Find == nil {
		m.c.Find = m.findInTurn
	}
	if m.c.Unlock == nil {
		m.c.Unlock = func(context.Context, string) error { return nil }
	}
	if m.c.Sweep == nil {
		m.c.Sweep = func(context.Context) {}
	}
	return m
}

func (m *Sessions) findInTurn(ctx context.Context, tokenHash string) (Session, identity.Record, error) {
	s, err := m.c.Store.GetSession(ctx, tokenHash)
	if err != nil {
		return Session{}, identity.Record{}, err
	}
	r, err := m.c.Identities.GetIdentity(ctx, s.IdentityID)
	if errors.Is(err, identity.ErrNotFound) {
		err = ErrNotFound
	}
	return s, r, err
}

// Current is a valid session with its identity.
type Current struct {
	Session  Session
	Identity identity.Identity
}

// Level is the assurance level of the session now.
func (c Current) Level() aal.Level { return c.Session.Level(c.Identity) }

// Highest is the best level that the identity can reach now, with the first
// factors that the session completed.
func (c Current) Highest() aal.Level {
	return c.Identity.Highest(c.Session.appendCompleted(make([]aal.Method, 0, 8))...) // stays on the stack
}

// FromToken finds the session of a token. It is ErrNoSession for anything that is no
// valid session; another error is a store's, and for the log.
func (m *Sessions) FromToken(ctx context.Context, token string) (Current, error) {
	if !WellFormed(token) {
		return Current{}, ErrNoSession
	}
	hash := Hash(token)
	s, r, err := m.c.Find(ctx, hash)
	if errors.Is(err, ErrNotFound) {
		return Current{}, ErrNoSession
	}
	if err != nil {
		return Current{}, err
	}
	i, err := identity.Open(m.c.Ring, r)
	if err != nil {
		return Current{}, err
	}
	if ValidityOf(s, i, hash, m.c.Now()) != Valid {
		return Current{}, ErrNoSession
	}
	return Current{s, i}, nil
}

// FromRequest finds the session of a request: ErrNoSession, ErrAmbiguous or a store's error
// if there is none.
func (m *Sessions) FromRequest(r *http.Request) (Current, error) {
	token, ok := Present(r, m.c.Transport).Token()
	if !ok {
		return Current{}, ErrAmbiguous
	}
	return m.FromToken(r.Context(), token)
}

// Device describes where a session is used, for its user to recognise it.
type Device struct {
	UserAgent, IP string
}

// IssueToken starts a session of an identity that has just completed the
// methods, and returns its token. An unknown identity is identity.ErrNotFound,
// one that is not active ErrBlocked.
func (m *Sessions) IssueToken(ctx context.Context, identityID string, d Device, methods ...aal.Method) (Session, string, error) {
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
	s, token := New(i, m.c.Now(), m.c.Lifespan, methods...)
	s.UserAgent, s.IP = cut(d.UserAgent), cut(d.IP)
	if err := m.c.Store.CreateSession(ctx, s); err != nil {
		return Session{}, "", err
	}
	s.Version = 1 // as it is stored
	return s, token, nil
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

// Issue is IssueToken for a browser, whose token is saved by the Transport. If
// the request carries a session of the same identity, that one is renewed: a
// login that a settings change asked for goes on with that change. A session of
// another identity ends (ASVS 5.0 7.2.4). The browser gets the device cookie, if
// the session has all that its identity asks for.
func (m *Sessions) Issue(w http.ResponseWriter, r *http.Request, identityID string, methods ...aal.Method) (Session, error) {
	old, err := m.FromRequest(r)
	if err == nil && old.Session.IdentityID == identityID {
		renewed, err := m.Renew(w, r, methods...)
		if !errors.Is(err, ErrNoSession) { // it may have ended just now
			return renewed, err
		}
	}
	hasOld := err == nil
	s, token, err := m.IssueToken(r.Context(), identityID, Device{UserAgent: r.UserAgent(), IP: m.clientIP(r)}, methods...)
	if err != nil {
		return Session{}, err
	}
	if hasOld {
		if err := m.c.Store.DeleteSession(r.Context(), old.Session.IdentityID, old.Session.ID); err != nil {
			return Session{}, err
		}
	}
	return s, errors.Join(m.c.Transport.Save(w, r, token, s.ExpiresAt), m.remember(w, r, s))
}

func (m *Sessions) clientIP(r *http.Request) string {
	if m.c.ClientIP == nil {
		return ""
	}
	return m.c.ClientIP(r)
}

// RenewToken records that the user of a session has just completed the
// methods again, or further ones: same session, new token, authenticated now.
// The host has checked that it was the session's own identity. It is ErrNoSession
// if the token's session is not valid.
func (m *Sessions) RenewToken(ctx context.Context, token string, methods ...aal.Method) (Session, string, error) {
	for range 3 {
		cur, err := m.FromToken(ctx, token)
		if err != nil {
			return Session{}, "", err
		}
		now := m.c.Now()
		s, fresh := cur.Session.CaughtUp(cur.Identity.State.LastChange).Completing(now, methods...).Renewed()
		s.AuthenticatedAt, s.ExpiresAt, s.Generation = now, now.Add(m.c.Lifespan), cur.Identity.State.Generation
		err = m.c.Store.UpdateSession(ctx, s)
		if err == nil {
			s.Version++
			return s, fresh, nil
		}
		if !errors.Is(err, ErrConflict) {
			return Session{}, "", notFoundIsNoSession(err)
		}
	}
	return Session{}, "", fmt.Errorf("renew: %w", ErrConflict)
}

// Renew is RenewToken for a browser. It gets the device cookie as by Issue.
func (m *Sessions) Renew(w http.ResponseWriter, r *http.Request, methods ...aal.Method) (Session, error) {
	token, ok := Present(r, m.c.Transport).Token()
	if !ok {
		return Session{}, ErrAmbiguous
	}
	s, fresh, err := m.RenewToken(r.Context(), token, methods...)
	if err != nil {
		return Session{}, err
	}
	return s, errors.Join(m.c.Transport.Save(w, r, fresh, s.ExpiresAt), m.remember(w, r, s))
}

// EndToken ends the session of a token. It is no error if there is none.
func (m *Sessions) EndToken(ctx context.Context, token string) error {
	cur, err := m.FromToken(ctx, token)
	if errors.Is(err, ErrNoSession) {
		return nil
	}
	if err != nil {
		return err
	}
	return m.c.Store.DeleteSession(ctx, cur.Session.IdentityID, cur.Session.ID)
}

// End ends the session of a browser's request and makes the browser forget
// its token: a logout. The token is forgotten even if the store fails.
func (m *Sessions) End(w http.ResponseWriter, r *http.Request) error {
	var failed error
	p := Present(r, m.c.Transport)
	for _, token := range append(p.Cookie, p.Header...) {
		failed = errors.Join(failed, m.EndToken(r.Context(), token))
	}
	return errors.Join(failed, m.c.Transport.Clear(w, r))
}

// RevokeAll ends every session of an identity, at once in every instance: for
// a password reset, a blocked account. Flows that are open end too, its devices
// are known no more, and what wrong tries have closed is open. It is
// identity.ErrNotFound for an unknown identity.
func (m *Sessions) RevokeAll(ctx context.Context, identityID string) error {
	var err error
	for range 5 {
		var r identity.Record
		if r, err = m.c.Identities.GetIdentity(ctx, identityID); err != nil {
			return err
		}
		var i identity.Identity
		if i, err = identity.Open(m.c.Ring, r); err != nil {
			return err
		}
		i.State.Generation++
		i.State.KeptSession, i.State.DevicesSince = "", i.State.Generation
		i.State.LastChange = identity.LastChange{}
		if r, err = i.Seal(m.c.Ring); err != nil {
			return err
		}
		if err = m.c.Identities.UpdateIdentity(ctx, r); err == nil {
			return m.c.Unlock(ctx, identityID)
		}
		if !errors.Is(err, identity.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("revoke all: %w", err)
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

// RevokeOthers ends the identity's sessions but the given one, and says how
// many it was.
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
			return n, err
		}
		n++
	}
	return n, nil
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
			return m.c.Store.DeleteSession(ctx, i.ID, id)
		}
	}
	return ErrNotFound
}

func notFoundIsNoSession(err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrNoSession
	}
	return err
}
