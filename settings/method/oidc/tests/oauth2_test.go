package tests

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/oidc"
)

// github is GitHub's OAuth app flow: answers as forms, errors with the status 200, PKCE,
// the secret in the body, and a user with a number for an id. users are by number.
func github(users map[string]string) func(p *idp) oidc.Provider {
	return func(p *idp) oidc.Provider {
		p.mux.HandleFunc("POST /login/oauth/access_token", func(w http.ResponseWriter, r *http.Request) {
			g, good := p.redeem(r)
			answer := url.Values{"error": {"bad_verification_code"}, "error_description": {"The code passed is incorrect or expired."}}
			if good && held(r, g) && inBody(r) {
				answer = url.Values{"access_token": {p.access(g.user)}, "scope": {""}, "token_type": {"bearer"}}
			}
			w.Header().Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
			_, _ = w.Write([]byte(answer.Encode()))
		})
		p.mux.HandleFunc("GET /user", func(w http.ResponseWriter, r *http.Request) {
			p.mu.Lock()
			user, known := p.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
			p.mu.Unlock()
			switch {
			case r.UserAgent() == "":
				writeJSON(w, http.StatusForbidden, map[string]any{"message": "Request forbidden by administrative rules."})
			case !known:
				writeJSON(w, http.StatusUnauthorized, map[string]any{"message": "Bad credentials"})
			default:
				w.Header().Set("Content-Type", "application/json; charset=utf-8")
				_, _ = w.Write([]byte(users[user]))
			}
		})
		return oidc.Provider{
			ID: "github", Label: "GitHub", Issuer: p.URL + "/login/oauth", SecretInBody: true,
			OAuth2: &oidc.OAuth2{AuthURL: p.URL + "/login/oauth/authorize", TokenURL: p.URL + "/login/oauth/access_token", UserURL: p.URL + "/user", Names: []string{"login"}},
		}
	}
}

func TestGitHub(t *testing.T) {
	for name, row := range map[string]struct {
		user string
		ada  bool
		why  string // else nobody has linked it
	}{
		"Ada":                                     {`{"login":"ada","id":583231,"email":null}`, true, ""},
		"Ada under another name":                  {`{"login":"countess","id":583231}`, true, ""},
		"who has Ada's name now":                  {`{"login":"ada","id":583232,"email":"ada@example.com"}`, false, ""},
		"who writes an id elsewhere":              {`{"login":"eve","id":7,"bio":"\"id\":583231","plan":{"id":583231}}`, false, ""},
		"whose id is spelt in capitals as well":   {`{"login":"eve","id":7,"ID":583231}`, false, ""},
		"whose id is beyond what a float can say": {`{"login":"eve","id":9007199254740993}`, false, ""},
		"two ids":                                 {`{"login":"eve","id":7,"id":583231}`, false, "stands twice"},
		"an id in parts":                          {`{"login":"eve","id":583231.0}`, false, "the subject must be"},
		"an id with an E":                         {`{"login":"eve","id":583231e0}`, false, "the subject must be"},
		"a negative id":                           {`{"login":"eve","id":-583231}`, false, "the subject must be"},
		"no id":                                   {`{"login":"eve"}`, false, "the subject must be"},
		"an empty id":                             {`{"login":"eve","id":""}`, false, "the subject must be"},
		"the id null":                             {`{"login":"eve","id":null}`, false, "the subject must be"},
		"the id nought":                           {`{"login":"eve","id":0}`, false, "the subject must be"},
		"a list":                                  {`[{"id":583231}]`, false, "no object"},
		"a page":                                  {`<html>`, false, "no JSON"},
		"more than one":                           {`{"id":583231}{"id":7}`, false, "no JSON"},
		"half of an answer":                       {`{"id":583231`, false, "no JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			h, p := newHostApp(t, github(map[string]string{"user": row.user}))
			h.linked(p.URL+"/login/oauth", "583231")
			h.signsIn(p, "/login/oauth/authorize", "user")
			switch {
			case row.ada:
				h.isAda()
			case row.why != "":
				h.isRefused(row.why)
			default:
				h.isUnknown()
			}
		})
	}
}

func TestGitHubsFailures(t *testing.T) {
	ada := map[string]string{"ada": `{"login":"ada","id":583231}`}
	t.Run("a code that is another's, with the status 200", func(t *testing.T) {
		h, p := newHostApp(t, github(ada))
		c := h.Anonymous(respond.Page)
		at, answer := p.signIn(h.leave(c), "/login/oauth/authorize", "ada")
		_, others := p.signIn(h.leave(h.Anonymous(respond.Page)), "/login/oauth/authorize", "ada")
		answer["code"] = others["code"]
		h.arrive(c, at, answer)
		h.isRefused("bad_verification_code")
	})
	for status, busy := range map[int]bool{http.StatusUnauthorized: false, http.StatusTooManyRequests: true, http.StatusBadGateway: true} {
		t.Run("the user's address answers "+http.StatusText(status), func(t *testing.T) {
			h, p := newHostApp(t, func(p *idp) oidc.Provider {
				provider := github(ada)(p)
				provider.OAuth2.UserURL = p.URL + "/broken"
				p.mux.HandleFunc("GET /broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
				return provider
			})
			h.signsIn(p, "/login/oauth/authorize", "ada")
			if busy {
				require.ErrorIs(t, h.err, settings.ErrBusy)
				return
			}
			h.isRefused("401")
		})
	}
	// It does not say when its user proved who they are: nobody is asked anew by it.
	t.Run("signing in again", func(t *testing.T) {
		h, p := newHostApp(t, github(ada))
		h.linked(p.URL+"/login/oauth", "583231")
		c := h.SignIn(h.ada, respond.Page)
		h.Clock.Advance(time.Hour)
		at, answer := p.signIn(h.leave(c), "/login/oauth/authorize", "ada")
		h.arrive(c, at, answer)
		h.isAda()
		assert.True(t, h.came.NotRefreshed)
	})
}

// discord is Discord's: answers as JSON, the secret by HTTP Basic, ids as texts.
func discord(p *idp) oidc.Provider {
	p.mux.HandleFunc("POST /api/oauth2/token", func(w http.ResponseWriter, r *http.Request) {
		g, good := p.redeem(r)
		if !good || !held(r, g) || !byBasic(r) && !inBody(r) {
			writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
			return
		}
		writeJSON(w, http.StatusOK, map[string]any{"access_token": p.access(g.user), "token_type": "Bearer", "expires_in": 604800, "refresh_token": "r", "scope": "identify"})
	})
	p.mux.HandleFunc("GET /api/users/@me", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		user, known := p.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
		p.mu.Unlock()
		if !known {
			writeJSON(w, http.StatusUnauthorized, map[string]any{"message": "401: Unauthorized", "code": 0})
			return
		}
		writeJSON(w, http.StatusOK, map[string]any{"id": user, "username": "nelly", "discriminator": "0", "global_name": nil})
	})
	return oidc.Provider{
		ID: "discord", Label: "Discord", Issuer: p.URL, Scopes: []string{"identify"},
		OAuth2: &oidc.OAuth2{AuthURL: p.URL + "/oauth2/authorize", TokenURL: p.URL + "/api/oauth2/token", UserURL: p.URL + "/api/users/@me", Names: []string{"username"}},
	}
}

func TestDiscord(t *testing.T) {
	h, p := newHostApp(t, discord)
	h.linked(p.URL, "80351110224678912")
	c := h.Anonymous(respond.Page)
	away, err := url.Parse(h.leave(c))
	require.NoError(t, err)
	assert.Equal(t, "identify", away.Query().Get("scope"), "there is no openid to ask for")
	assert.Empty(t, away.Query().Get("nonce"))
	at, answer := p.signIn(away.String(), "/oauth2/authorize", "80351110224678912")
	h.arrive(c, at, answer)
	h.isAda()
	h.signsIn(p, "/oauth2/authorize", "80351110224678913")
	h.isUnknown()
	assert.Equal(t, "nelly", h.came.Login.Name)
}

// linkedin is LinkedIn's: no nonce in its ID tokens, a request with a code_verifier is
// refused, the secret is taken in the body only, and the metadata do not say so.
func linkedin(change func(*oidc.Provider)) func(p *idp) oidc.Provider {
	return func(p *idp) oidc.Provider {
		key := signingKey{"linkedin", rsaKey(), ""}
		p.json("/oauth/.well-known/openid-configuration", map[string]any{
			"issuer": p.URL + "/oauth", "authorization_endpoint": p.URL + "/oauth/v2/authorization", "token_endpoint": p.URL + "/oauth/v2/accessToken",
			"userinfo_endpoint": p.URL + "/v2/userinfo", "jwks_uri": p.URL + "/oauth/openid/jwks", "response_types_supported": []string{"code"},
			"subject_types_supported": []string{"pairwise"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		})
		p.keys("/oauth/openid/jwks", key)
		p.mux.HandleFunc("POST /oauth/v2/accessToken", func(w http.ResponseWriter, r *http.Request) {
			g, good := p.redeem(r)
			if !good || r.PostForm.Has("code_verifier") || !inBody(r) {
				writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_description": "Client authentication failed"})
				return
			}
			now := p.now()
			writeJSON(w, http.StatusOK, map[string]any{"access_token": p.access(g.user), "expires_in": 5183999, "token_type": "Bearer", "id_token": p.sign(key, map[string]any{
				"iss": p.URL + "/oauth", "aud": clientID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "sub": g.user, "name": "Ada", "email": "ada@example.com", "email_verified": "true",
			})})
		})
		provider := oidc.Provider{ID: "linkedin", Issuer: p.URL + "/oauth", Scopes: []string{"profile"}, SecretInBody: true, InsecureNoNonce: true, InsecureNoPKCE: true}
		change(&provider)
		return provider
	}
}

func TestLinkedIn(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*oidc.Provider)
		claims func(map[string]any)
		why    string
	}{
		"as the table has it":           {func(*oidc.Provider) {}, nil, ""},
		"with a nonce asked for":        {func(p *oidc.Provider) { p.InsecureNoNonce = false }, nil, "nonce"},
		"with PKCE":                     {func(p *oidc.Provider) { p.InsecureNoPKCE = false }, nil, "invalid_client"},
		"with the secret by Basic":      {func(p *oidc.Provider) { p.SecretInBody = false }, nil, "invalid_client"},
		"with a nonce that is another":  {func(*oidc.Provider) {}, func(c map[string]any) { c["nonce"] = "x" }, "nonce"},
		"with a nonce that is empty":    {func(*oidc.Provider) {}, func(c map[string]any) { c["nonce"] = "" }, "nonce"},
		"with a nonce that is null":     {func(*oidc.Provider) {}, func(c map[string]any) { c["nonce"] = nil }, "nonce"},
		"with the token of another app": {func(*oidc.Provider) {}, func(c map[string]any) { c["aud"] = "another" }, "audience"},
		"with the issuer of before":     {func(*oidc.Provider) {}, func(c map[string]any) { c["iss"] = "https://www.linkedin.com" }, "different provider"},
	} {
		t.Run(name, func(t *testing.T) {
			h, p := newHostApp(t, linkedin(row.change))
			h.linked(p.URL+"/oauth", "782bbtaQ")
			p.claims = row.claims
			h.signsIn(p, "/oauth/v2/authorization", "782bbtaQ")
			if row.why != "" {
				h.isRefused(row.why)
				return
			}
			h.isAda()
		})
	}
	t.Run("its user went back", func(t *testing.T) {
		for _, reason := range []string{"user_cancelled_login", "user_cancelled_authorize"} {
			h, p := newHostApp(t, linkedin(func(*oidc.Provider) {}))
			c := h.Anonymous(respond.Page)
			at, answer := p.signIn(h.leave(c), "/oauth/v2/authorization", "782bbtaQ")
			h.arrive(c, at, url.Values{"state": answer["state"], "error": {reason}})
			require.ErrorIs(t, h.err, settings.ErrCancelled)
		}
	})
}
