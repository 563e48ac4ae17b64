package oidc_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/method/oidc"
)

func TestWhereTheBrowserIsSent(t *testing.T) {
	s := newFixture(t, func(_ *fixture, c *oidc.Config) {
		c.Providers[0].AuthURLParams = map[string]string{"hd": "example.com", "prompt": "login"}
	})
	c := s.SignIn(s.ada, respond.Script)
	f := start(c)
	a := c.Submit(f, fields{"link": "one", "upstream_parameters": map[string]any{
		"login_hint": "ada@example.com", "hd": "evil.example", "prompt": "select_account", "acr_values": "",
	}})
	u, err := url.Parse(away(t, c, a))
	require.NoError(t, err)
	q := u.Query()
	for _, random := range []string{"state", "nonce", "code_challenge"} {
		assert.GreaterOrEqual(t, len(q.Get(random)), 22, random)
		q.Del(random)
	}
	assert.Equal(t, url.Values{
		"client_id": {clientID}, "response_type": {"code"}, "scope": {"openid email"}, "code_challenge_method": {"S256"},
		"redirect_uri": {"https://app.example.com/auth/self-service/methods/oidc/callback/one"},
		"login_hint":   {"ada@example.com"}, "hd": {"example.com"}, "prompt": {"login"}, // the host's own stay
	}, q)
	// Once is as good as once: nothing of it comes again.
	second, err := url.Parse(s.begin(c, f))
	require.NoError(t, err)
	for _, random := range []string{"state", "nonce", "code_challenge"} {
		assert.NotEqual(t, u.Query().Get(random), second.Query().Get(random), random)
	}
}

func TestUpstreamParametersThatAreRefused(t *testing.T) {
	for name, parameters := range map[string]any{
		"not an object":                   "prompt=login",
		"a list":                          []any{"prompt"},
		"one of the protocol":             map[string]any{"redirect_uri": "https://evil.example"},
		"another state":                   map[string]any{"state": "x"},
		"one in capitals":                 map[string]any{"Prompt": "login"},
		"an unknown one":                  map[string]any{"foo": "bar"},
		"a number":                        map[string]any{"login_hint": 7},
		"an object":                       map[string]any{"hd": map[string]any{}},
		"256 bytes":                       map[string]any{"login_hint": strings.Repeat("x", 256)},
		"a line break":                    map[string]any{"login_hint": "a\r\nLocation: x"},
		"a prompt without a user":         map[string]any{"prompt": "none"},
		"a prompt without a user, hidden": map[string]any{"prompt": "login none"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range everyClient {
				if _, nested := parameters.(map[string]any); kind == respond.Page && (!nested || name == "a number" || name == "an object") {
					continue // a form has texts only, and no lists
				}
				s := newFixture(t)
				c := s.SignIn(s.ada, kind)
				f, was := start(c), s.Snapshot(s.ada)
				s.refused(c, f, c.Submit(f, fields{"link": "one", "upstream_parameters": parameters}), "4000001")
				assert.Equal(t, was, s.Snapshot(s.ada))
				assert.Zero(t, s.op.count("/.well-known/openid-configuration"), "nobody is asked")
			}
		})
	}
}
