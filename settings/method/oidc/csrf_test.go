package oidc_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/method/oidc"
)

// A button is a form like any other: another site must not press it.
func TestButtonsThatAnotherSitePresses(t *testing.T) {
	for _, kind := range []respond.Client{respond.Page, respond.Script} {
		for name, header := range map[string]http.Header{
			"across sites":                {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
			"across sites, with no names": {"Sec-Fetch-Site": {}, "Origin": {"https://evil.example"}},
			"without a token":             {"Sec-Fetch-Site": {}, "Origin": {}},
		} {
			for _, pressed := range []fields{{"link": "one"}, {"unlink": "two"}} {
				t.Run(kind.String()+" "+name, func(t *testing.T) {
					s := newFixture(t)
					s.add(s.ada, oidc.Account{Provider: "two", Issuer: "https://two.example", Subject: "ada-there"})
					c := s.SignIn(s.ada, kind)
					f, was := start(c), s.Snapshot(s.ada)
					c.Header = header
					without := *f
					without.UI.Nodes = nil // and so without the form's token
					a := c.Submit(&without, pressed)
					c.Header = http.Header{}
					s.forbidden(c, a)
					assert.Equal(t, was, s.Snapshot(s.ada))
					assert.Zero(t, s.op.count("/.well-known/openid-configuration"))
				})
			}
		}
	}
}
