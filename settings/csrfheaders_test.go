package settings_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
)

// forwarded are headers of proxies, all of them with the attacker's values.
var forwarded = map[string]string{
	"Forwarded":             `for=203.0.113.9;host=evil.example;proto=http`,
	"X-Forwarded-Host":      "evil.example",
	"X-Forwarded-Proto":     "http",
	"X-Forwarded-Scheme":    "http",
	"X-Forwarded-Ssl":       "off",
	"X-Forwarded-Port":      "8443",
	"X-Forwarded-Prefix":    "/evil.example",
	"X-Forwarded-Path":      "/evil.example",
	"X-Forwarded-Uri":       "https://evil.example/",
	"X-Forwarded-Server":    "evil.example",
	"X-Forwarded-For":       "203.0.113.9",
	"X-Host":                "evil.example",
	"X-Original-Host":       "evil.example",
	"X-Original-Url":        "/evil.example",
	"X-Rewrite-Url":         "/evil.example",
	"X-Real-Ip":             "203.0.113.9",
	"X-Url-Scheme":          "http",
	"Front-End-Https":       "off",
	"Referer":               "https://evil.example/",
	"X-Forwarded-Cookie":    "evil.example",
	"X-Http-Destinationurl": "https://evil.example/",
}

// origins finds scheme, host and port of each URL in a text.
var origins = regexp.MustCompile(`https?://[^/?"\\\s\]]+`)

// No URL and no cookie comes from a header: whatever a proxy or a client says,
// a whole change has nothing of it in its answers.
func TestForwardedHeadersChangeNoURLAndNoCookie(t *testing.T) {
	for _, kind := range []respond.Client{respond.API, respond.Page, respond.Script} {
		t.Run(kind.String(), func(t *testing.T) {
			kit := settingstest.New(t)
			ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
			client := kit.SignIn(ada, kind)
			for name, v := range forwarded {
				client.Header.Set(name, v)
			}
			check := func(what string, a *settingstest.Answer) {
				whole := fmt.Sprint(a.Header) + string(a.Body)
				for _, evil := range []string{"evil.example", "203.0.113.9"} {
					assert.NotContains(t, whole, evil, what)
				}
				for _, origin := range origins.FindAllString(whole, -1) {
					assert.Equal(t, "https://app.example.com", origin, what)
				}
				for _, v := range a.Header["Location"] {
					assert.True(t, strings.HasPrefix(v, "https://app.example.com/"), v)
				}
			}
			f := client.Start()
			assert.Equal(t, "https://app.example.com/auth/self-service/settings?flow="+f.ID, f.UI.Action)
			for _, path := range []string{
				"/self-service/settings/browser", "/self-service/settings/api", "/self-service/settings/flows?id=" + f.ID,
				"/self-service/settings?flow=" + f.ID, "/self-service/settings?flow=nonsense", "/sessions/whoami", "/sessions", "/nothing",
			} {
				check(path, client.Get(path))
			}
			nobody := kit.Anonymous(kind)
			nobody.Header = client.Header
			check("no session", nobody.Get("/self-service/settings/browser"))

			a := client.Submit(f, settingstest.Fields{"method": "password", "password": csrfNewPassword})
			check("success", a)
			require.True(t, kit.PasswordIs(ada, csrfNewPassword))
			if kind != respond.API {
				cookies, err := http.ParseSetCookie(a.Header.Get("Set-Cookie"))
				require.NoError(t, err)
				assert.Equal(t, "__Host-amend_session", cookies.Name)
				assert.Equal(t, "/", cookies.Path)
				assert.Empty(t, cookies.Domain)
				assert.True(t, cookies.Secure && cookies.HttpOnly)
				assert.Equal(t, http.SameSiteLaxMode, cookies.SameSite)
			}
		})
	}
}

// The Host header is the client's too.
func TestHostHeaderChangesNoURL(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
	token := kit.SignIn(ada, respond.API).Token
	signedIn := http.Header{"X-Session-Token": {token}, "Accept": {"text/html"}}
	for _, row := range []struct {
		name, path string
		header     http.Header
	}{
		{"a flow of an API client", "/self-service/settings/api", signedIn},
		{"a flow of a browser", "/self-service/settings/browser", signedIn},
		{"a login before", "/self-service/settings/browser", http.Header{"Accept": {"text/html"}}},
		{"an error page", "/self-service/settings/browser?return_to=https://evil.test/", http.Header{"Accept": {"text/html"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "https://evil.example/auth"+row.path, nil)
			r.Header = row.header
			w := httptest.NewRecorder()
			kit.Handler.ServeHTTP(w, r)
			whole := fmt.Sprint(w.Header()) + w.Body.String()
			require.NotContains(t, whole, "evil")
			require.Contains(t, whole, "https://app.example.com/")
		})
	}
}

// Tries are counted by factor and identity. An address that the client names
// does not count, so naming another one each time gives no further try.
func TestForwardedHeadersGiveNoFurtherTries(t *testing.T) {
	for _, kind := range []respond.Client{respond.API, respond.Page, respond.Script} {
		t.Run(kind.String(), func(t *testing.T) {
			kit := settingstest.New(t, func(c *settings.Config) {
				c.Methods = []settings.Method{password.New(password.Config{Writer: settingstest.FastHash(), RequireCurrentPassword: true})}
			})
			ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
			client := kit.SignIn(ada, kind)
			f := client.Start()
			try := func(n int, current string) *settingstest.Answer {
				address := fmt.Sprintf("203.0.113.%d", n)
				for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip"} {
					client.Header.Set(name, address)
				}
				client.Header.Set("Forwarded", "for="+address)
				a := client.Submit(f, settingstest.Fields{"method": "password", "password": csrfNewPassword, "current_password": current})
				if kind == respond.Page {
					a = a.Follow()
				}
				return a
			}
			for n := range 10 {
				a := try(n, "not the password of ada")
				require.Equal(t, []string{"current_password:7000002"}, a.Flow.Messages(), "try %d", n+1)
			}
			a := try(11, csrfOldPassword)
			if kind == respond.Page {
				require.Equal(t, []string{"7000011"}, a.Flow.Messages())
			} else {
				require.Equal(t, 429, a.Status, "%v", a)
				require.Equal(t, "900", a.Header.Get("Retry-After"))
			}
			require.True(t, kit.PasswordIs(ada, csrfOldPassword))
		})
	}
}

// Nor does any header raise the limit of a body.
func TestForwardedHeadersRaiseNoBodyLimit(t *testing.T) {
	s := newCSRFFixture(t, respond.Script)
	for name, v := range forwarded {
		s.browser.Header.Set(name, v)
	}
	s.browser.Header.Set("X-Content-Length", "10")
	s.fields["padding"] = strings.Repeat("x", 64<<10)
	requireError(t, s.send(csrfSenders[3]), respond.Script, 413, "body_too_large")
}
