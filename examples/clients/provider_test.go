package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// provider is an OpenID provider where everybody is signed in as "ada". It keeps
// nothing: a code is the request that it was asked for with.
type provider struct {
	*httptest.Server
	key *ecdsa.PrivateKey
	now func() time.Time
}

func newProvider(t testing.TB, now func() time.Time) *provider {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	p := &provider{key: key, now: now}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	return p
}

func (p *provider) serve(w http.ResponseWriter, r *http.Request) {
	var answer map[string]any
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		answer = map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256"},
		}
	case "/keys":
		point, _ := p.key.PublicKey.Bytes() // of a key that was made here
		answer = map[string]any{"keys": []any{map[string]any{
			"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "one", "x": base64url(point[1:33]), "y": base64url(point[33:]),
		}}}
	case "/authorize":
		q := r.URL.Query()
		back := url.Values{"state": q["state"], "code": {r.URL.RawQuery}}
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
		return
	case "/token":
		asked, err := url.ParseQuery(r.PostFormValue("code"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer = map[string]any{"access_token": "of no use", "token_type": "Bearer", "id_token": p.sign(map[string]any{
			"iss": p.URL, "aud": asked.Get("client_id"), "sub": "ada", "nonce": asked.Get("nonce"),
			"iat": p.now().Unix(), "exp": p.now().Add(time.Minute).Unix(),
		})}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// sign makes an ID token of claims (RFC 7515, RFC 7518 section 3.4).
func (p *provider) sign(claims map[string]any) string {
	text, _ := json.Marshal(claims) // texts and numbers
	token := base64url([]byte(`{"alg":"ES256","kid":"one"}`)) + "." + base64url(text)
	sum := sha256.Sum256([]byte(token))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, sum[:])
	if err != nil {
		return ""
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return token + "." + base64url(signature)
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
