package tests

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

const (
	teamID = "TEAM123456"
	keyID  = "KEY1234567"
)

// appleKey is the key that the host has from Apple, and its file.
func appleKey(t testing.TB) (*ecdsa.PrivateKey, []byte) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// apple is Sign in with Apple: a secret that the client signs, for at most six months; an
// answer by a form wherever a name or an address is asked for, at the first time with a
// "user" in it; PKCE is ignored.
func apple(p *idp) oidc.Provider {
	own, file := appleKey(p.t)
	key := signingKey{"apple", rsaKey(), ""}
	p.json("/.well-known/openid-configuration", map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/auth/authorize", "token_endpoint": p.URL + "/auth/token", "jwks_uri": p.URL + "/auth/keys",
		"response_types_supported": []string{"code"}, "response_modes_supported": []string{"query", "fragment", "form_post"},
		"subject_types_supported": []string{"pairwise"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported": []string{"openid", "email", "name"}, "token_endpoint_auth_methods_supported": []string{"client_secret_post"},
	})
	p.keys("/auth/keys", key)
	p.mux.HandleFunc("POST /auth/token", func(w http.ResponseWriter, r *http.Request) {
		now := p.now()
		if !appleSecretHolds(r.PostFormValue("client_secret"), &own.PublicKey, p.URL, now) || r.PostFormValue("client_id") != clientID {
			writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_client"})
			return
		}
		g, good := p.redeem(r)
		if !good {
			writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
			return
		}
		writeJSON(w, http.StatusOK, map[string]any{
			"access_token": p.access(g.user), "token_type": "Bearer", "expires_in": 3600, "refresh_token": rand.Text(),
			"id_token": p.sign(key, map[string]any{
				"iss": p.URL, "sub": g.user, "aud": clientID, "iat": now.Unix(), "exp": now.Add(24 * time.Hour).Unix(), "auth_time": now.Unix(),
				"nonce": g.query.Get("nonce"), "nonce_supported": true, "email": "x@privaterelay.appleid.com", "email_verified": true, "is_private_email": true,
			}),
		})
	})
	return oidc.Provider{
		ID: "apple", Label: "Apple", Issuer: p.URL, FormPost: true, Scopes: []string{"email"},
		AppleSecret: &oidc.AppleSecret{TeamID: teamID, KeyID: keyID, Key: file},
	}
}

// appleSecretHolds is what Apple asks of a secret.
func appleSecretHolds(secret string, key *ecdsa.PublicKey, audience string, now time.Time) bool {
	signed, err := jose.ParseSigned(secret, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil || signed.Signatures[0].Header.KeyID != keyID {
		return false
	}
	text, err := signed.Verify(key)
	var c struct {
		Iss, Sub, Aud string
		Iat, Exp      int64
	}
	return err == nil && json.Unmarshal(text, &c) == nil && c.Iss == teamID && c.Sub == clientID && c.Aud == audience &&
		c.Iat <= now.Unix() && c.Exp > now.Unix() && c.Exp-c.Iat <= 15777000
}

// post is what a browser does with the form that Apple gives it: it comes from another
// site, so there is none of our cookies with it.
func (h *hostApp) post(at string, form url.Values) *settingstest.Answer {
	h.T.Helper()
	c := h.Anonymous(respond.Page)
	c.Header = http.Header{"Origin": {"https://appleid.apple.com"}, "Sec-Fetch-Site": {"cross-site"}}
	return c.Post(at, "application/x-www-form-urlencoded", form.Encode())
}

func TestApple(t *testing.T) {
	counted := &countedStore{}
	h, p := newHostApp(t, apple, counted.under)
	h.linked(p.URL, "ada-there")
	c := h.Anonymous(respond.Page)
	away := h.leave(c)
	q, err := url.Parse(away)
	require.NoError(t, err)
	require.Equal(t, "form_post", q.Query().Get("response_mode"))
	at, form := p.signIn(away, "/auth/authorize", "ada-there")
	form["user"] = []string{`{"name":{"firstName":"Ada"},"email":"grace@example.com"}`}
	for name, value := range map[string]string{"id_token": "x.y.z", "flow": "1", "site": "other", "return_to": "https://evil.example/", "link": "apple"} {
		form.Set(name, value)
	}

	before := counted.n.Load()
	a := h.post(at, form)
	require.Equal(t, http.StatusSeeOther, a.Status, "%v", a)
	assert.Equal(t, at+"?"+url.Values{"code": form["code"], "state": form["state"]}.Encode(), a.Location, "nothing else of the form goes on")
	assert.Empty(t, a.Header["Set-Cookie"])
	assert.Equal(t, before, counted.n.Load(), "no store is asked")

	c.Header = http.Header{"Sec-Fetch-Site": {"cross-site"}}
	a = c.Get(a.Location)
	require.Equal(t, http.StatusSeeOther, a.Status)
	a = c.Get(a.Location)
	h.isAda()
	require.NotEmpty(t, a.Header["Set-Cookie"])
	for _, cookie := range a.Header["Set-Cookie"] {
		assert.Contains(t, cookie, "SameSite=Lax")
	}
}

func TestLinkingByApple(t *testing.T) {
	h, p := newHostApp(t, apple)
	c := h.SignIn(h.ada, respond.Page)
	at, form := p.signIn(c.Submit(start(c), settingstest.Fields{"link": "apple"}).Location, "/auth/authorize", "ada-there")
	a := c.Get(h.post(at, form).Location)
	require.Equal(t, back, a.Location, "%v", a)
	owner, err := h.Store.IdentityOwner(t.Context(), oidc.Key(p.URL, "ada-there"))
	require.NoError(t, err)
	assert.Equal(t, h.ada, owner)
}

// A secret is made when it is needed: there is none that could be too old.
func TestApplesSecret(t *testing.T) {
	t.Run("it holds for years", func(t *testing.T) {
		h, p := newHostApp(t, apple)
		h.linked(p.URL, "ada-there")
		for range 3 {
			c := h.Anonymous(respond.Page)
			at, form := p.signIn(h.leave(c), "/auth/authorize", "ada-there")
			h.arrive(c, at, form)
			h.isAda()
			h.Clock.Advance(200 * 24 * time.Hour)
		}
	})
	for name, provider := range map[string]func(p *idp) oidc.Provider{
		"one that was made by hand and has expired": func(p *idp) oidc.Provider {
			provider := apple(p)
			provider.ClientSecret = handMade(p, provider.AppleSecret.Key, -time.Hour)
			provider.AppleSecret = nil
			return provider
		},
		"one for more than six months": func(p *idp) oidc.Provider {
			provider := apple(p)
			provider.ClientSecret = handMade(p, provider.AppleSecret.Key, 200*24*time.Hour)
			provider.AppleSecret = nil
			return provider
		},
		"one by another key": func(p *idp) oidc.Provider {
			provider := apple(p)
			_, provider.AppleSecret.Key = appleKey(p.t)
			return provider
		},
		"one of another team": func(p *idp) oidc.Provider {
			provider := apple(p)
			provider.AppleSecret.TeamID = "TEAM999999"
			return provider
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, p := newHostApp(t, provider)
			c := h.Anonymous(respond.Page)
			at, form := p.signIn(h.leave(c), "/auth/authorize", "ada-there")
			h.arrive(c, at, form)
			h.isRefused("invalid_client")
		})
	}
}

func handMade(p *idp, file []byte, expires time.Duration) string {
	block, _ := pem.Decode(file)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(p.t, err)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: keyID}}, nil)
	require.NoError(p.t, err)
	now := p.now()
	claims, err := json.Marshal(map[string]any{"iss": teamID, "sub": clientID, "aud": p.URL, "iat": now.Add(-2 * time.Hour).Unix(), "exp": now.Add(expires).Unix()})
	require.NoError(p.t, err)
	signed, err := signer.Sign(claims)
	require.NoError(p.t, err)
	secret, err := signed.CompactSerialize()
	require.NoError(p.t, err)
	return secret
}

func TestFormsThatCameBackOtherwise(t *testing.T) {
	for name, row := range map[string]struct {
		change func(form url.Values)
		err    error
	}{
		"its user went back":  {func(f url.Values) { f.Del("code"); f.Set("error", "user_cancelled_authorize") }, settings.ErrCancelled},
		"another issuer":      {func(f url.Values) { f.Set("iss", "https://evil.example") }, settings.ErrWrong},
		"the code of another": {func(f url.Values) { f.Set("code", "x") }, settings.ErrWrong},
		"two codes":           {func(f url.Values) { f.Add("code", "x") }, settings.ErrWrong},
		"no code":             {func(f url.Values) { f.Del("code") }, settings.ErrWrong},
	} {
		t.Run(name, func(t *testing.T) {
			h, p := newHostApp(t, apple)
			c := h.Anonymous(respond.Page)
			at, form := p.signIn(h.leave(c), "/auth/authorize", "ada-there")
			row.change(form)
			c.Get(c.Get(h.post(at, form).Location).Location)
			require.ErrorIs(t, h.err, row.err)
		})
	}
	t.Run("to a browser that did not begin", func(t *testing.T) {
		h, p := newHostApp(t, apple)
		h.linked(p.URL, "eve-there")
		at, form := p.signIn(h.leave(h.Anonymous(respond.Page)), "/auth/authorize", "eve-there")
		victim := h.Anonymous(respond.Page)
		victim.Get(victim.Get(h.post(at, form).Location).Location)
		require.ErrorIs(t, h.err, settings.ErrNotBegun)
		assert.Zero(t, p.asked["/auth/token"])
	})
	t.Run("a second time", func(t *testing.T) {
		h, p := newHostApp(t, apple)
		c := h.Anonymous(respond.Page)
		at, form := p.signIn(h.leave(c), "/auth/authorize", "new-there")
		again := c.Copy()
		c.Get(c.Get(h.post(at, form).Location).Location)
		h.isUnknown()
		again.Get(again.Get(h.post(at, form).Location).Location)
		require.ErrorIs(t, h.err, settings.ErrNotBegun)
	})
	for name, row := range map[string]struct {
		method, at, kind, body string
		status                 int
	}{
		"no form":                         {http.MethodPost, "apple", "application/json", `{"state":"x"}`, http.StatusForbidden},
		"a form of files":                 {http.MethodPost, "apple", "multipart/form-data; boundary=x", "--x--", http.StatusForbidden},
		"a form that cannot be read":      {http.MethodPost, "apple", "application/x-www-form-urlencoded", "state=%zz", http.StatusForbidden},
		"a form of more than 64 KiB":      {http.MethodPost, "apple", "application/x-www-form-urlencoded", "user=" + strings.Repeat("x", 64<<10), http.StatusForbidden},
		"a code of more than 8 KiB":       {http.MethodPost, "apple", "application/x-www-form-urlencoded", "code=" + strings.Repeat("x", 8<<10), http.StatusForbidden},
		"a provider that there is not":    {http.MethodPost, "other", "application/x-www-form-urlencoded", "state=x", http.StatusMethodNotAllowed},
		"another method than GET or POST": {http.MethodPut, "apple", "application/x-www-form-urlencoded", "state=x", http.StatusMethodNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := newHostApp(t, apple)
			c := h.Anonymous(respond.Script)
			a := c.Do(row.method, "/self-service/methods/oidc/callback/"+row.at, row.kind, row.body)
			if row.status == http.StatusForbidden {
				assert.Equal(t, "security_csrf_violation", a.Failure().ID)
				return
			}
			assert.Equal(t, row.status, a.Status, "%v", a)
		})
	}
}

// countedStore counts what is asked of the stores.
type countedStore struct{ n atomic.Int64 }

func (n *countedStore) under(c *settings.Config) {
	c.Flows, c.Sessions = countedFlows{c.Flows, n}, countedSessions{c.Sessions, n}
}

type countedFlows struct {
	store.FlowStore
	*countedStore
}

func (s countedFlows) GetFlow(ctx context.Context, key string) (flow.Record, error) {
	s.n.Add(1)
	return s.FlowStore.GetFlow(ctx, key)
}

func (s countedFlows) CreateFlow(ctx context.Context, r flow.Record) error {
	s.n.Add(1)
	return s.FlowStore.CreateFlow(ctx, r)
}

type countedSessions struct {
	store.SessionStore
	*countedStore
}

func (s countedSessions) GetSession(ctx context.Context, hash string) (session.Session, error) {
	s.n.Add(1)
	return s.SessionStore.GetSession(ctx, hash)
}
