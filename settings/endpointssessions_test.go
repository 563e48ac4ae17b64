package settings_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/settingstest"
)

// sessionObjects are the sessions in the body of an answer.
func sessionObjects(t *testing.T, a *settingstest.Answer) []map[string]any {
	t.Helper()
	require.Equal(t, 200, a.Status, "%v", a)
	decodable(t, a)
	var list []map[string]any
	require.NoError(t, json.Unmarshal(a.Body, &list), "%s", a.Body)
	require.NotNil(t, list, "a list, also an empty one")
	for _, s := range list {
		decodableSession(t, s)
	}
	return list
}

// whoamiID is the id of the session of a client.
func whoamiID(t *testing.T, c *settingstest.Client) string {
	t.Helper()
	a := c.Whoami()
	require.Equal(t, 200, a.Status, "%v", a)
	var s struct {
		ID string `json:"id"`
	}
	require.NoError(t, json.Unmarshal(a.Body, &s))
	return s.ID
}

func TestWhoami(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			kit := settingstest.New(t)
			ada := kit.AddIdentity("ada@example.com", contractOldPassword)
			kit.AddFactor(ada, aal.TOTP)
			client := kit.SignIn(ada, kind, aal.Password, aal.TOTP)
			a := client.Whoami()
			require.Equal(t, 200, a.Status, "%v", a)
			decodable(t, a)
			var s map[string]any
			require.NoError(t, json.Unmarshal(a.Body, &s))
			assert.Equal(t, true, s["active"])
			assert.Equal(t, "aal2", s["authenticator_assurance_level"])
			assert.Equal(t, "2030-01-02T12:00:00Z", s["authenticated_at"])
			assert.Equal(t, "2030-01-02T12:00:00Z", s["issued_at"])
			assert.Equal(t, "2030-01-03T12:00:00Z", s["expires_at"])
			var methods []any
			for _, m := range s["authentication_methods"].([]any) {
				methods = append(methods, m.(map[string]any)["method"])
			}
			assert.Equal(t, []any{"password", "totp"}, methods)
			who := s["identity"].(map[string]any)
			assert.Equal(t, ada, who["id"])
			assert.Equal(t, map[string]any{"email": "ada@example.com"}, who["traits"])
			assert.Equal(t, "settingstest", s["devices"].([]any)[0].(map[string]any)["user_agent"])
			leaksNothingOfTheStore(t, a, client)

		})
	}
}

// leaksNothingOfTheStore: what finds a session in the store, or opens one, is
// in no answer about sessions.
func leaksNothingOfTheStore(t *testing.T, a *settingstest.Answer, clients ...*settingstest.Client) {
	t.Helper()
	for _, c := range clients {
		token := heldToken(t, c)
		sum := sha256.Sum256([]byte(token))
		assert.NotContains(t, string(a.Body), token)
		assert.NotContains(t, string(a.Body), hex.EncodeToString(sum[:]))
	}
	for _, inside := range []string{"hash", "generation", "superseded", "successor", "version", "password_hash", "$argon2"} {
		assert.NotContains(t, strings.ToLower(string(a.Body)), inside)
	}
}

// 401 in JSON for everybody: who asks for a session is a program.
func TestEndpointsOfSessionsWithoutOne(t *testing.T) {
	for _, kind := range everyClient {
		for name, arrange := range map[string]func(*contractFixture){
			"none":       noSessionAtAll,
			"an unknown": func(w *contractFixture) { w.client = w.unknownToken() },
			"nonsense":   func(w *contractFixture) { w.client = w.holding("amd_st_") },
			"an expired": func(w *contractFixture) { w.Clock.Advance(24 * time.Hour) },
			"a revoked":  func(w *contractFixture) { w.revoke() },
			"a blocked":  func(w *contractFixture) { require.NoError(w.t, w.Store.SetActive(w.t.Context(), w.ada, false)) },
			"a truncated": func(w *contractFixture) {
				token := heldToken(w.t, w.client)
				w.client = w.holding(token[:len(token)-1])
			},
			"a padded":    func(w *contractFixture) { w.client = w.holding(heldToken(w.t, w.client) + "=") },
			"in capitals": func(w *contractFixture) { w.client = w.holding(strings.ToUpper(heldToken(w.t, w.client))) },
			"a retried": func(w *contractFixture) {
				old := w.client.Copy()
				w.submit()
				w.client = old
			},
		} {
			for _, request := range [][2]string{{"GET", "/sessions/whoami"}, {"GET", "/sessions"}, {"DELETE", "/sessions"}, {"DELETE", "/sessions/0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a"}} {
				t.Run(kind.String()+"/"+name+"/"+request[0]+" "+request[1], func(t *testing.T) {
					w := newContractFixture(t, kind, "")
					arrange(w)
					before := snapshot(t, w.Kit, w.ada)
					a := w.client.Do(request[0], request[1], "", "")
					decodable(t, a)
					wantNoSession(t, a)
					assert.Equal(t, before, snapshot(t, w.Kit, w.ada))
				})
			}
		}
	}
}

func TestWhoamiByHeader(t *testing.T) {
	kit := settingstest.New(t)
	token := kit.SignIn(kit.AddIdentity("ada@example.com", ""), respond.API).Token
	other := kit.SignIn(kit.AddIdentity("eve@example.com", ""), respond.API).Token
	for _, row := range []struct {
		name   string
		header http.Header
		want   int
	}{
		{"X-Session-Token", http.Header{"X-Session-Token": {token}}, 200},
		{"Bearer", http.Header{"Authorization": {"Bearer " + token}}, 200},
		{"bearer in another case", http.Header{"Authorization": {"bEARER " + token}}, 200},
		{"both, the same", http.Header{"X-Session-Token": {token}, "Authorization": {"Bearer " + token}}, 200},
		{"a Bearer of the host's own beside ours", http.Header{"X-Session-Token": {token}, "Authorization": {"Bearer eyJhbGciOi"}}, 200},
		{"a Bearer of the host's own alone", http.Header{"Authorization": {"Bearer eyJhbGciOi"}}, 401},
		{"another scheme", http.Header{"Authorization": {"Token " + token}}, 401},
		{"an empty token", http.Header{"X-Session-Token": {""}}, 401},
		{"two of two people", http.Header{"X-Session-Token": {token}, "Authorization": {"Bearer " + other}}, 400},
		{"two in one header", http.Header{"X-Session-Token": {token, other}}, 400},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := kit.Anonymous(respond.API)
			c.Header = row.header
			a := c.Whoami()
			decodable(t, a)
			assert.Equal(t, row.want, a.Status, "%v", a)
		})
	}
}

func TestListSessions(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			kit := settingstest.New(t)
			ada, eve := kit.AddIdentity("ada@example.com", contractOldPassword), kit.AddIdentity("eve@example.com", contractOldPassword)
			kit.SignIn(ada, respond.API) // will have expired
			kit.Clock.Advance(23 * time.Hour)
			phone := kit.SignIn(ada, respond.API)
			kit.Clock.Advance(time.Hour)
			tablet := kit.SignIn(ada, respond.Page)
			client, stranger := kit.SignIn(ada, kind), kit.SignIn(eve, kind)

			answer := client.Get("/sessions")
			var ids []any
			for _, s := range sessionObjects(t, answer) {
				ids = append(ids, s["id"])
				assert.NotContains(t, s, "identity", "the client knows whose they are")
				assert.Equal(t, "settingstest", s["devices"].([]any)[0].(map[string]any)["user_agent"])
			}
			assert.Equal(t, []any{whoamiID(t, tablet), whoamiID(t, phone)}, ids, "newest first; not its own, not an expired one, nobody else's")
			leaksNothingOfTheStore(t, answer, phone, tablet, client)
			assert.Empty(t, sessionObjects(t, stranger.Get("/sessions")))
		})
	}
}

func TestRevokeTheOtherSessions(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			kit := settingstest.New(t)
			ada, eve := kit.AddIdentity("ada@example.com", contractOldPassword), kit.AddIdentity("eve@example.com", contractOldPassword)
			others := []*settingstest.Client{kit.SignIn(ada, respond.API), kit.SignIn(ada, respond.Page)}
			client, stranger := kit.SignIn(ada, kind), kit.SignIn(eve, kind)

			a := client.Do("DELETE", "/sessions", "", "")
			assert.Equal(t, 200, a.Status)
			assert.JSONEq(t, `{"count":2}`, string(a.Body))
			for _, other := range others {
				assert.Equal(t, 401, other.Whoami().Status)
			}
			assert.Equal(t, 200, client.Whoami().Status)
			assert.Equal(t, 200, stranger.Whoami().Status)
			assert.JSONEq(t, `{"count":0}`, string(client.Do("DELETE", "/sessions", "", "").Body))
		})
	}
}

func TestRevokeOneSession(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			kit := settingstest.New(t)
			ada, eve := kit.AddIdentity("ada@example.com", contractOldPassword), kit.AddIdentity("eve@example.com", contractOldPassword)
			phone, tablet := kit.SignIn(ada, respond.API), kit.SignIn(ada, respond.Page)
			client, stranger := kit.SignIn(ada, kind), kit.SignIn(eve, kind)
			old := whoamiID(t, phone)

			a := client.Do("DELETE", "/sessions/"+old, "", "")
			require.Equal(t, 204, a.Status, "%v", a)
			decodable(t, a)
			assert.Equal(t, 401, phone.Whoami().Status)
			assert.Equal(t, 200, tablet.Whoami().Status, "only the one")

			for name, id := range map[string]string{
				"one that is ended already":    old,
				"one that never was":           "0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a",
				"another identity's":           whoamiID(t, stranger),
				"the one that asks":            whoamiID(t, client),
				"an id in capital letters":     strings.ToUpper(whoamiID(t, tablet)),
				"the hash of a token":          session.Hash(heldToken(t, tablet)),
				"no id":                        "x",
				"a word that is an endpoint":   "whoami.",
				"a long one":                   strings.Repeat("a", 5000),
				"with a quote and a line feed": "%27%20OR%201=1%0A",
			} {
				before := snapshot(t, kit, ada) + snapshot(t, kit, eve)
				a := client.Do("DELETE", "/sessions/"+id, "", "")
				decodable(t, a)
				assert.Equal(t, 404, a.Status, name)
				assert.Equal(t, before, snapshot(t, kit, ada)+snapshot(t, kit, eve), name)
			}
			for _, c := range []*settingstest.Client{tablet, client, stranger} {
				assert.Equal(t, 200, c.Whoami().Status)
			}
		})
	}
}

// A store that is down is no logout: never 401.
func TestSessionsWhileAStoreIsDown(t *testing.T) {
	for _, kind := range everyClient {
		for call, requests := range map[string][][2]string{
			"GetSession":    {{"GET", "/sessions/whoami"}, {"GET", "/sessions"}, {"DELETE", "/sessions"}, {"DELETE", "/sessions/x"}},
			"GetIdentity":   {{"GET", "/sessions/whoami"}, {"GET", "/sessions"}},
			"GetSessions":   {{"GET", "/sessions"}, {"DELETE", "/sessions"}, {"DELETE", "/sessions/x"}},
			"DeleteSession": {{"DELETE", "/sessions"}},
		} {
			for _, request := range requests {
				t.Run(kind.String()+"/"+call+"/"+request[0]+" "+request[1], func(t *testing.T) {
					w := newContractFixture(t, kind, "")
					w.SignIn(w.ada, respond.API)
					w.down(call)
					before := snapshot(t, w.Kit, w.ada)
					a := w.client.Do(request[0], request[1], "", "")
					decodable(t, a)
					assert.Equal(t, 503, a.Status, "%v", a)
					assert.Equal(t, "unavailable", a.Error.ID)
					assert.NotEmpty(t, a.Header.Get("Retry-After"))
					assert.Equal(t, before, snapshot(t, w.Kit, w.ada))
				})
			}
		}
	}
}
