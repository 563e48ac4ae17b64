package session

import (
	"net/http"
	"time"
)

// Transport is how a session token reaches a browser and comes back. The
// default is a cookie of ours. A host that keeps sessions of its own puts the
// token inside one of them, by a Transport of its own; its cookie then must be
// HttpOnly and SameSite like ours.
//
// Who is signed in then follows from the token alone, not from what else stands
// in the host's session. Save is called with a new token when one is rotated: a
// host's session that is kept on the server must get a new id with it, and the
// old one must keep the old token for RetryWindow, and best nothing else. Without the
// new id a stolen cookie stays signed in; without the old token a button that is
// pressed twice logs its user out.
// Such a table holds tokens that work; our own stores hold only their hashes.
// settingstest.Transport checks all of this; the module session/scstransport is a
// Transport over alexedwards/scs.
type Transport interface {
	// Tokens are the tokens the browser sent, usually none or one; whatever
	// they are, they are not trusted. Of several Sessions.Pick says which counts.
	Tokens(r *http.Request) []string

	// Save gives the browser the token of a session, to keep until s.ExpiresAt. It
	// is called before the response has a status: after a sign-in and a change of a
	// credential with a new token, and after any other change with the one that the
	// request came with. What a host keeps beside it (the user's id, the session's, when
	// it ends) is in s; what the token is worth, the library finds out with each request.
	// If s.Superseded has the Hash of the token that came with the request, that
	// request may come once more until s.Superseded.Until: see Transport.
	Save(w http.ResponseWriter, r *http.Request, token string, s Session) error

	// Clear makes the browser forget its token; it is no error if it has none.
	Clear(w http.ResponseWriter, r *http.Request) error
}

// CookieChecker is an optional interface of a Transport whose cookie the host configures.
// settings.New calls CheckCookie.
type CookieChecker interface {
	// CheckCookie returns an error, which says what to do, for a cookie that a script or
	// another site could use: one that is not HttpOnly, not SameSite=Lax or Strict, or not
	// Secure. With insecure, which is Config.InsecureCookies, a cookie need not be Secure.
	CheckCookie(insecure bool) error
}

// Cookie is the default Transport.
type Cookie struct {
	// Name of the cookie; "" for "__Host-amend_session", or "amend_session"
	// with Insecure. A name starting with "__Host-" binds the cookie to its
	// host, so a sub-domain cannot plant one.
	Name string

	// Insecure drops the Secure attribute, for development over plain HTTP.
	Insecure bool
}

func (c Cookie) name() string {
	switch {
	case c.Name != "":
		return c.Name
	case c.Insecure:
		return "amend_session"
	}
	return "__Host-amend_session"
}

func (c Cookie) Tokens(r *http.Request) []string {
	var tokens []string
	for _, k := range r.CookiesNamed(c.name()) {
		tokens = append(tokens, k.Value)
	}
	return tokens
}

func (c Cookie) Save(w http.ResponseWriter, _ *http.Request, token string, s Session) error {
	http.SetCookie(w, c.cookie(token, s.ExpiresAt))
	return nil
}

func (c Cookie) Clear(w http.ResponseWriter, _ *http.Request) error {
	k := c.cookie("", time.Unix(0, 0))
	k.MaxAge = -1
	http.SetCookie(w, k)
	return nil
}

func (c Cookie) cookie(value string, expires time.Time) *http.Cookie {
	return &http.Cookie{
		Name: c.name(), Value: value, Path: "/", Expires: expires,
		Secure: !c.Insecure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}
