package settingstest

import (
	"net/http"
	"net/http/httptest"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
)

// This file owns how the clients of a Kit sign in: by the Kit itself, inside a host's
// middleware, or by a host's own login.

// SignIn starts a session of an identity that has just completed the methods, and
// gives a client that holds it. Without methods it signs a browser in by Login if
// the Kit has one, and completes the password else.
func (k *Kit) SignIn(id string, kind respond.Client, methods ...aal.Method) *Client {
	k.T.Helper()
	c := k.Anonymous(kind)
	if kind != respond.API && len(methods) == 0 && k.Login != nil {
		k.Login(c, id)
		if a := c.Whoami(); a.Status == http.StatusUnauthorized {
			k.T.Fatalf("Kit.Login has signed nobody in: %v", a)
		}
		return c
	}
	s, token, err := k.Handler.Sessions.IssueToken(k.T.Context(), id, session.Device{UserAgent: "settingstest"}, completed(methods)...)
	if err != nil {
		k.T.Fatal(err)
	}
	k.Secret(sessionToken, token)
	if kind == respond.API {
		c.Token = token
		return c
	}
	transport := k.Config.Transport
	if transport == nil {
		transport = session.Cookie{Insecure: k.Config.InsecureCookies}
	}
	c.sessions(func(w http.ResponseWriter, r *http.Request) error { return transport.Save(w, r, token, s) })
	return c
}

// SignInAs does what a login page does after it has checked the methods of an identity: it
// renews the client's session of that identity, or issues a new one. Without methods it
// signs in as SignIn does.
func (c *Client) SignInAs(id string, methods ...aal.Method) {
	c.Kit.T.Helper()
	switch {
	case c.Kind == respond.API:
		c.renewToken(methods)
	case len(methods) == 0 && c.Kit.Login != nil:
		c.Kit.Login(c, id)
	default:
		c.sessions(func(w http.ResponseWriter, r *http.Request) error {
			_, err := c.Kit.Handler.Sessions.Issue(w, r, id, completed(methods)...)
			return err
		})
	}
}

// SignInAgain does what a login page does for a signed-in user who has just completed the
// methods, or the password if there are none: the session is renewed, with a new token, and
// may make sensitive changes.
func (c *Client) SignInAgain(methods ...aal.Method) {
	c.Kit.T.Helper()
	if c.Kind == respond.API {
		c.renewToken(methods)
		return
	}
	c.sessions(func(w http.ResponseWriter, r *http.Request) error {
		_, err := c.Kit.Handler.Sessions.Renew(w, r, completed(methods)...)
		return err
	})
}

// SignOut does what a host's logout does: it ends the session, and the browser
// forgets its token.
func (c *Client) SignOut() {
	c.Kit.T.Helper()
	if c.Kind == respond.API {
		if err := c.Kit.Handler.Sessions.EndToken(c.Kit.T.Context(), c.Token); err != nil {
			c.Kit.T.Fatal(err)
		}
		c.Token = ""
		return
	}
	c.sessions(c.Kit.Handler.Sessions.End)
}

func completed(methods []aal.Method) []aal.Method {
	if len(methods) == 0 {
		return []aal.Method{aal.Password}
	}
	return methods
}

func (c *Client) renewToken(methods []aal.Method) {
	t := c.Kit.T
	t.Helper()
	_, token, err := c.Kit.Handler.Sessions.RenewToken(t.Context(), c.Token, completed(methods)...)
	if err != nil {
		t.Fatal(err)
	}
	c.Kit.Secret(sessionToken, token)
	c.Token = token
}

// sessions lets a browser ask for something that a host's route would do, inside
// the host's middleware, and keeps the cookies that the answer sets.
func (c *Client) sessions(do func(http.ResponseWriter, *http.Request) error) {
	t := c.Kit.T
	t.Helper()
	var err error
	w, r := httptest.NewRecorder(), c.browse()
	c.Kit.wrapped(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { err = do(w, r) })).ServeHTTP(w, r)
	if err != nil {
		t.Fatal(err)
	}
	set := w.Result().Cookies()
	c.Jar.SetCookies(r.URL, set)
	for _, cookie := range set {
		c.Kit.watch.add(sessionToken, cookie.Value)
	}
}

// wrapped is a handler inside the host's middleware.
func (k *Kit) wrapped(h http.Handler) http.Handler {
	if k.Wrap == nil {
		return h
	}
	return k.Wrap(h)
}

// browse is a request of the client's browser to PublicURL.
func (c *Client) browse() *http.Request {
	c.Kit.T.Helper()
	r, err := http.NewRequestWithContext(c.Kit.T.Context(), http.MethodGet, c.Kit.Config.PublicURL, nil)
	if err != nil {
		c.Kit.T.Fatal(err)
	}
	for _, cookie := range c.Jar.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
	return r
}
