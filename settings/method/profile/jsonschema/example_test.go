package jsonschema_test

import (
	"fmt"
	"log"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/profile/jsonschema"
	"github.com/amend-go/amend/settings/store/memory"
)

// A host that comes from Ory Kratos keeps its identity schema.
func Example() {
	schema, err := jsonschema.Parse([]byte(`{
		"$schema": "http://json-schema.org/draft-07/schema#",
		"type": "object",
		"properties": {"traits": {
			"type": "object",
			"properties": {
				"email": {
					"type": "string", "format": "email", "title": "E-mail",
					"ory.sh/kratos": {"credentials": {"password": {"identifier": true}}, "recovery": {"via": "email"}}
				},
				"plan": {"type": "string", "readOnly": true},
				"stripe_id": {"type": "string"}
			},
			"required": ["email"]
		}}
	}`))
	if err != nil {
		log.Fatal(err)
	}
	store := memory.New()
	_, err = settings.New(settings.Config{
		PublicURL: "https://app.example.com/auth",
		UIURL:     "https://app.example.com/settings",
		LoginURL:  "https://app.example.com/login",
		Keys:      [][]byte{settings.NewKey()},
		Flows:     store, Sessions: store, Identities: store,
		Methods: []settings.Method{
			profile.New(profile.Config{Schemas: map[string]profile.Schema{"": schema.Hide("stripe_id")}}),
		},
	})
	fmt.Println(err)
	// Output: <nil>
}
