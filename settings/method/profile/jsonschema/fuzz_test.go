package jsonschema_test

import (
	"os"
	"strings"
	"testing"

	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/profile/jsonschema"
)

// Whatever a file says: it is refused, or the method can be made of it and
// judges a submit without a panic.
func FuzzSchema(f *testing.F) {
	customer, err := os.ReadFile("testdata/customer.schema.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(customer, `{"traits":{"email":"a@b","name":{"first":""}}}`)
	for _, properties := range []string{
		`"a":{"$ref":"#/definitions/address"}`, `"a":{"$ref":"#/properties/traits"}`, `"a":true`, `"a":{"type":["null","number"],"minimum":1,"multipleOf":0.1}`,
		`"a":{"type":"array","items":[{"format":"email"}],"uniqueItems":true}`, `"a":{"not":{}},"b":{"if":{},"then":{"const":1e5}}`, `"a":{"pattern":"^(a{1,9}){1,9}$"}`,
		`"a":{"anyOf":[{"enum":["x"]},{"const":null}]},"b":{"allOf":[{"$ref":"#/definitions/street"},{"oneOf":[{"minLength":1},{"type":"string"}]}]}`,
		`"a":{"type":"array","items":{"enum":["x","y"]}},"b":{"type":["array","null"],"items":[{"type":"integer"}],"additionalItems":false}`,
	} {
		f.Add(file(properties, `"required":["a"]`), `{"traits":{"a":1e308,"b":[{}],"street":null}}`)
		f.Add(file(properties), `traits.a=x&traits.a=y&traits.b.0=1&traits.b.1=`)
	}
	f.Fuzz(func(t *testing.T, text []byte, sent string) {
		s, err := jsonschema.Parse(text)
		if err != nil {
			if s != nil {
				t.Fatal("a schema beside an error")
			}
			return
		}
		m := profile.New(profile.Config{Schemas: map[string]profile.Schema{"": s}})
		info, err := m.Info()
		if err != nil {
			t.Fatalf("a file that Parse takes and the method does not: %v", err)
		}
		contentType := "application/x-www-form-urlencoded"
		if strings.HasPrefix(sent, "{") {
			contentType = "application/json"
		}
		fields, problem := body.Decode(contentType, "", strings.NewReader(sent), 64<<10, info.Fields, info.Lists...)
		if problem != nil {
			return
		}
		v := method.View{Identity: identity.Identity{Record: identity.Record{ID: "42", Traits: []byte(`{"a":{"b":[1]},"street":"x"}`)}}}
		if _, err := m.Nodes(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		plan, err := m.Plan(v, method.Submission{Fields: fields})
		if err != nil || len(plan.Errors) > 0 {
			return
		}
		result, err := plan.Do(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := result.(method.Change).Edit(&v.Identity); err != nil {
			t.Fatal(err)
		}
	})
}
