package jsonschema_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/profile/jsonschema"
)

// file is a schema file with these properties of the traits, and whatever else
// stands beside them.
func file(properties string, beside ...string) []byte {
	return []byte(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"traits":{"type":"object","properties":{` + properties + `}` +
		strings.Join(append([]string{""}, beside...), ",") + `}},"definitions":{"street":{"type":"string","title":"Street","maxLength":5},"address":{"type":"object","properties":{"street":{"$ref":"#/definitions/street"},"a/b~c":{"type":"integer"}}}}}`)
}

func parsed(t testing.TB, properties string, beside ...string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.Parse(file(properties, beside...))
	require.NoError(t, err)
	return s
}

func TestFieldsOfAFile(t *testing.T) {
	fields, err := customers(t).Fields()
	require.NoError(t, err)
	assert.Equal(t, []profile.Field{
		{Name: "email", Type: "email", Label: "E-mail", Required: true, MinLength: 3, Identifier: true, Verify: "email", Recover: "email"},
		{Name: "name.first", Type: "text", Label: "First name", Required: true, MinLength: 1},
		{Name: "name.last", Type: "text", Label: "Last name"},
		{Name: "nickname", Type: "text", MaxLength: 20},
	}, fields)

	fields, err = parsed(t, `
		"z":{"type":"string"},
		"tel":{"type":"string","format":"tel","ory.sh/kratos":{"credentials":{"code":{"identifier":true,"via":"sms"}},"verification":{"via":"sms"}}},
		"uri":{"type":"string","format":"uri"},
		"date":{"type":"string","format":"date"},
		"seen":{"type":["null","string"],"format":"date-time"},
		"other format":{"type":"string","format":"hostname","pattern":"^a$"},
		"part":{"type":"string","pattern":"a"},
		"number":{"type":"number","minimum":0.5,"maximum":3},
		"integer":{"type":"integer"},
		"boolean":{"type":"boolean"},
		"enum":{"type":"string","enum":["en","de"]},
		"plan":{"type":"string","readOnly":true},
		"untyped":{"minLength":1},
		"emails":{"type":"array","items":{"type":"string","format":"email","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}}},
		"account":{"type":"string","ory.sh/kratos":{"credentials":{"totp":{"account_name":true}}}},
		"free":{"type":"object"},
		"rank":{"readOnly":true},
		"a":{"type":"object","properties":{"b":{"type":"object","required":["c"],"properties":{"c":{"type":"string"}}}}},
		"home":{"$ref":"#/definitions/address"},
		"first":{"type":"string"}`, `"required":["number","a"]`).Fields()
	require.NoError(t, err)
	assert.Equal(t, []profile.Field{
		{Name: "z", Type: "text"},
		{Name: "tel", Type: "tel", Identifier: true, Verify: "sms"},
		{Name: "uri", Type: "url"},
		{Name: "date", Type: "date"},
		{Name: "seen", Type: "datetime", Nullable: true},
		{Name: "other format", Type: "text", Pattern: "^a$"},
		{Name: "part", Type: "text"},
		{Name: "number", Type: "number", Min: "0.5", Max: "3", Required: true},
		{Name: "integer", Type: "integer"},
		{Name: "boolean", Type: "checkbox"},
		{Name: "enum", Type: "text", Options: []string{"en", "de"}},
		{Name: "plan", Type: "text", Access: profile.Read},
		{Name: "untyped", Type: "text", MinLength: 1},
		{Name: "emails", Type: "email", List: true, Identifier: true},
		{Name: "account", Type: "text"},
		{Name: "free", Type: "other", Access: profile.Hide},
		{Name: "rank", Type: "other", Access: profile.Read},
		{Name: "a.b.c", Type: "text"},
		{Name: "home.street", Type: "text", Label: "Street", MaxLength: 5},
		{Name: "home.a/b~c", Type: "integer"},
		{Name: "first", Type: "text"},
	}, fields, "in the order of the file")
}

func TestFilesThatAreRefused(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 70) + `1` + strings.Repeat(`}`, 70)
	for name, text := range map[string]string{
		"nothing":                       ``,
		"no JSON":                       `{`,
		"no object":                     `[]`,
		"text after it":                 `{"properties":{"traits":{}}}{}`,
		"no traits":                     `{"type":"object","properties":{"email":{}}}`,
		"traits that are no schema":     `{"properties":{"traits":true}}`,
		"a key twice":                   `{"properties":{"traits":{"type":"object","type":"object"}}}`,
		"too deep":                      `{"properties":{"traits":{"default":` + deep + `}}}`,
		"too large":                     `{"properties":{"traits":{"title":"` + strings.Repeat("x", 1<<20) + `"}}}`,
		"a number to choke on":          string(file(`"a":{"minimum":1e999999999}`)),
		"a type there is not":           string(file(`"a":{"type":"text"}`)),
		"a pattern that is none":        string(file(`"a":{"type":"string","pattern":"("}`)),
		"a pattern with look-ahead":     string(file(`"a":{"type":"string","pattern":"^(?=.*[0-9]).+$"}`)),
		"a reference to the network":    string(file(`"a":{"$ref":"http://127.0.0.1:1/schema.json"}`)),
		"a reference to a file":         string(file(`"a":{"$ref":"file:///etc/passwd"}`)),
		"a reference beside the file":   string(file(`"a":{"$ref":"other.json"}`)),
		"such a reference in a list":    string(file(`"a":{"type":"array","items":{"$ref":"https://example.com/x.json"}}`)),
		"such a reference in allOf":     string(file(`"a":{"type":"string"}`, `"allOf":[{"$ref":"https://example.com/x.json"}]`)),
		"a dialect from elsewhere":      `{"$schema":"https://example.com/dialect.json","properties":{"traits":{"type":"object"}}}`,
		"a reference to nothing":        string(file(`"a":{"$ref":"#/definitions/none"}`)),
		"a reference to itself":         string(file(`"a":{"$ref":"#/properties/traits/properties/a"}`)),
		"an object in itself":           string(file(`"a":{"$ref":"#/properties/traits"}`)),
		"an object in itself, twice":    string(file(`"a":{"$ref":"#/properties/traits"},"b":{"$ref":"#/properties/traits"}`)),
		"a name with a dot":             string(file(`"a.b":{"type":"string"}`)),
		"an empty name":                 string(file(`"":{"type":"string"}`)),
		"a way to verify there is not":  string(file(`"a":{"type":"string","ory.sh/kratos":{"verification":{"via":"pigeon"}}}`)),
		"a way to recover there is not": string(file(`"a":{"type":"string","ory.sh/kratos":{"recovery":{}}}`)),
		"nothing about its type":        string(file(`"a":{"title":"A"}`)),
		"whatever there is":             string(file(`"a":true`)),
		"types that exclude each other": string(file(`"a":{"type":"string","enum":[1,2]}`)),
		"a choice of nothing but null":  string(file(`"a":{"enum":[null]}`)),
		"a list that no list can be":    string(file(`"a":{"type":"array","items":{"type":"string"},"minItems":3,"maxItems":2}`)),
		"two ways to verify":            string(file(`"a":{"type":"string","ory.sh/kratos":{"verification":{"via":"email"}},"allOf":[{"ory.sh/kratos":{"verification":{"via":"sms"}}}]}`)),
		"a choice of itself":            string(file(`"a":{"anyOf":[{"$ref":"#/properties/traits/properties/a"},{"type":"string"}]}`)),
		"a reference to the metaschema": string(file(`"a":{"$ref":"http://json-schema.org/draft-07/schema#"}`)),
		"traits in a circle":            `{"properties":{"traits":{"$ref":"#/properties/traits"}}}`,
		"a control character":           string(file("\"a\x00\":{\"type\":\"string\"}")),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := jsonschema.Parse([]byte(text))
			require.ErrorContains(t, err, "jsonschema: ")
			assert.Nil(t, s)
		})
	}
}

func TestAnErrorNamesTheTrait(t *testing.T) {
	for _, property := range []string{
		`{"type":"text"}`, `{"type":"string","pattern":"("}`, `{"$ref":"https://example.com/x.json"}`, `{"type":"array","items":{"$ref":"other.json"}}`,
		`{"$ref":"#/definitions/none"}`, `{"$ref":"#anchor"}`, `{"$ref":"#/properties/traits/properties/a~1b"}`, `{}`, `true`, `{"oneOf":[{},{"type":"string"}]}`, `{"not":{"type":"null"}}`,
		`{"type":"string","ory.sh/kratos":{"recovery":{"via":"pigeon"}}}`,
	} {
		_, err := jsonschema.Parse(file(`"ok":{"type":"string"},"a/b":` + property))
		require.ErrorContains(t, err, `trait "a/b": `, property)
	}
}

// Not even a file that is there, and right, is read.
func TestNothingIsLoaded(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other.json")
	require.NoError(t, os.WriteFile(other, []byte(`{"type":"object"}`), 0o600))
	_, err := jsonschema.Parse(file(`"a":{"type":"string"}`, `"allOf":[{"$ref":"file://`+other+`"}]`))
	require.ErrorContains(t, err, "leads out of its file")
}

// wrong is what a schema says of traits, as "path:id".
func wrong(t testing.TB, s profile.Schema, traits string) (list []string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(traits))
	d.UseNumber()
	var v map[string]any
	require.NoError(t, d.Decode(&v))
	before, err := json.Marshal(v)
	require.NoError(t, err)
	for _, p := range s.Check(v) {
		list = append(list, fmt.Sprintf("%s:%d", p.Path, p.Text.ID))
	}
	after, err := json.Marshal(v)
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after), "Check changes nothing")
	return list
}

func TestWhatAFormIsTold(t *testing.T) {
	s := parsed(t, `
		"text":{"type":"string","minLength":2,"maxLength":3,"pattern":"^[a-z]*$"},
		"email":{"type":"string","format":"email","minLength":6},
		"tel":{"type":"string","format":"tel"},
		"uri":{"type":"string","format":"uri"},
		"date":{"type":"string","format":"date"},
		"seen":{"type":"string","format":"date-time"},
		"host":{"type":"string","format":"hostname"},
		"least":{"type":"number","minimum":1,"maximum":2},
		"above":{"type":"number","exclusiveMinimum":1,"exclusiveMaximum":2},
		"step":{"type":"number","multipleOf":5},
		"whole":{"type":"integer"},
		"enum":{"type":"string","enum":["en","de"]},
		"terms":{"type":"boolean","const":true},
		"list":{"type":"array","minItems":1,"maxItems":2,"uniqueItems":true,"items":{"type":"string"}},
		"either":{"anyOf":[{"type":"string"},{"type":"number"}],"title":"x","minLength":1},
		"a":{"type":"object","properties":{"b":{"type":"object","required":["c","d"],"properties":{"d":{"type":"string"},"c":{"type":"string"}}}},"required":["b"]},
		"home":{"$ref":"#/definitions/address"}`, `"additionalProperties":false`)
	for _, c := range []struct {
		traits string
		want   []string
	}{
		{`{}`, nil},
		{`{"unknown":1}`, nil}, // the method's business
		{`{"text":"abc","email":"a@b.de","tel":"+44111111","uri":"https://x","date":"2030-01-01","seen":"2030-01-01T00:00:00Z","least":1,"above":1.5,"step":10,"whole":5.0,"enum":"en","terms":true,"list":["a"],"either":1}`, nil},
		{`{"text":"a"}`, []string{"text:4000003"}},
		{`{"text":"ééé"}`, []string{"text:4000004"}},
		{`{"text":"ABCD"}`, []string{"text:4000004", "text:4000017"}},
		{`{"text":1}`, []string{"text:4000026"}},
		{`{"text":null}`, []string{"text:4000026"}},
		{`{"email":"ada"}`, []string{"email:4000040", "email:4000003"}},
		{`{"email":"adalovelace"}`, []string{"email:4000040"}},
		{`{"email":""}`, []string{"email:4000001", "email:4000003"}},
		{`{"tel":"0207"}`, []string{"tel:4000041"}},
		{`{"uri":"javascript:alert(1)"}`, []string{"uri:4000004"}},
		{`{"date":"31.12.2030"}`, []string{"date:4000004"}},
		{`{"seen":"2030-01-01"}`, []string{"seen:4000004"}},
		{`{"host":"not a host"}`, []string{"host:4000004"}},
		{`{"least":0.5}`, []string{"least:4000018"}},
		{`{"least":2.5}`, []string{"least:4000020"}},
		{`{"above":1}`, []string{"above:4000019"}},
		{`{"above":2}`, []string{"above:4000021"}},
		{`{"step":7}`, []string{"step:4000022"}},
		{`{"whole":1.5}`, []string{"whole:4000026"}},
		{`{"enum":"fr"}`, []string{"enum:4000001"}},
		{`{"terms":false}`, []string{"terms:4000001"}},
		{`{"list":[]}`, []string{"list:4000024"}},
		{`{"list":["a","b","c"]}`, []string{"list:4000023"}},
		{`{"list":["a","a"]}`, []string{"list:4000025"}},
		{`{"list":["a",1]}`, []string{"list.1:4000026"}},
		{`{"either":true}`, []string{"either:4000001"}},
		{`{"a":{}}`, []string{"a.b.d:4000002", "a.b.c:4000002"}},
		{`{"a":{"b":{"c":"x"}}}`, []string{"a.b.d:4000002"}},
		{`{"a":{"b":1}}`, []string{"a.b:4000026"}},
		{`{"home":{"street":"too long"}}`, []string{"home.street:4000017"}},
		{`{"enum":"fr","text":"a"}`, []string{"text:4000003", "enum:4000001"}},
	} {
		assert.Equal(t, c.want, wrong(t, s, c.traits), c.traits)
	}
}

// What is required in an object that is not there is what a form can say.
func TestARequiredObject(t *testing.T) {
	const name = `"name":{"type":"object","properties":{"first":{"type":"string"}},"required":["first"]}`
	assert.Equal(t, []string{"name.first:4000002"}, wrong(t, parsed(t, name, `"required":["name"]`), `{}`))
	assert.Empty(t, wrong(t, parsed(t, name), `{}`), "nobody asks for it")
	assert.Equal(t, []string{"name:4000026"}, wrong(t, parsed(t, name, `"required":["name"]`), `{"name":"Ada"}`))
}

func TestRulesOfTheWholeObject(t *testing.T) {
	s := parsed(t, `"phone":{"type":"string"},"email":{"type":"string"}`, `"anyOf":[{"required":["phone"]},{"required":["email"]}]`)
	assert.Equal(t, []string{":4000001"}, wrong(t, s, `{}`))
	assert.Empty(t, wrong(t, s, `{"email":"a"}`))
}

// The file is served as it is, and no client changes it.
func TestTheDocument(t *testing.T) {
	text, err := os.ReadFile("testdata/customer.schema.json")
	require.NoError(t, err)
	kit, _ := newKit(t, customers(t), ada)
	a := kit.Anonymous(respond.Script).Get("/schemas/default")
	assert.Equal(t, 200, a.Status)
	assert.Equal(t, "application/json", a.Header.Get("Content-Type"))
	assert.Equal(t, string(text), string(a.Body))
}

func TestNodesOfAFile(t *testing.T) {
	kit, id := newKit(t, customers(t), ada)
	var names []string
	f := kit.SignIn(id, respond.API).Start()
	for _, n := range f.UI.Nodes {
		if n.Group == "profile" {
			names = append(names, n.Name())
		}
	}
	assert.Equal(t, []string{"traits.email", "traits.name.first", "traits.name.last", "traits.nickname", "method"}, names)
	assert.Equal(t, "ada@example.com", f.UI.Nodes[1].Attributes["value"])
}
