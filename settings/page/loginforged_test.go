package page_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/page"
)

// An attacker who could sign somebody else's browser in to an account of their own
// would read what is left there.
func TestNobodySignsAnotherBrowserIn(t *testing.T) {
	own := http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"https://app.example.com"}}
	for _, row := range []struct {
		name   string
		header http.Header
		forge  func(t *testing.T, victim, attacker *visitor) (token string)
	}{
		{"a post from another site, with the page's own token", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
			func(_ *testing.T, victim, _ *visitor) string { return victim.token() }},
		{"a post from another site of a browser that does not say so", http.Header{"Sec-Fetch-Site": {}, "Origin": {"https://evil.example"}},
			func(_ *testing.T, victim, _ *visitor) string { return victim.token() }},
		{"a post from a sub-domain", http.Header{"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://blog.example.com"}},
			func(_ *testing.T, victim, _ *visitor) string { return victim.token() }},
		{"a post from a sandboxed frame", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"null"}},
			func(_ *testing.T, victim, _ *visitor) string { return victim.token() }},
		{"no token", own, func(*testing.T, *visitor, *visitor) string { return "" }},
		{"a token of another browser", own, func(_ *testing.T, _, attacker *visitor) string { return attacker.token() }},
		{"a token of another browser, where nothing says who sends it", http.Header{"Sec-Fetch-Site": {}, "Origin": {}},
			func(_ *testing.T, _, attacker *visitor) string { return attacker.token() }},
		{"no cookie", own, func(t *testing.T, victim, attacker *visitor) string {
			token := victim.token()
			victim.Jar = attacker.Kit.Anonymous(victim.Kind).Jar
			return token
		}},
		{"a cookie that was planted beside the browser's own", own, func(t *testing.T, victim, attacker *visitor) string {
			u, err := url.Parse(loginURL)
			require.NoError(t, err)
			planted := attacker.Jar.Cookies(u)[0]
			planted.Path = "/login"
			victim.Jar.SetCookies(u, []*http.Cookie{planted})
			return attacker.token()
		}},
		{"half a token", own, func(_ *testing.T, victim, _ *visitor) string { return victim.token()[:64] }},
		{"an empty mask", own, func(*testing.T, *visitor, *visitor) string { return "AAAA" }},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := newHost(t, page.LoginOptions{})
			h.AddIdentity("eve@example.com", right)
			victim, attacker := h.visitor(), h.visitor()
			victim.open(loginURL)
			attacker.open(loginURL)
			token := row.forge(t, victim, attacker)
			victim.Header = row.header
			victim.post(url.Values{"csrf_token": {token}, "method": {"password"}, "identifier": {"eve@example.com"}, "password": {right}})
			assert.Equal(t, 403, victim.last.Status)
			assert.NotContains(t, victim.page, "eve@example.com", "nothing of the form is shown")
			victim.Header = nil
			assert.Equal(t, 401, victim.Whoami().Status)

			// Whose page it is signs in by the very next try.
			victim.open(loginURL)
			if row.name != "a cookie that was planted beside the browser's own" {
				victim.password(adas, right)
				assert.Equal(t, "aal1", victim.level())
			}
		})
	}
}

func TestTheCookieOfALogin(t *testing.T) {
	h := newHost(t, page.LoginOptions{})
	v := h.visitor()
	v.open(loginURL)
	cookies := v.cookies()
	require.Len(t, cookies, 1)
	c := cookies[0]
	assert.Equal(t, "__Host-amend_login", c.Name)
	assert.True(t, c.Secure && c.HttpOnly && c.Path == "/" && c.Domain == "" && c.SameSite == http.SameSiteLaxMode)
	first := v.token()
	v.open(loginURL)
	assert.Empty(t, v.cookies(), "tabs of a browser share it")
	assert.NotEqual(t, first, v.token(), "and a page that is compressed does not leak it")
	v.post(url.Values{"csrf_token": {first}, "method": {"password"}, "identifier": {adas}, "password": {right}})
	assert.Equal(t, "aal1", v.level())

	insecure := newHost(t, page.LoginOptions{}, func(c *settings.Config) { c.InsecureCookies = true })
	v = insecure.visitor()
	v.open(loginURL)
	assert.Equal(t, "amend_login", v.cookies()[0].Name)
	assert.False(t, v.cookies()[0].Secure)
}

// A session that was there before somebody signed in is not the one they get (session
// fixation): neither one that nobody issued, nor one of the attacker's.
func TestASignInMakesAnotherSession(t *testing.T) {
	h := newHost(t, page.LoginOptions{})
	eve := h.AddIdentity("eve@example.com", right)
	planted := &visitor{Client: h.SignIn(eve, respond.Page)}
	attacker := planted.Copy()
	planted.open(loginURL)
	planted.password(adas, right)
	assert.Contains(t, string(planted.Whoami().Body), h.ada)
	assert.Equal(t, 401, attacker.Whoami().Status)

	v := h.signedIn()
	stolen := v.Copy()
	v.open(loginURL + "?refresh=true")
	v.password(adas, right)
	assert.Equal(t, "aal1", v.level())
	assert.Equal(t, 401, stolen.Whoami().Status, "a sign-in gives its session a new token")
}
