package scstransport

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/amend-go/amend/session"
)

// What of an scs session is the library's. All else is the app's.
const (
	tokenKey = "amend_session_token"
	ownerKey = "amend_identity" // whose the app's data is
	shelfKey = "amend_app_data" // the app's data, under an id that is only good for a second press
)

// Transport is a session.Transport over scs sessions. It is safe for concurrent use.
type Transport struct {
	sessions *scs.SessionManager
}

var (
	_ session.Transport     = (*Transport)(nil)
	_ session.CookieChecker = (*Transport)(nil)
)

// New makes a Transport over the sessions of an app, whose LoadAndSave must be around
// every handler that uses it. A nil manager panics. settings.New refuses one whose cookie
// other sites or scripts could use: see CheckCookie.
func New(sessions *scs.SessionManager) *Transport {
	if sessions == nil {
		panic("scstransport: New: sessions is nil")
	}
	return &Transport{sessions}
}

// CheckCookie implements session.CookieChecker. Of the cookie of scs.New, HttpOnly and
// SameSite are as they should be, and Secure is not.
func (t *Transport) CheckCookie(insecure bool) error {
	c := t.sessions.Cookie
	switch {
	case !c.Secure && !insecure:
		return errors.New("scstransport: the cookie is not Secure: set Cookie.Secure of the scs manager, or Config.InsecureCookies for development")
	case !c.HttpOnly:
		return errors.New("scstransport: the cookie is not HttpOnly: set Cookie.HttpOnly of the scs manager")
	case c.SameSite != http.SameSiteLaxMode && c.SameSite != http.SameSiteStrictMode:
		return errors.New("scstransport: the cookie is for every site: set Cookie.SameSite of the scs manager to Lax or Strict")
	}
	return nil
}

// Tokens implements session.Transport.
func (t *Transport) Tokens(r *http.Request) []string {
	if token := t.sessions.GetString(r.Context(), tokenKey); token != "" {
		return []string{token}
	}
	return nil
}

// Save implements session.Transport.
func (t *Transport) Save(_ http.ResponseWriter, r *http.Request, token string, s session.Session) error {
	ctx := r.Context()
	if t.sessions.GetString(ctx, tokenKey) != token {
		if err := t.renew(ctx, s); err != nil {
			return err
		}
		t.sessions.Put(ctx, tokenKey, token)
		t.sessions.Put(ctx, ownerKey, s.IdentityID)
	}
	if s.ExpiresAt.After(t.sessions.Deadline(ctx)) {
		t.sessions.SetDeadline(ctx, s.ExpiresAt.UTC())
	}
	return nil
}

// renew gives the scs session a new id, for a new token. The row under the old id ends,
// or becomes that of a second press: in one write, so that no request in between finds
// nothing there.
func (t *Transport) renew(ctx context.Context, s session.Session) error {
	if owner := t.sessions.GetString(ctx, ownerKey); owner != "" && owner != s.IdentityID {
		if err := t.sessions.Clear(ctx); err != nil { // what somebody else left
			return err
		}
	}
	ends, shelf, old := time.Now().Add(session.RetryWindow).UTC(), t.sessions.GetBytes(ctx, shelfKey), t.sessions.GetString(ctx, tokenKey)
	if shelf != nil { // this is the second press
		ends = t.sessions.Deadline(ctx)
		if err := t.unshelve(ctx, shelf); err != nil {
			return err
		}
	}
	if old == "" || s.Superseded.TokenHash != session.Hash(old) {
		return t.sessions.RenewToken(ctx)
	}
	if shelf == nil {
		var err error
		if shelf, err = t.sessions.Codec.Encode(ends, t.ofTheApp(ctx)); err != nil {
			return err
		}
	}
	row, err := t.sessions.Codec.Encode(ends, map[string]any{tokenKey: old, ownerKey: s.IdentityID, shelfKey: shelf})
	if err != nil {
		return err
	}
	overwriting := *t.sessions
	overwriting.Store = overwriter{t.sessions.Store, row, ends}
	return overwriting.RenewToken(ctx)
}

// ofTheApp are the values that the app keeps.
func (t *Transport) ofTheApp(ctx context.Context) map[string]any {
	values := map[string]any{}
	for _, key := range t.sessions.Keys(ctx) {
		if !slices.Contains([]string{tokenKey, ownerKey, shelfKey}, key) {
			values[key] = t.sessions.Get(ctx, key)
		}
	}
	return values
}

// unshelve puts the app's values back. What it has kept under the old id since may be
// that of somebody with a stolen cookie.
func (t *Transport) unshelve(ctx context.Context, shelf []byte) error {
	_, values, err := t.sessions.Codec.Decode(shelf)
	if err != nil {
		return err
	}
	if err := t.sessions.Clear(ctx); err != nil {
		return err
	}
	for key, value := range values {
		t.sessions.Put(ctx, key, value)
	}
	return nil
}

// Clear implements session.Transport: the scs session ends, with all that is in it.
func (t *Transport) Clear(_ http.ResponseWriter, r *http.Request) error {
	if t.sessions.GetString(r.Context(), tokenKey) == "" {
		return nil
	}
	return t.sessions.Destroy(r.Context())
}
