package profile_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/store/memory"
)

// A host offers its customers to change their profile.
func Example() {
	store := memory.New()
	handler, err := settings.New(settings.Config{
		PublicURL: "https://app.example.com/auth",
		UIURL:     "https://app.example.com/settings",
		LoginURL:  "https://app.example.com/login",
		Keys:      [][]byte{settings.NewKey()},
		Flows:     store, Sessions: store, Identities: store,
		Methods: []settings.Method{
			password.New(password.Config{}),
			profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
				profile.Field{Name: "email", Type: profile.Email, Label: "E-mail address", Required: true, Identifier: true, Verify: profile.ByEmail, Recover: profile.ByEmail},
				profile.Field{Name: "name.first", Label: "First name", Autocomplete: "given-name", Required: true},
				profile.Field{Name: "name.last", Label: "Last name", Autocomplete: "family-name"},
				profile.Field{Name: "language", Options: []string{"en", "de", "fr"}},
				profile.Field{Name: "newsletter", Type: profile.Checkbox},
				profile.Field{Name: "plan", Access: profile.Read},      // shown; the shop sets it
				profile.Field{Name: "stripe_id", Access: profile.Hide}, // not even shown
			)}}),
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/auth/", handler)
	fmt.Println("ready")
	// Output: ready
}

// Which addresses an identity has follows from its traits.
func ExampleMethod_Addresses() {
	m := profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
		profile.Field{Name: "email", Type: profile.Email, Verify: profile.ByEmail, Recover: profile.ByEmail},
		profile.Field{Name: "phone", Type: profile.Tel, Verify: profile.BySMS},
	)}})
	row := identity.Record{ID: "42", Traits: json.RawMessage(`{"email":"ada@example.com","phone":"+44 20 7183 8750"}`)}
	for _, a := range m.Addresses(identity.Identity{Record: row}) {
		fmt.Println(a.Via, a.Value, a.Recovery)
	}
	// Output:
	// email ada@example.com true
	// sms +44 20 7183 8750 false
}

// The schema that clients read, of a list of fields.
func ExampleFields() {
	schema := profile.Fields(profile.Field{Name: "nickname", MaxLength: 20})
	document, err := schema.Document()
	if err != nil {
		log.Fatal(err)
	}
	os.Stdout.Write(document)
	// Output: {"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"traits":{"type":"object","properties":{"nickname":{"type":"string","title":"Nickname","maxLength":20}}}}}
}
