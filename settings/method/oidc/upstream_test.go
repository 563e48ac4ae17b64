package oidc_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/settingstest"
)

// busy asserts that a provider's failure is told as one that may pass.
func busy(t *testing.T, c *settingstest.Client, a *settingstest.Answer) {
	t.Helper()
	if a.Status == http.StatusSeeOther {
		a = a.Follow()
		require.Equal(t, []string{"7000012"}, a.Flow.Messages())
		return
	}
	require.Equal(t, http.StatusServiceUnavailable, a.Status, "%v", a)
	require.Equal(t, "overloaded", a.Error.ID)
	require.Equal(t, "2", a.Header.Get("Retry-After"))
}

// describing makes the provider say something else of itself.
func describing(name string, value any) func(*op) {
	return func(o *op) { o.metadata = func(m map[string]any) { m[name] = value } }
}

// answering makes the provider answer one path by something else.
func answering(path string, answer func(http.ResponseWriter, *http.Request)) func(*op) {
	return func(o *op) {
		o.before = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == path {
				answer(w, r)
			}
			return r.URL.Path == path
		}
	}
}

const discovery = "/.well-known/openid-configuration"

func TestProvidersThatCannotBeAsked(t *testing.T) {
	for name, fault := range map[string]func(*op){
		"another issuer":         describing("issuer", "http://other.example"),
		"the issuer and a slash": func(o *op) { o.metadata = func(m map[string]any) { m["issuer"] = o.URL + "/" } },
		"no issuer":              describing("issuer", nil),
		"an authorization endpoint of plain http":  describing("authorization_endpoint", "http://provider.example/authorize"),
		"an authorization endpoint of script":      describing("authorization_endpoint", "javascript:alert(1)"),
		"an authorization endpoint of one slash":   describing("authorization_endpoint", "/authorize"),
		"an authorization endpoint with a user":    describing("authorization_endpoint", "https://accounts@evil.example/"),
		"an authorization endpoint without a host": describing("authorization_endpoint", "https:///authorize"),
		"no token endpoint":                        describing("token_endpoint", nil),
		"a token endpoint of plain http":           describing("token_endpoint", "http://provider.example/token"),
		"keys in a file":                           describing("jwks_uri", "file:///etc/passwd"),
		"keys over plain http":                     describing("jwks_uri", "http://provider.example/keys"),
		"endpoints of no text":                     describing("token_endpoint", 7),
		"a page":                                   answering(discovery, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }),
		"nothing there":                            answering(discovery, http.NotFound),
		"an error with a long story": answering(discovery, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte("\x1b[2J\r\nlevel=INFO msg=fine\xff" + strings.Repeat("é", 1000)))
		}),
		"an error": answering(discovery, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }),
		"a redirect": answering(discovery, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}),
		"an answer without end": answering(discovery, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"issuer":"` + strings.Repeat("x", 256<<10) + `"}`))
		}),
		"a connection that breaks": answering(discovery, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, kind respond.Client) {
				s := newFixture(t)
				fault(s.op)
				c := s.SignIn(s.ada, kind)
				f, was := start(c), s.Snapshot(s.ada)
				busy(t, c, c.Submit(f, fields{"link": "one"}))
				assert.Equal(t, was, s.Snapshot(s.ada))
				assert.Zero(t, s.op.count("/elsewhere"), "no redirect is followed")
				require.Len(t, s.told(), 1)
				assert.Regexp(t, `^oidc: provider one: [^\x00-\x1f\x7f]{1,300}$`, s.told()[0].Error(), "a line, of at most so much")
				// A failure is not remembered.
				s.op.mend()
				s.saved(c, f, s.link(c, f, "ada-there"))
			})
		})
	}
}

// A provider that takes its time has the time that the host gives it.
func TestAProviderThatHangs(t *testing.T) {
	s := newFixture(t, func(_ *fixture, c *oidc.Config) { c.Timeout = 50 * time.Millisecond })
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	answering(discovery, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})(s.op)
	c := s.SignIn(s.ada, respond.Script)
	busy(t, c, c.Submit(start(c), fields{"link": "one"}))
}

func TestCookiesOfAProviderAreNotKept(t *testing.T) {
	s := newFixture(t)
	s.op.before = func(w http.ResponseWriter, r *http.Request) bool {
		assert.Empty(t, r.Cookies())
		http.SetCookie(w, &http.Cookie{Name: "user", Value: rand.Text(), Path: "/"})
		return false
	}
	c := s.SignIn(s.ada, respond.Script)
	f := start(c)
	s.saved(c, f, s.link(c, f, "x"))
}

// A Transport of the host's that panics must not take the process with it.
func TestATransportThatPanics(t *testing.T) {
	s := newFixture(t, func(_ *fixture, c *oidc.Config) {
		c.Client = &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) { panic("a bug") })}
	})
	c := s.SignIn(s.ada, respond.Script)
	busy(t, c, c.Submit(start(c), fields{"link": "one"}))
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Who asks first and goes away does not take the answer from the others.
func TestAClientThatGoesAway(t *testing.T) {
	o := newOP(t, time.Now)
	arrived, release := make(chan struct{}), make(chan struct{})
	o.before = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == discovery {
			close(arrived)
			<-release
		}
		return false
	}
	told := 0
	m := oidc.New(oidc.Config{Providers: []oidc.Provider{o.provider("one")}, OnFailure: func(context.Context, string, error) { told++ }})
	pressed, problem := body.Decode("application/json", "", strings.NewReader(`{"link":"one"}`), 1<<10, nil)
	require.Nil(t, problem)
	plan, err := m.Plan(method.View{Now: time.Now(), PublicURL: settingstest.PublicURL}, method.Submission{Fields: pressed})
	require.NoError(t, err)

	impatient, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := plan.Do(impatient)
		left <- err
	}()
	<-arrived
	leave()
	err = <-left
	require.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, method.ErrBusy)
	close(release)
	result, err := plan.Do(t.Context())
	require.NoError(t, err)
	assert.IsType(t, method.Redirect{}, result)
	assert.Equal(t, 1, o.count(discovery))
	assert.Zero(t, told, "it is no failure of the provider's")
}

// Where the issuer has https, everything has, on this machine too.
func TestAnIssuerOfHTTPSStaysThere(t *testing.T) {
	for name, plain := range map[string]string{"all https": "", "authorization": "authorization_endpoint", "token": "token_endpoint", "keys": "jwks_uri"} {
		t.Run(name, func(t *testing.T) {
			var issuer string
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				m := map[string]string{"issuer": issuer, "authorization_endpoint": issuer + "/a", "token_endpoint": issuer + "/t", "jwks_uri": issuer + "/k"}
				if plain != "" {
					m[plain] = "http://127.0.0.1:1/"
				}
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(m)
			}))
			t.Cleanup(server.Close)
			issuer = server.URL
			s := newFixture(t, func(_ *fixture, c *oidc.Config) { c.Client, c.Providers[0].Issuer = server.Client(), issuer })
			c := s.SignIn(s.ada, respond.Script)
			a := c.Submit(start(c), fields{"link": "one"})
			if plain == "" {
				assert.Contains(t, away(t, c, a), issuer+"/a?")
			} else {
				busy(t, c, a)
			}
		})
	}
}
