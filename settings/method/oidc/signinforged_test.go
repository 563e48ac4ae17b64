package oidc_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/settingstest"
)

// A browser that was not sent away by the login page signs in nobody: above all not the
// attacker, in whose account its user would go on (RFC 6749 section 10.12).
func TestSignInsThatWereNotBegunHere(t *testing.T) {
	two := func(s *fixture, c *oidc.Config) { c.Providers = append(c.Providers, s.op.provider("two")) }
	for name, attack := range map[string]func(l *loginFixture, c *settingstest.Client){
		"begun in another browser": func(l *loginFixture, c *settingstest.Client) {
			l.come(c, l.op.signIn(l.leave(l.stranger(), "one", ""), "eve-there"))
		},
		"begun in another browser while one of its own is under way": func(l *loginFixture, c *settingstest.Client) {
			l.leave(c, "one", "")
			l.come(c, l.op.signIn(l.leave(l.stranger(), "one", ""), "eve-there"))
		},
		"with the cookie of another state": func(l *loginFixture, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(l.stranger(), "one", ""), "eve-there")
			l.leave(c, "one", "")
			for _, own := range c.Jar.Cookies(&url.URL{Scheme: "https", Host: "app.example.com", Path: "/"}) {
				if strings.Contains(own.Name, "signin") {
					c.Header = http.Header{"Cookie": {signInCookie(l, callback) + "=" + own.Value}}
				}
			}
			l.come(c, callback)
		},
		"with two cookies of it": func(l *loginFixture, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(c, "one", ""), "ada-there")
			for _, own := range c.Jar.Cookies(&url.URL{Scheme: "https", Host: "app.example.com", Path: "/"}) {
				c.Header.Add("Cookie", own.Name+"="+own.Value)
			}
			l.come(c, callback) // once from here, and once from the jar
		},
		"with a planted cookie": func(l *loginFixture, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(l.stranger(), "one", ""), "eve-there")
			c.Header = http.Header{"Cookie": {signInCookie(l, callback) + "=planted"}}
			l.come(c, callback)
		},
		"come back a second time": func(l *loginFixture, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(c, "one", ""), "nobody-there")
			stolen := c.Copy()
			l.come(c, callback)
			l.op.mu.Lock()
			l.op.asked["/token"] = 0
			l.op.mu.Unlock()
			l.come(stolen, callback)
		},
		"come back a second time, after more than a store keeps of one owner": func(l *loginFixture, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(c, "one", ""), "nobody-there")
			stolen := c.Copy()
			l.come(c, callback)
			l.Clock.Advance(time.Minute)
			for range 100 {
				require.NoError(l.T, l.goThrough(l.stranger(), "nobody-there", ""))
			}
			l.op.mu.Lock()
			l.op.asked["/token"] = 0
			l.op.mu.Unlock()
			l.come(stolen, callback)
		},
		"after 15 minutes": func(l *loginFixture, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(c, "one", ""), "ada-there")
			l.Clock.Advance(15 * time.Minute)
			l.come(c, callback)
		},
		"by the address of another provider": func(l *loginFixture, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(c, "one", ""), "ada-there")
			l.come(c, strings.Replace(callback, "/callback/one?", "/callback/two?", 1))
		},
		"by the address of no provider": func(l *loginFixture, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(c, "one", ""), "ada-there")
			l.come(c, strings.Replace(callback, "/callback/one?", "/callback/three?", 1))
		},
		"with two addresses": func(l *loginFixture, c *settingstest.Client) {
			to := c.Get(l.op.signIn(l.leave(c, "one", ""), "ada-there")).Location
			c.Get(to + "&site=two")
		},
		"with two states": func(l *loginFixture, c *settingstest.Client) {
			c.Get(c.Get(l.op.signIn(l.leave(c, "one", ""), "ada-there")).Location + "&state=signin.x")
		},
		"with a state of another case": func(l *loginFixture, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(c, "one", ""), "ada-there")
			state := query(l.T, callback).Get("state")
			l.come(c, strings.Replace(callback, state, strings.ToLower(state), 1))
		},
		"with no state but its mark": func(l *loginFixture, c *settingstest.Client) {
			l.come(c, settingstest.PublicURL+"/self-service/methods/oidc/callback/one?code=x&state=signin.")
		},
		"with the state of a link": func(l *loginFixture, c *settingstest.Client) {
			ada := l.SignIn(l.ada, respond.Page)
			link := l.op.signIn(away(l.T, ada, ada.Submit(start(ada), fields{"link": "two"})), "eve-there")
			c.Get(settingstest.LoginURL + "?site=two&" + query(l.T, link).Encode())
			l.err = method.ErrNotBegun // the page does not even take it for one
		},
		"fetched ahead": func(l *loginFixture, c *settingstest.Client) {
			to := c.Get(l.op.signIn(l.leave(c, "one", ""), "ada-there")).Location
			c.Header = http.Header{"Sec-Purpose": {"prefetch"}}
			c.Get(to)
		},
		"under keys that the host has taken away": func(l *loginFixture, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(c, "one", ""), "ada-there")
			config := l.Config
			config.Keys = [][]byte{settings.NewKey()}
			h, err := settings.New(config)
			require.NoError(l.T, err)
			l.Handler = h
			l.come(c, callback)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLogin(t, two)
			eve := l.AddIdentity("eve@example.com", "the horse of eve")
			l.add(eve, oidc.Account{Provider: "one", Issuer: l.op.URL, Subject: "eve-there", LinkedAt: l.Clock.Now()})
			c := l.stranger()
			attack(l, c)
			c.Header = http.Header{}
			require.ErrorIs(t, l.err, settings.ErrNotBegun)
			assert.Empty(t, l.came.Session.ID)
			_, has := l.current(c)
			assert.False(t, has)
			assert.Zero(t, l.op.count("/token"), "the code goes to nobody")
		})
	}
}

// signInCookie is the name of the cookie of a sign-in that comes back.
func signInCookie(l *loginFixture, callback string) string {
	l.T.Helper()
	return "__Host-amend_signin_" + sha256Hex(query(l.T, callback).Get("state"))[:8]
}

// Who is signed in stays so when a stranger's sign-in comes to their browser.
func TestASignInOfAStrangerEndsNoSession(t *testing.T) {
	l := newLogin(t)
	eve := l.AddIdentity("eve@example.com", "the horse of eve")
	l.add(eve, oidc.Account{Provider: "one", Issuer: l.op.URL, Subject: "eve-there", LinkedAt: l.Clock.Now()})
	c := l.SignIn(l.ada, respond.Page)
	l.come(c, l.op.signIn(l.leave(l.stranger(), "one", ""), "eve-there"))
	require.ErrorIs(t, l.err, settings.ErrNotBegun)
	now, _ := l.current(c)
	assert.Equal(t, l.ada, now.Identity.ID)
}

func TestSignInsAtOnce(t *testing.T) {
	l := newLogin(t)
	c := l.stranger()
	to := c.Get(l.op.signIn(l.leave(c, "one", ""), "ada-there")).Location
	done := make(chan error, 8)
	for range cap(done) {
		r, err := http.NewRequest(http.MethodGet, to, nil)
		require.NoError(t, err)
		for _, cookie := range c.Jar.Cookies(r.URL) {
			r.AddCookie(cookie)
		}
		go func() {
			_, err := l.Handler.Service.FinishSignIn(discard{http.Header{}}, r)
			done <- err
		}()
	}
	through := 0
	for range cap(done) {
		if err := <-done; err == nil {
			through++
		} else {
			assert.ErrorIs(t, err, settings.ErrNotBegun)
		}
	}
	assert.Equal(t, 1, through)
	assert.Equal(t, 1, l.op.count("/token"))
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}
