package custommux_test

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/examples/custommux"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/memory"
)

const (
	oldPassword = "correct horse battery staple"
	newPassword = "four other words entirely"
)

func Example() {
	store := memory.New()
	amend, err := settings.New(settings.Config{
		PublicURL: "https://app.example.com/auth", UIURL: "https://app.example.com/settings", LoginURL: "https://app.example.com/login",
		Keys:  [][]byte{settings.NewKey()},
		Flows: store, Sessions: store, Identities: store,
		Methods: []settings.Method{password.New(password.Config{})},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := custommux.OnServeMux(amend, home)

	for _, path := range []string{"/", "/auth/self-service/settings/browser"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Code, cmp.Or(w.Header().Get("Location"), w.Body.String()))
	}
	// Output:
	// 200 home
	// 303 https://app.example.com/login?return_to=https%3A%2F%2Fapp.example.com%2Fauth%2Fself-service%2Fsettings%2Fbrowser
}

func home(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "home") }

func TestAPasswordIsChangedThroughEveryMount(t *testing.T) {
	const app, account = "https://app.example.com/auth", "https://app.example.com/account/auth"
	for _, c := range []struct {
		name      string
		publicURL string
		home      string // where browsers find the app's own page, "" if it has none
		mount     func(t *testing.T, amend http.Handler) http.Handler
	}{
		{"ServeMux", app, "/", func(_ *testing.T, amend http.Handler) http.Handler { return custommux.OnServeMux(amend, home) }},
		{"chi", app, "/", func(_ *testing.T, amend http.Handler) http.Handler { return custommux.OnChi(amend, home) }},
		{"echo", app, "/", func(_ *testing.T, amend http.Handler) http.Handler { return custommux.OnEcho(amend, home) }},
		{"ServeMux, behind a proxy that keeps the path", app, "/", func(t *testing.T, amend http.Handler) http.Handler {
			return proxied(t, "", custommux.OnServeMux(amend, home))
		}},
		{"chi, behind a proxy that keeps the path", app, "/", func(t *testing.T, amend http.Handler) http.Handler {
			return proxied(t, "", custommux.OnChi(amend, home))
		}},
		{"echo, behind a proxy that keeps the path", app, "/", func(t *testing.T, amend http.Handler) http.Handler {
			return proxied(t, "", custommux.OnEcho(amend, home))
		}},
		{"behind a proxy that takes a part of the prefix away", account, "/account/", func(t *testing.T, amend http.Handler) http.Handler {
			return proxied(t, "/account", custommux.BehindProxy(amend, home))
		}},
		{"behind a proxy that takes the whole prefix away", account, "", func(t *testing.T, amend http.Handler) http.Handler {
			return proxied(t, "/account/auth", amend)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			kit := settingstest.New(t, func(config *settings.Config) { config.PublicURL = c.publicURL })
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			b := &browser{t: t, jar: kit.SignIn(ada, respond.Page).Jar, server: c.mount(t, kit.Handler)}

			started := b.send("GET", c.publicURL+"/self-service/settings/browser", nil)
			require.Equal(t, 303, started.status)
			at, err := url.Parse(started.header.Get("Location"))
			require.NoError(t, err)

			read := b.send("GET", c.publicURL+"/self-service/settings/flows?id="+at.Query().Get("flow"), nil)
			require.Equal(t, 200, read.status)
			form := read.flow(t)
			assert.True(t, strings.HasPrefix(form.UI.Action, c.publicURL+"/"), form.UI.Action)

			done := b.send("POST", form.UI.Action, url.Values{
				"csrf_token": {form.CSRFToken()}, "method": {"password"}, "password": {newPassword},
			})
			assert.Equal(t, 303, done.status)
			assert.Equal(t, at.String(), done.header.Get("Location"))
			assert.True(t, kit.PasswordIs(ada, newPassword))
			assert.Equal(t, 200, b.send("GET", c.publicURL+"/sessions/whoami", nil).status, "the new cookie came through")

			// Every method and path gets to the handler, and nothing beside them.
			assert.Equal(t, 405, b.send("PATCH", c.publicURL+"/self-service/settings", nil).status)
			assert.Equal(t, 404, b.send("GET", c.publicURL+"/self-service/settings/", nil).status)
			assert.Equal(t, 404, b.send("GET", c.publicURL+"x/sessions/whoami", nil).status)
			if c.home != "" {
				assert.Equal(t, "home", b.send("GET", "https://app.example.com"+c.home, nil).body)
			}
		})
	}
}

// proxied is a handler in a server of its own, behind a proxy that takes a
// prefix off the path.
func proxied(t *testing.T, prefix string, app http.Handler) http.Handler {
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	inside, err := url.Parse(server.URL)
	require.NoError(t, err)
	return http.StripPrefix(prefix, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(inside) }})
}

func TestPatternsThatClash(t *testing.T) {
	amend := settingstest.New(t).Handler
	for _, patterns := range [][2]string{{"/auth/", "GET /"}, {"GET /", "/auth/"}} {
		mux := http.NewServeMux()
		mux.Handle(patterns[0], amend)
		assert.Panics(t, func() { mux.Handle(patterns[1], http.HandlerFunc(home)) }, "%q, then %q", patterns[0], patterns[1])
	}
	for _, pattern := range []string{"GET /{$}", "/", "GET /{page}"} {
		mux := http.NewServeMux()
		mux.Handle("/auth/", amend)
		assert.NotPanics(t, func() { mux.Handle(pattern, http.HandlerFunc(home)) }, "%q", pattern)
	}

	b := &browser{t: t, server: custommux.OnServeMux(amend, home)}
	assert.Equal(t, "home", b.send("GET", "https://app.example.com/", nil).body)
	assert.Equal(t, 401, b.send("GET", "https://app.example.com/auth/sessions/whoami", nil).status)
	assert.Equal(t, 404, b.send("GET", "https://app.example.com/elsewhere", nil).status)
}

// browser sends requests to a server in this process, from a page of
// app.example.com, and keeps cookies.
type browser struct {
	t      *testing.T
	jar    http.CookieJar
	server http.Handler
}

// RoundTrip implements http.RoundTripper.
func (b *browser) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, in)
	res := w.Result()
	res.Request = r
	return res, nil
}

func (b *browser) send(method, url string, form url.Values) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, url, strings.NewReader(form.Encode()))
	require.NoError(b.t, err)
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method != "GET" {
		r.Header.Set("Origin", "https://app.example.com")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.do(r)
}

func (b *browser) do(r *http.Request) answer {
	b.t.Helper()
	client := http.Client{Transport: b, Jar: b.jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	require.NoError(b.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(b.t, err)
	return answer{res.StatusCode, res.Header, string(body)}
}
