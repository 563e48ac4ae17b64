package session

import (
	"context"
	"errors"
	"net/http"
	"time"

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

// ErrAmbiguous is returned for a request whose session tokens contradict each other: see
// Sessions.Pick.
var ErrAmbiguous = errors.New("session: more than one in the request")

// ErrBlocked is returned where a session is to be issued for an identity that is not
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

	// Lifespan is how long a sign-in lasts. MaxAge is how long renewals may make it last,
	// counted from the sign-in that proved every factor its account requires within
	// PrivilegedAge of each other; 0 is no limit.
	Lifespan, MaxAge, PrivilegedAge time.Duration

	// IdleTimeout ends a session that is not used for so long; 0 is never.
	IdleTimeout time.Duration

	// Oblige are methods that oblige an account to AAL2 besides an authenticator app
	// and a security key: see aal.Required.
	Oblige []aal.Method

	// AllowAAL1 lets Load and Require take sessions below the level that their
	// account requires.
	AllowAAL1 bool

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

// NewSessions makes Sessions. Of the Config, Store, Identities, Ring, Transport,
// Responder, Now, Lifespan and Client must be set.
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

// FromToken finds the session of a token. The error is ErrNoSession if there is no valid
// one; any other error is a store's, for the log.
func (m *Sessions) FromToken(ctx context.Context, token string) (Current, error) {
	if !WellFormed(token) {
		return Current{}, ErrNoSession
	}
	c, worth, err := m.look(ctx, token)
	if err != nil {
		return Current{}, err
	}
	if worth != Valid {
		return Current{}, ErrNoSession
	}
	m.Touch(ctx, c.Session)
	return c.At(m.c.Now()), nil
}

// FromRequest finds the session of a request. The error is ErrNoSession, ErrAmbiguous or a
// store's.
func (m *Sessions) FromRequest(r *http.Request) (Current, error) {
	token, err := m.Pick(r.Context(), Present(r, m.c.Transport))
	if err != nil {
		return Current{}, err
	}
	return m.FromToken(r.Context(), token)
}
