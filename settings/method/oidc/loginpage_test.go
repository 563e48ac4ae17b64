package oidc_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/settingstest"
)

// loginFixture is a fixture whose host has a login page with a button for each provider. Ada
// has linked a login: she is "ada-there" at the provider "one".
type loginFixture struct {
	*fixture
	came method.SignedIn // what came of the last sign-in
	err  error
}

func newLogin(t *testing.T, changes ...func(*fixture, *oidc.Config)) *loginFixture {
	return newLoginWith(t, nil, changes...)
}

func newLoginWith(t *testing.T, config func(*settings.Config), changes ...func(*fixture, *oidc.Config)) *loginFixture {
	t.Helper()
	l := &loginFixture{fixture: newFixtureWith(t, config, changes...)}
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { l.Handler.ServeHTTP(w, r) }))
	mux.HandleFunc("/login", l.loginPage)
	l.App = mux
	l.add(l.ada, oidc.Account{Provider: "one", Issuer: l.op.URL, Subject: "ada-there", LinkedAt: l.Clock.Now()})
	return l
}

// loginPage is the host's.
func (l *loginFixture) loginPage(w http.ResponseWriter, r *http.Request) {
	service, to := l.Handler.Service, ""
	switch {
	case r.Method == http.MethodPost:
		q := r.URL.Query()
		asked := method.SignInAsked{ReturnTo: q.Get("return_to"), Refresh: q.Get("refresh") == "true", AAL2: q.Get("aal") == "aal2"}
		to, l.err = service.BeginSignIn(w, r, r.PostFormValue("site"), asked)
	case service.ReturnsFromSite(r):
		l.came, l.err = service.FinishSignIn(w, r)
		to = "https://app.example.com/in"
	default:
		return
	}
	if l.err != nil {
		http.Error(w, "no", http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// leave presses the button of a provider, and gives where the browser is sent.
func (l *loginFixture) leave(c *settingstest.Client, site, query string) string {
	l.T.Helper()
	a := c.Post(settingstest.LoginURL+"?"+query, "application/x-www-form-urlencoded", url.Values{"site": {site}}.Encode())
	require.NoError(l.T, l.err)
	require.Equal(l.T, http.StatusSeeOther, a.Status)
	return a.Location
}

// come comes back from a provider: by the callback, which leads to the login page.
func (l *loginFixture) come(c *settingstest.Client, callback string) *settingstest.Answer {
	l.T.Helper()
	l.came, l.err = method.SignedIn{}, nil
	a := c.Get(callback)
	require.Equal(l.T, http.StatusSeeOther, a.Status, "%v", a)
	return c.Get(a.Location)
}

// goThrough signs in at the provider "one", and is the error of it.
func (l *loginFixture) goThrough(c *settingstest.Client, sub, query string) error {
	l.T.Helper()
	l.come(c, l.op.signIn(l.leave(c, "one", query), sub))
	return l.err
}

// current is the session that a browser has.
func (l *loginFixture) current(c *settingstest.Client) (session.Current, bool) {
	l.T.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, settingstest.PublicURL, nil)
	require.NoError(l.T, err)
	for _, cookie := range c.Jar.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
	now, err := l.Handler.Sessions.FromRequest(r)
	return now, err == nil
}

// stranger is a browser that nobody is signed in with.
func (l *loginFixture) stranger() *settingstest.Client { return l.Anonymous(respond.Page) }
