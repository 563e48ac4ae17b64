package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/settingstest"
)

// tenants is a Config of a provider for many tenants, one of which may come.
func tenants(change func(p *oidc.Provider)) func(c *oidc.Config) {
	return func(c *oidc.Config) {
		p := &c.Providers[0]
		p.Issuer, p.Discovery = "https://op.example/{tenantid}/v2.0", "https://op.example/common/v2.0"
		p.Tenants = []string{"9188040d-6c67-4c5b-b112-36a304b66dad"}
		change(p)
	}
}

func apple(change func(a *oidc.AppleSecret)) func(c *oidc.Config) {
	return func(c *oidc.Config) {
		a := &oidc.AppleSecret{TeamID: "TEAM123456", KeyID: "KEY1234567", Key: pkcs8(elliptic.P256())}
		change(a)
		c.Providers[0].ClientSecret, c.Providers[0].AppleSecret = "", a
	}
}

func oauth2(change func(p *oidc.Provider)) func(c *oidc.Config) {
	return func(c *oidc.Config) {
		c.Providers[0].OAuth2 = &oidc.OAuth2{AuthURL: "https://op.example/a", TokenURL: "https://op.example/t", UserURL: "https://op.example/u"}
		change(&c.Providers[0])
	}
}

// pkcs8 is the file of a new key.
func pkcs8(curve elliptic.Curve) []byte {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestConfigsThatAreRefused(t *testing.T) {
	good := func() oidc.Provider {
		return oidc.Provider{ID: "google", Issuer: "https://accounts.google.com", ClientID: "id", ClientSecret: "secret"}
	}
	for name, row := range map[string]struct {
		change func(c *oidc.Config)
		says   string
	}{
		"no provider":                        {func(c *oidc.Config) { c.Providers = nil }, "Config.Providers is empty"},
		"two of one ID":                      {func(c *oidc.Config) { c.Providers = append(c.Providers, good()) }, `Config.Providers[1] "google": the ID is that of another one`},
		"a negative timeout":                 {func(c *oidc.Config) { c.Timeout = -1 }, "Timeout"},
		"no ID":                              {func(c *oidc.Config) { c.Providers[0].ID = "" }, "the ID must be"},
		"an ID with a slash":                 {func(c *oidc.Config) { c.Providers[0].ID = "a/b" }, "the ID must be"},
		"an ID with a colon":                 {func(c *oidc.Config) { c.Providers[0].ID = "a:b" }, "the ID must be"},
		"an ID of dots":                      {func(c *oidc.Config) { c.Providers[0].ID = ".." }, "the ID must be"},
		"an ID that a URL encodes":           {func(c *oidc.Config) { c.Providers[0].ID = "é" }, "the ID must be"},
		"an ID of 65 letters":                {func(c *oidc.Config) { c.Providers[0].ID = strings.Repeat("x", 65) }, "the ID must be"},
		"an ID that says nothing":            {func(c *oidc.Config) { c.Providers[0].ID = "false" }, "the ID must be"},
		"no client ID":                       {func(c *oidc.Config) { c.Providers[0].ClientID = "" }, "ClientID is missing"},
		"no secret":                          {func(c *oidc.Config) { c.Providers[0].ClientSecret = "" }, "ClientSecret is missing"},
		"a public client with a secret":      {func(c *oidc.Config) { c.Providers[0].PublicClient = true }, "a PublicClient has no ClientSecret"},
		"no issuer":                          {func(c *oidc.Config) { c.Providers[0].Issuer = "" }, "Issuer"},
		"an issuer of a host only":           {func(c *oidc.Config) { c.Providers[0].Issuer = "accounts.google.com" }, "Issuer"},
		"an issuer of plain http":            {func(c *oidc.Config) { c.Providers[0].Issuer = "http://op.example" }, "plain http"},
		"an issuer with a user":              {func(c *oidc.Config) { c.Providers[0].Issuer = "https://a:b@op.example" }, "has a user"},
		"an issuer with a query":             {func(c *oidc.Config) { c.Providers[0].Issuer = "https://op.example?x" }, "a query or a fragment"},
		"an issuer with a fragment":          {func(c *oidc.Config) { c.Providers[0].Issuer = "https://op.example#x" }, "a query or a fragment"},
		"an issuer of a file":                {func(c *oidc.Config) { c.Providers[0].Issuer = "file:///etc/passwd" }, "Issuer"},
		"an issuer beyond ASCII":             {func(c *oidc.Config) { c.Providers[0].Issuer = "https://оp.example" }, "Issuer"},
		"an issuer of 256 bytes":             {func(c *oidc.Config) { c.Providers[0].Issuer = "https://op.example/" + strings.Repeat("x", 237) }, "Issuer"},
		"an issuer with a space behind":      {func(c *oidc.Config) { c.Providers[0].Issuer = "https://op.example/ " }, "a character that no URL has"},
		"the address of the metadata":        {func(c *oidc.Config) { c.Providers[0].Issuer = "https://op.example/.well-known/openid-configuration" }, "what stands before /.well-known/"},
		"an issuer of Google's with a slash": {func(c *oidc.Config) { c.Providers[0].Issuer = "https://accounts.google.com/" }, "it is https://accounts.google.com"},
		"one of Microsoft's for all tenants (coreos/go-oidc#121)":       {func(c *oidc.Config) { c.Providers[0].Issuer = "https://login.microsoftonline.com/common/v2.0" }, "the tenant's id"},
		"one of Microsoft's for organizations (coreos/go-oidc#245)":     {func(c *oidc.Config) { c.Providers[0].Issuer = "https://login.microsoftonline.com/organizations/v2.0" }, "the tenant's id"},
		"one of Microsoft's for consumers (coreos/go-oidc#344)":         {func(c *oidc.Config) { c.Providers[0].Issuer = "https://login.microsoftonline.com/consumers/v2.0" }, "the tenant's id"},
		"one of Microsoft's as its metadata have it, for whoever comes": {func(c *oidc.Config) { c.Providers[0].Issuer = "https://login.microsoftonline.com/{tenantid}/v2.0" }, "name Tenants, or AllowAnyTenant"},
		"one of Microsoft's by a tenant's name": {func(c *oidc.Config) {
			c.Providers[0].Issuer = "https://login.microsoftonline.us/example.onmicrosoft.us/v2.0"
		}, "the tenant's id"},
		"one of Microsoft's with a slash": {func(c *oidc.Config) {
			c.Providers[0].Issuer = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0/"
		}, "the tenant's id"},
		"any tenant, and some": {tenants(func(p *oidc.Provider) { p.AllowAnyTenant = true }), "AllowAnyTenant makes Tenants useless"},
		"a tenant by its name": {tenants(func(p *oidc.Provider) { p.Tenants = []string{"example.com"} }), "no tenant's id"},
		"a tenant in capitals": {tenants(func(p *oidc.Provider) { p.Tenants[0] = strings.ToUpper(p.Tenants[0]) }), "no tenant's id"},
		"tenants of no template": {tenants(func(p *oidc.Provider) {
			p.Issuer = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"
		}), "for an Issuer with {tenantid}"},
		"tenants without metadata": {tenants(func(p *oidc.Provider) { p.Discovery = "" }), "Discovery is missing"},
		"two templates":            {tenants(func(p *oidc.Provider) { p.Issuer += "/{tenantid}" }), "a character that no URL has"},
		"a template for a host":    {tenants(func(p *oidc.Provider) { p.Issuer = "https://{tenantid}.example/" }), "a character that no URL has"},
		"another template":         {tenants(func(p *oidc.Provider) { p.Issuer = "https://op.example/{tenant}/" }), "a character that no URL has"},
		"metadata over plain http": {func(c *oidc.Config) { c.Providers[0].Discovery = "http://op.example" }, "plain http"},
		"metadata with a query":    {func(c *oidc.Config) { c.Providers[0].Discovery = "https://op.example?p=B2C_1" }, "has a query"},
		"the metadata themselves": {func(c *oidc.Config) {
			c.Providers[0].Discovery = "https://op.example/.well-known/openid-configuration"
		}, "what stands before"},
		"a secret of Apple's and another":    {func(c *oidc.Config) { c.Providers[0].AppleSecret = &oidc.AppleSecret{} }, "there are two"},
		"a secret of Apple's without a team": {apple(func(a *oidc.AppleSecret) { a.TeamID = "" }), "a TeamID and a KeyID"},
		"a secret of Apple's without a key":  {apple(func(a *oidc.AppleSecret) { a.Key = nil }), "no PEM"},
		"a secret of Apple's with no key in it": {apple(func(a *oidc.AppleSecret) {
			a.Key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})
		}), "no P-256 key"},
		"a secret of Apple's of another curve": {apple(func(a *oidc.AppleSecret) { a.Key = pkcs8(elliptic.P384()) }), "no P-256 key"},
		"a public client without PKCE": {func(c *oidc.Config) {
			p := &c.Providers[0]
			p.PublicClient, p.ClientSecret, p.InsecureNoPKCE = true, "", true
		}, "InsecureNoPKCE leaves nothing"},
		"OAuth2 with metadata":           {oauth2(func(p *oidc.Provider) { p.Discovery = "https://op.example" }), "has no metadata"},
		"OAuth2 without a nonce":         {oauth2(func(p *oidc.Provider) { p.InsecureNoNonce = true }), "no nonce"},
		"OAuth2 without a user":          {oauth2(func(p *oidc.Provider) { p.OAuth2.UserURL = "" }), "OAuth2.UserURL"},
		"OAuth2 over plain http":         {oauth2(func(p *oidc.Provider) { p.OAuth2.TokenURL = "http://op.example/token" }), "OAuth2.TokenURL"},
		"OAuth2 with a user in a URL":    {oauth2(func(p *oidc.Provider) { p.OAuth2.AuthURL = "https://a:b@op.example/" }), "OAuth2.AuthURL"},
		"an empty scope":                 {func(c *oidc.Config) { c.Providers[0].Scopes = []string{""} }, "no scope"},
		"two scopes in one":              {func(c *oidc.Config) { c.Providers[0].Scopes = []string{"email profile"} }, "no scope"},
		"a parameter of the protocol":    {func(c *oidc.Config) { c.Providers[0].AuthURLParams = map[string]string{"redirect_uri": "x"} }, "redirect_uri"},
		"another way to send the answer": {func(c *oidc.Config) { c.Providers[0].AuthURLParams = map[string]string{"response_mode": "form_post"} }, "response_mode"},
	} {
		t.Run(name, func(t *testing.T) {
			c := oidc.Config{Providers: []oidc.Provider{good()}}
			row.change(&c)
			whole := settingstest.New(t).Config
			whole.Methods = append(whole.Methods, oidc.New(c))
			_, err := settings.New(whole)
			require.ErrorContains(t, err, "Config.Methods: oidc: ")
			assert.ErrorContains(t, err, row.says)
			assert.NotContains(t, err.Error(), "secret\"", "a secret is not told")
		})
	}
	for name, change := range map[string]func(p *oidc.Provider){
		"as it is":                  func(*oidc.Provider) {},
		"a public client":           func(p *oidc.Provider) { p.PublicClient, p.ClientSecret = true, "" },
		"an issuer on this machine": func(p *oidc.Provider) { p.Issuer = "http://localhost:5556/dex" },
		"plain http, aloud":         func(p *oidc.Provider) { p.Issuer, p.InsecureHTTP = "http://op.example", true },
		"a tenant of Microsoft's": func(p *oidc.Provider) {
			p.Issuer = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"
		},
		"an issuer with a path": func(p *oidc.Provider) { p.Issuer = "https://login.example/realms/x/" },
	} {
		t.Run(name, func(t *testing.T) {
			p := good()
			change(&p)
			_, err := oidc.New(oidc.Config{Providers: []oidc.Provider{p}}).Info()
			require.NoError(t, err)
		})
	}
}

// What a host changes in its Config afterwards changes nothing here.
func TestTheConfigIsCopied(t *testing.T) {
	scopes, params := []string{"email"}, map[string]string{"hd": "example.com"}
	s := newFixture(t, func(_ *fixture, c *oidc.Config) { c.Providers[0].Scopes, c.Providers[0].AuthURLParams = scopes, params })
	scopes[0], params["redirect_uri"] = "evil", "https://evil.example"
	c := s.SignIn(s.ada, respond.Script)
	q := query(t, s.begin(c, start(c)))
	assert.Equal(t, "openid email", q.Get("scope"))
	assert.Equal(t, "example.com", q.Get("hd"))
	assert.Equal(t, "https://app.example.com/auth/self-service/methods/oidc/callback/one", q.Get("redirect_uri"))
}

// Whether a provider calls itself what the host does, only the provider knows.
func TestCheckAsksTheProviders(t *testing.T) {
	for name, row := range map[string]struct {
		fault func(*op)
		never bool // it will not pass
		says  string
	}{
		"all is well": {func(*op) {}, false, ""},
		"the issuer has a slash behind (coreos/go-oidc#423)": {func(o *op) { o.metadata = func(m map[string]any) { m["issuer"] = o.URL + "/" } }, true, "write it as the provider does"},
		"the issuer is another one":                          {describing("issuer", "http://other.example"), true, `"http://other.example"`},
		"nothing there":                                      {answering(discovery, http.NotFound), false, "404"},
		"keys over plain http":                               {describing("jwks_uri", "http://provider.example/keys"), false, "jwks_uri"},
	} {
		t.Run(name, func(t *testing.T) {
			good, bad := newOP(t, time.Now), newOP(t, time.Now)
			row.fault(bad)
			m := oidc.New(oidc.Config{Providers: []oidc.Provider{good.provider("good"), bad.provider("bad")}})
			_, err := m.Info()
			require.NoError(t, err)
			if err = m.Check(t.Context()); row.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "oidc: provider bad: ")
			assert.ErrorContains(t, err, row.says)
			assert.Equal(t, row.never, errors.Is(err, oidc.ErrIssuer))
			assert.NotContains(t, err.Error(), "provider good")
			assert.NotContains(t, err.Error(), clientSecret)
		})
	}
}
