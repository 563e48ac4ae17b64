package main

import (
	"os"

	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/profile/jsonschema"
)

// standardSchema is the profile where -schema gives no other.
var standardSchema = profile.Fields(
	profile.Field{Name: "email", Type: profile.Email, Label: "E-mail", Required: true, Identifier: true, Verify: profile.ByEmail, Recover: profile.ByEmail},
	profile.Field{Name: "username", Label: "User name", Autocomplete: "username", MaxLength: 64, Identifier: true},
	profile.Field{Name: "name.first", Label: "First name", Autocomplete: "given-name", MaxLength: 100},
	profile.Field{Name: "name.last", Label: "Last name", Autocomplete: "family-name", MaxLength: 100},
	profile.Field{Name: "nickname", Label: "Nickname", Autocomplete: "nickname", MaxLength: 100},
	profile.Field{Name: "newsletter", Type: profile.Checkbox, Label: "Send me the newsletter"},
)

// readSchema reads the file of -schema; "" is the standard one.
func readSchema(file string) (profile.Schema, error) {
	if file == "" {
		return standardSchema, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return jsonschema.Parse(text)
}
