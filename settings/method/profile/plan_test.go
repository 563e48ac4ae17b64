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

func decoded(t testing.TB, contentType, text string) method.Submission {
	t.Helper()
	fields, problem := body.Decode(contentType, "", strings.NewReader(text), 64<<10, []string{"traits"})
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
		{"a form that writes what it does not have", formBody(t, "name.first", "Ada", "name.last", "Lovelace",
			"plan", "platinum", "name.rank", "8", "name.alias", "x", "stripe.id", "cus_2", "role", "admin", "tags", "b"), ""},
		{"a form with fields below a field", formBody(t, "name.first", "Ada", "name.last", "Lovelace", "plan.x", "y"), ""},
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
	for name, c := range map[string]struct{ traits, wrong string }{
		"a trait that is shown disabled": {`{"plan":"platinum"}`, "traits:4000001"},
		"one that is not shown":          {`{"name":{"rank":8}}`, "traits.name:4000001"},
		"one that is not shown, removed": {`{"name":{"rank":null}}`, "traits.name:4000001"},
		"one that the schema lacks":      {`{"name":{"alias":"x"}}`, "traits.name:4000001"},
		"below one that it lacks":        {`{"stripe":{"id":"cus_1","more":1}}`, "traits:4000001"},
		"nobody's":                       {`{"role":"admin"}`, "traits:4000001"},
		"with a dot in its name":         {`{"name.first":"x"}`, "traits:4000001"},
		"no list, but null":              {`{"tags":null}`, "traits.tags:4000026"},
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

// Forms know texts only.
func TestWhatAFormMeans(t *testing.T) {
	for _, c := range []struct {
		name   string
		field  profile.Field
		stored string // "" for none
		sent   string // "(nothing)" for no field
		want   string // the value, "" for none; or "!id"
	}{
		{"a text", profile.Field{}, ``, "Ada", `"Ada"`},
		{"a text that looks like a number", profile.Field{}, ``, "5", `"5"`},
		{"a text with space around it", profile.Field{}, ``, " Ada ", `" Ada "`},
		{"an empty text", profile.Field{}, `"Ada"`, "", ``},
		{"no text", profile.Field{}, `"Ada"`, "(nothing)", ``},
		{"a number where a text was stored as one", profile.Field{}, `5`, "5", `"5"`},

		{"a whole number", profile.Field{Type: profile.Integer}, ``, "42", `42`},
		{"a negative one", profile.Field{Type: profile.Integer}, ``, "-42", `-42`},
		{"zeros before it", profile.Field{Type: profile.Integer}, ``, "007", `7`},
		{"zeros alone", profile.Field{Type: profile.Integer}, ``, "000", `0`},
		{"a fraction", profile.Field{Type: profile.Number}, ``, "1.50", `1.50`},
		{"a fraction without a zero", profile.Field{Type: profile.Number}, ``, "-.5", `-0.5`},
		{"an exponent", profile.Field{Type: profile.Number}, ``, "1e3", `1e3`},
		{"an exponent that is whole", profile.Field{Type: profile.Integer}, ``, "1e3", `1e3`},
		{"no number", profile.Field{Type: profile.Number}, `1`, "", ``},
		{"a stored number as it was shown", profile.Field{Type: profile.Number}, `1.0E2`, "1.0E2", `1.0E2`},
		{"a fraction where none may be", profile.Field{Type: profile.Integer}, ``, "1.5", `!4000026`},
		{"letters for a number", profile.Field{Type: profile.Number}, ``, "five", `!4000026`},
		{"an exponent of nothing", profile.Field{Type: profile.Number}, ``, "e5", `!4000026`},
		{"a dot alone", profile.Field{Type: profile.Number}, ``, ".", `!4000026`},
		{"a sign alone", profile.Field{Type: profile.Number}, ``, "-", `!4000026`},
		{"two signs", profile.Field{Type: profile.Number}, ``, "--5", `!4000026`},
		{"a plus", profile.Field{Type: profile.Number}, ``, "+5", `!4000026`},
		{"space", profile.Field{Type: profile.Number}, ``, "5 ", `!4000026`},
		{"hexadecimal", profile.Field{Type: profile.Number}, ``, "0x10", `!4000026`},
		{"no number at all", profile.Field{Type: profile.Number}, ``, "NaN", `!4000026`},
		{"an infinite one", profile.Field{Type: profile.Number}, ``, "1e400", `!4000001`},
		{"one too small to hold", profile.Field{Type: profile.Number}, ``, "1e-400", `!4000001`},
		{"one of 10,000 digits", profile.Field{Type: profile.Integer}, ``, strings.Repeat("9", 10000), `!4000001`},
		{"an exponent of many digits", profile.Field{Type: profile.Number}, ``, "0e999999999", `!4000001`},

		{"a box that is ticked", profile.Field{Type: profile.Checkbox}, ``, "true", `true`},
		{"a box without a value of its own", profile.Field{Type: profile.Checkbox}, ``, "on", `true`},
		{"a hidden field before a box", profile.Field{Type: profile.Checkbox}, `true`, "false", `false`},
		{"an empty hidden field before a box", profile.Field{Type: profile.Checkbox}, `true`, "", `false`},
		{"a box that is not ticked any more", profile.Field{Type: profile.Checkbox}, `true`, "(nothing)", `false`},
		{"a box that never was", profile.Field{Type: profile.Checkbox}, ``, "(nothing)", ``},
		{"a hidden field before a box that never was", profile.Field{Type: profile.Checkbox}, ``, "false", ``},
		{"a box that needs an answer", profile.Field{Type: profile.Checkbox, Required: true}, ``, "(nothing)", `false`},
		{"a box with another value", profile.Field{Type: profile.Checkbox}, ``, "yes", `!4000026`},

		{"a local time is UTC", profile.Field{Type: profile.DateTime}, ``, "2030-12-31T23:59", `"2030-12-31T23:59:00Z"`},
		{"a local time with seconds", profile.Field{Type: profile.DateTime}, ``, "2030-12-31T23:59:58", `"2030-12-31T23:59:58Z"`},
		{"a stored time as it was shown", profile.Field{Type: profile.DateTime}, `"2030-12-31T23:59:58+01:00"`, "2030-12-31T22:59:58", `"2030-12-31T23:59:58+01:00"`},
		{"a time with a zone", profile.Field{Type: profile.DateTime}, ``, "2030-12-31T23:59:58+01:00", `"2030-12-31T23:59:58+01:00"`},
		{"no time", profile.Field{Type: profile.DateTime}, ``, "tomorrow", `!4000004`},

		{"a list is not a form's to write", profile.Field{Type: profile.Other}, `["a"]`, "b", `["a"]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.field.Name = "x"
			stored, sub := `{}`, formBody(t)
			if c.stored != "" {
				stored = `{"x":` + c.stored + `}`
			}
			if c.sent != "(nothing)" {
				sub = formBody(t, "x", c.sent)
			}
			got, wrong := planned(t, profile.Fields(c.field), stored, sub)
			switch {
			case strings.HasPrefix(c.want, "!"):
				assert.Equal(t, []string{"traits.x:" + c.want[1:]}, wrong)
			case c.want == "":
				assert.Empty(t, wrong)
				assert.Equal(t, `{}`, got)
			default:
				assert.Empty(t, wrong)
				assert.Equal(t, `{"x":`+c.want+`}`, got)
			}
		})
	}
}

// A body in JSON says the type itself.
func TestWhatJSONMayHave(t *testing.T) {
	year := profile.Field{Type: profile.Integer, Min: "1900", Max: "2100"}
	for _, c := range []struct {
		name  string
		field profile.Field
		value string
		wrong string // "" for none
	}{
		{"an empty text is a value", profile.Field{}, `""`, ""},
		{"an empty text where one is required", profile.Field{Required: true}, `""`, "4000003"},
		{"1,000 characters", profile.Field{}, `"` + strings.Repeat("é", 1000) + `"`, ""},
		{"1,001 characters", profile.Field{}, `"` + strings.Repeat("é", 1001) + `"`, "4000017"},
		{"a text for a number", profile.Field{Type: profile.Number}, `"5"`, "4000026"},
		{"a text for a box", profile.Field{Type: profile.Checkbox}, `"true"`, "4000026"},
		{"a number for a box", profile.Field{Type: profile.Checkbox}, `1`, "4000026"},
		{"a list for a text", profile.Field{}, `["a"]`, "4000026"},
		{"an object for a text", profile.Field{}, `{"a":"b"}`, "4000026"},
		{"a number beyond what counts", profile.Field{Type: profile.Number}, `1e400`, "4000001"},
		{"one of 10,000 digits", profile.Field{Type: profile.Number}, strings.Repeat("9", 10000), "4000001"},
		{"a long one for a text", profile.Field{}, strings.Repeat("9", 10000), "4000001"},
		{"a long one in a list", profile.Field{Type: profile.Other}, `[[{"a":1e999999999}]]`, "4000001"},
		{"a whole number written as a fraction", profile.Field{Type: profile.Integer}, `5.0`, ""},
		{"the least number", year, `1900`, ""},
		{"less than the least", year, `1899`, "4000018"},
		{"the greatest number", year, `2100`, ""},
		{"more than the greatest", year, `2101`, "4000020"},
		{"the first day", profile.Field{Type: profile.Date, Min: "2000-01-01"}, `"2000-01-01"`, ""},
		{"the day before it", profile.Field{Type: profile.Date, Min: "2000-01-01"}, `"1999-12-31"`, "4000001"},
		{"the day after the last", profile.Field{Type: profile.Date, Max: "2000-01-01"}, `"2000-01-02"`, "4000001"},
		{"a value that matches", profile.Field{Pattern: `[a-z]+`}, `"ada"`, ""},
		{"a value of which a part matches", profile.Field{Pattern: `[a-z]+`}, `"ada1"`, "4000004"},
		{"a line of it that matches", profile.Field{Pattern: `[a-z]+`}, `"ada\n1"`, "4000004"},
		{"one of two patterns, in part", profile.Field{Pattern: `a|b`}, `"ax"`, "4000004"},
		{"one of the options", profile.Field{Options: []string{"en", "de"}}, `"de"`, ""},
		{"another one", profile.Field{Options: []string{"en", "de"}}, `"fr"`, "4000001"},
		{"a local time is UTC", profile.Field{Type: profile.DateTime}, `"2030-12-31T23:59"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.field.Name = "x"
			_, wrong := planned(t, profile.Fields(c.field), ``, jsonBody(t, `{"x":`+c.value+`}`))
			if c.wrong == "" {
				assert.Empty(t, wrong)
				return
			}
			assert.Equal(t, []string{"traits.x:" + c.wrong}, wrong)
		})
	}
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
