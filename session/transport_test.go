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
			require.NoError(t, c.cookie.Save(w, r, tokenA, session.Session{ExpiresAt: expires}))
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

// Which token a request presents, if nobody needs to be asked.
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
		{"two cookies of the name", http.Header{"Cookie": {mine + tokenA + "; " + mine + tokenB}}, tokenA + " " + tokenB, true, true, false},
		{"two cookies of the name in two headers", http.Header{"Cookie": {mine + tokenA, mine + tokenB}}, tokenA + " " + tokenB, true, true, false},
		{"two cookies of the name, alike", http.Header{"Cookie": {mine + tokenA + "; " + mine + tokenA}}, tokenA, true, true, false},
		{"two cookies of the name, one empty (thunderclient/thunder-client-support#1427)", http.Header{"Cookie": {mine + "; " + mine + tokenA}}, tokenA, true, true, false},
		{"two cookies of the name, one no token", http.Header{"Cookie": {mine + "x; " + mine + tokenA}}, tokenA, true, true, false},
		{"two cookies of the name, both no tokens", http.Header{"Cookie": {mine + "x; " + mine + "y"}}, "", true, true, false},
		{"four cookies, and again", http.Header{"Cookie": {strings.Repeat(cookies(4), 2)}}, tokens(4), true, true, false},
		{"five cookies", http.Header{"Cookie": {cookies(5)}}, "", false, true, false},
		{"an empty cookie", http.Header{"Cookie": {mine}}, "", true, false, false},
		{"an empty cookie, and a header", http.Header{"Cookie": {mine}, "X-Session-Token": {tokenA}}, tokenA, true, false, true},
		{"a header, and a cookie of it beside another", http.Header{"X-Session-Token": {tokenA}, "Cookie": {mine + tokenA + "; " + mine + tokenB}}, "", false, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "https://id.example/", nil)
			r.Header = c.headers
			p := session.Present(r, session.Cookie{})
			tokens, ok := p.Candidates()
			assert.Equal(t, c.ok, ok)
			assert.Equal(t, c.token, strings.Join(tokens, " "))
			assert.Equal(t, c.byCookie, p.ByCookie(), "by cookie")
			assert.Equal(t, c.byHead, p.ByHeader(), "by header")
		})
	}
}

// A URL is logged and shared: a token in one is none.
func TestTokenInAURLIsNone(t *testing.T) {
	r := httptest.NewRequest("GET", "https://id.example/?session_token="+tokenA+"&X-Session-Token="+tokenA+"&access_token="+tokenA, nil)
	candidates, ok := session.Present(r, session.Cookie{}).Candidates()
	assert.True(t, ok)
	assert.Empty(t, candidates)
}

// Whatever stands in the Cookie header, few tokens come out of it, each one that stands
// there, and of several each has the form of one.
func FuzzPresent(f *testing.F) {
	const name = "__Host-amend_session"
	f.Add("")
	f.Add(name + "=" + tokenA)
	f.Add(name + "=" + tokenA + "; " + name + "=" + tokenB)
	f.Add(name + "=\"" + tokenA + "\"")
	f.Add(" ;;=; " + name + " = x ;" + name + "=\"")
	f.Add("$Version=1; " + name + "=x,y; a=\x7f")
	f.Add(cookies(5))
	f.Fuzz(func(t *testing.T, raw string) {
		p := session.Present(&http.Request{Header: http.Header{"Cookie": {raw}}}, session.Cookie{})
		tokens, ok := p.Candidates()
		require.False(t, p.ByHeader())
		require.LessOrEqual(t, len(p.Cookie), strings.Count(raw, name))
		require.NotContains(t, p.Cookie, "")
		require.LessOrEqual(t, len(tokens), session.MaxCandidates)
		for i, token := range tokens {
			require.Contains(t, raw, token)
			require.NotContains(t, tokens[:i], token)
			require.True(t, len(p.Cookie) == 1 || session.WellFormed(token))
		}
		if !ok {
			require.Greater(t, len(p.Cookie), session.MaxCandidates)
		}
	})
}

// tokens are the first of many tokens, and cookies as many cookies with them.
func tokens(n int) string { return strings.Join(many[:n], " ") }

func cookies(n int) (all string) {
	for _, token := range many[:n] {
		all += "__Host-amend_session=" + token + "; "
	}
	return all
}

var many = func() (all []string) {
	for range 5 {
		all = append(all, session.NewToken("42"))
	}
	return all
}()
