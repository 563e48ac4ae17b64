package profile

import (
	"slices"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// Who somebody is by what they type, and by what keys an account is found: the same
// forms as a change of the traits keeps.

// TypedKeys implements method.Named. It reads what was typed as each kind of identifier
// that a schema has (user name, address, number), because it does not say which one it is.
func (m *Method) TypedKeys(text method.Text, typed string) (keys []identity.Key, name string) {
	as := m.spelling(text)
	types := slices.DeleteFunc(m.identifierTypes(), func(t Type) bool {
		return t == Tel && JudgeText(Tel, normal(Tel, typed)) != nil
	})
	if len(types) == 0 { // keys are the host's own
		types = []Type{Text}
	}
	kind := types[0]
	switch {
	case slices.Contains(types, Tel):
		kind = Tel
	case slices.Contains(types, Email):
		kind = Email
	}
	name = as.form(kind, typed)
	const longest = 1 << 10 // bytes; nobody has such a name
	if len(typed) > longest {
		return nil, name
	}
	var values []string
	look := func(value string) {
		if value != "" && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	for _, spell := range []func(Type, string) string{as.raw, as.form} {
		for _, t := range types {
			look(spell(t, typed))
		}
	}
	for _, t := range types {
		for _, other := range as.others(t, as.form(t, typed)) {
			look(other)
		}
	}
	return keysOf(values), name
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
	slices.Sort(types) // in one order
	return types
}

// IdentityKeys implements method.Named.
func (m *Method) IdentityKeys(text method.Text, i identity.Identity) ([]identity.Key, error) {
	f, err := m.formOf(i)
	if err != nil {
		return nil, err
	}
	traits, err := i.ReadTraits()
	if err != nil {
		return nil, err
	}
	var values []string
	for _, id := range f.identifiers(traits, m.spelling(text)) {
		for _, value := range id.values() {
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
