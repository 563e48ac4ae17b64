package page_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestAHostsOwnSession(t *testing.T) {
	var in, out []string
	var fail error
	h := newHost(t, page.LoginOptions{
		SignedIn: func(_ http.ResponseWriter, _ *http.Request, c session.Current) error {
			in = append(in, c.Level().String())
			return fail
		},
		SignedOut: func(http.ResponseWriter, *http.Request) error {
			out = append(out, "out")
			return fail
		},
	})
	app, _ := h.enrol()
	v := h.visitor()
	v.open(loginURL)
	v.password(adas, right)
	assert.Empty(t, in, "half a sign-in is none")
	v.fill("totp", "totp_code", app.code())
	assert.Equal(t, []string{"aal2"}, in)
	v.open("https://app.example.com/logout")
	v.post(url.Values{"csrf_token": {v.token()}})
	assert.Equal(t, []string{"out"}, out)
	v.open("https://app.example.com/logout")
	assert.Contains(t, v.page, "Sign out?", "the host's session may be there still")

	fail = errors.New("the host's store is down: dsn=secret")
	v.open(loginURL)
	v.password(adas, right)
	v.fill("totp", "totp_code", app.code())
	assert.Equal(t, 503, v.last.Status)
	assert.Equal(t, "5", v.last.Header.Get("Retry-After"))
	assert.Contains(t, v.page, "cannot be reached just now")
	assert.NotContains(t, v.page, "dsn")
	assert.Equal(t, 401, v.Whoami().Status, "neither of the two sessions without the other")
}

func TestTheLoginOffersWhatThereIs(t *testing.T) {
	h := newHost(t, page.LoginOptions{})
	v := h.visitor()
	v.open(loginURL)
	assert.NotContains(t, v.page, "passkey")
	assert.NotContains(t, v.page, "<script")
	assert.NotContains(t, v.page, "Forgot")
	v.fill("passkey", "passkey_login", "{}")
	assert.Equal(t, 400, v.last.Status)
	for _, m := range []string{"oidc", "code_recovery", "profile", ""} {
		v.fill(m)
		assert.Equal(t, 400, v.last.Status, m)
	}

	h = newHost(t, page.LoginOptions{RecoveryURL: "/forgot", RegisterURL: "https://join.example.com/", IdentifierLabel: "E-mail"})
	v = h.visitor()
	v.open(loginURL)
	for _, want := range []string{`<a href="/forgot">Forgot your password?</a>`, `<a href="https://join.example.com/">Create an account</a>`, `<label for="identifier">E-mail</label>`} {
		assert.Contains(t, v.page, want)
	}
	for _, m := range []string{"HEAD", "PUT", "DELETE"} {
		a := v.Do(m, loginURL, "", "")
		assert.Equal(t, 405, a.Status)
		assert.Equal(t, "GET, POST", a.Header.Get("Allow"))
	}
	assert.Equal(t, 413, v.Do("POST", loginURL, "application/x-www-form-urlencoded", strings.Repeat("a", 65<<10)).Status)
}

func TestAHostsOwnWordsOfTheLogin(t *testing.T) {
	h := newHost(t, page.LoginOptions{Look: page.Look{
		Name: "Beispiel", Style: "h1 { color: #123456 }", Header: "<p>Oben</p>", Footer: "<p>Unten</p>",
		Languages: []page.Language{{Tag: "de", Texts: map[int64]string{7001001: "Anmelden", 7001040: "Falsch", 7001053: "Angemeldet als {name}"}}},
	}})
	v := h.signedIn()
	v.open(loginURL)
	v.password(adas, "not the password")
	for _, want := range []string{`<html lang="de" dir="ltr">`, "<title>Error: Anmelden · Beispiel</title>", "Angemeldet als ada@example.com", `role="alert" data-id="7001040">Falsch</p>`, "<p>Oben</p>", "<p>Unten</p>"} {
		assert.Contains(t, v.page, want)
	}
	assert.True(t, strings.HasSuffix(styleElement.FindStringSubmatch(v.page)[1], "h1 { color: #123456 }"))
}

func TestALoginsPolicy(t *testing.T) {
	h := newHost(t, page.LoginOptions{})
	v := h.visitor()
	v.open(loginURL)
	v.password(`"><b onclick=x>`, "x")
	assert.NotContains(t, v.page, "<b ")
	head := v.last.Header
	assert.Equal(t, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "+styleSource(v.page), head.Get("Content-Security-Policy"))
	assert.Equal(t, "private, no-store", head.Get("Cache-Control"))
	assert.Equal(t, "strict-origin", head.Get("Referrer-Policy"))
}

func TestALoginThatCannotBe(t *testing.T) {
	for _, row := range []struct {
		name, says string
		o          page.LoginOptions
		change     func(*settings.Config)
	}{
		{"no way to sign in", "add password.New(…)", page.LoginOptions{}, func(c *settings.Config) { c.Methods = []settings.Method{totp.New(totp.Config{Issuer: "x"})} }},
		{"a link that is a script", "RecoveryURL", page.LoginOptions{RecoveryURL: "javascript:alert(1)"}, nil},
		{"a link to another host without a scheme", "RegisterURL", page.LoginOptions{RegisterURL: "//join.example.com"}, nil},
		{"a word", "AfterURL", page.LoginOptions{AfterURL: "home"}, nil},
		{"a backslash", "SignedOutURL", page.LoginOptions{SignedOutURL: `/\evil.example`}, nil},
		{"a login of another origin", "TrustedOrigins", page.LoginOptions{}, func(c *settings.Config) { c.LoginURL = "https://login.example.com/" }},
	} {
		t.Run(row.name, func(t *testing.T) {
			k := settingstest.New(t, func(c *settings.Config) {
				if row.change != nil {
					row.change(c)
				}
			})
			_, err := page.Login(k.Handler, row.o)
			assert.ErrorContains(t, err, row.says)
		})
	}
	_, err := page.Login(nil, page.LoginOptions{})
	assert.Error(t, err)
	k := settingstest.New(t, func(c *settings.Config) {
		c.LoginURL, c.TrustedOrigins = "https://login.example.com/", []string{"https://login.example.com"}
		c.Methods = []settings.Method{password.New(password.Config{})}
	})
	_, err = page.Login(k.Handler, page.LoginOptions{})
	assert.NoError(t, err, "one that is trusted")
}
