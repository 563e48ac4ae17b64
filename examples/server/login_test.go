package main_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func signIn(p *process, c *client, email, password, returnTo string) reply {
	return c.prove(p.public+"/login?return_to="+url.QueryEscape(returnTo), url.Values{"method": {"password"}, "identifier": {email}, "password": {password}})
}

var tokenField = regexp.MustCompile(`name="csrf_token" value="([^"]*)"`)

// prove sends a form of the login page at a URL, with the token of that page.
func (c *client) prove(at string, fields url.Values, headers ...string) reply {
	c.t.Helper()
	token := tokenField.FindStringSubmatch(c.get(at).Body)
	require.NotNil(c.t, token)
	fields.Set("csrf_token", token[1])
	return c.form(at, fields, headers...)
}

func TestSigningInAgain(t *testing.T) {
	p := start(t)
	ada, grace := p.identity(email), p.identity("grace@example.com")
	token := func(s started) []string { return []string{"X-Session-Token", s.Token} }

	t.Run("the same person goes on with the session, as a new one", func(t *testing.T) {
		c := newClient(t)
		before := p.session(c, ada, ago(time.Hour))
		old := p.whoami(c)
		signIn(p, c, email, oldPassword, "").location(303)
		p.replaced(c, before)
		now := p.whoami(c)
		assert.Equal(t, old.IssuedAt, now.IssuedAt)
		assert.True(t, now.AuthenticatedAt.After(old.AuthenticatedAt))
	})
	t.Run("another person gets another session, and the old one ends", func(t *testing.T) {
		c := newClient(t)
		before := p.session(c, ada)
		signIn(p, c, "grace@example.com", oldPassword, "").location(303)
		now := p.whoami(c)
		require.NotNil(t, now)
		assert.NotEqual(t, before.ID, now.ID)
		assert.Equal(t, grace, now.Identity.ID)
		assert.Nil(t, p.whoami(newClient(t), token(before)...))
	})
	t.Run("a wrong password changes nothing", func(t *testing.T) {
		c := newClient(t)
		before := p.session(c, ada)
		assert.Equal(t, 401, signIn(p, c, email, newPassword, "").Status)
		assert.Equal(t, before.ID, p.whoami(c).ID)
	})
	t.Run("a token that nobody issued is not adopted", func(t *testing.T) {
		c := newClient(t)
		planted := "amd_st_" + strings.Repeat("A", 46)
		r := c.prove(p.public+"/login", url.Values{"method": {"password"}, "identifier": {email}, "password": {oldPassword}}, "Cookie", "amend_session="+planted)
		r.location(303)
		assert.NotContains(t, r.Header.Get("Set-Cookie"), planted)
		assert.Nil(t, p.whoami(newClient(t), "X-Session-Token", planted))
	})
}

func TestClientsOfKratosBeginALogin(t *testing.T) {
	p := start(t)
	at := newClient(t).get(p.public + "/self-service/login/browser?refresh=true&aal=aal2&return_to=" + url.QueryEscape(p.public+"/settings?a=b") + "&other=1").location(303)
	assert.Equal(t, p.public+"/login", withoutQuery(at))
	assert.Equal(t, "true", query(t, at, "refresh"))
	assert.Equal(t, "aal2", query(t, at, "aal"))
	assert.Equal(t, p.public+"/settings?a=b", query(t, at, "return_to"))
	assert.Empty(t, query(t, at, "other"))

	elsewhere := start(t, "-login-url", "https://app.example.com/login?tenant=1&aal=aal1")
	at = newClient(t).get(elsewhere.public + "/self-service/login/browser?refresh=true&aal=aal2&tenant=2").location(303)
	assert.Equal(t, "https://app.example.com/login", withoutQuery(at))
	assert.Equal(t, "1", query(t, at, "tenant"), "what the login page was configured with stays")
	assert.Equal(t, "true", query(t, at, "refresh"))
}

func TestLogout(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	link := func(c *client) string {
		var l struct {
			URL   string `json:"logout_url"`
			Token string `json:"logout_token"`
		}
		c.get(p.public+"/self-service/logout/browser").decode(200, &l)
		assert.Equal(t, p.public+"/self-service/logout", withoutQuery(l.URL))
		assert.Equal(t, l.Token, query(t, l.URL, "token"))
		require.NotEmpty(t, l.Token)
		return l.URL
	}

	page := newClient(t)
	s := p.session(page, id)
	assert.Equal(t, p.public+"/login", page.get(link(page)).location(303))
	assert.Nil(t, p.whoami(page))
	assert.Nil(t, p.whoami(newClient(t), "X-Session-Token", s.Token), "it is over for whoever kept the token, too")
	assert.Equal(t, 401, page.get(p.public+"/self-service/logout/browser").Status)
	assert.Equal(t, p.public+"/login", page.get(p.public+"/self-service/logout").location(303), "who is out already is out")

	script := newClient(t, "Accept", "application/json")
	p.session(script, id)
	assert.Equal(t, 204, script.get(link(script)).Status)
	assert.Nil(t, p.whoami(script))

	victim, attacker := newClient(t), newClient(t)
	p.session(victim, id)
	p.session(attacker, id)
	asked := p.public + "/self-service/logout"
	for name, token := range map[string]string{"no token": "", "a token of another session": query(t, link(attacker), "token"), "no base64": "*"} {
		to := asked + "?token=" + url.QueryEscape(token)
		assert.Equal(t, p.public+"/logout", victim.get(to).location(303), name+": the page that asks")
		assert.Equal(t, 403, victim.get(to, "Accept", "application/json").Status, name)
		assert.Equal(t, 403, victim.form(asked, url.Values{"token": {token}}).Status, name)
		assert.Equal(t, 403, victim.form(to, nil).Status, name)
		assert.NotNil(t, p.whoami(victim), name)
	}
}

func TestThePagesLogOutByAForm(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	for name, page := range map[string]string{"home": "/", "the question that a link without a token leads to": "/self-service/logout"} {
		t.Run(name, func(t *testing.T) {
			v := newPerson(t)
			p.session(v.client, id)
			v.open(p.public + page)
			assert.NotContains(t, v.page, "/self-service/logout?")
			assert.Equal(t, p.public+"/login", v.submit("csrf_token", tokenField.FindStringSubmatch(v.page)[1]))
			assert.Nil(t, p.whoami(v.client))
		})
	}
}
