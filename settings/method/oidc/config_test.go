package oidc_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestConfigsThatAreRefused(t *testing.T) {
	good := func() oidc.Provider {
		return oidc.Provider{ID: "google", Issuer: "https://accounts.google.com", ClientID: "id", ClientSecret: "secret"}
	}
	for name, row := range map[string]struct {
		change func(c *oidc.Config)
		says   string
	}{
		"no provider":                    {func(c *oidc.Config) { c.Providers = nil }, "Config.Providers is empty"},
		"two of one ID":                  {func(c *oidc.Config) { c.Providers = append(c.Providers, good()) }, `Config.Providers[1] "google": the ID is that of another one`},
		"a negative timeout":             {func(c *oidc.Config) { c.Timeout = -1 }, "Timeout"},
		"no ID":                          {func(c *oidc.Config) { c.Providers[0].ID = "" }, "the ID must be"},
		"an ID with a slash":             {func(c *oidc.Config) { c.Providers[0].ID = "a/b" }, "the ID must be"},
		"an ID with a colon":             {func(c *oidc.Config) { c.Providers[0].ID = "a:b" }, "the ID must be"},
		"an ID of dots":                  {func(c *oidc.Config) { c.Providers[0].ID = ".." }, "the ID must be"},
		"an ID that a URL encodes":       {func(c *oidc.Config) { c.Providers[0].ID = "é" }, "the ID must be"},
		"an ID of 65 letters":            {func(c *oidc.Config) { c.Providers[0].ID = strings.Repeat("x", 65) }, "the ID must be"},
		"an ID that says nothing":        {func(c *oidc.Config) { c.Providers[0].ID = "false" }, "the ID must be"},
		"no client ID":                   {func(c *oidc.Config) { c.Providers[0].ClientID = "" }, "ClientID is missing"},
		"no secret":                      {func(c *oidc.Config) { c.Providers[0].ClientSecret = "" }, "ClientSecret is missing"},
		"a public client with a secret":  {func(c *oidc.Config) { c.Providers[0].PublicClient = true }, "a PublicClient has no ClientSecret"},
		"no issuer":                      {func(c *oidc.Config) { c.Providers[0].Issuer = "" }, "Issuer"},
		"an issuer of a host only":       {func(c *oidc.Config) { c.Providers[0].Issuer = "accounts.google.com" }, "Issuer"},
		"an issuer of plain http":        {func(c *oidc.Config) { c.Providers[0].Issuer = "http://op.example" }, "plain http"},
		"an issuer with a user":          {func(c *oidc.Config) { c.Providers[0].Issuer = "https://a:b@op.example" }, "has a user"},
		"an issuer with a query":         {func(c *oidc.Config) { c.Providers[0].Issuer = "https://op.example?x" }, "a query or a fragment"},
		"an issuer with a fragment":      {func(c *oidc.Config) { c.Providers[0].Issuer = "https://op.example#x" }, "a query or a fragment"},
		"an issuer of a file":            {func(c *oidc.Config) { c.Providers[0].Issuer = "file:///etc/passwd" }, "Issuer"},
		"an issuer beyond ASCII":         {func(c *oidc.Config) { c.Providers[0].Issuer = "https://оp.example" }, "Issuer"},
		"an issuer of 256 bytes":         {func(c *oidc.Config) { c.Providers[0].Issuer = "https://op.example/" + strings.Repeat("x", 237) }, "Issuer"},
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
		"an issuer with a path":     func(p *oidc.Provider) { p.Issuer = "https://login.example/realms/x/" },
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
	s := newScene(t, func(_ *scene, c *oidc.Config) { c.Providers[0].Scopes, c.Providers[0].AuthURLParams = scopes, params })
	scopes[0], params["redirect_uri"] = "evil", "https://evil.example"
	c := s.SignIn(s.ada, respond.Script)
	q := query(t, s.begin(c, start(c)))
	assert.Equal(t, "openid email", q.Get("scope"))
	assert.Equal(t, "example.com", q.Get("hd"))
	assert.Equal(t, "https://app.example.com/auth/self-service/methods/oidc/callback/one", q.Get("redirect_uri"))
}
