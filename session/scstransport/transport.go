package scstransport

import (
	"context"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/amend-go/amend/session"
)

// key is where the token stands in an scs session.
const key = "amend_session_token"

// Transport is a session.Transport over scs sessions. It is safe for concurrent use.
type Transport struct {
	sessions *scs.SessionManager
}

var _ session.Transport = (*Transport)(nil)

// New makes a Transport over the sessions of an app, whose LoadAndSave must be around
// every handler that uses it. Its Cookie must be Secure, but for development, HttpOnly,
// and SameSite=Lax or Strict; scs has the last two by default. A nil manager panics.
func New(sessions *scs.SessionManager) *Transport {
	if sessions == nil {
		panic("scstransport: New: sessions is nil")
	}
	return &Transport{sessions}
}

// Tokens implements session.Transport.
func (t *Transport) Tokens(r *http.Request) []string {
	if token := t.sessions.GetString(r.Context(), key); token != "" {
		return []string{token}
	}
	return nil
}

// Save implements session.Transport.
func (t *Transport) Save(_ http.ResponseWriter, r *http.Request, token string, s session.Session) error {
	ctx := r.Context()
	old := t.sessions.GetString(ctx, key)
	if old == token {
		return nil
	}
	before, err := t.before(ctx, old, s)
	if err != nil {
		return err
	}
	if err := t.sessions.RenewToken(ctx); err != nil {
		return err
	}
	t.sessions.Put(ctx, key, token)
	if before == nil {
		return nil
	}
	_, _, err = t.sessions.Commit(before)
	return err
}

// before is a context with the scs session under its old id, for the retry of a change
// that superseded the token in it: the token is there for as long as it can be worth
// that, and nothing else. It is nil if there is nothing to keep.
func (t *Transport) before(ctx context.Context, old string, s session.Session) (context.Context, error) {
	id := t.sessions.Token(ctx)
	if id == "" || old == "" || s.Superseded.TokenHash != session.Hash(old) {
		return nil, nil
	}
	// scs takes the session that is in a context already: here another one is made.
	before, err := t.sessions.Load(bare{ctx}, id)
	if err != nil {
		return nil, err
	}
	if t.sessions.Token(before) != id { // it has ended since the request came
		return nil, nil
	}
	if err := t.sessions.Clear(before); err != nil {
		return nil, err
	}
	t.sessions.Put(before, key, old)
	t.sessions.SetDeadline(before, time.Now().Add(session.RetryWindow).UTC())
	return before, nil
}

// Clear implements session.Transport.
func (t *Transport) Clear(_ http.ResponseWriter, r *http.Request) error {
	if t.sessions.GetString(r.Context(), key) == "" {
		return nil
	}
	t.sessions.Remove(r.Context(), key)
	return t.sessions.RenewToken(r.Context())
}

// bare is a context without values.
type bare struct{ context.Context }

func (bare) Value(any) any { return nil }
