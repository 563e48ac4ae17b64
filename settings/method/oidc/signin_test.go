package oidc_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

func TestALinkedLoginSignsItsOwnerIn(t *testing.T) {
	l := newLogin(t)
	assert.Equal(t, []method.Site{{ID: "one", Label: "The one"}}, l.Handler.Service.Sites())
	// Grace has the address that the provider tells of Ada: it says nothing.
	l.AddIdentity("ada-there@provider.example", "the horse of grace")
	c := l.stranger()
	away := l.leave(c, "one", "return_to="+url.QueryEscape(back)+"&aal=aal2")
	assert.Empty(t, query(t, away).Get("prompt"))
	assert.Empty(t, query(t, away).Get("max_age"))
	assert.Equal(t, settingstest.PublicURL+"/self-service/methods/oidc/callback/one", query(t, away).Get("redirect_uri"))
	l.come(c, l.op.signIn(away, "ada-there"))
	require.NoError(t, l.err)
	assert.False(t, l.came.Unknown())
	assert.False(t, l.came.NotRefreshed)
	assert.Equal(t, method.SignInAsked{ReturnTo: back, AAL2: true}, l.came.Asked)
	now, has := l.current(c)
	require.True(t, has)
	assert.Equal(t, l.ada, now.Identity.ID)
	assert.Equal(t, l.came.Session.ID, now.Session.ID)
	assert.Equal(t, []aal.Method{aal.OIDC}, now.Session.Completed())
	for _, cookie := range c.Jar.Cookies(&url.URL{Scheme: "https", Host: "app.example.com", Path: "/"}) {
		assert.NotContains(t, cookie.Name, "signin", "what was begun is over")
	}
}

// A provider's own second factors count for nothing: the op says "mfa".
func TestALinkedLoginIsOneFactor(t *testing.T) {
	l := newLogin(t)
	l.AddFactor(l.ada, aal.TOTP)
	c := l.stranger()
	require.NoError(t, l.goThrough(c, "ada-there", ""))
	now, _ := l.current(c)
	assert.Equal(t, aal.AAL1, now.Level())
	assert.False(t, now.Suffices())
	assert.Contains(t, now.Missing(), aal.TOTP)
}

func TestALoginThatNobodyHasLinked(t *testing.T) {
	l := newLogin(t)
	was := l.Snapshot(l.ada)
	c := l.stranger()
	l.op.claims = func(c map[string]any) { c["email"], c["email_verified"] = "ada@example.com", true }
	require.NoError(t, l.goThrough(c, "new-there", "return_to="+url.QueryEscape(back)))
	assert.True(t, l.came.Unknown(), "Ada's address makes nobody Ada")
	_, has := l.current(c)
	assert.False(t, has)
	assert.Equal(t, was, l.Snapshot(l.ada))
	who := l.came.Login
	assert.Equal(t, method.Site{ID: "one", Label: "The one"}, who.Site)
	assert.Equal(t, l.op.URL, who.Issuer)
	assert.Equal(t, "new-there", who.Subject)
	assert.Equal(t, "ada@example.com", who.Name)
	assert.Contains(t, string(who.Claims), `"email_verified":true`)
	assert.Equal(t, back, l.came.Asked.ReturnTo)

	// The host registers an account for it.
	id := l.AddIdentity("new@example.com", "")
	l.Edit(id, func(i *identity.Identity) {
		i.Keys = append(i.Keys, who.Key)
		i.State.Factors = map[aal.Method]identity.Factor{aal.OIDC: {Serial: 1, Credentials: []identity.Credential{who.Credential}}}
	})
	require.NoError(t, l.goThrough(c, "new-there", ""))
	assert.Equal(t, id, l.came.Session.IdentityID)

	// Somebody who is signed in stays who they are.
	ada := l.SignIn(l.ada, respond.Page)
	require.NoError(t, l.goThrough(ada, "other-there", ""))
	now, _ := l.current(ada)
	assert.True(t, l.came.Unknown())
	assert.Equal(t, l.ada, now.Identity.ID)
}

// A browser that was not sent away by the login page signs in nobody: above all not the
// attacker, in whose account its user would go on (RFC 6749 section 10.12).
func TestSignInsThatWereNotBegunHere(t *testing.T) {
	two := func(s *scene, c *oidc.Config) { c.Providers = append(c.Providers, s.op.provider("two")) }
	for name, attack := range map[string]func(l *loginScene, c *settingstest.Client){
		"begun in another browser": func(l *loginScene, c *settingstest.Client) {
			l.come(c, l.op.signIn(l.leave(l.stranger(), "one", ""), "eve-there"))
		},
		"begun in another browser while one of its own is under way": func(l *loginScene, c *settingstest.Client) {
			l.leave(c, "one", "")
			l.come(c, l.op.signIn(l.leave(l.stranger(), "one", ""), "eve-there"))
		},
		"with the cookie of another state": func(l *loginScene, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(l.stranger(), "one", ""), "eve-there")
			l.leave(c, "one", "")
			for _, own := range c.Jar.Cookies(&url.URL{Scheme: "https", Host: "app.example.com", Path: "/"}) {
				if strings.Contains(own.Name, "signin") {
					c.Header = http.Header{"Cookie": {signInCookie(l, callback) + "=" + own.Value}}
				}
			}
			l.come(c, callback)
		},
		"with two cookies of it": func(l *loginScene, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(c, "one", ""), "ada-there")
			for _, own := range c.Jar.Cookies(&url.URL{Scheme: "https", Host: "app.example.com", Path: "/"}) {
				c.Header.Add("Cookie", own.Name+"="+own.Value)
			}
			l.come(c, callback) // once from here, and once from the jar
		},
		"with a planted cookie": func(l *loginScene, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(l.stranger(), "one", ""), "eve-there")
			c.Header = http.Header{"Cookie": {signInCookie(l, callback) + "=planted"}}
			l.come(c, callback)
		},
		"come back a second time": func(l *loginScene, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(c, "one", ""), "nobody-there")
			stolen := c.Copy()
			l.come(c, callback)
			l.op.mu.Lock()
			l.op.asked["/token"] = 0
			l.op.mu.Unlock()
			l.come(stolen, callback)
		},
		"after 15 minutes": func(l *loginScene, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(c, "one", ""), "ada-there")
			l.Clock.Advance(15 * time.Minute)
			l.come(c, callback)
		},
		"by the address of another provider": func(l *loginScene, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(c, "one", ""), "ada-there")
			l.come(c, strings.Replace(callback, "/callback/one?", "/callback/two?", 1))
		},
		"by the address of no provider": func(l *loginScene, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(c, "one", ""), "ada-there")
			l.come(c, strings.Replace(callback, "/callback/one?", "/callback/three?", 1))
		},
		"with two addresses": func(l *loginScene, c *settingstest.Client) {
			to := c.Get(l.op.signIn(l.leave(c, "one", ""), "ada-there")).Location
			c.Get(to + "&site=two")
		},
		"with two states": func(l *loginScene, c *settingstest.Client) {
			c.Get(c.Get(l.op.signIn(l.leave(c, "one", ""), "ada-there")).Location + "&state=signin.x")
		},
		"with a state of another case": func(l *loginScene, c *settingstest.Client) {
			callback := l.op.signIn(l.leave(c, "one", ""), "ada-there")
			state := query(l.T, callback).Get("state")
			l.come(c, strings.Replace(callback, state, strings.ToLower(state), 1))
		},
		"with no state but its mark": func(l *loginScene, c *settingstest.Client) {
			l.come(c, settingstest.PublicURL+"/self-service/methods/oidc/callback/one?code=x&state=signin.")
		},
		"with the state of a link": func(l *loginScene, c *settingstest.Client) {
			ada := l.SignIn(l.ada, respond.Page)
			link := l.op.signIn(away(l.T, ada, ada.Submit(start(ada), fields{"link": "two"})), "eve-there")
			c.Get(settingstest.LoginURL + "?site=two&" + query(l.T, link).Encode())
			l.err = method.ErrNotBegun // the page does not even take it for one
		},
		"fetched ahead": func(l *loginScene, c *settingstest.Client) {
			to := c.Get(l.op.signIn(l.leave(c, "one", ""), "ada-there")).Location
			c.Header = http.Header{"Sec-Purpose": {"prefetch"}}
			c.Get(to)
		},
		"under keys that the host has taken away": func(l *loginScene, c *settingstest.Client) {
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
func signInCookie(l *loginScene, callback string) string {
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

func TestSignInsThatTheProviderDoesNotConfirm(t *testing.T) {
	broken := answering("/token", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	for name, row := range map[string]struct {
		fault  func(*op)
		answer func(url.Values)
		err    error
	}{
		"its user went back":            {nil, func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }, settings.ErrCancelled},
		"another failure":               {nil, func(q url.Values) { q.Set("error", "server_error") }, settings.ErrWrong},
		"no code":                       {nil, func(q url.Values) { q.Del("code") }, settings.ErrWrong},
		"the code of somebody else":     {nil, setting("code", "x"), settings.ErrWrong},
		"another issuer":                {nil, setting("iss", "http://other.example"), settings.ErrWrong},
		"an issuer that is missing":     {describing("authorization_response_iss_parameter_supported", true), nil, settings.ErrWrong},
		"an ID token of another nonce":  {claiming("nonce", "x"), nil, settings.ErrWrong},
		"an ID token of another client": {claiming("aud", "x"), nil, settings.ErrWrong},
		"an ID token of another issuer": {claiming("iss", "http://other.example"), nil, settings.ErrWrong},
		"it does not answer":            {broken, nil, settings.ErrBusy},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLogin(t)
			if row.fault != nil {
				row.fault(l.op)
			}
			c := l.stranger()
			callback := l.op.signIn(l.leave(c, "one", "return_to="+url.QueryEscape(back)), "ada-there")
			if row.answer != nil {
				callback = with(t, callback, row.answer)
			}
			l.come(c, callback)
			require.ErrorIs(t, l.err, row.err)
			assert.Equal(t, row.err == settings.ErrCancelled, errors.Is(l.err, settings.ErrCancelled))
			assert.NotContains(t, l.err.Error(), clientSecret)
			assert.Equal(t, back, l.came.Asked.ReturnTo, "the page can be shown again")
			_, has := l.current(c)
			assert.False(t, has)
		})
	}
	t.Run("it cannot be asked where it is", func(t *testing.T) {
		l := newLogin(t)
		describing("issuer", "http://other.example")(l.op)
		c := l.stranger()
		c.Post(settingstest.LoginURL, "application/x-www-form-urlencoded", "site=one")
		require.ErrorIs(t, l.err, settings.ErrBusy)
		c.Post(settingstest.LoginURL, "application/x-www-form-urlencoded", "site=nobody")
		require.ErrorIs(t, l.err, settings.ErrWrong)
	})
}

func TestWhomALinkedLoginDoesNotSignIn(t *testing.T) {
	refusal := errors.New("not from there")
	unlinking := &unlinkingSessions{}
	for name, row := range map[string]struct {
		config func(*settings.Config)
		before func(l *loginScene)
		err    error
	}{
		"somebody who is blocked": {nil, func(l *loginScene) { require.NoError(t, l.Store.SetActive(t.Context(), l.ada, false)) }, settings.ErrWrong},
		"whom the host refuses": {func(c *settings.Config) {
			c.BeforeVerify = func(_ context.Context, try settings.Try) error {
				assert.Equal(t, aal.OIDC, try.Method)
				return refusal
			}
		}, func(*loginScene) {}, refusal},
		"whose login is taken away at that moment": {func(c *settings.Config) {
			unlinking.SessionStore = c.Sessions
			c.Sessions = unlinking
		}, func(l *loginScene) { unlinking.unlink = func() { l.Edit(l.ada, unlinkAll) } }, settings.ErrWrong},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoginWith(t, row.config)
			row.before(l)
			c := l.stranger()
			require.ErrorIs(t, l.goThrough(c, "ada-there", ""), row.err)
			_, has := l.current(c)
			assert.False(t, has)
			sessions, err := l.Store.ListSessions(t.Context(), l.ada)
			require.NoError(t, err)
			assert.Empty(t, sessions)
		})
	}
}

func unlinkAll(i *identity.Identity) {
	i.State.Factors, i.Keys = nil, i.Keys[:1]
	i.State.Generation++
}

// unlinkingSessions takes the login away while the session is made.
type unlinkingSessions struct {
	store.SessionStore
	unlink func()
}

func (u *unlinkingSessions) CreateSession(ctx context.Context, s session.Session) error {
	u.unlink()
	return u.SessionStore.CreateSession(ctx, s)
}

func TestWhereASignInLeads(t *testing.T) {
	for name, row := range map[string]struct{ asked, leads string }{
		"nowhere":                    {"", ""},
		"a page that is allowed":     {back, back},
		"a page of this origin":      {settingstest.PublicURL + "/self-service/settings?flow=x", settingstest.PublicURL + "/self-service/settings?flow=x"},
		"another site":               {"https://evil.example/", ""},
		"another site by slashes":    {"//evil.example/", ""},
		"a script":                   {"javascript:alert(1)", ""},
		"more than fits in a cookie": {back + "?" + strings.Repeat("x", 1200), ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLogin(t)
			require.NoError(t, l.goThrough(l.stranger(), "ada-there", "return_to="+url.QueryEscape(row.asked)))
			assert.Equal(t, row.leads, l.came.Asked.ReturnTo)
		})
	}
}

func TestABrowserKeepsFourSignInsThatItHasBegun(t *testing.T) {
	l := newLogin(t)
	c := l.stranger()
	var callbacks []string
	for range 5 {
		callbacks = append(callbacks, l.op.signIn(l.leave(c, "one", ""), "nobody-there"))
	}
	l.come(c, callbacks[0])
	require.ErrorIs(t, l.err, settings.ErrNotBegun)
	for _, callback := range callbacks[1:] {
		l.come(c, callback)
		require.NoError(t, l.err)
	}
}
