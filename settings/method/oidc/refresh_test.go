package oidc_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/method/oidc"
)

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// Somebody who is signed in signs in again by a provider. That counts only if the
// provider says that they have proved who they are since: they, or who sits at their
// browser, may have come back by a session that is open there.
func TestASignInAgain(t *testing.T) {
	trusting := func(_ *fixture, c *oidc.Config) { c.Providers[0].InsecureTrustPrompt = true }
	strict := func(*fixture, *oidc.Config) {}
	at := func(fromNow time.Duration) func(o *op) any {
		return func(o *op) any { return o.now().Add(fromNow).Unix() }
	}
	for name, row := range map[string]struct {
		config   func(*fixture, *oidc.Config)
		authTime func(o *op) any
		renewed  bool
	}{
		"proved now":              {strict, at(0), true},
		"proved at the beginning": {strict, at(-time.Minute), true},
		"proved ten seconds before, where clocks differ":       {strict, at(-time.Minute - 10*time.Second), true},
		"proved eleven seconds before":                         {strict, at(-time.Minute - 11*time.Second), false},
		"proved in the morning":                                {strict, at(-4 * time.Hour), false},
		"proved a minute from now, where clocks differ":        {strict, at(time.Minute), true},
		"proved in two minutes":                                {strict, at(2 * time.Minute), false},
		"it does not say when":                                 {strict, func(*op) any { return nil }, false},
		"it says so as a text":                                 {strict, func(o *op) any { return o.now().Format(time.RFC3339) }, false},
		"it says the year nought":                              {strict, func(*op) any { return 0 }, false},
		"it says what is no time":                              {strict, func(*op) any { return 1e300 }, false},
		"it does not say when, and is trusted aloud":           {trusting, func(*op) any { return nil }, true},
		"proved in the morning, and the prompt trusted aloud":  {trusting, at(-4 * time.Hour), false},
		"proved now, and the prompt trusted aloud":             {trusting, at(0), true},
		"the claim in capitals, which is another one's":        {strict, func(*op) any { return nil }, false},
		"the second in a fraction, as some libraries write it": {strict, func(o *op) any { return float64(o.now().Unix()) + 0.5 }, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLogin(t, row.config, func(_ *fixture, c *oidc.Config) {
				c.Providers[0].AuthURLParams = map[string]string{"prompt": "select_account", "hd": "example.com"}
			})
			c := l.SignIn(l.ada, respond.Page, aal.OIDC)
			before, _ := l.current(c)
			l.Clock.Advance(time.Hour)
			away := l.leave(c, "one", "refresh=true")
			q := query(t, away)
			assert.Equal(t, []string{"login"}, q["prompt"], "not what the host has for a first sign-in")
			assert.Equal(t, []string{"0"}, q["max_age"])
			assert.Equal(t, "example.com", q.Get("hd"))
			l.Clock.Advance(time.Minute)
			l.op.claims = func(c map[string]any) {
				if c["auth_time"] = row.authTime(l.op); strings.Contains(name, "capitals") {
					c["AUTH_TIME"] = l.op.now().Unix()
				}
			}
			l.come(c, l.op.signIn(away, "ada-there"))
			require.NoError(t, l.err)
			assert.Equal(t, !row.renewed, l.came.NotRefreshed)
			assert.True(t, l.came.Asked.Refresh)
			now, has := l.current(c)
			require.True(t, has)
			if row.renewed {
				assert.Equal(t, l.Clock.Now(), now.Session.AuthenticatedAt)
				assert.Empty(t, now.Stale(15*time.Minute))
				return
			}
			assert.Equal(t, before.Session, now.Session, "it stays as old as it was")
			assert.Equal(t, before.Session.ID, l.came.Session.ID)
		})
	}
}

// That a proof is to be made anew follows from the session, not from a parameter that
// can be left out, nor from a cookie that can be put back.
func TestASignInAgainThatSaysItIsNone(t *testing.T) {
	l := newLogin(t)
	c := l.SignIn(l.ada, respond.Page)
	before, _ := l.current(c)
	l.Clock.Advance(time.Hour)
	require.NoError(t, l.goThrough(c, "ada-there", ""))
	assert.True(t, l.came.NotRefreshed)

	out := l.stranger()
	callback := l.op.signIn(l.leave(out, "one", ""), "ada-there")
	here := &url.URL{Scheme: "https", Host: "app.example.com", Path: "/"}
	out.Jar.SetCookies(here, c.Jar.Cookies(here))
	l.op.claims = func(c map[string]any) { c["auth_time"] = l.op.now().Unix() }
	l.come(out, callback)
	require.NoError(t, l.err)
	assert.True(t, l.came.NotRefreshed)
	now, _ := l.current(out)
	assert.Equal(t, before.Session, now.Session)
}

// Somebody else's login is no refresh: it is another sign-in, and the old session ends.
func TestASignInAsSomebodyElse(t *testing.T) {
	l := newLogin(t)
	grace := l.AddIdentity("grace@example.com", "the horse of grace")
	l.add(grace, oidc.Account{Provider: "one", Issuer: l.op.URL, Subject: "grace-there", LinkedAt: l.Clock.Now()})
	c := l.SignIn(l.ada, respond.Page)
	old := c.Copy()
	require.NoError(t, l.goThrough(c, "grace-there", ""))
	now, _ := l.current(c)
	assert.Equal(t, grace, now.Identity.ID)
	_, has := l.current(old)
	assert.False(t, has)
}

// A change that waits for its user to sign in again goes on, and only then.
func TestAChangeWaitsForASignInByAProvider(t *testing.T) {
	for name, proved := range map[string]bool{"who proves it anew": true, "who comes back by a session that is open there": false} {
		t.Run(name, func(t *testing.T) {
			l := newLogin(t)
			c := l.SignIn(l.ada, respond.Page, aal.OIDC)
			f := c.Start()
			l.Clock.Advance(time.Hour - time.Minute)
			l.Secret("new password", "a horse of another colour")
			a := c.Submit(f, fields{"method": "password", "password": "a horse of another colour"})
			login, err := url.Parse(a.Location)
			require.NoError(t, err)
			require.Equal(t, "true", login.Query().Get("refresh"), a.Location)
			l.Clock.Advance(10 * time.Second)
			if proved {
				l.op.claims = func(c map[string]any) { c["auth_time"] = l.op.now().Unix() }
			}
			require.NoError(t, l.goThrough(c, "ada-there", login.RawQuery))
			require.Equal(t, !proved, l.came.NotRefreshed)
			require.NotEmpty(t, l.came.Asked.ReturnTo)
			c.Get(l.came.Asked.ReturnTo)
			assert.Equal(t, proved, l.PasswordIs(l.ada, "a horse of another colour"))
			assert.Equal(t, !proved, l.PasswordIs(l.ada, "correct horse battery"))
		})
	}
}
