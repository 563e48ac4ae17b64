package settings_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

// returnToTargets are the URLs that the allowed payloads of the corpus lead to.
var returnToTargets = map[string]string{
	"//app.example.com/settings":                         "https://app.example.com/settings",
	"HTTPS://APP.EXAMPLE.COM/Settings":                   "https://app.example.com/Settings",
	"https://app.example.com/café":                       "https://app.example.com/caf%C3%A9",
	"https://app.example.com/":                           "https://app.example.com/",
	"hTtPs://App.Example.Com/":                           "https://app.example.com/",
	"https://app.example.com/@evil.com":                  "https://app.example.com/@evil.com",
	"https://app.example.com/settings?tab=security#totp": "https://app.example.com/settings?tab=security#totp",
	"https://app.example.com":                            "https://app.example.com",
	"https://app.example.com?@evil.com/":                 "https://app.example.com?@evil.com/",
	"/settings":                                          "https://app.example.com/settings",
	"https://x.example.org/done":                         "https://x.example.org/done",
	"https://x.example.org/done?ok=1":                    "https://x.example.org/done?ok=1",
	"https://a.b.example.org/done":                       "https://a.b.example.org/done",
	"https://xn--bcher-kva.example.org/done":             "https://xn--bcher-kva.example.org/done",
}

// returnToCorpus is the corpus of package returnto.
func returnToCorpus(t testing.TB) (allow, allowed, refused []string) {
	t.Helper()
	text, err := os.ReadFile("returnto/testdata/return_to.json")
	require.NoError(t, err)
	var corpus struct {
		Allow []string
		Cases []struct {
			Payload string
			Allowed bool
		}
	}
	require.NoError(t, json.Unmarshal(text, &corpus))
	for _, c := range corpus.Cases {
		if c.Allowed {
			allowed = append(allowed, c.Payload)
		} else {
			refused = append(refused, c.Payload)
		}
	}
	require.Len(t, allowed, len(returnToTargets))
	require.Len(t, refused, 85)
	return corpus.Allow, allowed, refused
}

// returnToFlows counts the flows that are created.
type returnToFlows struct {
	store.FlowStore
	created *atomic.Int32
}

func (s returnToFlows) CreateFlow(ctx context.Context, r flow.Record) error {
	s.created.Add(1)
	return s.FlowStore.CreateFlow(ctx, r)
}

type returnToFixture struct {
	kit     *settingstest.Kit
	ada     string
	client  *settingstest.Client
	created *atomic.Int32
}

func newReturnToFixture(t *testing.T, kind respond.Client, allow []string) *returnToFixture {
	s := &returnToFixture{created: &atomic.Int32{}}
	s.kit = settingstest.New(t, func(c *settings.Config) {
		c.AllowReturnTo = allow
		c.Flows = returnToFlows{c.Flows, s.created}
	})
	s.ada = s.kit.AddIdentity("ada@example.com", csrfOldPassword)
	s.client = s.kit.SignIn(s.ada, kind)
	return s
}

// start starts a flow with a query.
func (s *returnToFixture) start(query string) *settingstest.Answer {
	return s.client.Get(map[bool]string{true: "/self-service/settings/api", false: "/self-service/settings/browser"}[s.client.Kind == respond.API] + "?" + query)
}

// started is the flow of a start that worked.
func (s *returnToFixture) started(t *testing.T, query string) *settingstest.Flow {
	t.Helper()
	a := s.start(query)
	if s.client.Kind == respond.Page {
		require.Equal(t, 303, a.Status, "%v", a)
		a = a.Follow()
	}
	require.Equal(t, 200, a.Status, "%v", a)
	return a.Flow
}

// renew is a sign-in that has just been made again.
func (s *returnToFixture) renew(t *testing.T) {
	t.Helper()
	_, token, err := s.kit.Handler.Sessions.RenewToken(t.Context(), csrfCookie(t, s.client), aal.Password)
	require.NoError(t, err)
	s.client.Jar.SetCookies(&url.URL{Scheme: "https", Host: "app.example.com", Path: "/"},
		[]*http.Cookie{{Name: "__Host-amend_session", Value: token, Path: "/", Secure: true}})
}

// submit changes the password, with more in the submit's URL.
func (s *returnToFixture) submit(t *testing.T, f *settingstest.Flow, query string) *settingstest.Answer {
	t.Helper()
	s.kit.Secret("password", csrfNewPassword)
	contentType, body := csrfJSON(t, settingstest.Fields{"method": "password", "password": csrfNewPassword, "csrf_token": f.CSRFToken()})
	if s.client.Kind == respond.Page {
		contentType, body = csrfURLEncoded(t, settingstest.Fields{"method": "password", "password": csrfNewPassword, "csrf_token": f.CSRFToken()})
	}
	return s.client.Post("/self-service/settings?flow="+f.ID+query, contentType, body)
}

// requireLeadsTo checks where a success leads, for a client that is led.
func requireLeadsTo(t *testing.T, a *settingstest.Answer, kind respond.Client, target string) {
	t.Helper()
	switch kind {
	case respond.Page:
		require.Equal(t, 303, a.Status, "%v", a)
		require.Equal(t, target, a.Location)
		require.Len(t, a.Header["Location"], 1)
	case respond.Script:
		require.Equal(t, 200, a.Status, "%v", a)
		require.Len(t, a.Flow.ContinueWith, 1)
		require.Equal(t, "redirect_browser_to", a.Flow.ContinueWith[0].Action)
		require.Equal(t, target, a.Flow.ContinueWith[0].RedirectBrowserTo)
	default:
		require.Equal(t, 200, a.Status, "%v", a)
		for _, c := range a.Flow.ContinueWith {
			require.Empty(t, c.RedirectBrowserTo, "an app is led nowhere")
		}
	}
}

func TestReturnToThatIsAllowed(t *testing.T) {
	allow, allowed, _ := returnToCorpus(t)
	for _, payload := range allowed {
		for _, kind := range bodyKinds {
			t.Run(fmt.Sprintf("%s, %v", payload, kind), func(t *testing.T) {
				s := newReturnToFixture(t, kind, allow)
				target := returnToTargets[payload]
				require.NotEmpty(t, target)
				f := s.started(t, "return_to="+url.QueryEscape(payload))
				assert.Equal(t, target, f.ReturnTo)
				assert.Equal(t, target, s.client.Read(f.ID).Flow.ReturnTo)
				a := s.submit(t, f, "")
				requireLeadsTo(t, a, kind, target)
				if a.Flow != nil {
					assert.Equal(t, target, a.Flow.ReturnTo)
				}
				assert.True(t, s.kit.PasswordIs(s.ada, csrfNewPassword))
			})
		}
	}
}

func TestReturnToThatIsRefused(t *testing.T) {
	allow, _, refused := returnToCorpus(t)
	for n, payload := range refused {
		for _, kind := range bodyKinds {
			t.Run(fmt.Sprintf("%02d %.60q, %v", n, payload, kind), func(t *testing.T) {
				s := newReturnToFixture(t, kind, allow)
				query := "return_to=" + url.QueryEscape(payload)
				requireError(t, s.start(query), kind, 400, "security_identity_mismatch")
				require.Zero(t, s.created.Load(), "no flow is made")

				f := s.client.Start()
				before, stored := snapshot(t, s.kit, s.ada), flowRecord(t, s.kit, f.ID)
				failure := requireError(t, s.submit(t, f, "&"+query), kind, 403, "security_identity_mismatch")
				assert.Contains(t, failure.Reason, "return_to")
				assert.Equal(t, before, snapshot(t, s.kit, s.ada))
				assert.Equal(t, stored, flowRecord(t, s.kit, f.ID))

				_, ok := s.kit.Handler.Service.CheckReturnTo(payload)
				assert.False(t, ok, "nor may a login page lead there")
			})
		}
	}
}

func TestReturnToParameters(t *testing.T) {
	const good, other = "https://app.example.com/done", "https://app.example.com/elsewhere"
	for _, row := range []struct {
		name, query, target string
		refused             bool
	}{
		{"none", "", "", false},
		{"an empty one", "return_to=", "", false},
		{"one", "return_to=" + good, good, false},
		{"the same twice", "return_to=" + good + "&return_to=" + good, good, false},
		{"the same twice, spelt in two ways", "return_to=" + good + "&return_to=" + url.QueryEscape(good), good, false},
		{"an empty one and one", "return_to=&return_to=" + good, good, false},
		{"in a parameter of another name", "Return_To=https://evil.example/&return_to[]=https://evil.example/&redirect_to=https://evil.example/", "", false},
		{"two that differ", "return_to=" + good + "&return_to=" + other, "", true},
		{"an allowed one and a foreign one", "return_to=" + good + "&return_to=https://evil.example/", "", true},
		{"a foreign one and an allowed one", "return_to=https://evil.example/&return_to=" + good, "", true},
		{"a foreign one whose name is encoded", "return%5Fto=https://evil.example/", "", true},
		{"one that cannot be decoded", "return_to=https://app.example.com/%zz", "", true},
		{"two in one, by a semicolon", "return_to=" + good + ";return_to=https://evil.example/", good + ";return_to=https://evil.example/", false},
		{"encoded twice", "return_to=" + url.QueryEscape(url.QueryEscape("https://evil.example/")), "", true},
	} {
		for _, kind := range bodyKinds {
			t.Run(fmt.Sprintf("%s, %v", row.name, kind), func(t *testing.T) {
				s := newReturnToFixture(t, kind, []string{"https://app.example.com/"})
				if row.refused {
					requireError(t, s.start(row.query), kind, 400, "security_identity_mismatch")
					require.Zero(t, s.created.Load())

					f := s.client.Start()
					before, stored := snapshot(t, s.kit, s.ada), flowRecord(t, s.kit, f.ID)
					requireError(t, s.submit(t, f, "&"+row.query), kind, 403, "security_identity_mismatch")
					require.Equal(t, before, snapshot(t, s.kit, s.ada))
					require.Equal(t, stored, flowRecord(t, s.kit, f.ID))
					return
				}
				f := s.started(t, row.query)
				require.Equal(t, row.target, f.ReturnTo)
				a := s.submit(t, f, "")
				target := row.target
				if target == "" {
					target = "https://app.example.com/settings?flow=" + f.ID
				}
				requireLeadsTo(t, a, kind, target)
			})
		}
	}
}

// A return_to that comes with a submit is checked, and used for nothing: where
// a flow leads was said when it was started.
func TestReturnToOfASubmit(t *testing.T) {
	for _, kind := range bodyKinds {
		for _, row := range []struct{ name, started, target string }{
			{"of a flow that has one", "return_to=https://app.example.com/done", "https://app.example.com/done"},
			{"of a flow that has none", "", "https://app.example.com/settings?flow=FLOW"},
		} {
			t.Run(fmt.Sprintf("%s, %v", row.name, kind), func(t *testing.T) {
				s := newReturnToFixture(t, kind, []string{"https://app.example.com/"})
				f := s.started(t, row.started)
				a := s.submit(t, f, "&return_to=https://app.example.com/elsewhere")
				requireLeadsTo(t, a, kind, strings.ReplaceAll(row.target, "FLOW", f.ID))
				require.NotContains(t, string(a.Body)+flowRecord(t, s.kit, f.ID), "elsewhere")
			})
		}
	}
}

// A forbidden return_to is refused before anything else is said of the request.
func TestReturnToIsCheckedFirst(t *testing.T) {
	for _, kind := range bodyKinds {
		t.Run(kind.String(), func(t *testing.T) {
			s := newReturnToFixture(t, kind, nil)
			s.client = s.kit.Anonymous(kind)
			contentType := bodyIsJSON
			if kind == respond.Page {
				contentType = bodyIsForm
			}
			a := s.client.Post("/self-service/settings?flow=nonsense&return_to=https://evil.example/", contentType, "{")
			requireError(t, a, kind, 403, "security_identity_mismatch")
			requireError(t, s.start("return_to=https://evil.example/"), kind, 400, "security_identity_mismatch")
		})
	}
}

// A list that has become shorter holds for flows that were started before.
func TestReturnToAfterTheListHasShrunk(t *testing.T) {
	const target = "https://app.example.com/done"
	for _, kind := range bodyKinds {
		for _, row := range []struct {
			name, lead string
			change     func(*settings.Config)
		}{
			{"to the settings page", "https://app.example.com/settings?flow=FLOW", func(*settings.Config) {}},
			{"to the after-URL", "https://app.example.com/after", func(c *settings.Config) { c.AfterURL = "https://app.example.com/after" }},
			{"to the method's after-URL", "https://app.example.com/changed", func(c *settings.Config) {
				c.AfterURL = "https://app.example.com/after"
				c.AfterURLs = map[string]string{"password": "https://app.example.com/changed"}
			}},
		} {
			t.Run(fmt.Sprintf("%s, %v", row.name, kind), func(t *testing.T) {
				s := newReturnToFixture(t, kind, []string{"https://app.example.com/"})
				f := s.started(t, "return_to="+target)
				require.Equal(t, target, f.ReturnTo)

				old := s.kit
				s.kit = settingstest.New(t, func(c *settings.Config) {
					c.Keys, c.Flows, c.Sessions, c.Identities = old.Config.Keys, old.Store, old.Store, old.Store
					row.change(c)
				})
				s.kit.Store, s.client.Kit = old.Store, s.kit
				read := s.client.Read(f.ID)
				require.Empty(t, read.Flow.ReturnTo)
				a := s.submit(t, f, "")
				requireLeadsTo(t, a, kind, strings.ReplaceAll(row.lead, "FLOW", f.ID))
				if a.Flow != nil {
					require.Empty(t, a.Flow.ReturnTo)
				}
				require.True(t, s.kit.PasswordIs(s.ada, csrfNewPassword))
			})
		}
	}
}

// The fresh flow in the place of an expired one leads where that one did.
func TestReturnToOfAReplacedFlow(t *testing.T) {
	const target = "https://app.example.com/done"
	for _, shrunk := range []bool{false, true} {
		t.Run(fmt.Sprintf("list shrunk %v", shrunk), func(t *testing.T) {
			s := newReturnToFixture(t, respond.Page, []string{"https://app.example.com/"})
			f := s.started(t, "return_to="+target)
			old := s.kit
			s.kit = settingstest.New(t, func(c *settings.Config) {
				c.Keys, c.Flows, c.Sessions, c.Identities = old.Config.Keys, old.Store, old.Store, old.Store
				if !shrunk {
					c.AllowReturnTo = []string{"https://app.example.com/"}
				}
			})
			s.kit.Store, s.client.Kit = old.Store, s.kit
			s.kit.Clock.Advance(61 * time.Minute)
			fresh := s.submit(t, f, "").Follow().Flow
			require.NotEqual(t, f.ID, fresh.ID)
			s.renew(t)
			fresh = s.client.Read(fresh.ID).Flow // as it looks after the sign-in
			lead := target
			if shrunk {
				lead = ""
			}
			require.Equal(t, lead, fresh.ReturnTo)
			a := s.submit(t, fresh, "")
			if shrunk {
				lead = "https://app.example.com/settings?flow=" + fresh.ID
			}
			requireLeadsTo(t, a, respond.Page, lead)
		})
	}
}

// Without a session a page goes to login and comes back to the start, with the
// target as it was judged and not as it was written.
func TestReturnToOnTheWayOverLogin(t *testing.T) {
	s := newReturnToFixture(t, respond.Page, []string{"https://app.example.com/"})
	a := s.kit.Anonymous(respond.Page).Get("/self-service/settings/browser?return_to=" + url.QueryEscape("//APP.example.com/café"))
	require.Equal(t, 303, a.Status)
	login, err := url.Parse(a.Location)
	require.NoError(t, err)
	require.Equal(t, "https://app.example.com/login", login.Scheme+"://"+login.Host+login.Path)
	back := login.Query()["return_to"]
	require.Equal(t, []string{"https://app.example.com/auth/self-service/settings/browser?return_to=https%3A%2F%2Fapp.example.com%2Fcaf%25C3%25A9"}, back)
	_, ok := s.kit.Handler.Service.CheckReturnTo(back[0])
	require.True(t, ok, "the login page may lead back")
}

func TestCheckReturnToForALoginPage(t *testing.T) {
	kit := settingstest.New(t, func(c *settings.Config) {
		c.PublicURL, c.UIURL = "https://auth.example.com/amend", "https://www.example.com/account/settings"
		c.AllowReturnTo = []string{"https://docs.example.org/guide"}
	})
	for _, row := range []struct{ name, raw, target string }{
		{"the settings page with a flow", "https://www.example.com/account/settings?flow=1", "https://www.example.com/account/settings?flow=1"},
		{"the resume URL", "https://auth.example.com/amend/self-service/settings?flow=1", "https://auth.example.com/amend/self-service/settings?flow=1"},
		{"the start of a flow", "https://auth.example.com/amend/self-service/settings/browser", "https://auth.example.com/amend/self-service/settings/browser"},
		{"a route of the host behind its middleware", "https://auth.example.com/billing?year=2030", "https://auth.example.com/billing?year=2030"},
		{"an entry of the list", "HTTPS://docs.example.org/guide/a", "https://docs.example.org/guide/a"},
		{"another page beside the settings page", "https://www.example.com/account", ""},
		{"a page that begins like the settings page", "https://www.example.com/account/settings-evil", ""},
		{"beside an entry of the list", "https://docs.example.org/", ""},
		{"another site", "https://evil.example/", ""},
		{"another site by two slashes", "//evil.example/amend", ""},
		{"a sub-domain", "https://x.auth.example.com/amend", ""},
		{"the http twin", "http://auth.example.com/amend", ""},
		{"another port", "https://auth.example.com:8443/amend", ""},
		{"ours as a user name", "https://auth.example.com@evil.example/", ""},
		{"a script", "javascript:alert(1)//https://auth.example.com/", ""},
		{"nothing", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			target, ok := kit.Handler.Service.CheckReturnTo(row.raw)
			require.Equal(t, row.target != "", ok)
			require.Equal(t, row.target, target)
		})
	}
}
