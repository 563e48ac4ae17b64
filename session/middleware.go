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

// Load puts the request's session into the context of next, if it has one.
// Without a valid one next runs all the same; a store that fails is answered
// with 503.
func (m *Sessions) Load(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cur, err := m.FromRequest(r)
		switch {
		case err == nil:
			r = r.WithContext(context.WithValue(r.Context(), contextKey{}, cur))
		case !errors.Is(err, ErrNoSession) && !errors.Is(err, ErrAmbiguous):
			m.refuse(w, r, respond.Unavailable, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Requirement is what a route asks of a session, besides being valid.
type Requirement func(c Current, now time.Time) (respond.Kind, bool)

// AtLevel asks for an assurance level.
func AtLevel(l aal.Level) Requirement {
	return func(c Current, _ time.Time) (respond.Kind, bool) { return respond.LowAAL, c.Level() >= l }
}

// AtHighest asks for the highest level the identity can reach.
func AtHighest() Requirement {
	return func(c Current, _ time.Time) (respond.Kind, bool) {
		return respond.LowAAL, c.Level() >= c.Highest()
	}
}

// Within asks for a sign-in no older than age.
func Within(age time.Duration) Requirement {
	return func(c Current, now time.Time) (respond.Kind, bool) {
		return respond.Stale, aal.Fresh(now, c.Session.AuthenticatedAt, age)
	}
}

// Require lets a request pass to next only with a valid session that meets
// every requirement, which it puts into the context. Anything else is answered
// as the settings endpoints do: JSON clients get 401 or 403 with an error id,
// pages are sent to login, and come back to this path by return_to: the path
// that this process was asked for, on the origin of PublicURL. Behind a proxy
// that strips a prefix from the path, set RequestURI to the whole one before.
func (m *Sessions) Require(requirements ...Requirement) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			cur, err := m.FromRequest(r)
			switch {
			case errors.Is(err, ErrNoSession):
				m.refuse(w, r, respond.NoSession, err)
				return
			case errors.Is(err, ErrAmbiguous):
				m.refuse(w, r, respond.Ambiguous, err)
				return
			case err != nil:
				m.refuse(w, r, respond.Unavailable, err)
				return
			}
			for _, ask := range requirements {
				if kind, ok := ask(cur, m.c.Now()); !ok {
					m.refuse(w, r, kind, nil)
					return
				}
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, cur)))
		})
	}
}

func (m *Sessions) refuse(w http.ResponseWriter, r *http.Request, kind respond.Kind, err error) {
	o := respond.Outcome{Kind: kind, Endpoint: respond.HostRoute, Client: m.c.Client(r), At: m.c.Now(), Err: err}
	// A page can only come back to what it can GET. RequestURI is the path the
	// browser asked for, whatever prefix the host has stripped since.
	if r.Method == http.MethodGet && strings.HasPrefix(r.RequestURI, "/") {
		o.HostPath = r.RequestURI
	}
	m.c.Log(r.Context(), o)
	_ = m.c.Responder.Send(w, o) // a client that has gone away
}
