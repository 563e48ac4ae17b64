package oidc_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/method/oidc"
)

// Fields of the wrong type, and fields that stand there twice (ASVS 5.0, 1.5 and
// 15.3).
func TestBodiesThatAreRefused(t *testing.T) {
	for name, row := range map[string]struct{ body, want string }{
		"a number for a provider":     {`{"link":7}`, "4000001"},
		"true for a provider":         {`{"link":true}`, "4000001"},
		"a list of providers":         {`{"link":["one"]}`, "4000001"},
		"an object for a provider":    {`{"link":{"one":true}}`, "4000001"},
		"null for a provider":         {`{"method":"oidc","link":null}`, "4010004"},
		"false for a provider":        {`{"method":"oidc","link":false}`, "4010004"},
		"the text false":              {`{"method":"oidc","link":"false"}`, "4010004"},
		"a number for an account":     {`{"unlink":7}`, "4000001"},
		"true for an account":         {`{"unlink":true}`, "4000001"},
		"a list of accounts":          {`{"unlink":["one"]}`, "4000001"},
		"a number beside a provider":  {`{"link":"one","unlink":7}`, "4000001"},
		"a number for a state":        {`{"link":"one","state":7}`, "4000001"},
		"an object for a code":        {`{"link":"one","code":{}}`, "4000001"},
		"a field twice":               {`{"link":"one","link":"one"}`, "4000001"},
		"a field in capitals":         {`{"LINK":"one","link":"one"}`, "4000001"},
		"an account, and in capitals": {`{"unlink":"one","Unlink":"x"}`, "4000001"},
		"more after the object":       {`{"unlink":"one"}{}`, "4000001"},
		"NUL in a provider":           {`{"link":"one\u0000"}`, "4000001"},
		"a provider in another case":  {`{"link":"ONE"}`, "4000001"},
		"a provider and a space":      {`{"link":"one "}`, "4000001"},
		"an account without a name":   {`{"unlink":"one:"}`, "4000001"},
		"an account by its subject":   {`{"unlink":"one:x"}`, "4000001"},
		"a longer provider":           {`{"link":"` + strings.Repeat("o", 10000) + `"}`, "4000001"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range []respond.Client{respond.API, respond.Script} {
				s := newFixture(t, func(s *fixture, c *oidc.Config) { c.Providers = append(c.Providers, s.op.provider("two")) })
				s.add(s.ada, oidc.Account{Provider: "two", Issuer: s.op.URL, Subject: "x"})
				s.add(s.ada, oidc.Account{Provider: "one", Issuer: "https://one.example", Subject: "x"})
				c := s.SignIn(s.ada, kind)
				f, was := start(c), s.Snapshot(s.ada)
				s.refused(c, f, c.Post("/self-service/settings?flow="+f.ID, "application/json", row.body), row.want)
				assert.Equal(t, was, s.Snapshot(s.ada))
				assert.Zero(t, s.op.count(discovery))
			}
		})
	}
}

func TestAFormThatSaysEverythingTwice(t *testing.T) {
	s := newFixture(t)
	s.add(s.ada, oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: "x"})
	c := s.SignIn(s.ada, respond.Page)
	f, was := start(c), s.Snapshot(s.ada)
	token := url.QueryEscape(f.CSRFToken())
	for _, body := range []string{"unlink=one&unlink=two", "unlink=one&unlink=one", "unlink=one&method=oidc&method=password", "unlink.x=one&unlink=one&link=one"} {
		a := c.Post("/self-service/settings?flow="+f.ID, "application/x-www-form-urlencoded", "csrf_token="+token+"&"+body)
		s.refused(c, f, a, "4000001")
	}
	assert.Equal(t, was, s.Snapshot(s.ada))
}
