package oidc_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
)

// What a change needs is asked before the browser goes (TestOutcomes), and again when it is back.
func TestALinkNeedsARecentSignInWhenTheBrowserIsBack(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		s := newFixture(t)
		c := s.SignIn(s.ada, kind)
		f := start(c)
		s.Clock.Advance(10 * time.Minute)
		callback := s.op.signIn(s.begin(c, f), "ada-there")
		s.Clock.Advance(6 * time.Minute)
		was := s.Snapshot(s.ada)
		a := s.comeBack(c, f, callback)
		if kind == respond.API {
			assert.Equal(t, "session_refresh_required", a.Error.ID)
		} else {
			assert.Equal(t, []string{"7000001"}, a.Follow().Flow.Messages())
		}
		assert.Equal(t, was, s.Snapshot(s.ada))
		assert.Zero(t, s.op.count("/token"))
	})
}

// A login that was asked for in between goes on to the provider.
func TestALinkAfterANewSignIn(t *testing.T) {
	s := newFixture(t)
	c := s.SignIn(s.ada, respond.Page)
	f := start(c)
	s.Clock.Advance(20 * time.Minute)
	c.Submit(f, fields{"link": "one", "upstream_parameters": map[string]any{"prompt": "select_account"}})
	s.Clock.Advance(time.Minute)
	here, err := url.Parse(s.Config.PublicURL)
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodGet, s.Config.PublicURL, nil)
	for _, cookie := range c.Jar.Cookies(here) {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	_, err = s.Handler.Sessions.Renew(w, r, aal.Password)
	require.NoError(t, err)
	c.Jar.SetCookies(here, w.Result().Cookies())
	a := c.Get("/self-service/settings?flow=" + f.ID)
	u := away(t, c, a)
	assert.Contains(t, u, "prompt=select_account")
	s.saved(c, f, s.comeBack(c, f, s.op.signIn(u, "ada-there")))
	assert.Equal(t, []string{"one:ada-there"}, s.linked(s.ada))
}
