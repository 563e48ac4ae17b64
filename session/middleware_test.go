package session_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
)

// shown says whose session a route of the host sees.
var shown = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	cur, ok := session.From(r.Context())
	if !ok {
		_, _ = w.Write([]byte("nobody"))
		return
	}
	_, _ = w.Write([]byte("user " + cur.Identity.ID))
})

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestLoadPutsTheSessionIntoTheContext(t *testing.T) {
	h := newInstallation(t)
	_, a := h.issue(t, "42", aal.Password, aal.TOTP)
	_, b := h.issue(t, "43", aal.Password)
	_, below := h.issue(t, "42", aal.Password)
	_, recovered := h.issue(t, "43", aal.CodeRecovery)
	byHeader := request()
	byHeader.Header.Set("Authorization", "Bearer "+b)
	both := request(a)
	both.Header.Set("X-Session-Token", b)
	for name, c := range map[string]struct {
		r    *http.Request
		want string
	}{
		"a cookie":                         {request(a), "user 42"},
		"a header":                         {byHeader, "user 43"},
		"no session":                       {request(), "nobody"},
		"below the level of its account":   {request(below), "nobody"},
		"an account recovery":              {request(recovered), "nobody"},
		"a token nobody gave out":          {request(session.NewToken("42")), "nobody"},
		"no token at all":                  {request("x"), "nobody"},
		"two identities: none of them":     {request(a, b), "nobody"},
		"header and cookie: none of them":  {both, "nobody"},
		"a header in the place of a route": {httptest.NewRequest("GET", "https://id.example/?X-Session-Token="+a, nil), "nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(h.Load(shown), c.r)
			assert.Equal(t, 200, w.Code)
			assert.Equal(t, c.want, w.Body.String())
		})
	}
	_, ok := session.From(t.Context())
	assert.False(t, ok)
}

// A store that fails is no logout: 503, and the route does not run.
func TestFailingStoreIsNotALogout(t *testing.T) {
	h := newInstallation(t)
	_, token := h.issue(t, "42", aal.Password)
	for _, method := range []string{"GetSession", "GetIdentity"} {
		h.store.fail = map[string]error{method: errDown}
		for name, protected := range map[string]http.Handler{"Load": h.Load(shown), "Require": h.Require()(shown)} {
			for accept, r := range map[string]*http.Request{"text/html": request(token), "application/json": request(token)} {
				r.Header.Set("Accept", accept)
				w := serve(protected, r)
				assert.Equal(t, 503, w.Code, "%s %s %s", method, name, accept)
				assert.Equal(t, "1", w.Header().Get("Retry-After"))
				assert.Contains(t, w.Body.String(), `"unavailable"`)
				assert.NotContains(t, w.Body.String(), "10.0.0.1", "what the store said is for the log")
				assert.Empty(t, w.Header().Get("Set-Cookie"), "the browser keeps its token")
			}
		}
	}
}

// What a route may ask for, and what each kind of client is told.
func TestRequire(t *testing.T) {
	h := newInstallation(t)
	_, one := h.issue(t, "42", aal.Password)           // could reach AAL2
	_, two := h.issue(t, "42", aal.Password, aal.TOTP) // has
	_, only := h.issue(t, "43", aal.Password)          // has no second factor
	_, recovered := h.issue(t, "43", aal.CodeRecovery)
	_, future := h.issue(t, "42", aal.Password)
	cur, err := h.FromToken(t.Context(), future)
	require.NoError(t, err)
	cur.Session.AuthenticatedAt = start.Add(2 * time.Hour) // by an instance whose clock was far ahead
	require.NoError(t, h.store.UpdateSession(t.Context(), cur.Session))

	const (
		back   = "https://id.example/billing?year=2030&a=b"
		passes = "200"
	)
	level2, aal1, fresh := session.AtLevel(aal.AAL2), session.AllowAAL1(), session.Within(15*time.Minute)
	each, recovery := session.WithinEach(15*time.Minute), session.AllowRecovery()
	for _, c := range []struct {
		name  string
		token string
		asks  []session.Requirement
		after time.Duration
		json  string // what API clients and scripts are told
		page  string // where a page is sent
	}{
		{"no session", "", nil, 0, "401 session_inactive", "login return_to=" + back},
		{"a token nobody gave out", session.NewToken("42"), nil, 0, "401 session_inactive", "login return_to=" + back},
		{"no session, and a level asked for", "", []session.Requirement{level2}, 0, "401 session_inactive", "login return_to=" + back},
		{"a session that expired", two, nil, time.Hour, "401 session_inactive", "login return_to=" + back},
		{"a session of the level that its account requires", two, nil, 0, passes, passes},
		{"a session of an account without a second factor", only, nil, 0, passes, passes},
		{"a session below the level that its account requires", one, nil, 0, "403 session_aal2_required", "login aal=aal2 return_to=" + back},
		{"the same, where the route allows it", one, []session.Requirement{aal1}, 0, passes, passes},
		{"the same, where the route asks for a level by itself", one, []session.Requirement{aal1, level2}, 0, "403 session_aal2_required", "login aal=aal2 return_to=" + back},
		{"AAL2 is asked for, and there", two, []session.Requirement{level2}, 0, passes, passes},
		{"AAL2 is asked for, of an account that does not require it", only, []session.Requirement{level2}, 0, "403 session_aal2_required", "login aal=aal2 return_to=" + back},
		{"AAL1 is asked for, and the account requires more", one, []session.Requirement{session.AtLevel(aal.AAL1)}, 0, "403 session_aal2_required", "login aal=aal2 return_to=" + back},
		{"an account recovery", recovered, nil, 0, "403 session_refresh_required", "login refresh=true return_to=" + back},
		{"an account recovery, where the route allows it", recovered, []session.Requirement{recovery}, 0, passes, passes},
		{"an account recovery, where the route allows something else", recovered, []session.Requirement{aal1}, 0, "403 session_refresh_required", "login refresh=true return_to=" + back},
		{"exactly as old as allowed", two, []session.Requirement{fresh}, 15 * time.Minute, passes, passes},
		{"a nanosecond older", two, []session.Requirement{fresh}, 15*time.Minute + 1, "403 session_refresh_required", "login refresh=true return_to=" + back},
		{"signed in in the future", future, []session.Requirement{aal1, fresh}, 0, "403 session_refresh_required", "login refresh=true return_to=" + back},
		{"each factor as old as allowed", two, []session.Requirement{each}, 15 * time.Minute, passes, passes},
		{"each factor a nanosecond older", two, []session.Requirement{each}, 15*time.Minute + 1, "403 session_refresh_required", "login refresh=true return_to=" + back + " aal=aal2"},
		{"several, all met", two, []session.Requirement{level2, fresh, each}, time.Minute, passes, passes},
		{"several, the first that is not met answers", only, []session.Requirement{level2, fresh}, 16 * time.Minute, "403 session_aal2_required", "login aal=aal2 return_to=" + back},
		{"several, the last is not met", two, []session.Requirement{level2, fresh}, 16 * time.Minute, "403 session_refresh_required", "login refresh=true return_to=" + back},
	} {
		t.Run(c.name, func(t *testing.T) {
			h.now = start.Add(c.after)
			protected := h.Require(c.asks...)(shown)
			ask := func(change func(*http.Request)) *httptest.ResponseRecorder {
				r := httptest.NewRequest("GET", "/billing?year=2030&a=b", nil)
				change(r)
				return serve(protected, r)
			}
			byCookie := func(r *http.Request) {
				if c.token != "" {
					r.AddCookie(&http.Cookie{Name: "__Host-amend_session", Value: c.token})
				}
			}
			api := ask(func(r *http.Request) {
				if c.token != "" {
					r.Header.Set("X-Session-Token", c.token)
				}
				r.Header.Set("Content-Type", "application/json")
			})
			script := ask(func(r *http.Request) { byCookie(r); r.Header.Set("Accept", "application/json") })
			page := ask(func(r *http.Request) { byCookie(r); r.Header.Set("Accept", "text/html") })

			if c.json == passes {
				for _, w := range []*httptest.ResponseRecorder{api, script, page} {
					assert.Equal(t, 200, w.Code)
					assert.Contains(t, w.Body.String(), "user ")
				}
				return
			}
			status, id, _ := strings.Cut(c.json, " ")
			for _, w := range []*httptest.ResponseRecorder{api, script} {
				assert.Equal(t, status, w.Result().Status[:3])
				assert.Contains(t, w.Body.String(), `"id":"`+id+`"`)
				assert.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
			}
			assert.Equal(t, 303, page.Code)
			assert.Empty(t, page.Body.String())
			assert.Equal(t, c.page, parameters(t, page.Header().Get("Location")))
			for _, w := range []*httptest.ResponseRecorder{api, script, page} {
				assert.NotContains(t, w.Body.String(), "user ", "the route did not run")
				if c.token != "" {
					assert.NotContains(t, w.Body.String()+w.Header().Get("Location"), c.token)
				}
			}
		})
	}
}

// parameters is a URL of the login page, its parameters unescaped.
func parameters(t *testing.T, location string) string {
	t.Helper()
	rest, ok := strings.CutPrefix(location, "https://app.example/login?")
	require.True(t, ok, location)
	line := "login"
	for pair := range strings.SplitSeq(rest, "&") {
		k, v, _ := strings.Cut(pair, "=")
		v, err := url.QueryUnescape(v)
		require.NoError(t, err)
		line += " " + k + "=" + v
	}
	return line
}

// A page comes back to what it asked for, on our own origin, and only to what
// it can GET.
func TestComingBack(t *testing.T) {
	h := newInstallation(t)
	protected := h.Require()(shown)
	mux := http.NewServeMux()
	mux.Handle("/shop/", http.StripPrefix("/shop", protected))
	for _, c := range []struct {
		name   string
		method string
		target string
		want   string // return_to
	}{
		{"a page", "GET", "/billing?year=2030", "https://id.example/billing?year=2030"},
		{"under a prefix that is stripped", "GET", "/shop/cart?id=1", "https://id.example/shop/cart?id=1"},
		{"escapes stay as they are", "GET", "/a%2Fb?x=%26", "https://id.example/a%2Fb?x=%26"},
		{"a form that was posted", "POST", "/billing", "https://app.example/settings"},
		{"a HEAD", "HEAD", "/billing", "https://app.example/settings"},
		{"a path like a host", "GET", "//evil.example/x", "https://id.example//evil.example/x"},
		{"a whole URL, as to a proxy", "GET", "http://evil.example/x", "https://app.example/settings"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "/", nil)
			u, err := url.ParseRequestURI(c.target)
			require.NoError(t, err)
			r.URL, r.RequestURI = u, c.target
			handler := protected
			if strings.HasPrefix(c.target, "/shop/") {
				handler = mux
			}
			w := serve(handler, r)
			require.Equal(t, 303, w.Code)
			assert.Equal(t, "login return_to="+c.want, parameters(t, w.Header().Get("Location")))
		})
	}
}

// URLs come from the configuration, whatever a request says of its host.
func TestForwardingHeadersAreNotBelieved(t *testing.T) {
	h := newInstallation(t)
	r := request()
	plain := serve(h.Require()(shown), r)
	_, err := h.Issue(httptest.NewRecorder(), r, "42", aal.Password)
	require.NoError(t, err)

	evil := request()
	evil.Host = "evil.example"
	for k, v := range map[string]string{
		"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-Prefix": "/evil", "X-Forwarded-For": "203.0.113.9",
		"Forwarded": "host=evil.example;proto=http", "X-Original-URL": "/evil", "X-Rewrite-URL": "/evil", "X-Real-IP": "203.0.113.9",
		"X-HTTP-Method-Override": "POST", "Origin": "https://evil.example", "Referer": "https://evil.example/",
	} {
		evil.Header.Set(k, v)
	}
	w := serve(h.Require()(shown), evil)
	assert.Equal(t, plain.Code, w.Code)
	assert.Equal(t, plain.Header(), w.Header())
	assert.Equal(t, "login return_to=https://id.example/billing", parameters(t, w.Header().Get("Location")))

	w = httptest.NewRecorder()
	s, err := h.Issue(w, evil, "42", aal.Password)
	require.NoError(t, err)
	assert.Empty(t, s.IP)
	assert.Contains(t, w.Header().Get("Set-Cookie"), "; HttpOnly; Secure; SameSite=Lax")
	assert.NotContains(t, w.Header().Get("Set-Cookie"), "Domain")
}

// A table of the host's decides for its routes too, and the kind of client is told
// as for the settings endpoints.
func TestMiddlewareGoesByTheTable(t *testing.T) {
	h := newInstallation(t)
	_, token := h.issue(t, "42", aal.Password)
	r := request(token)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Content-Type", "application/json")
	protected := h.Require(session.AtLevel(aal.AAL2))(shown)
	assert.Equal(t, 303, serve(protected, r).Code)

	h.client = respond.Script
	assert.Equal(t, 403, serve(protected, r).Code)

	key := respond.Key{Kind: respond.LowAAL, Endpoint: respond.HostRoute}
	h.config.Responder.Table.Rows[key] = respond.Row{Script: respond.Cell{Status: 401, Body: respond.ErrorBody, ID: respond.SessionAAL2Required}}
	assert.Equal(t, 401, serve(protected, r).Code)
}
