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
	} {
		f.Add(file(properties, `"required":["a"]`), `{"traits":{"a":1e308,"b":[{}],"street":null}}`)
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
		if _, err := m.Info(); err != nil {
			t.Fatalf("a file that Parse takes and the method does not: %v", err)
		}
		fields, problem := body.Decode("application/json", "", strings.NewReader(sent), 64<<10, []string{"traits"})
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
