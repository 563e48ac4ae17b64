package profile_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

// What a running Ory Kratos v26.2.0 was seen to answer to a submit of traits,
// for an API client, a page and a script, as Brief writes it. The rows stand in
// testdata/rows.json; that a schema file comes to the same is shown in the JSON
// Schema module. Where Kratos makes an input for the
// name of an object to put a message on ("traits.name"), ours stands on the form.

// row is a scenario: Traits are what is submitted, after Before, Stored are the
// traits after a success. Without Stored nothing may have changed.
type row struct {
	Name              string
	Traits, Before    json.RawMessage
	Stored            json.RawMessage
	StoredPage        json.RawMessage `json:"stored_page"` // after a page's success, where only that is one
	Stale             bool
	ReturnTo          string `json:"return_to"`
	API, Page, Script string
}

const ada = `{"email":"ada@example.com","name":{"first":"Ada","last":"Lovelace"},"nickname":"ada"}`

// customers is the schema of the rows.
var customers = profile.Fields(
	profile.Field{Name: "email", Type: profile.Email, Label: "E-mail", Required: true, MinLength: 3, Identifier: true, Verify: profile.ByEmail, Recover: profile.ByEmail},
	profile.Field{Name: "name.first", Label: "First name", Autocomplete: "given-name", Required: true},
	profile.Field{Name: "name.last", Label: "Last name"},
	profile.Field{Name: "nickname", MaxLength: 20},
)

func newMethod(s profile.Schema) settings.Method {
	return profile.New(profile.Config{Schemas: map[string]profile.Schema{"": s}})
}

// newKit has the method profile, and Ada with some traits.
func newKit(t testing.TB, s profile.Schema, traits string, changes ...func(*settings.Config)) (*settingstest.Kit, string) {
	t.Helper()
	kit := settingstest.New(t, append([]func(*settings.Config){func(c *settings.Config) {
		c.Methods = append(c.Methods, newMethod(s))
	}}, changes...)...)
	id := kit.AddIdentity("ada@example.com", "the password of ada")
	kit.Edit(id, func(i *identity.Identity) { i.Traits = json.RawMessage(traits) })
	return kit, id
}

func TestRows(t *testing.T) {
	var rows []row
	file, err := os.ReadFile("testdata/rows.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(file, &rows))
	require.NotEmpty(t, rows)
	for table, responses := range map[string]func() respond.Table{"kratos": respond.Kratos, "documented": respond.Documented} {
		for _, r := range rows {
			for kind, want := range map[respond.Client]string{respond.API: r.API, respond.Page: r.Page, respond.Script: r.Script} {
				if want == "" {
					continue // no page sends such a body
				}
				b := settings.Behaviour{Responses: responses, OmitHints: table == "kratos"}
				if !b.OmitHints { // a name that is taken stands at its field
					want = strings.Replace(want, " 4000007", " traits.email:4000007", 1)
				}
				t.Run(table+"/"+r.Name+"/"+kind.String(), func(t *testing.T) { r.run(t, b, kind, want) })
			}
		}
	}
}

func (r row) run(t *testing.T, b settings.Behaviour, kind respond.Client, want string) {
	kit, id := newKit(t, customers, ada, func(c *settings.Config) {
		c.Behaviour, c.AllowReturnTo = b, []string{"https://app.example.com/back"}
	})
	kit.AddIdentity("bob@example.com", "the password of bob")
	c := kit.SignIn(id, kind)
	if r.Stale {
		kit.Clock.Advance(15*time.Minute + 1)
	}
	f := start(c, r.ReturnTo)
	if r.Before != nil {
		c.Submit(f, submission(t, r.Before))
	}
	before := kit.Snapshot(id)
	a := c.Submit(f, submission(t, r.Traits))
	assert.Equal(t, want, a.Brief())
	stored := r.Stored
	if kind == respond.Page && stored == nil {
		stored = r.StoredPage
	}
	if stored == nil {
		assert.Equal(t, before, kit.Snapshot(id), "nothing is changed")
	} else {
		assert.JSONEq(t, string(stored), string(kit.Identity(id).Traits))
	}
	assert.Equal(t, stored != nil && kind != respond.API, strings.HasPrefix(a.Header.Get("Set-Cookie"), "__Host-amend_session="), "a browser's success renews its cookie, and nothing else does")
}

func start(c *settingstest.Client, returnTo string) *settingstest.Flow {
	if returnTo == "" {
		return c.Start()
	}
	if c.Kind == respond.API {
		return c.Get("/self-service/settings/api?return_to=" + returnTo).Flow
	}
	a := c.Get("/self-service/settings/browser?return_to=" + returnTo)
	if c.Kind == respond.Page {
		a = a.Follow()
	}
	return a.Flow
}

func submission(t *testing.T, traits json.RawMessage) settingstest.Fields {
	fields := settingstest.Fields{"method": "profile"}
	if traits != nil {
		var v any
		require.NoError(t, json.Unmarshal(traits, &v))
		fields["traits"] = v
	}
	return fields
}
