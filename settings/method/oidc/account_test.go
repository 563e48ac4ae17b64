package oidc_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/oidc"
)

func TestNoLoginIsLinkedByItsEmail(t *testing.T) {
	s := newFixture(t)
	bob := s.AddIdentity("bob@example.com", "the horse of bob")
	s.op.claims = func(c map[string]any) { c["email"], c["email_verified"] = "bob@example.com", true }
	c := s.SignIn(s.ada, respond.Page)
	f, wasBob := start(c), s.Snapshot(bob)
	s.saved(c, f, s.link(c, f, "stranger"))
	assert.Equal(t, []string{"one:stranger"}, s.linked(s.ada))
	assert.Equal(t, wasBob, s.Snapshot(bob))
}

func TestNamesThatAreShown(t *testing.T) {
	for name, row := range map[string]struct {
		claims map[string]any
		want   string
	}{
		"the address":                  {map[string]any{"email": "ada@a.example", "name": "Ada"}, "ada@a.example"},
		"the name":                     {map[string]any{"email": nil, "preferred_username": "  ", "name": "Ada Lovelace"}, "Ada Lovelace"},
		"none":                         {map[string]any{"email": nil}, ""},
		"no text":                      {map[string]any{"email": 7}, ""},
		"a line break":                 {map[string]any{"email": "a\nb", "name": "Ada"}, "Ada"},
		"a change of direction":        {map[string]any{"email": "a\u202eb"}, ""},
		"more than a hundred of them":  {map[string]any{"email": strings.Repeat("é", 101)}, strings.Repeat("é", 99) + "…"},
		"a hundred of them":            {map[string]any{"email": strings.Repeat("é", 100)}, strings.Repeat("é", 100)},
		"of markup, as it is":          {map[string]any{"email": "<b>@x"}, "<b>@x"},
		"an address that is not ours?": {map[string]any{"email": "ada@example.com"}, "ada@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t)
			s.op.claims = func(c map[string]any) {
				for k, v := range row.claims {
					c[k] = v
				}
			}
			c := s.SignIn(s.ada, respond.Script)
			f := start(c)
			s.saved(c, f, s.link(c, f, "x"))
			assert.Equal(t, row.want, s.Identity(s.ada).State.Factors[aal.OIDC].Credentials[0].Name)
		})
	}
}

// Two keys are equal only if issuer and subject are.
func TestKeysThatMustNotBeEqual(t *testing.T) {
	seen := map[string][2]string{}
	for _, issuer := range []string{"", "https://a", "https://a/", "https://a#b", `https://a","b`, "https://a,b", "https://A"} {
		for _, subject := range []string{"", "b", "#b", "/b", `b","c`, "B", ",b", `\`, `"`} {
			k := oidc.Key(issuer, subject)
			assert.EqualValues(t, "oidc", k.Kind)
			if was, taken := seen[k.Value]; taken {
				t.Errorf("%q and %q have the key %s", was, [2]string{issuer, subject}, k.Value)
			}
			seen[k.Value] = [2]string{issuer, subject}
		}
	}
	assert.Equal(t, `["https://accounts.google.com","110169484474386276334"]`, oidc.Key("https://accounts.google.com", "110169484474386276334").Value)
}

func TestAnImportedLoginIsLinked(t *testing.T) {
	s := newFixture(t)
	take := func(who string, a oidc.Account) error { return s.Handler.Service.Import(t.Context(), who, a.Import()) }
	old := oidc.Account{Provider: "one", Issuer: s.op.URL, Subject: "of before", Name: "ada@\nelsewhere"}
	for range 2 {
		require.NoError(t, take(s.ada, old))
		assert.Equal(t, []string{"one:of before"}, s.linked(s.ada))
	}
	owner, err := s.Store.IdentityOwner(t.Context(), oidc.Key(s.op.URL, "of before"))
	require.NoError(t, err)
	assert.Equal(t, s.ada, owner)
	assert.Empty(t, s.Identity(s.ada).State.Factors[aal.OIDC].Credentials[0].Name, "a name with a line break is none")

	bob := s.AddIdentity("bob@example.com", "the horse of bob")
	require.ErrorIs(t, take(bob, old), identity.ErrDuplicate)
	for _, wrong := range []oidc.Account{{Subject: "x"}, {Provider: "one"}, {Provider: "one", Issuer: s.op.URL, Subject: strings.Repeat("x", 3000)}} {
		require.ErrorIs(t, take(bob, wrong), method.ErrImported)
	}
	assert.Empty(t, s.linked(bob))
}
