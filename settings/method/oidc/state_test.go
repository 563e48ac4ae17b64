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
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/settingstest"
)

// A state is good once, for the session, the flow and the provider that it was
// made for (RFC 6749, section 10.12).
func TestAStateOfAnother(t *testing.T) {
	two := func(s *fixture, c *oidc.Config) { c.Providers = append(c.Providers, s.op.provider("two")) }
	for name, attack := range map[string]func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow){
		"no state": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			s.forbidden(c, c.Get(with(t, s.op.signIn(s.begin(c, f), "x"), func(q url.Values) { q.Del("state") })))
		},
		"an empty state": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			s.forbidden(c, c.Get(with(t, s.op.signIn(s.begin(c, f), "x"), setting("state", ""))))
		},
		"two states": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			s.forbidden(c, c.Get(with(t, s.op.signIn(s.begin(c, f), "x"), func(q url.Values) { q.Add("state", "y") })))
		},
		"a state in another case": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			s.forbidden(c, c.Get(with(t, s.op.signIn(s.begin(c, f), "x"), func(q url.Values) { q.Set("state", strings.ToLower(q.Get("state"))) })))
		},
		"a browser that is not signed in": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			a := s.Anonymous(respond.Page).Get(s.op.signIn(s.begin(c, f), "x"))
			assert.Equal(t, http.StatusSeeOther, a.Status)
			assert.True(t, strings.HasPrefix(a.Location, settingstest.LoginURL), a.Location)
		},
		"the same user in another browser": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			other := s.SignIn(s.ada, respond.Page)
			s.forbidden(other, other.Get(s.op.signIn(s.begin(c, f), "x")))
		},
		"a stranger's browser": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			// Eve begins, and has Ada's browser finish: Eve's login at Ada's account.
			eve := s.AddIdentity("eve@example.com", "the horse of eve")
			hers := s.SignIn(eve, respond.Page)
			was := s.Snapshot(eve)
			a := c.Get(s.op.signIn(s.begin(hers, start(hers)), "eve-there"))
			assert.Equal(t, "security_identity_mismatch", a.Failure().ID)
			assert.Equal(t, was, s.Snapshot(eve))
		},
		"a session that has ended": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			callback := s.op.signIn(s.begin(c, f), "x")
			gone := c.Copy()
			require.NoError(t, s.Handler.Sessions.RevokeAll(t.Context(), s.ada))
			a := gone.Get(callback)
			assert.True(t, strings.HasPrefix(a.Location, settingstest.LoginURL), a.Location)
		},
		"the address of another provider": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			callback := s.op.signIn(s.begin(c, f), "x")
			s.forbidden(c, c.Get(strings.Replace(callback, "/callback/one?", "/callback/two?", 1)))
		},
		"the address of no provider": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			callback := s.op.signIn(s.begin(c, f), "x")
			s.forbidden(c, c.Get(strings.Replace(callback, "/callback/one?", "/callback/three?", 1)))
		},
		"the address of another method": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			callback := s.op.signIn(s.begin(c, f), "x")
			s.forbidden(c, c.Get(strings.Replace(callback, "/methods/oidc/", "/methods/password/", 1)))
		},
		"after 15 minutes": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			callback := s.op.signIn(s.begin(c, f), "x")
			s.Clock.Advance(15 * time.Minute)
			s.forbidden(c, c.Get(callback))
		},
		"after a change of the password": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			callback := s.op.signIn(s.begin(c, f), "x")
			c.Submit(c.Start(), fields{"method": "password", "password": "another good horse"})
			was := s.Snapshot(s.ada)
			assert.Equal(t, "self_service_flow_expired", c.Get(callback).Failure().ID)
			assert.Equal(t, was, s.Snapshot(s.ada))
		},
		"by POST": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			callback, err := url.Parse(s.op.signIn(s.begin(c, f), "x"))
			require.NoError(t, err)
			form := callback.RawQuery
			callback.RawQuery = ""
			assert.Equal(t, http.StatusMethodNotAllowed, c.Post(callback.String(), "application/x-www-form-urlencoded", form).Status)
			assert.Equal(t, http.StatusMethodNotAllowed, c.Post(callback.String()+"?"+form, "application/x-www-form-urlencoded", "").Status)
		},
		"by HEAD": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			assert.Equal(t, http.StatusMethodNotAllowed, c.Do(http.MethodHead, s.op.signIn(s.begin(c, f), "x"), "", "").Status)
		},
		"in a submit of a browser": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			q := query(t, s.op.signIn(s.begin(c, f), "x"))
			s.refused(c, f, c.Submit(f, fields{"method": "oidc", "state": q.Get("state"), "code": q.Get("code")}), "4000001")
			s.refused(c, f, c.Submit(f, fields{"link": "one", "state": q.Get("state"), "code": q.Get("code")}), "4000001")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t, two)
			c := s.SignIn(s.ada, respond.Page)
			f := start(c)
			attack(t, s, c, f)
			assert.Empty(t, s.linked(s.ada))
			assert.Empty(t, oidcKeys(s.Identity(s.ada)))
			assert.Zero(t, s.op.count("/token"), "the code goes to nobody")
		})
	}
}

func TestAStateOfAnotherAPIClient(t *testing.T) {
	two := func(s *fixture, c *oidc.Config) { c.Providers = append(c.Providers, s.op.provider("two")) }
	submit := func(q url.Values) fields {
		return fields{"link": "one", "state": q.Get("state"), "code": q.Get("code")}
	}
	for name, attack := range map[string]func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow){
		"another flow of the session": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			s.forbidden(c, c.Submit(start(c), submit(query(t, s.op.signIn(s.begin(c, f), "x")))))
		},
		"another session": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			other := s.SignIn(s.ada, respond.API)
			s.forbidden(c, other.Submit(f, submit(query(t, s.op.signIn(s.begin(c, f), "x")))))
		},
		"a browser's": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			page := s.SignIn(s.ada, respond.Page)
			s.forbidden(c, c.Submit(f, submit(query(t, s.op.signIn(s.begin(page, start(page)), "x")))))
		},
		"a stranger's": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			hers := s.SignIn(s.AddIdentity("eve@example.com", "the horse of eve"), respond.API)
			s.forbidden(c, c.Submit(f, submit(query(t, s.op.signIn(s.begin(hers, start(hers)), "eve-there")))))
		},
		"after 15 minutes": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			q := query(t, s.op.signIn(s.begin(c, f), "x"))
			s.Clock.Advance(15 * time.Minute)
			s.refused(c, f, c.Submit(f, submit(q)), "4000001")
		},
		"nobody's": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			s.refused(c, f, c.Submit(f, fields{"method": "oidc", "state": "x", "code": "x"}), "4000001")
		},
		"a number": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			s.refused(c, f, c.Submit(f, fields{"link": "one", "state": 7, "code": "x"}), "4000001")
		},
		"none, but a code": func(t *testing.T, s *fixture, c *settingstest.Client, f *settingstest.Flow) {
			s.refused(c, f, c.Submit(f, fields{"link": "one", "code": "x"}), "4000001")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t, two)
			c := s.SignIn(s.ada, respond.API)
			f := start(c)
			attack(t, s, c, f)
			assert.Empty(t, s.linked(s.ada))
			assert.Empty(t, oidcKeys(s.Identity(s.ada)))
			assert.Zero(t, s.op.count("/token"), "the code goes to nobody")
		})
	}
}

// Only the session of the flow finishes what an API client has begun: its
// browser, whosever it is, is sent on to the client and links nothing.
func TestTheBrowserOfAnAPIClientLinksNothing(t *testing.T) {
	s := newFixture(t)
	c := s.SignIn(s.ada, respond.API)
	f := start(c)
	callback := s.op.signIn(s.begin(c, f), "ada-there")
	eve := s.AddIdentity("eve@example.com", "the horse of eve")
	for _, b := range []*settingstest.Client{s.Anonymous(respond.Page), s.SignIn(s.ada, respond.Page), s.SignIn(eve, respond.Page)} {
		a := b.Get(with(t, callback, setting("error_description", "call 555-0123")))
		require.Equal(t, http.StatusSeeOther, a.Status)
		to := query(t, a.Location)
		q := query(t, callback)
		assert.Equal(t, url.Values{"flow": {f.ID}, "state": q["state"], "code": q["code"]}, to)
		assert.True(t, strings.HasPrefix(a.Location, back+"?"), a.Location)
	}
	assert.Empty(t, s.linked(s.ada))
	assert.Empty(t, s.linked(eve))
	assert.Zero(t, s.op.count("/token"))
	s.saved(c, f, s.comeBack(c, f, callback))
	assert.Equal(t, []string{"one:ada-there"}, s.linked(s.ada))
}

// Of many tabs that come back at once, one finishes.
func TestAStateAtOnce(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		s := newFixtureWith(t, func(c *settings.Config) { c.KeepOtherSessions = true }, func(_ *fixture, c *oidc.Config) { c.Providers[0].SeveralAccounts = true })
		c := s.SignIn(s.ada, kind)
		f := start(c)
		callback := s.op.signIn(s.begin(c, f), "ada-there")
		q := query(t, callback)
		done := make(chan int, 8)
		for range cap(done) {
			tab := c.Copy()
			go func() {
				if kind == respond.API {
					done <- tab.Submit(f, fields{"method": "oidc", "state": q.Get("state"), "code": q.Get("code")}).Status
					return
				}
				done <- browser(tab).Get(callback).Status
			}()
		}
		for range cap(done) {
			<-done
		}
		assert.Equal(t, []string{"one:ada-there"}, s.linked(s.ada))
		assert.Equal(t, 1, s.op.count("/token"))
	})
}

// A code that is given to another state is not that state's: PKCE and the nonce
// tell (RFC 9700, section 4.5).
func TestACodeOfAnotherState(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		s := newFixture(t)
		eve := s.SignIn(s.AddIdentity("eve@example.com", "the horse of eve"), respond.API)
		hers := query(t, s.op.signIn(s.begin(eve, start(eve)), "eve-there")).Get("code")
		c := s.SignIn(s.ada, kind)
		f, was := start(c), s.Snapshot(s.ada)
		callback := with(t, s.op.signIn(s.begin(c, f), "ada-there"), setting("code", hers))
		s.refused(c, f, s.comeBack(c, f, callback), "4000001")
		assert.Equal(t, was, s.Snapshot(s.ada))
	})
}
