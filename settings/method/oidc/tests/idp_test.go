package tests

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// idp is what the servers in these tests have in common, which behave as those of
// well-known providers were documented to: keys, codes that are good once and bound to
// their request, and what each of them does of its own.
type idp struct {
	*httptest.Server
	t   testing.TB
	now func() time.Time
	mux *http.ServeMux

	mu     sync.Mutex
	codes  map[string]grant
	asked  map[string]int    // requests by path
	tokens map[string]string // whose an access token is

	// What a row makes of an ID token or an answer about the user; signer is another key.
	claims func(c map[string]any)
	signer *signingKey
}

// grant is what a code is good for.
type grant struct {
	query url.Values // of the authorization request
	user  string
}

type signingKey struct {
	id      string
	private *rsa.PrivateKey
	issuer  string // of Microsoft's keys
}

const (
	clientID     = "the-host"
	clientSecret = "the secret of the host"
)

func newIDP(t testing.TB, now func() time.Time) *idp {
	p := &idp{t: t, now: now, mux: http.NewServeMux(), codes: map[string]grant{}, asked: map[string]int{}, tokens: map[string]string{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked[r.URL.Path]++
		p.mu.Unlock()
		p.mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// rsaKey is made once: what differs in these tests is what a key is for.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// json answers a path by an object.
func (p *idp) json(path string, object map[string]any) {
	p.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, object) })
}

func writeJSON(w http.ResponseWriter, status int, object any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(object)
}

// keys answers a path by a key set.
func (p *idp) keys(path string, keys ...signingKey) {
	var set []any
	for _, k := range keys {
		public, err := json.Marshal(jose.JSONWebKey{Key: k.private.Public(), KeyID: k.id, Use: "sig"})
		require.NoError(p.t, err)
		var object map[string]any
		require.NoError(p.t, json.Unmarshal(public, &object))
		if k.issuer != "" {
			object["issuer"] = k.issuer
		}
		set = append(set, object)
	}
	p.json(path, map[string]any{"keys": set})
}

// sign makes an ID token by RS256.
func (p *idp) sign(k signingKey, claims map[string]any) string {
	if p.claims != nil {
		p.claims(claims)
	}
	if p.signer != nil {
		k = *p.signer
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: k.private, KeyID: k.id}}, nil)
	require.NoError(p.t, err)
	text, err := json.Marshal(claims)
	require.NoError(p.t, err)
	signed, err := signer.Sign(text)
	require.NoError(p.t, err)
	token, err := signed.CompactSerialize()
	require.NoError(p.t, err)
	return token
}

// signIn is what happens at the provider: somebody signs in there, and this is what the
// browser brings back.
func (p *idp) signIn(authURL, path, user string) (back string, answer url.Values) {
	p.t.Helper()
	u, err := url.Parse(authURL)
	require.NoError(p.t, err)
	require.Equal(p.t, p.URL+path, "http://"+u.Host+u.Path)
	q := u.Query()
	require.Equal(p.t, clientID, q.Get("client_id"))
	require.Equal(p.t, "code", q.Get("response_type"))
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = grant{q, user}
	p.mu.Unlock()
	return q.Get("redirect_uri"), url.Values{"code": {code}, "state": q["state"]}
}

// redeem takes a code from a request for a token, and is false for one that is not good.
func (p *idp) redeem(r *http.Request) (g grant, good bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	code := r.PostFormValue("code")
	g, good = p.codes[code]
	delete(p.codes, code)
	return g, good && r.PostFormValue("grant_type") == "authorization_code" && r.PostFormValue("redirect_uri") == g.query.Get("redirect_uri")
}

// held reports whether a request for a token has the verifier of its code (RFC 7636).
func held(r *http.Request, g grant) bool {
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	return g.query.Get("code_challenge_method") == "S256" && g.query.Get("code_challenge") == base64.RawURLEncoding.EncodeToString(sum[:])
}

// inBody reports whether a request shows the secret in its form.
func inBody(r *http.Request) bool {
	return r.PostFormValue("client_id") == clientID && r.PostFormValue("client_secret") == clientSecret
}

// byBasic reports whether it shows it by HTTP Basic.
func byBasic(r *http.Request) bool {
	id, secret, ok := r.BasicAuth()
	return ok && id == url.QueryEscape(clientID) && secret == url.QueryEscape(clientSecret)
}

// access makes an access token of a user.
func (p *idp) access(user string) string {
	token := rand.Text()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens[token] = user
	return token
}
