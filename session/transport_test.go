package session_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/session"
)

// tokenA and tokenB are two tokens of the right form.
var tokenA, tokenB = session.NewToken("42"), session.NewToken("43")

func TestCookieAttributesAreExact(t *testing.T) {
	expires := time.Date(2030, 1, 2, 5, 4, 5, 0, time.FixedZone("", 3600))
	for _, c := range []struct {
		name          string
		cookie        session.Cookie
		saved, forgot string
	}{
		{
			"the default", session.Cookie{},
			"__Host-amend_session=" + tokenA + "; Path=/; Expires=Wed, 02 Jan 2030 04:04:05 GMT; HttpOnly; Secure; SameSite=Lax",
			"__Host-amend_session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
		},
		{
			"plain HTTP, for development", session.Cookie{Insecure: true},
			"amend_session=" + tokenA + "; Path=/; Expires=Wed, 02 Jan 2030 04:04:05 GMT; HttpOnly; SameSite=Lax",
			"amend_session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; SameSite=Lax",
		},
		{
			"a name of the host's", session.Cookie{Name: "__Host-shop"},
			"__Host-shop=" + tokenA + "; Path=/; Expires=Wed, 02 Jan 2030 04:04:05 GMT; HttpOnly; Secure; SameSite=Lax",
			"__Host-shop=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "https://id.example/", nil)
			w := httptest.NewRecorder()
			require.NoError(t, c.cookie.Save(w, r, tokenA, expires))
			assert.Equal(t, http.Header{"Set-Cookie": {c.saved}}, w.Header(), "a host-only cookie: no Domain")

			w = httptest.NewRecorder()
			require.NoError(t, c.cookie.Clear(w, r))
			assert.Equal(t, http.Header{"Set-Cookie": {c.forgot}}, w.Header())

			name, _, _ := strings.Cut(c.saved, "=")
			r.Header.Set("Cookie", name+"="+tokenA+"; other=x")
			assert.Equal(t, []string{tokenA}, c.cookie.Tokens(r), "and it comes back")
		})
	}
}

// Which token a request presents, if it presents just one.
func TestPresentedToken(t *testing.T) {
	const mine = "__Host-amend_session="
	for _, c := range []struct {
		name             string
		headers          http.Header
		token            string
		ok               bool
		byCookie, byHead bool
	}{
		{"nothing", http.Header{}, "", true, false, false},
		{"a cookie", http.Header{"Cookie": {mine + tokenA}}, tokenA, true, true, false},
		{"a cookie among others", http.Header{"Cookie": {"a=b; " + mine + tokenA + "; c=d"}}, tokenA, true, true, false},
		{"a cookie of another name", http.Header{"Cookie": {"amend_session=" + tokenA}}, "", true, false, false},
		{"a cookie whose name is ours in capitals", http.Header{"Cookie": {"__HOST-AMEND_SESSION=" + tokenA}}, "", true, false, false},
		{"X-Session-Token", http.Header{"X-Session-Token": {tokenA}}, tokenA, true, false, true},
		{"X-Session-Token that is no token: presented, and worth nothing", http.Header{"X-Session-Token": {"x"}}, "x", true, false, true},
		{"an empty X-Session-Token is none", http.Header{"X-Session-Token": {""}}, "", true, false, false},
		{"an empty X-Session-Token and a cookie", http.Header{"X-Session-Token": {""}, "Cookie": {mine + tokenA}}, tokenA, true, true, false},
		{"Bearer", http.Header{"Authorization": {"Bearer " + tokenA}}, tokenA, true, false, true},
		{"Bearer in lower case", http.Header{"Authorization": {"bearer " + tokenA}}, tokenA, true, false, true},
		{"Bearer in capitals, spaces around the token", http.Header{"Authorization": {"BEARER   " + tokenA + "  "}}, tokenA, true, false, true},
		{"a Bearer of the host", http.Header{"Authorization": {"Bearer eyJhbGciOiJSUzI1NiJ9.x.y"}}, "", true, false, false},
		{"a Bearer of the host, and our cookie", http.Header{"Authorization": {"Bearer eyJ"}, "Cookie": {mine + tokenA}}, tokenA, true, true, false},
		{"a Bearer whose prefix is ours in capitals", http.Header{"Authorization": {"Bearer AMD_ST_" + tokenA[7:]}}, "", true, false, false},
		{"Basic", http.Header{"Authorization": {"Basic " + tokenA}}, "", true, false, false},
		{"Bearer without a token", http.Header{"Authorization": {"Bearer"}}, "", true, false, false},
		{"the token without Bearer", http.Header{"Authorization": {tokenA}}, "", true, false, false},

		{"header and cookie alike", http.Header{"X-Session-Token": {tokenA}, "Cookie": {mine + tokenA}}, tokenA, true, true, true},
		{"both headers alike", http.Header{"X-Session-Token": {tokenA}, "Authorization": {"Bearer " + tokenA}}, tokenA, true, false, true},
		{"header of one, cookie of another", http.Header{"X-Session-Token": {tokenA}, "Cookie": {mine + tokenB}}, "", false, true, true},
		{"Bearer of one, cookie of another", http.Header{"Authorization": {"Bearer " + tokenA}, "Cookie": {mine + tokenB}}, "", false, true, true},
		{"two headers of different sessions", http.Header{"X-Session-Token": {tokenA}, "Authorization": {"Bearer " + tokenB}}, "", false, false, true},
		{"one header twice, differing", http.Header{"X-Session-Token": {tokenA, tokenB}}, "", false, false, true},
		{"two cookies of the name", http.Header{"Cookie": {mine + tokenA + "; " + mine + tokenB}}, "", false, true, false},
		{"two cookies of the name in two headers", http.Header{"Cookie": {mine + tokenA, mine + tokenB}}, "", false, true, false},
		{"two cookies of the name, alike", http.Header{"Cookie": {mine + tokenA + "; " + mine + tokenA}}, "", false, true, false},
		{"two cookies of the name, one empty", http.Header{"Cookie": {mine + "; " + mine + tokenA}}, "", false, true, false},
		{"an empty cookie, and a header", http.Header{"Cookie": {mine}, "X-Session-Token": {tokenA}}, tokenA, true, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "https://id.example/", nil)
			r.Header = c.headers
			p := session.Present(r, session.Cookie{})
			token, ok := p.Token()
			assert.Equal(t, c.ok, ok)
			assert.Equal(t, c.token, token)
			assert.Equal(t, c.byCookie, p.ByCookie(), "by cookie")
			assert.Equal(t, c.byHead, p.ByHeader(), "by header")
		})
	}
}

// A URL is logged and shared: a token in one is none.
func TestTokenInAURLIsNone(t *testing.T) {
	r := httptest.NewRequest("GET", "https://id.example/?session_token="+tokenA+"&X-Session-Token="+tokenA+"&access_token="+tokenA, nil)
	token, ok := session.Present(r, session.Cookie{}).Token()
	assert.True(t, ok)
	assert.Empty(t, token)
}

// Whatever stands in the Cookie header, at most one token comes out of it, and
// one that stands there; a second cookie of the name always refuses.
func FuzzPresent(f *testing.F) {
	const name = "__Host-amend_session"
	f.Add("")
	f.Add(name + "=" + tokenA)
	f.Add(name + "=" + tokenA + "; " + name + "=" + tokenB)
	f.Add(name + "=\"" + tokenA + "\"")
	f.Add(" ;;=; " + name + " = x ;" + name + "=\"")
	f.Add("$Version=1; " + name + "=x,y; a=\x7f")
	f.Fuzz(func(t *testing.T, raw string) {
		present := func(cookie string) session.Presented {
			return session.Present(&http.Request{Header: http.Header{"Cookie": {cookie}}}, session.Cookie{})
		}
		p := present(raw)
		token, ok := p.Token()
		require.Equal(t, len(p.Cookie) <= 1, ok)
		require.False(t, p.ByHeader())
		if !ok {
			require.Empty(t, token)
		}
		require.Contains(t, raw, token)
		require.LessOrEqual(t, len(p.Cookie), strings.Count(raw, name))
		if strings.Count(raw, ";") > 1000 { // more cookies than net/http reads
			return
		}

		more := present(raw + "; " + name + "=" + tokenB)
		require.Len(t, more.Cookie, len(p.Cookie)+1)
		token, ok = more.Token()
		require.Equal(t, len(p.Cookie) == 0, ok, "a planted second cookie")
		if ok {
			require.Equal(t, tokenB, token)
		}
	})
}
