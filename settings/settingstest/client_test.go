package settingstest_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

func urlEscape(s string) string { return url.QueryEscape(s) }

// loggingTransport logs the tokens it sees.
type loggingTransport struct {
	session.Cookie
	log *settings.Config
}

func (l loggingTransport) Tokens(r *http.Request) []string {
	tokens := l.Cookie.Tokens(r)
	l.log.Logger.Info("seen", "tokens", tokens, slog.String("path", r.URL.Path))
	return tokens
}

// recorder is a transport that keeps the requests which come in.
type recorder struct {
	session.Cookie
	mu   sync.Mutex
	seen []*http.Request
}

func (w *recorder) Tokens(r *http.Request) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, r.Clone(r.Context()))
	return w.Cookie.Tokens(r)
}

func (w *recorder) last() *http.Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[len(w.seen)-1]
}

var kinds = []respond.Client{respond.API, respond.Page, respond.Script}

// What a client of each kind sends, as the protocol tells them apart.
func TestWhatClientsSend(t *testing.T) {
	for _, row := range []struct {
		kind                                   respond.Client
		accept, contentType, fetchSite, origin string
		cookie, token                          bool
	}{
		{respond.API, "application/json", "application/json", "", "", false, true},
		{respond.Page, "text/html", "application/x-www-form-urlencoded", "same-origin", "https://app.example.com", true, false},
		{respond.Script, "application/json", "application/json", "same-origin", "https://app.example.com", true, false},
	} {
		t.Run(row.kind.String(), func(t *testing.T) {
			seen := &recorder{}
			kit := settingstest.New(t, func(c *settings.Config) { c.Transport = seen })
			client := kit.SignIn(kit.AddIdentity("ada@example.com", oldPassword), row.kind)
			f := client.Start()
			assert.Empty(t, seen.last().Header["Origin"], "a GET has none")

			client.Submit(f, settingstest.Fields{"method": "password", "password": "short"})
			r := seen.last()
			assert.Equal(t, "/auth/self-service/settings", r.URL.Path)
			assert.Equal(t, f.ID, r.URL.Query().Get("flow"))
			assert.Contains(t, r.Header.Get("Accept"), row.accept)
			assert.Equal(t, row.contentType, r.Header.Get("Content-Type"))
			assert.Equal(t, row.fetchSite, r.Header.Get("Sec-Fetch-Site"))
			assert.Equal(t, row.origin, r.Header.Get("Origin"))
			assert.Equal(t, row.cookie, len(r.Cookies()) == 1)
			assert.Equal(t, row.token, r.Header.Get("X-Session-Token") != "")
		})
	}
}

func TestHeaderOfAClient(t *testing.T) {
	seen := &recorder{}
	kit := settingstest.New(t, func(c *settings.Config) { c.Transport = seen })
	client := kit.SignIn(kit.AddIdentity("ada@example.com", ""), respond.Script)
	client.Header.Set("Accept", "text/html")
	client.Header["Sec-Fetch-Site"] = nil
	client.Header["X-Two"] = []string{"1", "2"}
	client.Whoami()
	r := seen.last()
	require.Equal(t, []string{"text/html"}, r.Header["Accept"])
	require.NotContains(t, r.Header, "Sec-Fetch-Site")
	require.Equal(t, []string{"1", "2"}, r.Header["X-Two"])
}

// A change of the password rotates the session. Its client takes up the new
// token; a copy does not have it.
func TestClientsStaySignedIn(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			kit := settingstest.New(t)
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			client := kit.SignIn(ada, kind)
			thief := client.Copy()
			require.Equal(t, 200, thief.Whoami().Status)
			a := client.Submit(client.Start(), settingstest.Fields{"method": "password", "password": newPassword})
			require.Equal(t, map[respond.Client]int{respond.API: 200, respond.Page: 303, respond.Script: 200}[kind], a.Status)
			require.True(t, kit.PasswordIs(ada, newPassword))
			require.False(t, kit.PasswordIs(ada, oldPassword))
			require.Equal(t, 200, client.Whoami().Status)
			require.Equal(t, 401, thief.Whoami().Status)
			require.Equal(t, 401, kit.Anonymous(kind).Whoami().Status)
		})
	}
}

// A page's form has no objects: their fields become dotted names.
func TestNestedFields(t *testing.T) {
	for _, kind := range kinds {
		for name, nested := range map[string]any{
			"Fields": settingstest.Fields{"name": settingstest.Fields{"first": "Ada"}, "age": 36},
			"a map":  map[string]any{"name": map[string]any{"first": "Ada"}, "age": 36},
		} {
			t.Run(fmt.Sprintf("%v, %s", kind, name), func(t *testing.T) {
				var got map[string]any
				kit := settingstest.New(t, only(&reader{got: &got}))
				client := kit.SignIn(kit.AddIdentity("ada@example.com", ""), kind)
				client.Submit(client.Start(), settingstest.Fields{"method": "reader", "traits": nested})
				j, err := json.Marshal(got)
				require.NoError(t, err)
				want := `{"age":36,"name":{"first":"Ada"}}`
				if kind == respond.Page {
					want = `{"age":"36","name":{"first":"Ada"}}`
				}
				require.JSONEq(t, want, string(j))
			})
		}
	}
}

// reader is a method that keeps the traits it reads.
type reader struct {
	careless
	got *map[string]any
}

func (r *reader) Info() (method.Info, error) {
	return method.Info{Name: "reader", Fields: []string{"traits"}}, nil
}

func (r *reader) Plan(_ method.View, s method.Submission) (method.Plan, error) {
	*r.got, _ = s.Fields.Object("traits")
	return refuses("read"), nil
}

func TestAnswersOfAPage(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	page := kit.SignIn(ada, respond.Page)
	f := page.Start()
	a := page.Submit(f, settingstest.Fields{"method": "password", "password": "short"})
	require.Equal(t, 303, a.Status)
	require.Nil(t, a.Flow)
	shown := a.Follow()
	require.Equal(t, f.ID, shown.Flow.ID)
	require.Equal(t, []string{"password:4000032"}, shown.Flow.Messages())

	page.Header.Set("Sec-Fetch-Site", "cross-site")
	page.Header["Origin"] = nil
	failure := page.Submit(f, settingstest.Fields{"method": "password", "password": newPassword}).Failure()
	require.Equal(t, "security_csrf_violation", failure.ID)
	require.Equal(t, 403, failure.Code)
	require.NotEmpty(t, failure.Reason)
}

// What a test takes for granted and is not so fails it.
func TestWrongTurns(t *testing.T) {
	for _, row := range []struct {
		name string
		test func(kit *settingstest.Kit)
	}{
		{"starting without a session", func(kit *settingstest.Kit) { kit.Anonymous(respond.API).Start() }},
		{"starting without a session, as a page", func(kit *settingstest.Kit) { kit.Anonymous(respond.Page).Start() }},
		{"following what leads nowhere", func(kit *settingstest.Kit) { kit.Anonymous(respond.API).Whoami().Follow() }},
		{"following to a login", func(kit *settingstest.Kit) {
			kit.Anonymous(respond.Page).Get("/self-service/settings/browser").Follow()
		}},
		{"a failure behind no redirect", func(kit *settingstest.Kit) { kit.Anonymous(respond.API).Whoami().Failure() }},
		{"signing in nobody", func(kit *settingstest.Kit) { kit.SignIn("nobody", respond.API) }},
		{"editing nobody", func(kit *settingstest.Kit) { kit.AddFactor("nobody", aal.TOTP) }},
		{"two identities of one address", func(kit *settingstest.Kit) {
			kit.AddIdentity("ada@example.com", "")
			kit.AddIdentity("ada@example.com", "")
		}},
		{"a password of an account without one that is asked for", func(kit *settingstest.Kit) { kit.PasswordIs("nobody", "") }},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.NotEmpty(t, run(t, func(t testing.TB) { row.test(settingstest.New(t)) }))
		})
	}
	require.NotEmpty(t, run(t, func(t testing.TB) { settingstest.New(t, func(c *settings.Config) { c.LoginURL = "" }) }), "a Config that is wrong")
}

func TestFactorsOfAKit(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	kit.AddFactor(ada, aal.TOTP)
	require.True(t, kit.Identity(ada).Has(aal.TOTP))
	a := kit.SignIn(ada, respond.API).Get("/self-service/settings/api")
	require.Equal(t, 403, a.Status)
	require.Equal(t, "session_aal2_required", a.Error.ID)
	kit.SignIn(ada, respond.API, aal.Password, aal.TOTP).Start()
}

func TestClock(t *testing.T) {
	noon := time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)
	kit := settingstest.New(t)
	require.Equal(t, noon, kit.Clock.Now())
	client := kit.SignIn(kit.AddIdentity("ada@example.com", ""), respond.API)
	kit.Clock.Advance(24*time.Hour - time.Nanosecond)
	require.Equal(t, 200, client.Whoami().Status)
	kit.Clock.Advance(time.Nanosecond)
	require.Equal(t, 401, client.Whoami().Status)
	kit.Clock.Advance(-time.Hour)
	require.Equal(t, 200, client.Whoami().Status)
}

func TestAnAnswerInBrief(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", "correct horse battery staple")
	for kind, want := range map[respond.Client][]string{
		respond.API:    {"200 1050001", "400 password:4000032", "403 session_refresh_required", "404 self_service_flow_not_found", "401 session_inactive"},
		respond.Page:   {"303 UI ⇒ 1050001", "303 UI ⇒ password:4000032", "303 REFRESH", "303 ERR ⇒ self_service_flow_not_found", "303 LOGIN"},
		respond.Script: {"200 1050001", "400 password:4000032", "403 session_refresh_required", "404 self_service_flow_not_found", "401 session_inactive"},
	} {
		t.Run(kind.String(), func(t *testing.T) {
			c := kit.SignIn(ada, kind)
			f := c.Start()
			submit := func(c *settingstest.Client, f *settingstest.Flow, pass string) string {
				return c.Submit(f, settingstest.Fields{"method": "password", "password": pass}).Brief()
			}
			got := []string{submit(c, f, "a much better horse for "+kind.String()), submit(c, f, "short")}
			kit.Clock.Advance(16 * time.Minute)
			got = append(got, submit(c, f, "another horse altogether"))
			unknown := *f
			unknown.ID = "00000000-0000-4000-8000-000000000000"
			got = append(got, submit(c, &unknown, "x"), submit(kit.Anonymous(kind), f, "x"))
			require.Equal(t, want, got)
		})
	}
}
