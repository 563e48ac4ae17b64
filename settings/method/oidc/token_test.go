package oidc_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/method/oidc"
)

func TestTokenEndpointsThatFail(t *testing.T) {
	elsewhere := func(t *testing.T) string {
		thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a code and a secret were sent on") }))
		t.Cleanup(thief.Close)
		return thief.URL
	}
	for name, row := range map[string]struct {
		answer func(t *testing.T) func(http.ResponseWriter, *http.Request)
		busy   bool
	}{
		"an error": {func(*testing.T) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
		}, true},
		"too many requests": {func(*testing.T) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }
		}, true},
		"a refusal": {func(*testing.T) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, r *http.Request) {
				http.Error(w, r.FormValue("code"), http.StatusUnauthorized)
			}
		}, false},
		"a refusal that looks like a success": {func(*testing.T) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(map[string]any{"error": "invalid_grant", "error_description": r.FormValue("code"), "access_token": "x"})
			}
		}, false},
		"a redirect that would send the secret on": {func(t *testing.T) func(http.ResponseWriter, *http.Request) {
			to := elsewhere(t)
			return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusTemporaryRedirect) }
		}, false},
		"a page": {func(*testing.T) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("<html>")) }
		}, true},
		"an answer without end": {func(*testing.T) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte(`{"access_token":"` + strings.Repeat("x", 256<<10) + `"}`))
			}
		}, true},
		"a connection that breaks": {func(*testing.T) func(http.ResponseWriter, *http.Request) {
			return func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, kind respond.Client) {
				s := newFixture(t)
				answering("/token", row.answer(t))(s.op)
				c := s.SignIn(s.ada, kind)
				f, was := start(c), s.Snapshot(s.ada)
				callback := s.op.signIn(s.begin(c, f), "ada-there")
				s.SecretAtRest("code", query(t, callback).Get("code")) // an answer that repeats it is not logged
				a := s.comeBack(c, f, callback)
				if row.busy {
					busy(t, c, a)
				} else {
					s.refused(c, f, a, "4000001")
				}
				assert.Equal(t, was, s.Snapshot(s.ada))
				require.Len(t, s.told(), 1)
				assert.NotContains(t, s.told()[0].Error(), query(t, callback).Get("code"))
			})
		})
	}
}

func TestHowTheHostShowsItsSecret(t *testing.T) {
	for name, row := range map[string]struct {
		methods any
		public  bool
		basic   bool
		secret  string
	}{
		"nothing is said":  {nil, false, true, clientSecret},
		"both ways":        {[]string{"client_secret_post", "client_secret_basic"}, false, true, clientSecret},
		"in the body only": {[]string{"client_secret_post"}, false, false, clientSecret},
		"there is none":    {nil, true, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t, func(_ *fixture, c *oidc.Config) {
				if row.public {
					c.Providers[0].PublicClient, c.Providers[0].ClientSecret = true, ""
				}
			})
			s.op.metadata = func(m map[string]any) { m["token_endpoint_auth_methods_supported"] = row.methods }
			asked := 0
			answering("/token", func(w http.ResponseWriter, r *http.Request) {
				asked++
				_, _, basic := r.BasicAuth()
				assert.Equal(t, row.basic, basic)
				if !basic {
					assert.Equal(t, clientID, r.PostFormValue("client_id"))
					assert.Equal(t, row.secret, r.PostFormValue("client_secret"))
				}
				assert.GreaterOrEqual(t, len(r.PostFormValue("code_verifier")), 43)
				w.WriteHeader(http.StatusBadRequest)
			})(s.op)
			c := s.SignIn(s.ada, respond.Script)
			f := start(c)
			s.refused(c, f, s.link(c, f, "x"), "4000001")
			assert.Equal(t, 1, asked, "nothing is tried out with a code")
		})
	}
}
