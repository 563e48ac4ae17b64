package custommux_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/examples/custommux"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

const (
	ours   = "https://www.example.com"
	theirs = "https://www.evil.example"
)

// answer is a response, read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) flow(t *testing.T) settingstest.Flow {
	t.Helper()
	var f settingstest.Flow
	require.NoError(t, json.Unmarshal([]byte(a.body), &f), a.body)
	return f
}

// allows is the origin whose scripts may read the answer, "" if none may.
func (a answer) allows(t *testing.T) string {
	t.Helper()
	origin := a.header.Get("Access-Control-Allow-Origin")
	assert.NotEqual(t, "*", origin)
	credentials := ""
	if origin != "" {
		credentials = "true"
	}
	assert.Equal(t, credentials, a.header.Get("Access-Control-Allow-Credentials"))
	return origin
}

// script is a page of another origin that calls fetch with credentials:
// "include". To a page of ours, on the same site, the browser adds its cookie;
// here it does so to both, as an old browser may.
type script struct {
	browser
	origin, fetchSite string
}

func newScript(t *testing.T, kit *settingstest.Kit, id, origin string) *script {
	s := &script{browser{t: t, jar: kit.SignIn(id, respond.Script).Jar, server: custommux.ForScripts(ours, kit.Handler)}, origin, "same-site"}
	if origin == theirs {
		s.fetchSite = "cross-site"
	}
	return s
}

func (s *script) fetch(method, url, body string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, url, strings.NewReader(body))
	require.NoError(s.t, err)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Origin", s.origin)
	r.Header.Set("Sec-Fetch-Site", s.fetchSite)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return s.do(r)
}

func trusting(origin string) func(*settings.Config) {
	return func(c *settings.Config) { c.TrustedOrigins = []string{origin} }
}

const start = settingstest.PublicURL + "/self-service/settings/browser"

// submit sends the flow's form, with the token that proves it was read: a page
// of another origin always needs it, also one that is trusted.
func (s *script) submit(f settingstest.Flow, password string) answer {
	s.t.Helper()
	body, err := json.Marshal(map[string]string{"method": "password", "password": password, "csrf_token": f.CSRFToken()})
	require.NoError(s.t, err)
	return s.fetch("POST", f.UI.Action, string(body))
}

func TestAScriptOfATrustedOriginChangesThePassword(t *testing.T) {
	kit := settingstest.New(t, trusting(ours))
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	s := newScript(t, kit, ada, ours)

	started := s.fetch("GET", start, "")
	require.Equal(t, 200, started.status, started.body)
	assert.Equal(t, ours, started.allows(t))
	assert.Contains(t, started.header.Values("Vary"), "Origin")

	done := s.submit(started.flow(t), newPassword)
	assert.Equal(t, 200, done.status, done.body)
	assert.Equal(t, ours, done.allows(t))
	assert.Equal(t, "success", done.flow(t).State)
	assert.True(t, kit.PasswordIs(ada, newPassword))

	unproved := s.fetch("POST", started.flow(t).UI.Action, `{"method":"password","password":"short"}`)
	assert.Equal(t, 403, unproved.status, "without the form's token")
	refused := s.submit(started.flow(t), "short")
	assert.Equal(t, 400, refused.status)
	assert.Equal(t, ours, refused.allows(t), "its script may read why")
}

func TestCORSAloneLetsNoScriptSubmit(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	s := newScript(t, kit, ada, ours)

	done := s.submit(s.fetch("GET", start, "").flow(t), newPassword)
	assert.Equal(t, 403, done.status)
	assert.Contains(t, done.body, "security_csrf_violation")
	assert.True(t, kit.PasswordIs(ada, oldPassword))
}

func TestAForeignScriptNeitherSubmitsNorReads(t *testing.T) {
	kit := settingstest.New(t, trusting(ours))
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	s := newScript(t, kit, ada, theirs)

	started := s.fetch("GET", start, "")
	assert.Empty(t, started.allows(t), "the browser shows its page nothing of the answer")
	done := s.submit(started.flow(t), newPassword) // as if it had known the flow
	assert.Equal(t, 403, done.status)
	assert.Empty(t, done.allows(t))
	assert.True(t, kit.PasswordIs(ada, oldPassword))
}

func TestPreflight(t *testing.T) {
	for _, c := range []struct {
		name                    string
		origin, method, headers string
		allowed                 bool
	}{
		{"a submit of ours", ours, "POST", "content-type", true},
		{"a read of ours", ours, "GET", "", true},
		{"a submit of another site", theirs, "POST", "content-type", false},
		{"an origin that only begins like ours", ours + ".evil.example", "POST", "content-type", false},
		{"our origin without its encryption", "http://www.example.com", "POST", "content-type", false},
		{"no origin in particular", "null", "POST", "content-type", false},
		{"a method that the form does not need", ours, "DELETE", "", false},
		{"a header that the form does not need", ours, "POST", "x-session-token", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &browser{t: t, server: custommux.ForScripts(ours, settingstest.New(t, trusting(ours)).Handler)}
			r, err := http.NewRequestWithContext(t.Context(), "OPTIONS", settingstest.PublicURL+"/self-service/settings", nil)
			require.NoError(t, err)
			r.Header.Set("Origin", c.origin)
			r.Header.Set("Access-Control-Request-Method", c.method)
			if c.headers != "" {
				r.Header.Set("Access-Control-Request-Headers", c.headers)
			}
			a := b.do(r)
			assert.Equal(t, 204, a.status, "it is answered before the handler, which has no OPTIONS")
			if !c.allowed {
				assert.Empty(t, a.allows(t))
				return
			}
			assert.Equal(t, c.origin, a.allows(t))
			assert.Equal(t, c.method, a.header.Get("Access-Control-Allow-Methods"))
			assert.Equal(t, c.headers, a.header.Get("Access-Control-Allow-Headers"))
		})
	}
}
