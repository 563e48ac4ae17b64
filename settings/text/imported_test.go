package text_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/text"
)

// An account that was imported has the key that another program has written. It is found
// by any spelling, a browser's <input type=email> among them, which sends punycode, and
// nobody can take the name in another one. A name that nobody has can be taken.
func TestAnImportedName(t *testing.T) {
	members := profile.Fields(
		profile.Field{Name: "email", Type: profile.Email, Identifier: true},
		profile.Field{Name: "username", Identifier: true},
	)
	for name, c := range map[string]struct {
		imported string
		typed    []string // by who signs in
		asked    []string // by who would take it: traits
	}{
		"a domain in Unicode": {
			"ada@münchen.de", []string{"ada@münchen.de", "ada@xn--mnchen-3ya.de", "Ada@MÜNCHEN.de"},
			[]string{`{"email":"ada@xn--mnchen-3ya.de"}`, `{"email":"ada@münchen.de"}`, `{"email":"ADA@XN--MNCHEN-3YA.DE"}`, `{"email":"ada@mu\u0308nchen.de"}`},
		},
		"a domain in pieces": {
			"ada@mu\u0308nchen.de", []string{"ada@münchen.de", "ada@xn--mnchen-3ya.de", "ada@mu\u0308nchen.de"},
			[]string{`{"email":"ada@xn--mnchen-3ya.de"}`, `{"email":"ada@münchen.de"}`},
		},
		"a domain in punycode": {
			"ada@xn--mnchen-3ya.de", []string{"ada@münchen.de", "ada@xn--mnchen-3ya.de"},
			[]string{`{"email":"ada@xn--mnchen-3ya.de"}`, `{"email":"ada@münchen.de"}`},
		},
		"a user name in pieces": {
			"rene\u0301", []string{"rené", "rene\u0301", "RENÉ", "re\u200bné"}, []string{`{"username":"rené"}`, `{"username":"rene\u0301"}`, `{"username":"re\u200bné"}`},
		},
		"a user name": {"rené", []string{"rené", "rene\u0301"}, []string{`{"username":"rené"}`, `{"username":"rene\u0301"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			kit := settingstest.New(t, func(c *settings.Config) {
				c.Text = text.Unicode()
				c.Methods = append(c.Methods, profile.New(profile.Config{Schemas: map[string]profile.Schema{"": members}}))
			})
			ada := identity.Record{ID: "ada", Active: true, Keys: []identity.Key{{Kind: identity.Identifier, Value: c.imported}}}
			require.NoError(t, kit.Store.CreateIdentity(t.Context(), ada))
			for _, typed := range c.typed {
				id, _, err := kit.Handler.Service.FindIdentity(t.Context(), typed)
				require.NoError(t, err)
				assert.Equal(t, "ada", id, "%q", typed)
			}
			bob := kit.AddIdentity("bob@example.com", "")
			client := kit.SignIn(bob, respond.Script)
			submit := func(traits string) string {
				return client.Post("/self-service/settings?flow="+client.Start().ID, "application/json", `{"method":"profile","traits":`+traits+`}`).Brief()
			}
			for _, traits := range c.asked {
				assert.Regexp(t, `^400 traits\.(email|username|name):4000007$`, submit(traits), traits)
			}
			assert.Equal(t, []string{"bob@example.com"}, kit.Identity(bob).Identifiers())
			assert.Contains(t, submit(`{"email":"bob@xn--mnchen-3ya.de","username":"zoé"}`), "1050001")
			own, err := kit.Handler.Service.IdentityKeys(identity.Identity{Record: identity.Record{Traits: json.RawMessage(`{"email":"bob@xn--mnchen-3ya.de","username":"zoé"}`)}})
			require.NoError(t, err)
			for _, key := range own {
				owner, err := kit.Store.IdentityOwner(t.Context(), key)
				require.NoError(t, err, key.Value)
				assert.Equal(t, bob, owner)
			}
			assert.Contains(t, submit(`{"email":"bob@example.com","username":"bob"}`), "1050001")
			assert.ElementsMatch(t, []string{"bob@example.com", "bob"}, kit.Identity(bob).Identifiers(), "all of a name's keys go with it")
		})
	}
}
