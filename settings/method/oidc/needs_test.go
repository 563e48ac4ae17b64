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
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/oidc"
)

// What a change needs is asked before the browser goes, and when it is back.
func TestWhatALinkNeeds(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		t.Run("a recent sign-in", func(t *testing.T) {
			s := newFixture(t)
			c := s.SignIn(s.ada, kind)
			f := start(c)
			s.Clock.Advance(15*time.Minute + 1)
			was := s.Snapshot(s.ada)
			a := c.Submit(f, fields{"link": "one"})
			if kind == respond.Page {
				assert.Equal(t, http.StatusSeeOther, a.Status)
				assert.Contains(t, a.Location, "refresh=true")
			} else {
				assert.Equal(t, http.StatusForbidden, a.Status)
				assert.Equal(t, "session_refresh_required", a.Error.ID)
			}
			assert.Equal(t, was, s.Snapshot(s.ada))
			assert.Zero(t, s.op.count("/.well-known/openid-configuration"))
		})
		t.Run("a recent sign-in, also when the browser is back", func(t *testing.T) {
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
		t.Run("the second factor of who has one", func(t *testing.T) {
			s := newFixtureWith(t, func(c *settings.Config) { c.AllowAAL1 = true })
			s.AddFactor(s.ada, aal.TOTP)
			c := s.SignIn(s.ada, kind)
			f, was := start(c), s.Snapshot(s.ada)
			a := c.Submit(f, fields{"link": "one"})
			if kind == respond.Page {
				assert.Contains(t, a.Location, "aal=aal2")
			} else {
				assert.Equal(t, http.StatusForbidden, a.Status)
				assert.Equal(t, "session_aal2_required", a.Error.ID)
			}
			assert.Equal(t, was, s.Snapshot(s.ada))
		})
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

func TestWhatUnlinkingNeeds(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		t.Run("a recent sign-in", func(t *testing.T) {
			s := newFixture(t)
			s.add(s.ada, oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: "ada-there"})
			c := s.SignIn(s.ada, kind)
			f := start(c)
			s.Clock.Advance(15*time.Minute + 1)
			was := s.Snapshot(s.ada)
			a := c.Submit(f, fields{"unlink": "one"})
			if kind == respond.Page {
				assert.Contains(t, a.Location, "refresh=true")
			} else {
				assert.Equal(t, "session_refresh_required", a.Error.ID)
			}
			assert.Equal(t, was, s.Snapshot(s.ada))
		})
		t.Run("the second factor of who has one", func(t *testing.T) {
			s := newFixtureWith(t, func(c *settings.Config) { c.AllowAAL1 = true })
			s.add(s.ada, oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: "ada-there"})
			s.AddFactor(s.ada, aal.TOTP)
			c := s.SignIn(s.ada, kind)
			f, was := start(c), s.Snapshot(s.ada)
			a := c.Submit(f, fields{"unlink": "one"})
			if kind == respond.Page {
				assert.Contains(t, a.Location, "aal=aal2")
			} else {
				assert.Equal(t, "session_aal2_required", a.Error.ID)
			}
			assert.Equal(t, was, s.Snapshot(s.ada))
		})
	})
}
