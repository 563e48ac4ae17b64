package main_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings"
)

// app is an app's session, and its flow.
func (p *process) app(id string, more ...string) (*client, settingsFlow) {
	p.t.Helper()
	c := newClient(p.t, "X-Session-Token", p.session(newClient(p.t), id, more...).Token)
	var f settingsFlow
	c.get(p.public+"/self-service/settings/api").decode(200, &f)
	return c, f
}

// page is a browser's session, its flow, and the fields of a change of
// password.
func (p *process) page(id string, parameters ...string) (*client, settingsFlow, url.Values) {
	p.t.Helper()
	c := newClient(p.t)
	p.session(c, id)
	var f settingsFlow
	c.get(p.public+"/self-service/settings/browser?"+strings.Join(parameters, "&"), "Accept", "application/json").decode(200, &f)
	token, _ := f.value("csrf_token").(string)
	return c, f, url.Values{"method": {"password"}, "password": {newPassword}, "csrf_token": {token}}
}

func TestLifespans(t *testing.T) {
	for _, c := range []struct {
		name             string
		flags            []string
		flowFor, sessFor time.Duration
	}{
		{"by default", nil, time.Hour, 24 * time.Hour},
		{"as asked for", []string{"-lifespan", "10m", "-session-lifespan", "2h"}, 10 * time.Minute, 2 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := start(t, c.flags...)
			app, flow := p.app(p.identity(email))
			assert.Equal(t, c.flowFor, flow.ExpiresAt.Sub(flow.IssuedAt))
			s := p.whoami(app)
			assert.Equal(t, c.sessFor, s.ExpiresAt.Sub(s.IssuedAt))
		})
	}
}

func TestPrivilegedMaxAge(t *testing.T) {
	short := start(t, "-privileged-max-age", "1m")
	app, flow := short.app(short.identity(email), ago(2*time.Minute))
	assert.Equal(t, "session_refresh_required", app.json(flow.UI.Action, body(newPassword)).errorID(403))
	assert.True(t, short.knows(email, oldPassword))

	standard := start(t)
	id := standard.identity(email)
	app, flow = standard.app(id, ago(16*time.Minute))
	assert.Equal(t, "session_refresh_required", app.json(flow.UI.Action, body(newPassword)).errorID(403))
	app, flow = standard.app(id, ago(2*time.Minute))
	assert.Equal(t, 200, app.json(flow.UI.Action, body(newPassword)).Status)
}

func TestMinPasswordLength(t *testing.T) {
	p := start(t, "-min-password-length", "12")
	app, flow := p.app(p.identity(email))
	var refused settingsFlow
	app.json(flow.UI.Action, body("elevenchars")).decode(400, &refused)
	require.Equal(t, []int64{4000032}, refused.messages())
	assert.Equal(t, 200, app.json(flow.UI.Action, body("twelve chars")).Status)
}

func TestKeepOtherSessions(t *testing.T) {
	p := start(t, "-keep-other-sessions")
	id := p.identity(email)
	other := newClient(t)
	p.session(other, id)
	app, flow := p.app(id)
	assert.Equal(t, 200, app.json(flow.UI.Action, body(newPassword)).Status)
	assert.NotNil(t, p.whoami(other))
}

func TestEveryMethodCanBeDisabled(t *testing.T) {
	p := start(t, "-disable", "password,profile,totp,lookup_secret,webauthn,passkey", "-disable", "oidc", "-after", "password=https://app.example.com/")
	app, flow := p.app(p.identity(email))
	require.Len(t, flow.UI.Nodes, 1)
	assert.Equal(t, "csrf_token", flow.UI.Nodes[0].Attributes.Name)
	assert.Equal(t, "self_service_flow_disabled", app.json(flow.UI.Action, body(newPassword)).errorID(404))
	assert.True(t, p.knows(email, oldPassword))

	var unknown, stand settingsFlow
	app.json(flow.UI.Action, `{"method":"magic"}`).decode(400, &unknown)
	app.json(flow.UI.Action, `{"method":"nothing"}`).decode(400, &stand)
	assert.Equal(t, []int64{4010004}, unknown.messages())
	assert.Equal(t, unknown.messages(), stand.messages())
}

func TestDisablingOneMethodLeavesTheOthers(t *testing.T) {
	p := start(t, "-disable", "totp,oidc")
	app, flow := p.app(p.identity(email))
	assert.Equal(t, "self_service_flow_disabled", app.json(flow.UI.Action, `{"method":"totp","totp_code":"123456"}`).errorID(404))
	assert.Equal(t, 200, app.json(flow.UI.Action, body(newPassword)).Status)
}

func TestWhereAPageGoesAfterAChange(t *testing.T) {
	const all, one, asked = "https://app.example.com/all", "https://app.example.com/one", "https://app.example.com/asked"
	for _, c := range []struct {
		name     string
		flags    []string
		returnTo string
		leadsTo  string // "" is the settings page
	}{
		{"the settings page", nil, "", ""},
		{"the after-URL", []string{"-after-url", all}, "", all},
		{"the method's own, before that", []string{"-after-url", all, "-after", "password=" + one, "-after", "totp=" + all}, "", one},
		{"not another method's", []string{"-after", "totp=" + all}, "", ""},
		{"the flow's return_to, before all", []string{"-after-url", all, "-after", "password=" + one, "-allow-return-to", "https://other.example", "-allow-return-to", asked}, asked, asked},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := start(t, c.flags...)
			page, flow, fields := p.page(p.identity(email), "return_to="+url.QueryEscape(c.returnTo))
			if c.leadsTo == "" {
				c.leadsTo = p.public + "/settings?flow=" + flow.ID
			}
			assert.Equal(t, c.leadsTo, page.form(flow.UI.Action, fields).location(303))
		})
	}
}

func TestPagesElsewhere(t *testing.T) {
	p := start(t, "-ui-url", "https://ui.example.com/settings?a=b", "-login-url", "https://ui.example.com/login", "-error-url", "https://ui.example.com/error")
	assert.Equal(t, "https://ui.example.com/login", withoutQuery(newClient(t).get(p.public+"/self-service/settings/browser").location(303)))
	page, flow, fields := p.page(p.identity(email))
	assert.Equal(t, "https://ui.example.com/settings?a=b&flow="+flow.ID, page.get(p.public+"/self-service/settings?flow="+flow.ID).location(303))
	failed := page.form(flow.UI.Action, url.Values{"method": {"password"}, "password": {newPassword}}).location(303)
	assert.Equal(t, "https://ui.example.com/error", withoutQuery(failed))

	// The page that shows the form may submit it; no other may.
	failed = page.form(flow.UI.Action, fields, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site").location(303)
	assert.Equal(t, "https://ui.example.com/error", withoutQuery(failed))
	assert.True(t, p.knows(email, oldPassword))
	done := page.form(flow.UI.Action, fields, "Origin", "https://ui.example.com", "Sec-Fetch-Site", "cross-site").location(303)
	assert.Equal(t, "https://ui.example.com/settings", withoutQuery(done))
	assert.True(t, p.knows(email, newPassword))
}

func TestTheErrorPage(t *testing.T) {
	p := start(t)
	person := newPerson(t)
	p.session(person.client, p.identity(email))
	at := person.open(p.public + "/self-service/settings/browser?return_to=https://evil.example/")
	assert.Equal(t, p.public+"/error", withoutQuery(at))
	assert.Contains(t, person.page, `data-id="security_identity_mismatch"`)
	assert.Equal(t, 404, person.get(p.public+"/error?id=1").Status)
	assert.Equal(t, 404, person.get(p.public+"/error").Status)
}

func TestResponses(t *testing.T) {
	for _, c := range []struct {
		table, login string
		status       int // of a page's submit without a session
		token        bool
	}{
		{"documented", "/login", 303, true},
		{"kratos", "/self-service/login/browser", 302, false},
	} {
		t.Run(c.table, func(t *testing.T) {
			p := start(t, "-responses", c.table)
			id := p.identity(email)
			app, flow := p.app(id)
			r := newClient(t).form(flow.UI.Action, url.Values{"method": {"password"}})
			assert.Equal(t, p.public+"/login", withoutQuery(r.location(c.status)))
			assert.Equal(t, p.public+c.login, withoutQuery(newClient(t).get(p.public+"/self-service/settings/browser").location(303)))
			var done settingsFlow
			app.json(flow.UI.Action, body(newPassword)).decode(200, &done)
			assert.Equal(t, c.token, done.SessionToken != "")
			assert.Equal(t, c.token, len(done.ContinueWith) == 1, "and beside it; like Kratos, an app keeps the token it has")

			person := newPerson(t)
			person.open(p.public + "/self-service/settings/browser")
			assert.Contains(t, person.page, `name="identifier"`, "both lead to the login page")
		})
	}
}

func TestAPublicURLWithAPath(t *testing.T) {
	p := start(t, "-public-url", "https://app.example.com/auth/")
	assert.Equal(t, "https://app.example.com/auth", p.public, "without the slash at the end")
	c := newClient(t)
	for path, status := range map[string]int{
		"/auth/login": 200, "/auth/": 200, "/auth/sessions/whoami": 401,
		"/login": 200, "/sessions/whoami": 401, // from a proxy that has taken the path away
		"/auth": 404, "/authlogin": 404, "/authx/login": 404, "/auth/auth/login": 404, "//auth/login": 404,
	} {
		r := c.get(p.at + path)
		assert.Equal(t, status, r.Status, path)
		assert.Empty(t, r.Header.Get("Location"), path)
	}
	assert.Equal(t, p.public+"/login", withoutQuery(c.get(p.at+"/auth/self-service/settings/browser").location(303)))
	assert.Equal(t, p.public+"/login", withoutQuery(c.get(p.at+"/auth/settings").location(303)))
	assert.Equal(t, 201, c.json(p.at+"/auth/demo/identities", ada).Status)
	assert.Equal(t, p.public+"/", signIn(&process{public: p.at + "/auth"}, c, email, oldPassword, "").location(303))
}

func TestPathsAreNotCleaned(t *testing.T) {
	p := start(t)
	for _, path := range []string{
		"//self-service/settings/api", "/self-service/../self-service/settings/api", "/./login", "//login", "/x/../login", "/login/", "/self-service/settings/api/", "/%2e/login",
	} {
		r := newClient(t).get(p.public + path)
		assert.Equal(t, 404, r.Status, path)
		assert.Empty(t, r.Header.Get("Location"), path)
	}
}

func TestCookies(t *testing.T) {
	const told = "Cookies without Secure"
	for _, c := range []struct {
		name   string
		flags  []string
		secure bool
		told   bool
	}{
		{"plain http on this machine needs no flag, and says so", nil, false, true},
		{"https", []string{"-public-url", "https://app.example.com"}, true, false},
		{"https on this machine", []string{"-public-url", "https://localhost:1"}, true, false},
		{"plain http for others, as asked for", []string{"-public-url", "http://app.example.com", "-insecure-cookies"}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := start(t, c.flags...)
			assert.Equal(t, c.told, strings.HasPrefix(p.awaitLine(map[bool]string{true: told, false: "Make"}[c.told]), told))
			var made struct{ ID string }
			newClient(t).json(p.at+"/demo/identities", ada).decode(201, &made)
			cookie := newClient(t).json(p.at+"/demo/sessions", fmt.Sprintf(`{"identity_id":%q,"methods":["password"]}`, made.ID)).Header.Get("Set-Cookie")
			assert.Equal(t, c.secure, strings.Contains(cookie, "; Secure"), cookie)
			assert.Equal(t, c.secure, strings.HasPrefix(cookie, "__Host-"), cookie)
			assert.Contains(t, cookie, "; HttpOnly")
			assert.Contains(t, cookie, "; SameSite=Lax")
		})
	}
}

func TestThePasswordManagersURL(t *testing.T) {
	p := start(t)
	assert.Equal(t, p.public+"/settings", newClient(t).get(p.public+"/.well-known/change-password").location(303))
	assert.Equal(t, 405, newClient(t).json(p.public+"/.well-known/change-password", "{}").Status)
}

func TestKeysOutliveTheProcess(t *testing.T) {
	first, second := base64.StdEncoding.EncodeToString(settings.NewKey()), base64.StdEncoding.EncodeToString(settings.NewKey())
	before := startWithKeys(t, first)
	c := newClient(t, "Accept", "text/html")
	before.session(c, before.identity(email))
	at := c.get(before.public + "/self-service/settings/browser?return_to=https://evil.example/").location(303)
	sealed := "/self-service/errors?id=" + query(t, at, "id")

	after := startWithKeys(t, second+" , "+first)
	assert.Equal(t, 200, newClient(t).get(after.public+sealed).Status, "a new key before the old one still opens")
	assert.Equal(t, 404, newClient(t).get(start(t).public+sealed).Status, "a key of its own does not")
}

// What the library finds in how the server is set up is printed.
func TestWhatTheServerFindsAtItsStart(t *testing.T) {
	assert.Contains(t, start(t, "-keep-other-sessions").awaitLine("Look at this:"), "KeepOtherSessions is on")
	assert.Contains(t, start(t, "-ui-url", "http://localhost:3000/settings").awaitLine("This will not work:"), "UIURL is on the host localhost")
}
