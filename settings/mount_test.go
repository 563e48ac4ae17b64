package settings_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// mounted sends a request of an API client to a host's own routing.
func mounted(t *testing.T, host http.Handler, method, target, token, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Session-Token", token)
	rec := httptest.NewRecorder()
	host.ServeHTTP(rec, r)
	return rec
}

func mountedBody(t *testing.T, rec *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var body map[string]any
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &body), "%d %s", rec.Code, rec.Body)
	return body
}

// A flow from start to success, wherever a host mounts the Handler.
func TestMounts(t *testing.T) {
	on := func(patterns ...string) func(http.Handler) http.Handler {
		return func(h http.Handler) http.Handler {
			mux := http.NewServeMux()
			for _, p := range patterns {
				mux.Handle(p, h)
			}
			return mux
		}
	}
	for _, row := range []struct {
		name, publicURL string
		mount           func(http.Handler) http.Handler
	}{
		{"at the path of PublicURL", "https://app.example.com/auth", on("/auth/")},
		{"at a path that ends in a slash", "https://app.example.com/auth/", on("/auth/")},
		{"at a deep path", "https://app.example.com/a/b-c/d.e", on("/a/b-c/d.e/")},
		{"at a path with capital letters and a space", "https://app.example.com/My%20Account", on("/My%20Account/")},
		{"for one host", "https://app.example.com/auth", on("app.example.com/auth/")},
		{"by method", "https://app.example.com/auth", on("GET /auth/", "POST /auth/")},
		{"below StripPrefix", "https://app.example.com/auth", func(h http.Handler) http.Handler {
			return on("/auth/")(http.StripPrefix("/auth", h))
		}},
		{"behind a proxy that strips the prefix", "https://app.example.com/auth", func(h http.Handler) http.Handler {
			return http.StripPrefix("/auth", on("/")(h))
		}},
		{"as the whole server", "https://app.example.com/auth", func(h http.Handler) http.Handler { return h }},
		{"PublicURL without a path", "https://app.example.com", func(h http.Handler) http.Handler { return h }},
		{"PublicURL with the root path", "https://app.example.com/", on("/")},
		{"PublicURL with a port", "https://app.example.com:8443/auth", on("/auth/")},
	} {
		t.Run(row.name, func(t *testing.T) {
			kit := settingstest.New(t, func(c *settings.Config) { c.PublicURL = row.publicURL })
			base := strings.TrimSuffix(row.publicURL, "/")
			ada := kit.AddIdentity("ada@example.com", contractOldPassword)
			token := kit.SignIn(ada, respond.API).Token
			host := row.mount(kit.Handler)

			started := mounted(t, host, "GET", base+"/self-service/settings/api", token, "")
			require.Equal(t, 200, started.Code, "%s", started.Body)
			flow := mountedBody(t, started)
			action := flow["ui"].(map[string]any)["action"].(string)
			require.Equal(t, base+"/self-service/settings?flow="+flow["id"].(string), action)
			require.Equal(t, base+"/self-service/settings/api", flow["request_url"])
			require.Equal(t, 200, mounted(t, host, "GET", base+"/self-service/settings/flows?id="+flow["id"].(string), token, "").Code)

			saved := mounted(t, host, "POST", action, token, `{"method":"password","password":"`+contractNewPassword+`"}`)
			require.Equal(t, 200, saved.Code, "%s", saved.Body)
			assert.True(t, kit.PasswordIs(ada, contractNewPassword))
			fresh := mountedBody(t, saved)["session_token"].(string)
			assert.Equal(t, 200, mounted(t, host, "GET", base+"/sessions/whoami", fresh, "").Code)
			assert.Equal(t, 401, mounted(t, host, "GET", base+"/sessions/whoami", token, "").Code)
		})
	}
}

// Nothing is cleaned, folded, decoded or redirected: what is not spelt as the
// protocol spells it is not there.
func TestPathsAreMatchedExactly(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", contractOldPassword)
	client := kit.SignIn(ada, respond.API)
	f := client.Start()
	before, stored := snapshot(t, kit, ada), flowRecord(t, kit, f.ID)
	body := `{"method":"password","password":"` + contractNewPassword + `"}`
	for _, path := range []string{
		"/auth", "/auth/", "/auth//", "/auth/self-service", "/auth/self-service/", "/auth/sessions/",
		"/auth/self-service/settings/", "/auth/self-service/settings//", "/auth/self-service/settings/browser/", "/auth/self-service/settings/api/x",
		"/auth/self-service/settings/flows/", "/auth/self-service/errors/", "/auth/self-service/errors/page/", "/auth/self-service/errors/page/x",
		"/auth//self-service/settings", "/auth/self-service//settings", "//auth/self-service/settings", "/auth/self-service/settings//api",
		"/auth/./self-service/settings", "/auth/self-service/./settings", "/auth/self-service/settings/.", "/auth/x/../self-service/settings",
		"/auth/self-service/settings/../settings", "/auth/self-service/settings/api/..", "/x/../auth/self-service/settings", "/../auth/self-service/settings",
		"/auth/self-service%2Fsettings", "/auth/self-service%2fsettings", "/auth%2Fself-service%2Fsettings", "/auth/self-service/settings%2F", "/auth/self-service/settings%2Fapi",
		"/auth/self-service/%2e/settings", "/auth/x/%2e%2e/self-service/settings", "/auth/self-service/%73ettings", "/aut%68/self-service/settings", "/auth/self-service/settings%00",
		"/auth/self-service/settings%20", "/auth/self-service/settings%3Fflow=x", "/auth/self-service/settings;a=b", `/auth/self-service\settings`, "/auth/self-service%5Csettings",
		"/AUTH/self-service/settings", "/auth/SELF-SERVICE/settings", "/auth/self-service/Settings", "/auth/self-service/settings/API", "/auth/Sessions/whoami", "/auth/ſessions/whoami",
		"/authx/self-service/settings", "/auth.self-service/settings", "/x/auth/self-service/settings", "/auth/x/self-service/settings",
		"/auth/auth/self-service/settings", "/auth/sessions/whoami/", "/auth/sessions/whoam%69", "/auth/sessions/a/b", "/auth/sessions/%2e%2e", "/auth/sessions/..%2fwhoami", "/auth/sessions%2Fwhoami",
		"/auth/.well-known/change-password", "/auth/self-service/login/browser", "/auth/schemas/default", "/", "/favicon.ico",
	} {
		for _, method := range []string{"GET", "POST", "DELETE", "HEAD", "OPTIONS"} {
			t.Run(method+" "+path, func(t *testing.T) {
				r := httptest.NewRequestWithContext(t.Context(), method, "/?flow="+f.ID, strings.NewReader(body))
				var err error
				r.URL, err = url.ParseRequestURI(path + "?flow=" + f.ID)
				require.NoError(t, err)
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("X-Session-Token", client.Token)
				rec := httptest.NewRecorder()
				kit.Handler.ServeHTTP(rec, r)
				require.Equal(t, 404, rec.Code, "%s", rec.Body)
				assert.Empty(t, rec.Header().Get("Location"))
				assert.Equal(t, "not_found", mountedBody(t, rec)["error"].(map[string]any)["id"])
				fixedHeaders(t, rec.Header())
			})
		}
	}
	assert.Equal(t, before, snapshot(t, kit, ada))
	assert.Equal(t, stored, flowRecord(t, kit, f.ID))
}

// Below a stripped prefix the prefix is gone, and the rest as exact.
func TestPathsBelowStripPrefix(t *testing.T) {
	kit := settingstest.New(t)
	client := kit.SignIn(kit.AddIdentity("ada@example.com", ""), respond.API)
	host := http.StripPrefix("/auth", kit.Handler)
	for path, want := range map[string]int{
		"/auth/sessions/whoami":                    200,
		"/auth/sessions/whoami/":                   404,
		"/auth//sessions/whoami":                   404,
		"/auth/sessions%2Fwhoami":                  404,
		"/auth/x/../sessions/whoami":               404,
		"/auth/self-service/settings/api":          200,
		"/auth/self-service/settings%2Fapi":        404,
		"/auth/self-service/settings/../sett%69ng": 404,
	} {
		rec := mounted(t, host, "GET", path, client.Token, "")
		assert.Equal(t, want, rec.Code, path)
		assert.Empty(t, rec.Header().Get("Location"), path)
	}
}
