package oidc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/method/oidc"
)

// op is an OpenID provider that does as the specifications say, until a test
// makes it do otherwise.
type op struct {
	*httptest.Server
	t   testing.TB
	now func() time.Time

	mu    sync.Mutex
	key   signingKey
	codes map[string]url.Values // of the authorization request, with "sub"
	asked map[string]int        // requests by path

	// What a hostile or broken one does.
	metadata func(m map[string]any)
	claims   func(c map[string]any)
	sign     func(c map[string]any) string                 // an ID token
	token    func(m map[string]any)                        // the answer of the token endpoint
	answer   func(values url.Values)                       // what goes back with the browser
	before   func(http.ResponseWriter, *http.Request) bool // true: answered
}

const (
	clientID     = "the host"
	clientSecret = "the secret of the host: & % +"
)

func newOP(t testing.TB, now func() time.Time) *op {
	o := &op{t: t, now: now, key: newKey("one"), codes: map[string]url.Values{}, asked: map[string]int{}}
	o.Server = httptest.NewServer(http.HandlerFunc(o.serve))
	t.Cleanup(o.Close)
	return o
}

func (o *op) provider(id string) oidc.Provider {
	return oidc.Provider{ID: id, Label: "The " + id, Issuer: o.URL, ClientID: clientID, ClientSecret: clientSecret, Scopes: []string{"email"}}
}

func (o *op) count(path string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked[path]
}

func (o *op) serve(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.asked[r.URL.Path]++
	before, metadata := o.before, o.metadata
	o.mu.Unlock()
	if before != nil && before(w, r) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	var out any
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		m := map[string]any{
			"issuer": o.URL, "authorization_endpoint": o.URL + "/authorize", "token_endpoint": o.URL + "/token", "jwks_uri": o.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256"},
		}
		if metadata != nil {
			metadata(m)
		}
		out = m
	case "/keys":
		o.mu.Lock()
		out = map[string]any{"keys": []any{o.key.public()}}
		o.mu.Unlock()
	case "/token":
		id, secret, _ := r.BasicAuth()
		code := r.PostFormValue("code")
		o.mu.Lock()
		asked, known := o.codes[code]
		delete(o.codes, code)
		o.mu.Unlock()
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if !known || id != url.QueryEscape(clientID) || secret != url.QueryEscape(clientSecret) || r.PostFormValue("grant_type") != "authorization_code" ||
			r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") || base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") {
			w.WriteHeader(http.StatusBadRequest)
			out = map[string]any{"error": "invalid_grant", "error_description": "the code " + code + " is not good"}
			break
		}
		access := rand.Text()
		hash := sha256.Sum256([]byte(access))
		now := o.now()
		c := map[string]any{
			"iss": o.URL, "sub": asked.Get("sub"), "aud": clientID, "exp": now.Add(5 * time.Minute).Unix(), "iat": now.Unix(), "nonce": asked.Get("nonce"),
			"email": asked.Get("sub") + "@provider.example", "at_hash": base64.RawURLEncoding.EncodeToString(hash[:16]),
			"acr": "urn:aal2", "amr": []string{"mfa", "hwk"},
		}
		if o.claims != nil {
			o.claims(c)
		}
		o.mu.Lock()
		key := o.key
		o.mu.Unlock()
		signed := key.sign(c)
		if o.sign != nil {
			signed = o.sign(c)
		}
		m := map[string]any{"access_token": access, "token_type": "Bearer", "id_token": signed}
		if o.token != nil {
			o.token(m)
		}
		out = m
	default:
		http.NotFound(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(out)
}

// signIn is what happens at the provider: somebody signs in there, and the
// browser is sent back to the URL it returns.
func (o *op) signIn(authURL, sub string) string {
	o.t.Helper()
	u, err := url.Parse(authURL)
	require.NoError(o.t, err)
	require.Equal(o.t, o.URL+"/authorize", "http://"+u.Host+u.Path)
	q := u.Query()
	require.Equal(o.t, "S256", q.Get("code_challenge_method"))
	require.Equal(o.t, "code", q.Get("response_type"))
	require.Equal(o.t, clientID, q.Get("client_id"))
	require.NotEmpty(o.t, q.Get("nonce"))
	code := rand.Text()
	q.Set("sub", sub)
	o.mu.Lock()
	o.codes[code] = q
	o.mu.Unlock()
	back, err := url.Parse(q.Get("redirect_uri"))
	require.NoError(o.t, err)
	values := url.Values{"state": q["state"], "code": {code}}
	if o.answer != nil {
		o.answer(values)
	}
	back.RawQuery = values.Encode()
	return back.String()
}

// mend makes it do as it should again.
func (o *op) mend() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.before, o.metadata = nil, nil
}

func (o *op) rotate(k signingKey) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.key = k
}

type signingKey struct {
	id  string
	key *ecdsa.PrivateKey
}

func newKey(id string) signingKey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return signingKey{id, k}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (k signingKey) public() map[string]any {
	raw, err := k.key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return map[string]any{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": k.id, "x": b64(raw[1:33]), "y": b64(raw[33:])}
}

func unsigned(header, claims map[string]any) string {
	h, err := json.Marshal(header)
	if err != nil {
		panic(err)
	}
	c, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	return b64(h) + "." + b64(c)
}

func (k signingKey) sign(claims map[string]any) string {
	return k.signText(unsigned(map[string]any{"alg": "ES256", "kid": k.id}, claims))
}

func (k signingKey) signText(text string) string {
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, k.key, sum[:])
	if err != nil {
		panic(err)
	}
	var sig [64]byte
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return text + "." + b64(sig[:])
}

// hs256 signs with a secret: what a client that trusts the token's own "alg"
// would take for a signature.
func hs256(secret []byte, claims map[string]any) string {
	text := unsigned(map[string]any{"alg": "HS256"}, claims)
	mac := hmac.New(crypto.SHA256.New, secret)
	fmt.Fprint(mac, text)
	return text + "." + b64(mac.Sum(nil))
}
