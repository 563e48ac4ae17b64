package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"

	"github.com/amend-go/amend/settings/identity"
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

// normal is what an identifier is compared by: case and space around it do not
// tell two people apart, nor do the separators in a phone number.
func normal(t profile.Type, typed string) string {
	value := strings.ToLower(strings.TrimSpace(typed))
	if t == profile.Tel {
		return strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "").Replace(value)
	}
	return value
}

// keysTyped are the keys of what somebody types to sign in, likelier first: the
// login form does not say which trait it is.
func keysTyped(typed string) []identity.Key {
	text := identity.Key{Kind: identity.Identifier, Value: normal(profile.Text, typed)}
	if number := normal(profile.Tel, typed); profile.JudgeText(profile.Tel, number) == nil && number != text.Value {
		return []identity.Key{text, {Kind: identity.Identifier, Value: number}}
	}
	return []identity.Key{text}
}

// identifiersIn are the keys of what traits sign in with. It is false for traits
// that are no object.
func identifiersIn(fields []profile.Field, traits json.RawMessage) (keys []identity.Key, ok bool) {
	var decoded map[string]any
	if json.Unmarshal(traits, &decoded) != nil || decoded == nil {
		return nil, false
	}
	for _, f := range fields {
		if !f.Identifier {
			continue
		}
		for _, typed := range textsAt(decoded, strings.Split(f.Name, ".")) {
			k := identity.Key{Kind: identity.Identifier, Value: normal(f.Type, typed)}
			if k.Value != "" && !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	return keys, true
}

// textsAt are the texts at a path: one, or those of a list.
func textsAt(value any, path []string) []string {
	switch value := value.(type) {
	case map[string]any:
		if len(path) > 0 {
			return textsAt(value[path[0]], path[1:])
		}
	case []any:
		var all []string
		for _, v := range value {
			all = append(all, textsAt(v, path)...)
		}
		return all
	case string:
		if len(path) == 0 {
			return []string{value}
		}
	}
	return nil
}
