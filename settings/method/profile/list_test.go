package profile_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/settingstest"
)

// lists has a list of each kind.
var lists = profile.Fields(
	profile.Field{Name: "emails", Label: "E-mail", Type: profile.Email, List: true, Identifier: true, MaxItems: 3},
	profile.Field{Name: "tags", List: true},
	profile.Field{Name: "roles", List: true, Options: []string{"author", "editor", "a.b"}},
	profile.Field{Name: "floors", Type: profile.Integer, List: true, Options: []string{"1", "2"}},
	profile.Field{Name: "days", Type: profile.DateTime, List: true},
	profile.Field{Name: "aliases", List: true, Access: profile.Read},
)

var listNames = []string{"traits.emails", "traits.tags", "traits.roles", "traits.floors", "traits.days", "traits.aliases"}

func listForm(t testing.TB, text string) method.Submission {
	return decoded(t, "application/x-www-form-urlencoded", text, listNames...)
}

// described are the inputs of the traits as "name type=value".
func described(t *testing.T, v method.View) string {
	t.Helper()
	var list []string
	for _, in := range inputs(t, lists, v) {
		if in.Name != "method" {
			list = append(list, strings.TrimSuffix(fmt.Sprintf("%s=%v", strings.TrimPrefix(in.Name, "traits."), in.Value), "=<nil>"))
		}
	}
	return strings.Join(list, " ")
}

func TestNodesOfLists(t *testing.T) {
	long, err := json.Marshal(make([]int, 101))
	require.NoError(t, err)
	for _, c := range []struct {
		name, stored string
		input        map[string]string
		want         string
	}{
		{"none", `{}`, nil, "emails.0 tags.0 roles=[] floors=[] days.0"},
		{"some, and one more", `{"emails":["a@b"],"tags":["x","y"],"roles":["editor"],"floors":[2],"days":["2030-01-02T01:00:00+01:00"],"aliases":["q"]}`, nil,
			"emails.0=a@b emails.1 tags.0=x tags.1=y tags.2 roles=[editor] floors=[2] days.0=2030-01-02T00:00:00 days.1 aliases.0=q"},
		{"as many as there may be", `{"emails":["a@b","c@d","e@f"]}`, nil, "emails.0=a@b emails.1=c@d emails.2=e@f tags.0 roles=[] floors=[] days.0"},
		{"more than there may be", `{"emails":["1@b","2@b","3@b","4@b"]}`, nil, "emails.0=1@b emails.1=2@b emails.2=3@b emails.3=4@b tags.0 roles=[] floors=[] days.0"},
		{"null", `{"emails":null,"roles":null}`, nil, "emails.0 tags.0 roles=[] floors=[] days.0"},
		{"what is no list", `{"emails":"a@b","tags":[{}],"roles":{"a":1}}`, nil, "floors=[] days.0"},
		{"too many for a form", `{"tags":` + strings.ReplaceAll(string(long), "0", `"x"`) + `}`, nil, "emails.0 roles=[] floors=[] days.0"},
		{"what was typed", `{"emails":["a@b"],"roles":["author"],"floors":[1],"aliases":["q"]}`,
			map[string]string{"traits.emails.0": "x", "traits.emails.1": "", "traits.emails.2": "y", "traits.floors.0": "", "traits.floors.1": "2", "traits.floors.2": "z", "traits.aliases.0": "p"},
			"emails.0=x emails.1=y emails.2 tags.0 roles=[] floors=[2 z] days.0 aliases.0=q"},
		{"what was typed, with gaps", `{"tags":["stored"]}`, map[string]string{"traits.tags.2": "y", "traits.tags.10": "z", "traits.tags.0": "x"}, "emails.0 tags.0=x tags.1=y tags.2=z tags.3 roles=[] floors=[] days.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, described(t, method.View{Identity: withTraits(c.stored), Input: c.input, Flow: flow.Flow{Active: "profile"}}))
		})
	}

	nodes, err := newMethod(lists).Nodes(t.Context(), method.View{Identity: withTraits(`{"emails":["a@b"]}`)})
	require.NoError(t, err)
	assert.Equal(t, "E-mail 1", nodes[0].Label.Text)
	assert.Equal(t, map[string]any{"title": "E-mail 2", "name": "traits.emails.1"}, nodes[1].Label.Context)
	assert.Equal(t, &ui.Input{Name: "traits.roles", Type: "text", Value: []any{}, MinLength: 1, MaxLength: 1000, Options: []string{"author", "editor", "a.b"}, Multiple: true}, nodes[3].Input())
	assert.Equal(t, &ui.Input{Name: "traits.floors", Type: "number", Value: []any{}, Options: []string{"1", "2"}, Multiple: true}, nodes[4].Input())
}

// What a form or a script makes of lists that are stored.
func TestWhatIsSentOfAList(t *testing.T) {
	const stored = `{"emails":["a@b.example","c@d.example"],"tags":["x"],"roles":["author"],"floors":[1.0],"days":["2030-01-02T01:00:00+01:00"],"aliases":["q"]}`
	// as is a form that nobody has changed
	const as = "traits.emails.0=a%40b.example&traits.emails.1=c%40d.example&traits.emails.2=&traits.tags.0=x&traits.tags.1=&traits.roles=&traits.roles=author&traits.floors=&traits.floors=1.0&traits.days.0=2030-01-02T00:00:00&traits.days.1="
	change := func(pairs ...string) method.Submission { return listForm(t, strings.NewReplacer(pairs...).Replace(as)) }
	for _, c := range []struct {
		name string
		sub  method.Submission
		want string // "" for what is stored, to the byte; "!" and messages for a refusal
	}{
		{"a form left alone", listForm(t, as), ""},
		{"a form with the list that it shows disabled", listForm(t, as+"&traits.aliases.0=q"), ""},
		{"a form with another one of that", listForm(t, as+"&traits.aliases.0=q&traits.aliases.1=r"), "!traits:4000001"},
		{"in another order", change("emails.0", "emails.1", "emails.1", "emails.0"), `{"emails":["c@d.example","a@b.example"],"tags":["x"],"roles":["author"],"floors":[1.0],"days":["2030-01-02T01:00:00+01:00"],"aliases":["q"]}`},
		{"the first is emptied", change("a%40b.example", ""), `{"emails":["c@d.example"],"tags":["x"],"roles":["author"],"floors":[1.0],"days":["2030-01-02T01:00:00+01:00"],"aliases":["q"]}`},
		{"all are emptied", change("traits.tags.0=x", "traits.tags.0="), `{"emails":["a@b.example","c@d.example"],"roles":["author"],"floors":[1.0],"days":["2030-01-02T01:00:00+01:00"],"aliases":["q"]}`},
		{"an address with space around it, and a domain in capitals", change("a%40b.example", "+a%40B.example", "emails.2=", "emails.2=+e%40f.example+"), `{"emails":["a@b.example","c@d.example","e@f.example"],"tags":["x"],"roles":["author"],"floors":[1.0],"days":["2030-01-02T01:00:00+01:00"],"aliases":["q"]}`},
		{"more of a choice", listForm(t, as+"&traits.roles=a.b&traits.floors=2"), `{"emails":["a@b.example","c@d.example"],"tags":["x"],"roles":["author","a.b"],"floors":[1.0,2],"days":["2030-01-02T01:00:00+01:00"],"aliases":["q"]}`},
		{"another day, which is UTC", change("days.1=", "days.1=2031-01-01T12:00"), `{"emails":["a@b.example","c@d.example"],"tags":["x"],"roles":["author"],"floors":[1.0],"days":["2030-01-02T01:00:00+01:00","2031-01-01T12:00:00Z"],"aliases":["q"]}`},
		{"the same twice", change("tags.1=", "tags.1=x"), "!traits.tags.1:4000025"},
		{"none of the choice", listForm(t, as+"&traits.roles=root"), "!traits.roles:4000001"},
		{"no number", listForm(t, as+"&traits.floors=two"), "!traits.floors:4000026"},
		{"too many", listForm(t, as+"&traits.emails.3=x%40y.example&traits.emails.4=z%40y.example"), "!traits.emails.0:4000023"},
		{"an entry without a place", listForm(t, as+"&traits.tags.first=y"), "!traits.tags.0:4000026"},
		{"a place written in two ways", listForm(t, as+"&traits.tags.01=y"), "!traits.tags.0:4000026"},
		{"an entry with entries", listForm(t, as+"&traits.tags.2.0=y"), "!traits.tags.1:4000026"},
		{"a script left alone", jsonBody(t, stored), ""},
		{"a script with the entries by their places", jsonBody(t, `{"emails":{"1":"c@d.example","0":"a@b.example"},"tags":{"0":"x"},"roles":["author"],"floors":[1.0],"days":["2030-01-02T01:00:00+01:00"]}`), ""},
		{"a script with gaps, and with what says nothing", jsonBody(t, `{"emails":{"0":"a@b.example","7":"c@d.example"},"tags":["","x",null],"roles":["author"],"floors":[1.0],"days":["2030-01-02T00:00:00"]}`), ""},
		{"a script with an empty list", jsonBody(t, `{"emails":["a@b.example"],"tags":[],"roles":[],"floors":[1.0],"days":["2030-01-02T01:00:00+01:00"]}`), `{"emails":["a@b.example"],"tags":[],"roles":[],"floors":[1.0],"days":["2030-01-02T01:00:00+01:00"],"aliases":["q"]}`},
		{"a script without a list", jsonBody(t, `{"emails":["a@b.example","c@d.example"]}`), `{"emails":["a@b.example","c@d.example"],"aliases":["q"]}`},
		{"a script with null for one", jsonBody(t, `{"emails":null}`), "!traits.emails.0:4000026"},
		{"a script with a text for one", jsonBody(t, `{"tags":"x"}`), "!traits.tags.0:4000026"},
		{"a script with a number for one", jsonBody(t, `{"roles":1}`), "!traits.roles:4000026"},
		{"a script with a number in it", jsonBody(t, `{"tags":["x",1]}`), "!traits.tags.1:4000026"},
		{"a script with a list in it", jsonBody(t, `{"tags":[["x"]]}`), "!traits.tags.0:4000026"},
		{"a script with a number to choke on in it", jsonBody(t, `{"floors":[1e999999999]}`), "!traits.floors:4000001"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, wrong := planned(t, lists, stored, c.sub)
			if want, refused := strings.CutPrefix(c.want, "!"); refused {
				assert.Equal(t, want, strings.Join(wrong, " "))
				return
			}
			assert.Empty(t, wrong)
			if c.want == "" {
				assert.Equal(t, stored, got)
			} else {
				assert.JSONEq(t, c.want, got)
			}
		})
	}
}

// What a form has no inputs for stays as it is, unless something is sent for it.
func TestAListThatNoFormShows(t *testing.T) {
	long := `["` + strings.Join(strings.Fields(strings.Repeat("x ", 101)), `","`) + `"]`
	for name, tags := range map[string]string{"too long": long, "of what is no text": `["a",{}]`, "no list": `"a"`, "an object": `{"a":1}`} {
		stored := `{"tags":` + tags + `}`
		for _, sub := range []method.Submission{formBody(t), formBody(t, "tags.0", ""), jsonBody(t, `{}`), jsonBody(t, stored)} {
			got, wrong := planned(t, lists, stored, sub)
			assert.Empty(t, wrong, name)
			assert.Equal(t, stored, got, name)
		}
		got, wrong := planned(t, lists, stored, jsonBody(t, `{"tags":[]}`))
		assert.Empty(t, wrong, name)
		assert.Equal(t, `{"tags":[]}`, got, name)
		got, wrong = planned(t, lists, stored, formBody(t, "tags.0", "b"))
		assert.Empty(t, wrong, name)
		assert.Equal(t, `{"tags":["b"]}`, got, name)
	}
}

func TestAListThatIsRequired(t *testing.T) {
	s := profile.Fields(profile.Field{Name: "home.phones", Label: "Phone", Type: profile.Tel, List: true, Required: true}, profile.Field{Name: "aliases", List: true, MinItems: 2, MaxItems: 2})
	for sent, want := range map[string][]string{
		`{"home":{"phones":[]}}`:                            {"traits.home.phones.0:4000002"},
		`{"home":{"phones":[""]}}`:                          {"traits.home.phones.0:4000002"},
		`{"home":{"phones":["+44 111111"]}}`:                nil,
		`{"home":{"phones":["+1","x"]}}`:                    {"traits.home.phones.0:4000041", "traits.home.phones.1:4000041"},
		`{"home":{"phones":["+44111111"]},"aliases":["a"]}`: {"traits.aliases.0:4000024"},
	} {
		_, wrong := planned(t, s, `{}`, jsonBody(t, sent))
		assert.Equal(t, want, wrong, sent)
	}
	plan, err := newMethod(s).Plan(method.View{Identity: withTraits(`{"home":{"phones":["+44111111"]}}`)}, formBody(t, "home.phones.0", ""))
	require.NoError(t, err)
	require.Len(t, plan.Errors, 1)
	assert.Equal(t, "Phone is required.", plan.Errors[0].Text.Text)
	assert.Equal(t, map[string]any{"property": "phones"}, plan.Errors[0].Context)
	in := inputs(t, s, method.View{Identity: withTraits(`{}`)})
	assert.True(t, in[0].Required)
	assert.Equal(t, []string{"traits.home.phones.0", "traits.aliases.0"}, []string{in[0].Name, in[1].Name})
}

// The whole way of a list: what is wrong is said on its entry, what was typed stands
// there again, and what is stored follows into the keys.
func TestAListOnItsWay(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			kit, id := newKit(t, lists, `{"emails":["ada@example.com"]}`)
			c := kit.SignIn(id, kind)
			f := c.Start()
			submit := func(emails ...string) []string {
				f = followed(t, c, c.Submit(f, settingstest.Fields{"method": "profile", "traits": map[string]any{"emails": emails, "roles": []any{"editor"}}}))
				return f.Messages()
			}
			assert.Equal(t, []string{"traits.emails.1:4000040"}, submit("ada@example.com", "", "countess"))
			shown := map[string]any{}
			for _, n := range f.UI.Nodes {
				shown[n.Name()] = n.Attributes["value"]
			}
			assert.Equal(t, "countess", shown["traits.emails.1"])
			assert.Nil(t, shown["traits.emails.2"])
			assert.Equal(t, []any{"editor"}, shown["traits.roles"])

			assert.Equal(t, []string{"1050001"}, submit("ada@example.com", "countess@example.com"))
			assert.JSONEq(t, `{"emails":["ada@example.com","countess@example.com"],"roles":["editor"]}`, string(kit.Identity(id).Traits))
			assert.Equal(t, []string{"ada@example.com", "countess@example.com"}, kit.Identity(id).Identifiers())

			kit.Edit(id, func(i *identity.Identity) {
				i.Traits = json.RawMessage(`{"emails":["ada@example.com"],"roles":["editor"]}`)
			})
			assert.Equal(t, []string{"traits.emails.0:7000010"}, submit("ada@example.com", "countess@example.com", "enchantress@example.com"), "changed elsewhere")
			assert.Equal(t, []string{"1050001"}, submit("ada@example.com", "enchantress@example.com"))
		})
	}
}
