package profile_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/profile"
)

func decoded(t testing.TB, contentType, text string, lists ...string) method.Submission {
	t.Helper()
	fields, problem := body.Decode(contentType, "", strings.NewReader(text), 64<<10, []string{"traits"}, lists...)
	require.Nil(t, problem)
	return method.Submission{Fields: fields}
}

func jsonBody(t testing.TB, traits string) method.Submission {
	return decoded(t, "application/json", `{"traits":`+traits+`}`)
}

// formBody is a form of pairs of names and values.
func formBody(t testing.TB, pairs ...string) method.Submission {
	var b []string
	for i := 0; i < len(pairs); i += 2 {
		b = append(b, "traits."+pairs[i]+"="+url.QueryEscape(pairs[i+1]))
	}
	return decoded(t, "application/x-www-form-urlencoded", strings.Join(b, "&"))
}

func withTraits(traits string) identity.Identity {
	return identity.Identity{Record: identity.Record{ID: "42", Traits: json.RawMessage(traits)}}
}

// planned is what a submit makes of stored traits: the new ones, or "node:id" of
// what is wrong.
func planned(t testing.TB, s profile.Schema, stored string, sub method.Submission) (traits string, wrong []string) {
	t.Helper()
	i := withTraits(stored)
	plan, err := newMethod(s).Plan(method.View{Identity: i}, sub)
	require.NoError(t, err)
	for _, m := range plan.Errors {
		wrong = append(wrong, fmt.Sprintf("%s:%d", m.Node, m.ID))
	}
	if wrong != nil {
		return "", wrong
	}
	result, err := plan.Do(t.Context())
	require.NoError(t, err)
	require.NoError(t, result.(method.Change).Edit(&i))
	return string(i.Traits), nil
}

func TestWhatIsSubmittedReplacesWhatTheFormHas(t *testing.T) {
	s := profile.Fields(
		profile.Field{Name: "name.first"},
		profile.Field{Name: "name.last"},
		profile.Field{Name: "plan", Access: profile.Read},
		profile.Field{Name: "name.rank", Access: profile.Hide},
		profile.Field{Name: "tags", Type: profile.Other},
	)
	const stored = `{"name":{"first":"Ada","last":"Lovelace","rank":7,"alias":"AAL"},"plan":"gold","tags":["a"],"stripe":{"id":"cus_1"}}`
	for _, c := range []struct {
		name string
		sub  method.Submission
		want string // "" for the stored traits
	}{
		{"a form with all its fields", formBody(t, "name.first", "Augusta", "name.last", "King"),
			`{"name":{"first":"Augusta","last":"King","rank":7,"alias":"AAL"},"plan":"gold","tags":["a"],"stripe":{"id":"cus_1"}}`},
		{"an emptied field goes", formBody(t, "name.first", "Ada", "name.last", ""),
			`{"name":{"first":"Ada","rank":7,"alias":"AAL"},"plan":"gold","tags":["a"],"stripe":{"id":"cus_1"}}`},
		{"a form without a field of it", formBody(t, "name.first", "Ada"),
			`{"name":{"first":"Ada","rank":7,"alias":"AAL"},"plan":"gold","tags":["a"],"stripe":{"id":"cus_1"}}`},
		{"JSON without a field of the form", jsonBody(t, `{"name":{"last":"Lovelace"}}`),
			`{"name":{"last":"Lovelace","rank":7,"alias":"AAL"},"plan":"gold","tags":["a"],"stripe":{"id":"cus_1"}}`},
		{"JSON with a list", jsonBody(t, `{"name":{"first":"Ada","last":"Lovelace"},"tags":["b",{"c":1.50}]}`),
			`{"name":{"first":"Ada","last":"Lovelace","rank":7,"alias":"AAL"},"plan":"gold","tags":["b",{"c":1.50}],"stripe":{"id":"cus_1"}}`},
		{"JSON with an empty list", jsonBody(t, `{"name":{"first":"Ada","last":"Lovelace"},"tags":[]}`),
			`{"name":{"first":"Ada","last":"Lovelace","rank":7,"alias":"AAL"},"plan":"gold","tags":[],"stripe":{"id":"cus_1"}}`},
		{"JSON that repeats the traits as they were shown", jsonBody(t, stored), ""},
		{"JSON that leaves out a list, as a page's script does", jsonBody(t, `{"name":{"first":"Ada","last":"Lovelace"},"plan":"gold"}`), ""},
		{"a form with fields of its page's own", formBody(t, "name.first", "Ada", "name.last", "Lovelace", "name.alias", "x", "stripe.id", "cus_2", "role", "admin"), ""},
		{"a form that sends what it shows disabled", formBody(t, "name.first", "Ada", "name.last", "Lovelace", "plan", "gold", "name.rank", "7"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, wrong := planned(t, s, stored, c.sub)
			require.Empty(t, wrong)
			if c.want == "" {
				assert.Equal(t, stored, got, "to the byte")
				return
			}
			assert.JSONEq(t, c.want, got)
		})
	}
	// "Saved" is not said of a form whose values were dropped.
	for name, c := range map[string]struct {
		pairs []string
		wrong string
	}{
		"a trait that is shown disabled":     {[]string{"plan", "platinum"}, "traits:4000001"},
		"one that is not shown":              {[]string{"name.rank", "8"}, "traits.name:4000001"},
		"a list of anything":                 {[]string{"tags", "b"}, "traits.tags:4000001"},
		"an empty value for it":              {[]string{"tags", ""}, "traits.tags:4000001"},
		"an entry of it":                     {[]string{"tags.0", "b"}, "traits.tags:4000001"},
		"a field below a trait":              {[]string{"name.first.x", "y"}, "traits.name.first:4000026"},
		"a field below one that is shown":    {[]string{"plan.x", "y"}, "traits:4000001"},
		"a value for an object":              {[]string{"name", "Ada"}, "traits.name:4000026"},
		"an empty value for an object":       {[]string{"name", ""}, "traits.name:4000026"},
		"a list in brackets":                 {[]string{"tags[]", "b"}, "traits:4000001"},
		"a trait in brackets, in its object": {[]string{"name.first[0]", "b"}, "traits.name:4000001"},
	} {
		t.Run("a form may not write "+name, func(t *testing.T) {
			_, wrong := planned(t, s, stored, formBody(t, c.pairs...))
			assert.Equal(t, []string{c.wrong}, wrong)
		})
	}
	for name, c := range map[string]struct {
		sub   method.Submission
		wrong string
	}{
		"JSON with paths for keys":                  {decoded(t, "application/json", `{"traits.name.first":"Ada"}`), "traits.name.first:4000001"},
		"JSON with a path that leads nowhere":       {decoded(t, "application/json", `{"traits":{},"traits.role":"admin"}`), "traits:4000001"},
		"a form with brackets":                      {decoded(t, "application/x-www-form-urlencoded", "traits%5Btags%5D=b"), "traits.tags:4000001"},
		"a form with brackets around what it lacks": {decoded(t, "application/x-www-form-urlencoded", "traits[role]=admin"), "traits:4000001"},
	} {
		t.Run("what no reader of this protocol reads is told: "+name, func(t *testing.T) {
			_, wrong := planned(t, s, stored, c.sub)
			assert.Equal(t, []string{c.wrong}, wrong)
		})
	}
	for name, c := range map[string]struct{ traits, wrong string }{
		"a trait that is shown disabled": {`{"plan":"platinum"}`, "traits:4000001"},
		"one that is not shown":          {`{"name":{"rank":8}}`, "traits.name:4000001"},
		"one that is not shown, removed": {`{"name":{"rank":null}}`, "traits.name:4000001"},
		"one that the schema lacks":      {`{"name":{"alias":"x"}}`, "traits.name:4000001"},
		"below one that it lacks":        {`{"stripe":{"id":"cus_1","more":1}}`, "traits:4000001"},
		"nobody's":                       {`{"role":"admin"}`, "traits:4000001"},
		"with a dot in its name":         {`{"name.first":"x"}`, "traits:4000001"},
		"no list, but null":              {`{"tags":null}`, "traits.tags:4000026"},
		"null for an object":             {`{"name":null}`, "traits.name:4000026"},
		"no object":                      {`{"name":["first"]}`, "traits.name:4000026"},
	} {
		t.Run("JSON may not write "+name, func(t *testing.T) {
			_, wrong := planned(t, s, stored, jsonBody(t, c.traits))
			assert.Equal(t, []string{c.wrong}, wrong)
		})
	}
}

func TestAnObjectThatIsEmptiedGoes(t *testing.T) {
	s := profile.Fields(profile.Field{Name: "a.b.c"}, profile.Field{Name: "d"})
	got, _ := planned(t, s, `{"a":{"b":{"c":"x"}},"d":"y"}`, formBody(t, "d", "y"))
	assert.JSONEq(t, `{"d":"y"}`, got)
	got, _ = planned(t, s, ``, formBody(t, "a.b.c", "x"))
	assert.JSONEq(t, `{"a":{"b":{"c":"x"}}}`, got)
	got, _ = planned(t, s, `null`, formBody(t, "a.b.c", ""))
	assert.Equal(t, `null`, got, "nothing is written where nothing changes")
}

// What the stored traits lack where their owner cannot mend it does not lock
// them out of the rest.
func TestWhatTheOwnerCannotMendDoesNotCount(t *testing.T) {
	s := profile.Fields(
		profile.Field{Name: "plan", Required: true, Access: profile.Read},
		profile.Field{Name: "rank", Type: profile.Integer, Access: profile.Hide},
		profile.Field{Name: "nickname"},
	)
	got, wrong := planned(t, s, `{"rank":"x"}`, formBody(t, "nickname", "ada"))
	assert.Empty(t, wrong)
	assert.JSONEq(t, `{"rank":"x","nickname":"ada"}`, got)
}

// Whatever somebody types, a flow has room to remember what is wrong with it.
func TestAMessageDoesNotGrowWithWhatWasTyped(t *testing.T) {
	long := strings.Repeat("é", 30000)
	s := profile.Fields(profile.Field{Name: "email", Type: profile.Email}, profile.Field{Name: "phone", Type: profile.Tel})
	plan, err := newMethod(s).Plan(method.View{Identity: withTraits(`{}`)}, jsonBody(t, `{"email":"`+long+`","phone":"`+long[:1000]+`","`+long[:2000]+`":1}`))
	require.NoError(t, err)
	require.NotEmpty(t, plan.Errors)
	kept, err := json.Marshal(plan.Errors)
	require.NoError(t, err)
	assert.Less(t, len(kept), 4<<10)
}

func TestPlanFailsForALogAndNoClient(t *testing.T) {
	unknown := withTraits(`{}`)
	unknown.SchemaID = "employee"
	_, err := newMethod(customers).Plan(method.View{Identity: unknown}, jsonBody(t, `{}`))
	require.ErrorContains(t, err, `identity "42": no schema "employee"`)
	for _, traits := range []string{`[]`, `"x"`, `{}{}`, `{`} {
		_, err := newMethod(customers).Plan(method.View{Identity: withTraits(traits)}, jsonBody(t, `{}`))
		assert.ErrorContains(t, err, "traits: ", traits)
	}
}
