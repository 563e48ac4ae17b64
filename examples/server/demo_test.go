package main_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ada = `{"traits":{"email":"ada@example.com"},"password":"correct horse battery staple"}`

func TestTheDemoAPIIsForScriptsOfThisMachine(t *testing.T) {
	p := start(t)
	port := p.public[strings.LastIndex(p.public, ":"):]
	for _, c := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"a page of another origin", []string{"Origin", "https://evil.example"}, 403},
		{"a page of another port of this machine", []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"a page without an origin", []string{"Origin", "null"}, 403},
		{"a page of another site, by the browser's word", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a page of the same site, by the browser's word", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"a name that was let point here", []string{"Host", "evil.example" + port}, 403},
		{"a name that was let point here, with its page as origin", []string{"Host", "evil.example" + port, "Origin", "http://evil.example" + port, "Sec-Fetch-Site", "same-origin"}, 403},
		{"a name that begins like an address", []string{"Host", "127.0.0.1.evil.example" + port}, 403},
		{"a name that begins like localhost", []string{"Host", "localhost.evil.example"}, 403},
		{"an address of the network", []string{"Host", "192.0.2.1" + port}, 403},
		{"a form, which any page can send", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		{"text, which any page can send", []string{"Content-Type", "text/plain"}, 415},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newClient(t).json(p.public+"/demo/identities", ada, c.headers...)
			assert.Equal(t, c.status, r.Status, r.Body)
			assert.Empty(t, r.Header.Get("Access-Control-Allow-Origin"))
		})
	}
	assert.False(t, p.knows(email, oldPassword), "none of them made anybody")
	for n, host := range []string{"127.0.0.1" + port, "localhost" + port, "localhost", "[::1]" + port} {
		name := strings.Repeat("a", n+1)
		r := newClient(t).json(p.public+"/demo/identities", `{"traits":{"username":"`+name+`"}}`, "Host", host)
		assert.Equal(t, 201, r.Status, host)
	}
}

func TestWithoutDemoThereIsNone(t *testing.T) {
	p := start(t, "-demo=false")
	for _, path := range []string{"/demo/identities", "/demo/sessions", "/demo/verify"} {
		assert.Equal(t, "not_found", newClient(t).json(p.public+path, ada).errorID(404), path)
	}
}

func TestDemoIdentities(t *testing.T) {
	p := start(t)
	c := newClient(t)
	for _, row := range []struct {
		name, body string
		status     int
	}{
		{"an e-mail address and a password", ada, 201},
		{"the same address", ada, 409},
		{"the same address in capitals", `{"traits":{"email":"ADA@EXAMPLE.COM"}}`, 409},
		{"the address as a user name", `{"traits":{"username":"ada@example.com"}}`, 409},
		{"a user name, and no password", `{"traits":{"username":"grace"}}`, 201},
		{"nothing to sign in with", `{"traits":{}}`, 201},
		{"a schema and linked logins", `{"traits":{"email":"e@example.com"},"schema_id":"person","oidc":[["google","1"],["github","1"]]}`, 201},
		{"a linked login that is somebody else's", `{"traits":{},"oidc":[["google","1"]]}`, 409},
		{"no traits", `{"password":"correct horse battery staple"}`, 400},
		{"traits that are null", `{"traits":null}`, 400},
		{"traits that are a list", `{"traits":[]}`, 400},
		{"a linked login without a subject", `{"traits":{},"oidc":[["google"]]}`, 400},
		{"a linked login with an empty subject", `{"traits":{},"oidc":[["google",""]]}`, 400},
		{"a linked login of three parts", `{"traits":{},"oidc":[["google","2","3"]]}`, 400},
		{"a field that does not exist", `{"traits":{},"passwort":"x"}`, 400},
		{"a password that is a number", `{"traits":{},"password":12345678}`, 400},
		{"two objects", `{"traits":{}}{"traits":{}}`, 400},
		{"half an object", `{"traits":{}`, 400},
		{"nothing", "", 400},
		{"too much", `{"traits":{"bio":"` + strings.Repeat("x", 64<<10) + `"}}`, 413},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := c.json(p.public+"/demo/identities", row.body)
			require.Equal(t, row.status, r.Status, r.Body)
			var body struct {
				ID    string
				Error struct{ Message string }
			}
			r.decode(row.status, &body)
			assert.Equal(t, row.status == 201, body.ID != "")
			assert.Equal(t, row.status != 201, body.Error.Message != "")
			assert.NotContains(t, r.Body, "12345678")
		})
	}
}

func TestDemoVerify(t *testing.T) {
	p := start(t)
	p.identity(email)
	p.script().json(p.public+"/demo/identities", `{"traits":{"email":"grace@example.com","username":"grace"}}`)
	assert.True(t, p.knows(email, oldPassword))
	assert.True(t, p.knows(" ADA@example.com ", oldPassword), "as somebody types it")
	assert.False(t, p.knows(email, newPassword))
	assert.False(t, p.knows(email, ""))
	assert.False(t, p.knows("grace", ""), "no password is not the empty one")
	assert.False(t, p.knows("nobody@example.com", oldPassword))
	assert.False(t, p.knows("", oldPassword))
}

func TestDemoSessions(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	sessions := p.public + "/demo/sessions"
	byID := `{"identity_id":"` + id + `","methods":["password"]`

	t.Run("the answer has the token and the cookie of one session", func(t *testing.T) {
		browser := newClient(t)
		s := p.session(browser, id)
		assert.Equal(t, s.ID, p.whoami(browser).ID)
		assert.Equal(t, s.ID, p.whoami(newClient(t), "X-Session-Token", s.Token).ID)
		assert.Equal(t, id, p.whoami(browser).Identity.ID)
	})
	t.Run("a session that came with the request goes on", func(t *testing.T) {
		browser := newClient(t)
		first := p.session(browser, id)
		second := p.session(browser, id)
		assert.Equal(t, second.ID, p.whoami(browser).ID)
		assert.Equal(t, first.ID, p.whoami(newClient(t), "X-Session-Token", first.Token).ID)
	})
	t.Run("it was authenticated when the script says", func(t *testing.T) {
		browser := newClient(t)
		p.session(browser, id, `,"authenticated_at":"2020-01-02T03:04:05Z"`)
		assert.Equal(t, time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), p.whoami(browser).AuthenticatedAt)
	})
	t.Run("a password signs in", func(t *testing.T) {
		browser := newClient(t)
		var s started
		browser.json(sessions, `{"identifier":"ada@example.com","password":"correct horse battery staple"}`).decode(201, &s)
		assert.Equal(t, s.ID, p.whoami(browser).ID)
	})
	for _, row := range []struct {
		name, body string
		status     int
	}{
		{"a wrong password", `{"identifier":"ada@example.com","password":"four other words entirely"}`, 401},
		{"nobody's password", `{"identifier":"nobody@example.com","password":"correct horse battery staple"}`, 401},
		{"an identity that does not exist", `{"identity_id":"1","methods":["password"]}`, 404},
		{"no methods", `{"identity_id":"` + id + `"}`, 400},
		{"an empty list of methods", `{"identity_id":"` + id + `","methods":[]}`, 400},
		{"a method that does not exist", `{"identity_id":"` + id + `","methods":["password","magic"]}`, 400},
		{"a second factor alone", `{"identity_id":"` + id + `","methods":["totp"]}`, 400},
		{"second factors alone", `{"identity_id":"` + id + `","methods":["webauthn","lookup_secret"]}`, 400},
		{"both ways at once", byID + `,"identifier":"ada@example.com","password":"correct horse battery staple"}`, 400},
		{"neither", `{}`, 400},
		{"a time that is none", byID + `,"authenticated_at":"yesterday"}`, 400},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newClient(t).json(sessions, row.body)
			assert.Equal(t, row.status, r.Status, r.Body)
			assert.Empty(t, r.Header.Get("Set-Cookie"))
		})
	}
}

func TestDemoEndsSessions(t *testing.T) {
	p := start(t)
	p.identity("grace@example.com")
	id := p.identity(email)
	end := func(id string) int { return newClient(t).send("DELETE", p.public+"/demo/sessions/"+id, "", "").Status }

	browser, other := newClient(t), newClient(t)
	s := p.session(browser, id)
	p.session(other, id)
	assert.Equal(t, 204, end(s.ID))
	assert.Nil(t, p.whoami(browser))
	assert.NotNil(t, p.whoami(other))
	assert.Equal(t, 404, end(s.ID), "it is gone")

	r := browser.prove(p.public+"/login", url.Values{"method": {"password"}, "identifier": {email}, "password": {oldPassword}})
	r.location(303)
	assert.Equal(t, 204, end(p.whoami(browser).ID), "one of the login page")
	assert.Nil(t, p.whoami(browser))
}

func TestDemoDeletesCredentials(t *testing.T) {
	p := start(t)
	var made struct{ ID string }
	p.script().json(p.public+"/demo/identities", `{"traits":{"email":"ada@example.com"},"password":"correct horse battery staple","oidc":[["google","1"]]}`).decode(201, &made)
	remove := func(id, method string) int {
		return newClient(t).send("DELETE", p.public+"/demo/identities/"+id+"/credentials/"+method, "", "").Status
	}
	browser := newClient(t)
	p.session(browser, made.ID)

	assert.Equal(t, 204, remove(made.ID, "oidc"))
	assert.Equal(t, 404, remove(made.ID, "oidc"), "it is gone")
	assert.Equal(t, 201, p.script().json(p.public+"/demo/identities", `{"traits":{},"oidc":[["google","1"]]}`).Status, "and anybody's again")
	assert.True(t, p.knows(email, oldPassword))

	assert.Equal(t, 204, remove(made.ID, "password"))
	assert.Equal(t, 404, remove(made.ID, "password"), "it is gone")
	assert.False(t, p.knows(email, oldPassword))
	assert.NotNil(t, p.whoami(browser), "sessions go on")

	assert.Equal(t, 404, remove(made.ID, "totp"))
	assert.Equal(t, 404, remove("1", "password"))
}
