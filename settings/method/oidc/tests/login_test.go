package tests

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/settingstest"
)

// hostApp is a host with Ada, and with a login page that has a button for one provider.
type hostApp struct {
	*settingstest.Kit
	provider oidc.Provider
	ada      string
	came     method.SignedIn
	err      error
	told     []error // what the host is told of failures
}

// newHostApp makes the server of a provider, and a host that is registered there.
func newHostApp(t *testing.T, serve func(*idp) oidc.Provider, changes ...func(*settings.Config)) (*hostApp, *idp) {
	t.Helper()
	h := &hostApp{}
	var p *idp
	h.Kit = settingstest.New(t, func(c *settings.Config) {
		p = newIDP(t, c.Now)
		h.provider = serve(p)
		h.provider.ClientID = clientID
		if h.provider.AppleSecret == nil && h.provider.ClientSecret == "" {
			h.provider.ClientSecret = clientSecret
		}
		c.Methods = append(c.Methods, oidc.New(oidc.Config{Providers: []oidc.Provider{h.provider}, OnFailure: func(_ context.Context, _ string, err error) { h.told = append(h.told, err) }}))
		c.AllowReturnTo = []string{back}
		for _, change := range changes {
			change(c)
		}
	})
	h.Secret("client secret", clientSecret)
	h.ada = h.AddIdentity("ada@example.com", "correct horse battery")
	mux := http.NewServeMux()
	mux.Handle("/auth/", h.Handler)
	mux.HandleFunc("/login", h.login)
	h.App = mux
	return h, p
}

func (h *hostApp) login(w http.ResponseWriter, r *http.Request) {
	to := back
	switch {
	case r.Method == http.MethodPost:
		to, h.err = h.Handler.Service.BeginSignIn(w, r, r.PostFormValue("site"), method.SignInAsked{})
	case h.Handler.Service.ReturnsFromSite(r):
		h.came, h.err = h.Handler.Service.FinishSignIn(w, r)
	}
	if h.err != nil {
		http.Error(w, "no", http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// linked gives Ada a login at the provider.
func (h *hostApp) linked(issuer, subject string) {
	h.T.Helper()
	c, key := oidc.Account{Provider: h.provider.ID, Issuer: issuer, Subject: subject, LinkedAt: h.Clock.Now()}.Credential()
	h.Edit(h.ada, func(i *identity.Identity) {
		i.Keys = append(i.Keys, key)
		i.State.Factors = map[aal.Method]identity.Factor{aal.OIDC: {Serial: 1, Credentials: []identity.Credential{c}}}
	})
}

// leave presses the button, and gives where the browser goes.
func (h *hostApp) leave(c *settingstest.Client) string {
	h.T.Helper()
	h.came, h.err = method.SignedIn{}, nil
	a := c.Post(settingstest.LoginURL, "application/x-www-form-urlencoded", url.Values{"site": {h.provider.ID}}.Encode())
	require.NoError(h.T, h.err)
	return a.Location
}

// arrive brings a browser back by GET.
func (h *hostApp) arrive(c *settingstest.Client, at string, answer url.Values) {
	h.T.Helper()
	a := c.Get(at + "?" + answer.Encode())
	require.Equal(h.T, http.StatusSeeOther, a.Status, "%v", a)
	c.Get(a.Location)
}

// signsIn goes the whole way with a stranger's browser.
func (h *hostApp) signsIn(p *idp, authorize, user string) {
	h.T.Helper()
	c := h.Anonymous(respond.Page)
	at, answer := p.signIn(h.leave(c), authorize, user)
	h.arrive(c, at, answer)
}

// isAda asserts that Ada is signed in.
func (h *hostApp) isAda() {
	h.T.Helper()
	require.NoError(h.T, h.err, "%v", h.told)
	assert.Equal(h.T, h.ada, h.came.Session.IdentityID)
}

// isUnknown asserts that nobody is, by a login that nobody has linked.
func (h *hostApp) isUnknown() {
	h.T.Helper()
	require.NoError(h.T, h.err, "%v", h.told)
	assert.True(h.T, h.came.Unknown())
}

// isRefused asserts that the provider is not believed, for this reason.
func (h *hostApp) isRefused(why string) {
	h.T.Helper()
	require.ErrorIs(h.T, h.err, settings.ErrWrong)
	assert.Empty(h.T, h.came.Session.ID)
	require.NotEmpty(h.T, h.told)
	assert.ErrorContains(h.T, h.told[len(h.told)-1], why)
}
