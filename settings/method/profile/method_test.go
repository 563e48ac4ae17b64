package profile_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

// The forms as each client gets them: fresh, after an error, after a success.
func TestGolden(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			kit, id := newKit(t, customers, ada)
			c := kit.SignIn(id, kind)
			f := c.Start()
			show := func(name string, a *settingstest.Answer) {
				if kind == respond.Page {
					a = a.Follow()
				}
				a.Golden(kind.String()+"-"+name, id, "ADA")
			}
			c.Read(f.ID).Golden(kind.String()+"-before", id, "ADA")
			show("error", c.Submit(f, settingstest.Fields{"method": "profile", "traits": traitsOf("ada", "Ada", "a nickname that is too long")}))
			show("after", c.Submit(f, settingstest.Fields{"method": "profile", "traits": traitsOf("ada@example.com", "Ada", "countess")}))
		})
	}
}

func inputs(t *testing.T, s profile.Schema, v method.View) []*ui.Input {
	t.Helper()
	nodes, err := newMethod(s).Nodes(t.Context(), v)
	require.NoError(t, err)
	var list []*ui.Input
	for _, n := range nodes {
		assert.Equal(t, ui.Profile, n.Group)
		list = append(list, n.Input())
	}
	return list
}

func TestNodes(t *testing.T) {
	s := profile.Fields(
		profile.Field{Name: "nickname", MinLength: 2, MaxLength: 20, Pattern: "[a-z]+", Required: true, Autocomplete: "nickname"},
		profile.Field{Name: "email", Type: profile.Email},
		profile.Field{Name: "phone", Type: profile.Tel},
		profile.Field{Name: "site", Type: profile.URL},
		profile.Field{Name: "height", Type: profile.Number, Min: "0.5", Max: "3"},
		profile.Field{Name: "year", Type: profile.Integer},
		profile.Field{Name: "news", Type: profile.Checkbox, Required: true},
		profile.Field{Name: "born", Type: profile.Date, Min: "1900-01-01"},
		profile.Field{Name: "seen", Type: profile.DateTime},
		profile.Field{Name: "language", Options: []string{"en", "de"}},
		profile.Field{Name: "plan", Access: profile.Read},
		profile.Field{Name: "rank", Access: profile.Hide},
		profile.Field{Name: "tags", Type: profile.Other},
		profile.Field{Name: "alias", Required: true, Nullable: true},
		profile.Field{Name: "bio", MaxLength: profile.OneLine + 1},
	)
	stored := `{"nickname":"ada","height":1.50,"year":1815,"news":true,"seen":"1852-11-27T12:00:00+01:00","plan":"gold","rank":"x","tags":["a"],"email":{"odd":1}}`
	assert.Equal(t, []*ui.Input{
		{Name: "traits.nickname", Type: "text", Value: "ada", Required: true, MinLength: 2, MaxLength: 20, Pattern: "[a-z]+", Autocomplete: "nickname"},
		{Name: "traits.email", Type: "email", MaxLength: 254, Autocomplete: "email"},
		{Name: "traits.phone", Type: "tel", MaxLength: 40, Autocomplete: "tel"},
		{Name: "traits.site", Type: "url", MaxLength: 1000, Autocomplete: "url"},
		{Name: "traits.height", Type: "number", Value: json.Number("1.50"), Min: "0.5", Max: "3", Step: "any"},
		{Name: "traits.year", Type: "number", Value: json.Number("1815")},
		{Name: "traits.news", Type: "checkbox", Value: true},
		{Name: "traits.born", Type: "date", MaxLength: 10, Min: "1900-01-01"},
		{Name: "traits.seen", Type: "datetime-local", Value: "1852-11-27T11:00:00", MaxLength: 35},
		{Name: "traits.language", Type: "text", MaxLength: 1000, Options: []string{"en", "de"}},
		{Name: "traits.plan", Type: "text", Value: "gold", MaxLength: 1000, Disabled: true},
		{Name: "traits.alias", Type: "text", MinLength: 1, MaxLength: 1000},
		{Name: "traits.bio", Type: "text", MaxLength: 321, Multiline: true},
		{Name: "method", Type: "submit", Value: "profile"},
	}, inputs(t, s, method.View{Identity: withTraits(stored)}))

	typed := map[string]string{"traits.nickname": "", "traits.height": "2.", "traits.year": "0042", "traits.plan": "platinum", "traits.seen": "1852-11-27T11:30"}
	again := map[string]any{}
	for _, in := range inputs(t, s, method.View{Identity: withTraits(stored), Input: typed, Flow: flow.Flow{Active: "profile"}}) {
		again[in.Name] = in.Value
	}
	assert.Equal(t, "", again["traits.nickname"], "what was emptied is empty again")
	assert.Equal(t, "2.", again["traits.height"], "what is no number is shown as it was typed")
	assert.Equal(t, json.Number("42"), again["traits.year"])
	assert.Equal(t, false, again["traits.news"], "a box that was not sent was not ticked")
	assert.Equal(t, "1852-11-27T11:30", again["traits.seen"])
	assert.Equal(t, "gold", again["traits.plan"], "nobody typed that")

	for _, in := range inputs(t, s, method.View{Identity: withTraits(stored), Input: map[string]string{}, Flow: flow.Flow{Active: "password"}}) {
		if in.Name == "traits.news" {
			assert.Equal(t, true, in.Value, "another form was sent")
		}
	}
}

func TestLabels(t *testing.T) {
	for name, want := range map[string]string{
		"email": "Email", "name.first": "Name first", "firstName": "First name", "postal_code": "Postal code", "tax-id": "Tax id", "ADDRESS.zipCode": "ADDRESS zip code", "straße": "Straße", "éclair": "Éclair",
	} {
		nodes, err := newMethod(profile.Fields(profile.Field{Name: name})).Nodes(t.Context(), method.View{})
		require.NoError(t, err)
		assert.Equal(t, want, nodes[0].Label.Text)
		assert.EqualValues(t, 1070002, nodes[0].Label.ID)
		assert.Equal(t, map[string]any{"title": want, "name": "traits." + name}, nodes[0].Label.Context)
	}
	nodes, err := newMethod(profile.Fields(profile.Field{Name: "a", Label: "Your name"})).Nodes(t.Context(), method.View{})
	require.NoError(t, err)
	assert.Equal(t, "Your name", nodes[0].Label.Text)
	assert.EqualValues(t, 1070003, nodes[1].Label.ID)
}

// An identity that this method cannot show keeps the others.
func TestAnIdentityWithoutAForm(t *testing.T) {
	for name, spoil := range map[string]func(*identity.Identity){
		"its schema is unknown":    func(i *identity.Identity) { i.SchemaID = "employee" },
		"its traits are no object": func(i *identity.Identity) { i.Traits = json.RawMessage(`"x"`) },
	} {
		for _, kind := range everyClient {
			t.Run(name+"/"+kind.String(), func(t *testing.T) {
				kit, id := newKit(t, customers, ada)
				spoilt := kit.Identity(id)
				spoil(&spoilt)
				spoilt.ID, spoilt.Keys, spoilt.SealedState = "spoilt", nil, nil
				require.NoError(t, kit.Store.CreateIdentity(t.Context(), spoilt.Record))
				c := kit.SignIn("spoilt", kind)
				f := c.Start()
				var names []string
				for _, n := range f.UI.Nodes {
					names = append(names, n.Name())
				}
				assert.Equal(t, []string{"csrf_token", "password", "method"}, names)
				a := c.Submit(f, submission(t, json.RawMessage(ada)))
				if kind == respond.Page {
					assert.Equal(t, http.StatusInternalServerError, a.Failure().Code)
				} else {
					assert.Equal(t, http.StatusInternalServerError, a.Status)
				}
				assert.Contains(t, kit.Log.String(), "plan of profile")
			})
		}
	}
}

func TestAConfigThatCannotWork(t *testing.T) {
	one := func(f profile.Field) map[string]profile.Schema {
		return map[string]profile.Schema{"": profile.Fields(f)}
	}
	ok := profile.Fields(profile.Field{Name: "a"})
	for name, schemas := range map[string]map[string]profile.Schema{
		"no schema":                    nil,
		"a nil schema":                 {"": nil},
		"an id that is a path":         {"../default": ok},
		"an id that is two dots":       {"..": ok},
		"an id with a space":           {"a b": ok},
		"the default twice":            {"": ok, "default": ok},
		"a field without a name":       one(profile.Field{}),
		"an empty part of a name":      one(profile.Field{Name: "a..b"}),
		"a name with a backslash":      one(profile.Field{Name: `a\b`}),
		"an unknown type":              one(profile.Field{Name: "a", Type: "password"}),
		"an unknown access":            one(profile.Field{Name: "a", Access: 3}),
		"an unknown way to verify":     one(profile.Field{Name: "a", Verify: "pigeon"}),
		"an unknown way to recover":    one(profile.Field{Name: "a", Recover: "pigeon"}),
		"a pattern that is none":       one(profile.Field{Name: "a", Pattern: "("}),
		"more at least than at most":   one(profile.Field{Name: "a", MinLength: 2, MaxLength: 1}),
		"a negative length":            one(profile.Field{Name: "a", MinLength: -1}),
		"a length of a number":         one(profile.Field{Name: "a", Type: profile.Number, MaxLength: 5}),
		"a bound that is no number":    one(profile.Field{Name: "a", Type: profile.Number, Min: "x"}),
		"a bound that is no date":      one(profile.Field{Name: "a", Type: profile.Date, Max: "31.12.2030"}),
		"a bound of a text":            one(profile.Field{Name: "a", Min: "5"}),
		"a field twice":                {"": profile.Fields(profile.Field{Name: "a"}, profile.Field{Name: "a"})},
		"a field in a field":           {"": profile.Fields(profile.Field{Name: "a"}, profile.Field{Name: "a.b"})},
		"a field that is an object":    {"": profile.Fields(profile.Field{Name: "a.b"}, profile.Field{Name: "a"})},
		"a list of boxes":              one(profile.Field{Name: "a", Type: profile.Checkbox, List: true}),
		"a list of anything":           one(profile.Field{Name: "a", Type: profile.Other, List: true}),
		"entries of what is no list":   one(profile.Field{Name: "a", MaxItems: 2}),
		"more entries than there are":  one(profile.Field{Name: "a", List: true, MinItems: 3, MaxItems: 2}),
		"an option that is no number":  one(profile.Field{Name: "a", Type: profile.Integer, Options: []string{"one"}}),
		"a box to choose from":         one(profile.Field{Name: "a", Type: profile.Checkbox, Options: []string{"true"}}),
		"lines of an address":          one(profile.Field{Name: "a", Type: profile.Email, Multiline: true}),
		"a field nobody can submit to": one(profile.Field{Name: strings.Repeat("a.", 30) + "a"}),
	} {
		t.Run(name, func(t *testing.T) {
			c := settingstest.New(t).Config
			c.Methods = []settings.Method{profile.New(profile.Config{Schemas: schemas})}
			_, err := settings.New(c)
			require.ErrorContains(t, err, "Config.Methods: profile: ")
		})
	}
	for name, field := range map[string]profile.Field{
		"an address to sign in with that nobody proves": {Name: "a", Type: profile.Email, Identifier: true},
		"a number to sign in with that nobody proves":   {Name: "a", Type: profile.Tel, Identifier: true},
		"a value of any type to be proved":              {Name: "a", Type: profile.Other, Verify: profile.ByEmail},
	} {
		t.Run(name, func(t *testing.T) {
			for proves, check := range map[bool]func(require.TestingT, error, ...any){true: require.Error, false: require.NoError} {
				_, err := profile.New(profile.Config{Schemas: one(field), ProveAddresses: proves}).Info()
				check(t, err)
			}
		})
	}
}
