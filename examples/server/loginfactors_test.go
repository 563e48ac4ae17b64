package main_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// level is the assurance level of a person's session, "" without one. Of a session
// below the level that its account requires nobody is told more than that.
func (p *process) level(v *person) string {
	p.t.Helper()
	if r := v.get(p.public + "/sessions/whoami"); r.Status == 403 {
		require.Equal(p.t, "session_aal2_required", r.errorID(403))
		return "aal1"
	}
	if s := p.whoami(v.client); s != nil {
		return s.Level
	}
	return ""
}

// token is the token of a person's session.
func (v *person) token(p *process) string {
	v.t.Helper()
	u, err := url.Parse(p.public)
	require.NoError(v.t, err)
	for _, c := range v.http.Jar.Cookies(u) {
		if c.Name == "amend_session" {
			return c.Value
		}
	}
	v.t.Fatal("no session")
	return ""
}

// trigger is the value of a button that only a script can use.
func (v *person) trigger(name string) string {
	v.t.Helper()
	found := regexp.MustCompile(` name="` + name + `" value="([^"]*)"`).FindStringSubmatch(v.page)
	require.NotNil(v.t, found, v.page)
	return html.UnescapeString(found[1])
}

// usePasskey does what the page's script does with a passkey.
func (v *person) usePasskey(d planted) string {
	v.t.Helper()
	_, fields := v.formWith("passkey_login")
	return v.submit("passkey_login", d.answer(v.t, fields.Get("passkey_challenge")))
}

func TestASecondFactorIsAskedForRightAway(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	app, codes, key := p.plant(id, "totp"), p.plant(id, "lookup_secret"), p.plant(id, "webauthn")
	for n, way := range []struct {
		name string
		use  func(v *person) string
	}{
		{"a code of an app", func(v *person) string { return v.submit("totp_code", app.code(t, 0)) }},
		{"a recovery code", func(v *person) string { return v.submit("lookup_secret", codes.Codes[3]) }},
		{"a recovery code, as somebody types it", func(v *person) string {
			return v.submit("lookup_secret", strings.ToUpper(strings.ReplaceAll(codes.Codes[4], "-", " ")))
		}},
		{"a code of an app, as the app shows it", func(v *person) string {
			code := app.code(t, 1)
			return v.submit("totp_code", " "+code[:3]+" "+code[3:])
		}},
		{"a security key", func(v *person) string {
			return v.submit("webauthn_login", key.answer(t, v.trigger("webauthn_login_trigger")))
		}},
	} {
		t.Run(way.name, func(t *testing.T) {
			v := newPerson(t)
			v.open(p.public + "/settings")
			at := v.submit("identifier", email, "password", oldPassword)
			require.Equal(t, p.public+"/login", withoutQuery(at))
			assert.Equal(t, "aal2", query(t, at, "aal"))
			assert.Equal(t, "aal1", p.level(v))
			before := v.token(p)

			assert.Equal(t, p.public+"/settings", withoutQuery(way.use(v)), "where it was asked for")
			assert.Equal(t, "aal2", p.level(v))
			assert.Nil(t, p.whoami(newClient(t), "X-Session-Token", before))
			assert.Len(t, p.others(v.client), n, "of each login there is one session")
		})
	}
}

func TestAWrongSecondFactorRaisesNothing(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	app, codes, key := p.plant(id, "totp"), p.plant(id, "lookup_secret"), p.plant(id, "webauthn")
	graces := p.plant(p.identity("grace@example.com"), "totp")
	used := app.code(t, 0)
	signedIn := func(t *testing.T) *person {
		v := newPerson(t)
		v.open(p.public + "/login")
		v.submit("identifier", email, "password", oldPassword)
		return v
	}
	first := signedIn(t)
	first.submit("totp_code", used)
	first = signedIn(t)
	first.submit("lookup_secret", codes.Codes[0])
	require.Equal(t, "aal2", p.level(first))

	for _, row := range []struct {
		name   string
		status int
		fields func(v *person) url.Values
	}{
		{"a wrong code", 401, func(*person) url.Values { return url.Values{"method": {"totp"}, "totp_code": {"12345"}} }},
		{"no code", 401, func(*person) url.Values { return url.Values{"method": {"totp"}} }},
		{"a code of somebody else's app", 401, func(*person) url.Values {
			return url.Values{"method": {"totp"}, "totp_code": {graces.code(t, 0)}}
		}},
		{"a code that was used before", 401, func(*person) url.Values { return url.Values{"method": {"totp"}, "totp_code": {used}} }},
		{"a recovery code that was used before", 401, func(*person) url.Values {
			return url.Values{"method": {"lookup_secret"}, "lookup_secret": {codes.Codes[0]}}
		}},
		{"a recovery code as a code of an app", 401, func(*person) url.Values {
			return url.Values{"method": {"totp"}, "totp_code": {codes.Codes[1]}}
		}},
		{"a key that answers no challenge", 401, func(v *person) url.Values {
			return url.Values{"method": {"webauthn"}, "webauthn_login": {key.answer(t, v.trigger("webauthn_login_trigger"))}}
		}},
		{"a key from another origin", 401, func(v *person) url.Values {
			_, fields := v.formWith("webauthn_login")
			evil := key
			evil.Origin = "http://evil.localhost"
			fields.Set("webauthn_login", evil.answer(t, v.trigger("webauthn_login_trigger")))
			return fields
		}},
		{"a factor that the account does not have", 400, func(*person) url.Values { return url.Values{"method": {"code"}, "code": {"123456"}} }},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := signedIn(t)
			r := v.prove(p.public+"/login", row.fields(v))
			assert.Equal(t, row.status, r.Status, r.Body)
			assert.Contains(t, r.Body, `class="error"`)
			assert.Equal(t, "aal1", p.level(v))
		})
	}
	t.Run("an answer of a key that is sent again", func(t *testing.T) {
		v := signedIn(t)
		_, fields := v.formWith("webauthn_login")
		fields.Set("webauthn_login", key.answer(t, v.trigger("webauthn_login_trigger")))
		v.prove(p.public+"/login", fields).location(303)
		require.Equal(t, "aal2", p.level(v))
		again := signedIn(t)
		assert.Equal(t, 401, again.prove(p.public+"/login", fields).Status)
	})
}

// A second factor never starts a session, whoever has it.
func TestASecondFactorAloneIsNoLogin(t *testing.T) {
	p := start(t)
	app := p.plant(p.identity(email), "totp")
	c := newClient(t)
	at := c.prove(p.public+"/login?return_to=/settings", url.Values{"method": {"totp"}, "totp_code": {app.code(t, 0)}}).location(303)
	assert.Equal(t, p.public+"/login", withoutQuery(at), "from the beginning")
	assert.Equal(t, "/settings", query(t, at, "return_to"))
	assert.Nil(t, p.whoami(c))
	assert.Contains(t, c.get(at).Body, `name="password"`)
}

func TestAPasskeySignsInByItself(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	p.plant(id, "totp")
	passkey := p.plant(id, "passkey")
	v := newPerson(t)
	v.open(p.public + "/settings")
	at := v.usePasskey(passkey)
	assert.Equal(t, p.public+"/settings", withoutQuery(at), "nothing else is asked for")
	assert.Equal(t, "aal2", p.level(v))
	assert.Equal(t, id, p.whoami(v.client).Identity.ID)

	for name, change := range map[string]func(*planted){
		"a passkey nobody has": func(d *planted) { d.CredentialID = "AAAA" },
		"a passkey that names somebody else": func(d *planted) {
			d.UserHandle = p.plant(p.identity("grace@example.com"), "passkey").UserHandle
		},
		"a passkey from another origin":            func(d *planted) { d.Origin = "https://evil.example" },
		"a passkey with another one's signature":   func(d *planted) { d.PrivateKey = p.plant(id, "passkey").PrivateKey },
		"a security key, which is no first factor": func(d *planted) { *d = p.plant(id, "webauthn") },
	} {
		t.Run(name, func(t *testing.T) {
			v, d := newPerson(t), passkey
			change(&d)
			v.open(p.public + "/login")
			_, fields := v.formWith("passkey_login")
			fields.Set("passkey_login", d.answer(t, fields.Get("passkey_challenge")))
			assert.Equal(t, 401, v.prove(p.public+"/login", fields).Status)
			assert.Nil(t, p.whoami(v.client))
		})
	}
}

func TestTenWrongTriesLockALogin(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	app := p.plant(id, "totp")
	c := newClient(t)
	for range 10 {
		assert.Equal(t, 401, signIn(p, c, email, newPassword, "").Status)
	}
	r := signIn(p, c, email, oldPassword, "")
	assert.Equal(t, 429, r.Status)
	assert.Regexp(t, `^(89\d|900)$`, r.Header.Get("Retry-After"), "seconds")
	assert.Contains(t, r.Body, "Try again in 15 minutes.")
	assert.Nil(t, p.whoami(c))
	assert.True(t, p.knows(email, oldPassword), "the demo API counts no tries")

	v := newPerson(t)
	p.session(v.client, id)
	v.open(p.public + "/login?aal=aal2")
	for range 10 {
		assert.Equal(t, 401, v.prove(p.public+"/login", url.Values{"method": {"totp"}, "totp_code": {"1"}}).Status)
	}
	assert.Equal(t, 429, v.prove(p.public+"/login", url.Values{"method": {"totp"}, "totp_code": {app.code(t, 0)}}).Status)
	assert.Equal(t, "aal1", p.level(v))
}

func TestALoginOffersWhatIsNotDisabled(t *testing.T) {
	p := start(t, "-disable", "totp,passkey,password")
	id := p.identity(email)
	p.plant(id, "totp")
	key := p.plant(id, "webauthn")
	v := newPerson(t)
	v.open(p.public + "/login")
	assert.NotContains(t, v.page, `name="password"`)
	assert.NotContains(t, v.page, `name="passkey_login"`)
	p.session(v.client, id)
	for _, fields := range []url.Values{
		{"method": {"password"}, "identifier": {email}, "password": {oldPassword}},
		{"method": {"passkey"}, "passkey_login": {"{}"}},
		{"method": {"totp"}, "totp_code": {"123456"}},
		{"method": {"oidc"}},
		{"method": {"nothing"}},
	} {
		r := v.prove(p.public+"/login", fields)
		assert.Equal(t, 400, r.Status, fields)
		assert.Equal(t, "aal1", p.level(v))
	}
	v.open(p.public + "/login?aal=aal2")
	assert.NotContains(t, v.page, `name="totp_code"`)
	v.submit("webauthn_login", key.answer(t, v.trigger("webauthn_login_trigger")))
	assert.Equal(t, "aal2", p.level(v))
}

// A page runs one script, the library's, and nothing else.
func TestALoginPagesPolicy(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	p.plant(id, "webauthn")
	v := newPerson(t)
	p.session(v.client, id)
	for _, path := range []string{"/login", "/login?aal=aal2"} {
		r := v.get(p.public + path)
		policy := r.Header.Get("Content-Security-Policy")
		assert.Contains(t, policy, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-", path)
		assert.True(t, strings.HasSuffix(policy, "; script-src "+p.public+"/.well-known/ory/webauthn.js"), policy)
		assert.Len(t, scriptTag.FindAllString(r.Body, -1), 1)
	}
	served := v.get(p.public + "/.well-known/ory/webauthn.js")
	assert.Equal(t, 200, served.Status)
	off := start(t, "-disable", "webauthn,passkey")
	assert.NotContains(t, newClient(t).get(off.public+"/login").Header.Get("Content-Security-Policy"), "script-src")
}

func TestRecoveryCodesThatAreUsedUpAreNotAskedFor(t *testing.T) {
	p := start(t)
	id := p.identity(email)
	for _, code := range p.plant(id, "lookup_secret").Codes {
		v := newPerson(t)
		p.session(v.client, id)
		v.open(p.public + "/login?aal=aal2")
		v.submit("lookup_secret", code)
		require.Equal(t, "aal2", p.level(v))
	}
	v := newPerson(t)
	v.open(p.public + "/login")
	assert.Equal(t, p.public+"/", v.submit("identifier", email, "password", oldPassword))
}
