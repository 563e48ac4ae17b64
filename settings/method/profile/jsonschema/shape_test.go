package jsonschema_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/profile/jsonschema"
)

// What a trait is, however its schema says so.
func TestShapes(t *testing.T) {
	const role = `"ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}`
	for _, c := range []struct {
		name, property string
		want           profile.Field // but for the Name
	}{
		{"an enum of texts", `{"enum":["a","b"]}`, profile.Field{Type: "text", Options: []string{"a", "b"}}},
		{"an enum with null in it", `{"enum":["a",null]}`, profile.Field{Type: "text", Options: []string{"a"}, Nullable: true}},
		{"an enum of whole numbers", `{"enum":[1,2.0]}`, profile.Field{Type: "integer", Options: []string{"1", "2.0"}}},
		{"an enum of numbers", `{"enum":[1,2.5]}`, profile.Field{Type: "number", Options: []string{"1", "2.5"}}},
		{"an enum of true", `{"enum":[true]}`, profile.Field{Type: "checkbox"}},
		{"an enum of both", `{"enum":[true,false]}`, profile.Field{Type: "checkbox"}},
		{"an enum of a text and a number", `{"enum":["a",1]}`, profile.Field{Type: "text", Options: []string{"a"}}},
		{"an enum narrower than its type", `{"type":["string","number"],"enum":["a"]}`, profile.Field{Type: "text", Options: []string{"a"}}},
		{"an enum of lists", `{"enum":[["a"]]}`, profile.Field{Type: "other"}},
		{"an enum of objects", `{"enum":[{}]}`, profile.Field{Type: "other", Access: profile.Hide}},
		{"const true", `{"const":true,"title":"Terms"}`, profile.Field{Type: "checkbox", Label: "Terms"}},
		{"const of a text", `{"const":"a"}`, profile.Field{Type: "text", Options: []string{"a"}}},
		{"const of a number", `{"const":1}`, profile.Field{Type: "integer", Options: []string{"1"}}},
		{"a type and const", `{"type":"number","const":1.5}`, profile.Field{Type: "number", Options: []string{"1.5"}}},

		{"oneOf consts", `{"oneOf":[{"const":"a","title":"A"},{"const":"b"}]}`, profile.Field{Type: "text", Options: []string{"a", "b"}}},
		{"oneOf consts, or anything", `{"oneOf":[{"const":"a"},{"type":"string","minLength":2}]}`, profile.Field{Type: "text"}},
		{"anyOf a type and null", `{"anyOf":[{"type":"integer","minimum":3},{"type":"null"}]}`, profile.Field{Type: "integer", Min: "3"}},
		{"anyOf one reference", `{"anyOf":[{"$ref":"#/definitions/street"}],"title":"Road"}`, profile.Field{Type: "text", Label: "Road", MaxLength: 5}},
		{"anyOf two formats", `{"anyOf":[{"type":"string","format":"email"},{"type":"string","format":"tel"}]}`, profile.Field{Type: "text"}},
		{"anyOf one format twice", `{"anyOf":[{"type":"string","format":"email","maxLength":5},{"type":"string","format":"email"}]}`, profile.Field{Type: "email"}},
		{"anyOf a text and a number", `{"anyOf":[{"type":"string"},{"type":"integer"}]}`, profile.Field{Type: "text"}},
		{"anyOf two kinds of number", `{"anyOf":[{"type":"number"},{"type":"integer"}]}`, profile.Field{Type: "number"}},
		{"anyOf a boolean and a number", `{"anyOf":[{"type":"boolean"},{"type":"integer"}]}`, profile.Field{Type: "other"}},
		{"anyOf a text and a list", `{"anyOf":[{"type":"string"},{"type":"array"}]}`, profile.Field{Type: "other"}},
		{"anyOf what is forbidden and a type", `{"anyOf":[false,{"type":"string"}]}`, profile.Field{Type: "text"}},
		{"a type, and what it may not be", `{"type":"string","not":{"enum":["root"]}}`, profile.Field{Type: "text"}},
		{"allOf a type and a length", `{"allOf":[{"type":"string"},{"maxLength":5},{"maxLength":4},{"minLength":1}]}`, profile.Field{Type: "text", MinLength: 1, MaxLength: 4}},
		{"allOf a reference and a role", `{"allOf":[{"$ref":"#/definitions/street"},{"title":"Road",` + role + `}]}`, profile.Field{Type: "text", Label: "Street", MaxLength: 5, Identifier: true}},
		{"a role beside a reference", `{"$ref":"#/definitions/street","title":"Road",` + role + `}`, profile.Field{Type: "text", Label: "Road", MaxLength: 5, Identifier: true}},
		{"a role in an alternative", `{"anyOf":[{"type":"string","format":"email",` + role + `},{"type":"string"}]}`, profile.Field{Type: "text", Identifier: true}},
		{"readOnly in what it refers to", `{"allOf":[{"type":"string","readOnly":true}]}`, profile.Field{Type: "text", Access: profile.Read}},
		{"only what numbers have", `{"minimum":1}`, profile.Field{Type: "number", Min: "1"}},
		{"only what lists have", `{"items":{"type":"string"}}`, profile.Field{Type: "text", List: true}},

		{"a list of choices", `{"type":"array","items":{"enum":["a","b"]},"minItems":1,"maxItems":2}`, profile.Field{Type: "text", List: true, Options: []string{"a", "b"}, MinItems: 1, MaxItems: 2}},
		{"a list by reference", `{"type":"array","items":{"$ref":"#/definitions/street"}}`, profile.Field{Type: "text", Label: "Street", MaxLength: 5, List: true}},
		{"a list or null", `{"type":["array","null"],"items":{"type":"integer"}}`, profile.Field{Type: "integer", List: true, Nullable: true}},
		{"a list with one item listed", `{"type":"array","items":[{"type":"string","format":"email",` + role + `}]}`, profile.Field{Type: "email", List: true, Identifier: true}},
		{"a list with two of a kind listed", `{"type":"array","items":[{"type":"string","format":"email"},{"type":"string","format":"email",` + role + `}],"additionalItems":false}`, profile.Field{Type: "email", List: true, MaxItems: 2, Identifier: true}},
		{"a list with two of different kinds listed", `{"type":"array","items":[{"type":"boolean"},{"type":"string",` + role + `}]}`, profile.Field{Type: "text", List: true, Identifier: true}},
		{"a list of anything", `{"type":"array"}`, profile.Field{Type: "other"}},
		{"a list of boxes", `{"type":"array","items":{"type":"boolean"}}`, profile.Field{Type: "other"}},
		{"a list of texts or nulls", `{"type":"array","items":{"type":["string","null"]}}`, profile.Field{Type: "other"}},
		{"a list of lists", `{"type":"array","items":{"type":"array","items":{"type":"string"}}}`, profile.Field{Type: "other"}},
		{"a list of objects with a role", `{"type":"array","items":{"type":"object","properties":{"x":{"type":"string"}},` + role + `}}`, profile.Field{Type: "other", Identifier: true}},

		{"a text of many characters", `{"type":"string","maxLength":321}`, profile.Field{Type: "text", MaxLength: 321, Multiline: true}},
		{"a text of few", `{"type":"string","maxLength":320}`, profile.Field{Type: "text", MaxLength: 320}},
		{"a text of several lines by its format", `{"type":"string","format":"markdown"}`, profile.Field{Type: "text", Multiline: true}},
		{"a choice of long texts", `{"type":"string","maxLength":1000,"enum":["a"]}`, profile.Field{Type: "text", MaxLength: 1000, Options: []string{"a"}}},
		{"an address of many characters", `{"type":"string","format":"email","maxLength":400}`, profile.Field{Type: "email", MaxLength: 400}},
	} {
		t.Run(c.name, func(t *testing.T) {
			fields, err := parsed(t, `"x":`+c.property).Fields()
			require.NoError(t, err)
			c.want.Name = "x"
			assert.Equal(t, []profile.Field{c.want}, fields)
		})
	}
}

// Where an object lists its properties, and whether one is always asked for.
func TestPropertiesOfCombinations(t *testing.T) {
	for _, c := range []struct {
		name, traits string
		want         []string // required ones with a star
	}{
		{"in allOf", `{"properties":{"a":{"type":"string"}},"allOf":[{"$ref":"#/definitions/b"},{"properties":{"c":{"type":"string"}},"required":["a","c"]}]}`, []string{"a*", "b", "c*"}},
		{"beside a reference of a newer draft", `{"$ref":"#/definitions/b","properties":{"a":{"type":"string"}}}`, []string{"a", "b"}},
		{"in alternatives", `{"properties":{"a":{"type":"string"}},"anyOf":[{"properties":{"b":{"type":"string"}},"required":["b"]},{"properties":{"c":{"type":"string"}}}]}`, []string{"a", "b", "c"}},
		{"where something else is the case", `{"properties":{"a":{"type":"string"}},"if":{"properties":{"a":{"const":"x"}}},"then":{"properties":{"b":{"type":"string"}}},"else":{"properties":{"b":{"type":"string"},"c":{"type":"string"}}}}`, []string{"a", "b", "c"}},
		{"where another is there", `{"properties":{"a":{"type":"string"}},"dependentSchemas":{"a":{"properties":{"b":{"type":"string"}}}}}`, []string{"a", "b"}},
		{"that are forbidden where something is the case", `{"properties":{"a":{"type":"string"}},"if":{"required":["a"]},"then":{"properties":{"a":false,"b":false}}}`, []string{"a"}},
		{"of an object in two places", `{"properties":{"a":{"properties":{"x":{"type":"string"}}}},"allOf":[{"properties":{"a":{"properties":{"y":{"type":"string"}},"required":["y"]}},"required":["a"]}]}`, []string{"a.x", "a.y*"}},
		{"of an object or null", `{"properties":{"a":{"type":["object","null"],"properties":{"x":{"type":"string"}}}}}`, []string{"a.x"}},
		{"in an object that a reference to an id leads to", `{"properties":{"a":{"$ref":"nested.json#/$defs/x"},"b":{"$ref":"nested.json"}}}`, []string{"a", "b.n"}},
		{"of two anchors", `{"properties":{"a":{"$ref":"#one"},"b":{"$ref":"https://app.example.com/s.json#one"}}}`, []string{"a", "b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := jsonschema.Parse([]byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://app.example.com/s.json","properties":{"traits":` + c.traits + `},
				"definitions":{"b":{"properties":{"b":{"type":"string"}}},"one":{"$anchor":"one","type":"string"},
					"nested":{"$id":"nested.json","properties":{"n":{"type":"string"}},"$defs":{"x":{"type":"string"}}}}}`))
			require.NoError(t, err)
			fields, err := s.Fields()
			require.NoError(t, err)
			var got []string
			for _, f := range fields {
				if f.Required {
					f.Name += "*"
				}
				got = append(got, f.Name)
			}
			assert.Equal(t, c.want, got)
		})
	}
}

// What is wrong with a choice is said of the choice, and of a value that may be null
// too, of the value.
func TestWhatAFormIsToldOfCombinations(t *testing.T) {
	s := parsed(t, `
		"email":{"anyOf":[{"type":"string","format":"email"},{"type":"null"}]},
		"color":{"oneOf":[{"const":"red"},{"const":"blue"},{"const":null}]},
		"either":{"anyOf":[{"type":"string","format":"email"},{"type":"string","format":"tel"}]},
		"tuple":{"type":"array","items":[{"type":"string","maxLength":2}]}`)
	for _, c := range []struct {
		traits string
		want   []string
	}{
		{`{"email":"x"}`, []string{"email:4000040"}},
		{`{"email":5}`, []string{"email:4000026"}},
		{`{"email":null}`, nil},
		{`{"color":"green"}`, []string{"color:4000001"}},
		{`{"color":null}`, nil},
		{`{"either":"x"}`, []string{"either:4000001"}},
		{`{"tuple":["ab","c","def"]}`, []string{"tuple.2:4000017"}},
	} {
		assert.Equal(t, c.want, wrong(t, s, c.traits), c.traits)
	}
	problems := s.Check(map[string]any{"color": "green", "either": json.Number("5")})
	require.Len(t, problems, 2)
	assert.Equal(t, "This is none of the values to choose from.", problems[0].Text.Text)
}
