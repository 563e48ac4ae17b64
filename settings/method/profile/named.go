package profile

import (
	"slices"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// Who somebody is by what they type, and by what keys an account is found: the same
// forms as a change of the traits keeps.

// TypedKeys implements method.Named. Whether what is typed is a user name, an
// address or a number it does not say, so it is read as each kind that a schema has.
func (m *Method) TypedKeys(text method.Text, typed string) []identity.Key {
	const longest = 1 << 10 // bytes; nobody has such a name
	if len(typed) > longest {
		return nil
	}
	form, raw := m.compared(text)
	var values []string
	for _, spell := range []func(Type, string) string{raw, form} {
		for _, t := range m.identifierTypes() {
			if t == Tel && JudgeText(Tel, normal(Tel, typed)) != nil {
				continue
			}
			if value := spell(t, typed); value != "" && !slices.Contains(values, value) {
				values = append(values, value)
			}
		}
	}
	return keysOf(values)
}

// identifierTypes are the types of fields that schemas sign in with, each once.
func (m *Method) identifierTypes() []Type {
	var types []Type
	for _, f := range m.forms {
		for _, field := range f.fields {
			if field.Identifier && !slices.Contains(types, field.Type) {
				types = append(types, field.Type)
			}
		}
	}
	if types == nil { // keys are the host's own
		return []Type{Text}
	}
	slices.Sort(types) // email before tel before text
	return types
}

// IdentityKeys implements method.Named.
func (m *Method) IdentityKeys(text method.Text, i identity.Identity) ([]identity.Key, error) {
	f, err := m.formOf(i)
	if err != nil {
		return nil, err
	}
	traits, err := identity.DecodeTraits(i.Traits)
	if err != nil {
		return nil, err
	}
	form, raw := m.compared(text)
	var values []string
	for _, id := range f.identifiers(traits, form, raw) {
		for _, value := range []string{id.value, id.raw} {
			if !slices.Contains(values, value) {
				values = append(values, value)
			}
		}
	}
	return keysOf(values), nil
}

func keysOf(values []string) []identity.Key {
	keys := make([]identity.Key, len(values))
	for n, value := range values {
		keys[n] = identity.Key{Kind: identity.Identifier, Value: value}
	}
	return keys
}
