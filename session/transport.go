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
// old one must keep the old token until it runs out. Otherwise a stolen cookie
// stays signed in, and the retry of a lost answer is not recognised. Such a
// table holds tokens that work; our own stores hold only their hashes.
type Transport interface {
	// Tokens are the tokens the browser sent, usually none or one; whatever
	// they are, they are not trusted. Of several Sessions.Pick says which counts.
	Tokens(r *http.Request) []string

	// Save gives the browser a token to keep until expires. It is called
	// before the response has a status.
	Save(w http.ResponseWriter, r *http.Request, token string, expires time.Time) error

	// Clear makes the browser forget its token; it is no error if it has none.
	Clear(w http.ResponseWriter, r *http.Request) error
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

func (c Cookie) Save(w http.ResponseWriter, _ *http.Request, token string, expires time.Time) error {
	http.SetCookie(w, c.cookie(token, expires))
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
