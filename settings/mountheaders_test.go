package settings_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/settingstest"
)

// fixedHeaders are on every answer, whatever it is.
func fixedHeaders(t *testing.T, h http.Header) {
	t.Helper()
	assert.Equal(t, []string{"private, no-cache, no-store, must-revalidate"}, h["Cache-Control"])
	assert.Equal(t, []string{"nosniff"}, h["X-Content-Type-Options"])
	assert.Equal(t, []string{"Cookie, Accept"}, h["Vary"])
	assert.Equal(t, []string{"default-src 'none'; frame-ancestors 'none'"}, h["Content-Security-Policy"])
	referrer := "no-referrer"
	if strings.HasPrefix(h.Get("Content-Type"), "text/html") {
		referrer = "same-origin"
	}
	assert.Equal(t, []string{referrer}, h["Referrer-Policy"])
}

func TestFixedHeadersOnEveryEndpoint(t *testing.T) {
	for _, kind := range everyClient {
		kit := settingstest.New(t)
		ada := kit.AddIdentity("ada@example.com", contractOldPassword)
		client, nobody := kit.SignIn(ada, kind), kit.Anonymous(kind)
		f := client.Start()
		other := kit.SignIn(ada, kind)
		failure := kit.SignIn(ada, respond.Page).Get("/self-service/settings?flow=0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a")
		errorID := strings.TrimPrefix(failure.Location, "https://app.example.com/auth/self-service/errors/page?id=")
		for _, request := range []struct {
			name, method, path string
		}{
			{"start, browser", "GET", "/self-service/settings/browser"},
			{"start, api", "GET", "/self-service/settings/api"},
			{"start, return_to not allowed", "GET", "/self-service/settings/browser?return_to=https://evil.example/"},
			{"read", "GET", "/self-service/settings/flows?id=" + f.ID},
			{"read, unknown", "GET", "/self-service/settings/flows?id=x"},
			{"resume", "GET", "/self-service/settings?flow=" + f.ID},
			{"submit", "POST", "/self-service/settings?flow=" + f.ID},
			{"error", "GET", "/self-service/errors?id=" + errorID},
			{"error, unknown", "GET", "/self-service/errors?id=x"},
			{"error page", "GET", "/self-service/errors/page?id=" + errorID},
			{"error page, unknown", "GET", "/self-service/errors/page?id=x"},
			{"whoami", "GET", "/sessions/whoami"},
			{"sessions", "GET", "/sessions"},
			{"revoke one", "DELETE", "/sessions/0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a"},
			{"revoke the others", "DELETE", "/sessions"},
			{"another HTTP method", "PUT", "/self-service/settings"},
			{"nothing", "GET", "/nothing"},
		} {
			for who, c := range map[string]*settingstest.Client{"signed in": client, "nobody": nobody} {
				t.Run(kind.String()+"/"+request.name+"/"+who, func(t *testing.T) {
					a := c.Do(request.method, request.path, "", "")
					fixedHeaders(t, a.Header)
					if a.Location != "" {
						assert.Empty(t, a.Body, "a redirect has an empty body")
						assert.Equal(t, "0", a.Header.Get("Content-Length"))
					} else {
						assert.Contains(t, []string{"application/json; charset=utf-8", "text/html; charset=utf-8"}, a.Header.Get("Content-Type"))
					}
				})
			}
		}
		assert.Equal(t, 401, other.Whoami().Status, "the others are revoked: the requests went where they should")
	}
}

// A host's middleware may have said already what its answer varies with.
func TestVaryOfTheHostStays(t *testing.T) {
	kit := settingstest.New(t)
	rec := httptest.NewRecorder()
	rec.Header().Set("Vary", "Accept-Encoding")
	kit.Handler.ServeHTTP(rec, httptest.NewRequest("GET", "/auth/sessions/whoami", nil))
	assert.Equal(t, []string{"Accept-Encoding", "Cookie, Accept"}, rec.Header()["Vary"])
}

// Each endpoint is a handler of its own too, for a host that routes itself, by
// whatever path, and then answers only to its own HTTP methods.
func TestEndpointsAreHandlers(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", contractOldPassword)
	token := kit.SignIn(ada, respond.API).Token
	h := kit.Handler
	started := mounted(t, http.HandlerFunc(h.ServeStartAPI), "GET", "/my/start", token, "")
	require.Equal(t, 200, started.Code)
	id := mountedBody(t, started)["id"].(string)

	for _, row := range []struct {
		name    string
		handler http.HandlerFunc
		allow   string
		query   string
		want    int
	}{
		{"ServeStartAPI", h.ServeStartAPI, "GET", "", 200},
		{"ServeStartBrowser", h.ServeStartBrowser, "GET", "", 200},
		{"ServeRead", h.ServeRead, "GET", "?id=" + id, 200},
		{"ServeResume", h.ServeResume, "GET", "?flow=" + id, 200},
		{"ServeWhoami", h.ServeWhoami, "GET", "", 200},
		{"ServeSessions", h.ServeSessions, "DELETE, GET", "", 200},
		{"ServeError", h.ServeError, "GET", "?id=x", 404},
		{"ServeErrorPage", h.ServeErrorPage, "GET", "?id=x", 404},
		{"ServeSubmit", h.ServeSubmit, "POST", "?flow=" + id, 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			own := strings.Split(row.allow, ", ")[0]
			before := snapshot(t, kit, ada)
			for _, method := range []string{"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"} {
				if strings.Contains(row.allow, method) {
					continue
				}
				rec := mounted(t, row.handler, method, "/wherever/"+row.query, token, `{"method":"password","password":"`+contractNewPassword+`"}`)
				require.Equal(t, 405, rec.Code, method)
				assert.Equal(t, row.allow, rec.Header().Get("Allow"), method)
				assert.Equal(t, "method_not_allowed", mountedBody(t, rec)["error"].(map[string]any)["id"])
				fixedHeaders(t, rec.Header())
			}
			assert.Equal(t, before, snapshot(t, kit, ada))
			rec := mounted(t, row.handler, own, "/wherever/"+row.query, token, `{"method":"password","password":"`+contractNewPassword+`"}`)
			assert.Equal(t, row.want, rec.Code, "%s", rec.Body)
			assert.Empty(t, rec.Header().Get("Allow"))
		})
	}
	assert.True(t, kit.PasswordIs(ada, contractNewPassword))
}

// https://w3c.github.io/webappsec-change-password-url/
func TestChangePassword(t *testing.T) {
	kit := settingstest.New(t)
	host := http.NewServeMux()
	host.HandleFunc("/.well-known/change-password", kit.Handler.ChangePassword)
	for _, accept := range []string{"", "text/html", "application/json"} {
		r := httptest.NewRequest("GET", "https://app.example.com/.well-known/change-password?flow=x&return_to=https://evil.example/", nil)
		r.Header.Set("Accept", accept)
		rec := httptest.NewRecorder()
		host.ServeHTTP(rec, r)
		assert.Equal(t, 303, rec.Code)
		assert.Equal(t, "https://app.example.com/settings", rec.Header().Get("Location"), "and nothing of the request")
		assert.Empty(t, rec.Body.String())
		fixedHeaders(t, rec.Header())
	}
	for _, method := range []string{"HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"} {
		rec := mounted(t, host, method, "https://app.example.com/.well-known/change-password", "", "")
		assert.Equal(t, 405, rec.Code, method)
		assert.Equal(t, "GET", rec.Header().Get("Allow"), method)
	}
}

func TestPasskeyEndpoints(t *testing.T) {
	kit := settingstest.New(t)
	host := http.NewServeMux()
	host.HandleFunc("/.well-known/passkey-endpoints", kit.Handler.PasskeyEndpoints)
	for method, want := range map[string]int{"GET": 200, "POST": 405, "HEAD": 405} {
		w := httptest.NewRecorder()
		host.ServeHTTP(w, httptest.NewRequest(method, "https://app.example.com/.well-known/passkey-endpoints", nil))
		assert.Equal(t, want, w.Code, method)
		if want == 200 {
			assert.JSONEq(t, `{"enroll":"`+settingstest.UIURL+`","manage":"`+settingstest.UIURL+`"}`, w.Body.String())
			assert.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
		}
	}
}
