package profile_test

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
)

func TestNamesThatLookLikeOtherPeoplesAddresses(t *testing.T) {
	withNumbers := profile.Fields(
		profile.Field{Name: "email", Type: profile.Email, Identifier: true},
		profile.Field{Name: "spare", Type: profile.Email, Recover: profile.ByEmail},
		profile.Field{Name: "phone", Type: profile.Tel, Identifier: true},
		profile.Field{Name: "username", Identifier: true},
		profile.Field{Name: "names", List: true, Identifier: true},
		profile.Field{Name: "nickname"},
	)
	withoutNumbers := profile.Fields(profile.Field{Name: "username", Identifier: true})
	for name, row := range map[string]struct {
		schema  profile.Schema
		stored  string
		sent    string
		refused bool
	}{
		"somebody's e-mail address":                    {withNumbers, `{}`, `{"username":"bob@example.com"}`, true},
		"in capitals, with space around it":            {withNumbers, `{}`, `{"username":"  BOB@Example.com "}`, true},
		"an address of no known form":                  {withNumbers, `{}`, `{"username":"bob@intranet"}`, true},
		"in a list":                                    {withNumbers, `{}`, `{"names":["ada","bob@example.com"]}`, true},
		"a telephone number":                           {withNumbers, `{}`, `{"username":"+44 20 7946 0000"}`, true},
		"a telephone number where none signs in":       {withoutNumbers, `{}`, `{"username":"+44 20 7946 0000"}`, false},
		"a short number":                               {withNumbers, `{}`, `{"username":"123456"}`, false},
		"a name with an @ before it":                   {withNumbers, `{}`, `{"username":"@bob"}`, false},
		"a name":                                       {withNumbers, `{}`, `{"username":"bob"}`, false},
		"one's own address":                            {withNumbers, `{"email":"ada@example.com"}`, `{"email":"ada@example.com","username":"Ada@example.com"}`, false},
		"one's own address to recover by":              {withNumbers, `{"spare":"ada@example.org"}`, `{"spare":"ada@example.org","username":"ada@example.org"}`, false},
		"one that signs in to the account already":     {withNumbers, `{"email":"ada@example.com"}`, `{"username":"ada@example.com"}`, false},
		"a name that was there before the rule":        {withNumbers, `{"username":"bob@example.com"}`, `{"username":"bob@example.com","nickname":"b"}`, false},
		"an address that is no name to sign in with":   {withNumbers, `{}`, `{"nickname":"bob@example.com"}`, false},
		"somebody's address in an address's own field": {withNumbers, `{}`, `{"email":"bob@example.com"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, forbid := range []bool{true, false} {
				kit := settingstest.New(t, func(c *settings.Config) {
					c.Methods = append(c.Methods, profile.New(profile.Config{Schemas: map[string]profile.Schema{"": row.schema}, ForbidForeignAddresses: forbid}))
				})
				ada := kit.AddIdentity("ada", "correct horse battery staple")
				kit.Edit(ada, func(i *identity.Identity) { i.Traits = json.RawMessage(row.stored) })
				c := kit.SignIn(ada, respond.API)
				before := kit.Snapshot(ada)
				a := c.Submit(c.Start(), settingstest.Fields{"method": "profile", "traits": json.RawMessage(row.sent)})
				if !forbid || !row.refused {
					require.Equal(t, 200, a.Status, "%v", a)
					continue
				}
				require.Equal(t, 400, a.Status, "%v", a)
				assert.Contains(t, string(a.Body), "This looks like an address.")
				assert.Equal(t, before, kit.Snapshot(ada))
			}
		})
	}
}
