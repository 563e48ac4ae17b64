package session

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
)

type contextKey struct{}

// From is the session that Load or Require has put into the context.
func From(ctx context.Context) (Current, bool) {
	c, ok := ctx.Value(contextKey{}).(Current)
	return c, ok
}

// Load puts the request's session into the context of next if that session would pass
// Require without requirements. Otherwise next runs without a session, as for a stranger;
// only a store that fails is answered with 503. A login page that raises the level of
// sessions calls FromRequest instead.
func (m *Sessions) Load(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cur, err := m.FromRequest(r)
		switch {
		case err == nil:
			if _, ok := m.doors()(cur); ok {
				r = r.WithContext(context.WithValue(r.Context(), contextKey{}, cur))
			}
		case !errors.Is(err, ErrNoSession) && !errors.Is(err, ErrAmbiguous):
			m.refuse(w, r, respond.Outcome{Kind: respond.Unavailable, Err: err})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Requirement is a condition that a route sets for a session besides being valid (AtLevel,
// Within, WithinEach), or an exception from one (AllowAAL1, AllowRecovery).
type Requirement struct {
	ask           func(c Current) (respond.Outcome, bool)
	aal1, recover bool
}

// AtLevel asks for an assurance level, whatever the account requires.
func AtLevel(l aal.Level) Requirement {
	return Requirement{ask: func(c Current) (respond.Outcome, bool) {
		return respond.Outcome{Kind: respond.LowAAL}, c.Level() >= l
	}}
}

// Within asks that some method of the session was completed within age.
func Within(age time.Duration) Requirement {
	return Requirement{ask: func(c Current) (respond.Outcome, bool) {
		return respond.Outcome{Kind: respond.Stale}, aal.Fresh(c.at, c.Session.AuthenticatedAt, age)
	}}
}

// WithinEach asks that every factor of the level that the account requires was proved
// within age: for what somebody with a stolen first factor must not do.
func WithinEach(age time.Duration) Requirement {
	return Requirement{ask: func(c Current) (respond.Outcome, bool) {
		stale := c.Stale(age)
		return respond.Outcome{Kind: respond.Stale, Refresh: RefreshOf(stale)}, len(stale) == 0
	}}
}

// RefreshOf is the level that a login page must ask for, given the stale methods of a
// session: AAL2 if a second factor is among them, else AAL1.
func RefreshOf(stale []aal.Method) aal.Level {
	for _, m := range stale {
		if aal.Second(m) {
			return aal.AAL2
		}
	}
	return aal.AAL1
}

// AllowAAL1 lets a session pass whose level is below the one that its account requires:
// with it, whoever has only the password of an account with a second factor may use the
// route.
func AllowAAL1() Requirement { return Requirement{aal1: true} }

// AllowRecovery lets a session pass that an account recovery has made: with it, whoever
// reads somebody's mail may use the route.
func AllowRecovery() Requirement { return Requirement{recover: true} }

// doors is what every route asks that makes no exceptions: the level that the
// account requires, and a sign-in that is no recovery.
func (m *Sessions) doors(requirements ...Requirement) func(Current) (respond.Outcome, bool) {
	aal1, recover := m.c.AllowAAL1, false
	for _, r := range requirements {
		aal1, recover = aal1 || r.aal1, recover || r.recover
	}
	return func(c Current) (respond.Outcome, bool) {
		switch {
		case !aal1 && !c.Suffices():
			return respond.Outcome{Kind: respond.LowAAL}, false
		case !recover && c.Session.Recovering():
			return respond.Outcome{Kind: respond.Stale}, false
		}
		return respond.Outcome{}, true
	}
}

// Require lets a request pass to next only with a valid session that has the level
// its account requires, was not made by an account recovery, and meets every
// further requirement; AllowAAL1 and AllowRecovery make exceptions. It puts the
// session into the context. Anything else is answered as the settings endpoints
// do: JSON clients get 401 or 403 with an error id, pages are sent to login, and
// come back to this path by return_to: the path that this process was asked for,
// on the origin of PublicURL. Behind a proxy that strips a prefix from the path,
// set RequestURI to the whole one before.
func (m *Sessions) Require(requirements ...Requirement) func(http.Handler) http.Handler {
	doors := m.doors(requirements...)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			cur, err := m.FromRequest(r)
			switch {
			case errors.Is(err, ErrNoSession):
				m.refuse(w, r, respond.Outcome{Kind: respond.NoSession, Err: err})
				return
			case errors.Is(err, ErrAmbiguous):
				m.refuseBoth(w, r, err)
				return
			case err != nil:
				m.refuse(w, r, respond.Outcome{Kind: respond.Unavailable, Err: err})
				return
			}
			if o, ok := doors(cur); !ok {
				m.refuse(w, r, o)
				return
			}
			for _, asked := range requirements {
				if asked.ask == nil {
					continue
				}
				if o, ok := asked.ask(cur); !ok {
					m.refuse(w, r, o)
					return
				}
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, cur)))
		})
	}
}

// refuseBoth answers a request that carries more than one session.
func (m *Sessions) refuseBoth(w http.ResponseWriter, r *http.Request, ambiguous error) {
	clear, err := m.EndContradiction(r.Context(), Present(r, m.c.Transport))
	if err != nil {
		m.refuse(w, r, respond.Outcome{Kind: respond.Unavailable, Err: err})
		return
	}
	if clear {
		ambiguous = errors.Join(ambiguous, m.c.Transport.Clear(w, r))
	}
	m.refuse(w, r, respond.Outcome{Kind: respond.Ambiguous, Err: ambiguous})
}

func (m *Sessions) refuse(w http.ResponseWriter, r *http.Request, o respond.Outcome) {
	o.Endpoint, o.Client, o.At = respond.HostRoute, m.c.Client(r), m.c.Now()
	// A page can only come back to what it can GET. RequestURI is the path the
	// browser asked for, whatever prefix the host has stripped since.
	if r.Method == http.MethodGet && strings.HasPrefix(r.RequestURI, "/") {
		o.HostPath = r.RequestURI
	}
	m.c.Log(r.Context(), o)
	_ = m.c.Responder.Send(w, o) // a client that has gone away
}
