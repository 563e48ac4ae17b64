package profile

import (
	"slices"
	"strings"

	"github.com/amend-go/amend/settings/identity"
)

// identifier is a name to log in with, normalised, and the type it comes from.
type identifier struct {
	from  Type
	value string
}

// identifiers are those that follow from the traits, each once.
func (f *form) identifiers(traits map[string]any, normalise func(Type, string) string) []identifier {
	var ids []identifier
	for _, field := range f.fields {
		if !field.Identifier {
			continue
		}
		for _, text := range appendTexts(make([]string, 0, 4), lookUp(traits, field.Name)) {
			id := identifier{field.Type, normalise(field.Type, text)}
			if id.value != "" && !slices.ContainsFunc(ids, func(other identifier) bool { return other.value == id.value }) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// addresses are those that follow from the traits, each once.
func (f *form) addresses(traits map[string]any) []identity.Address {
	var addresses []identity.Address
	add := func(via Via, value string, mark func(*identity.Address)) {
		if via == "" || value == "" {
			return
		}
		n := slices.IndexFunc(addresses, func(a identity.Address) bool { return a.Via == string(via) && a.Value == value })
		if n < 0 {
			n = len(addresses)
			addresses = append(addresses, identity.Address{Via: string(via), Value: value})
		}
		mark(&addresses[n])
	}
	for _, field := range f.fields {
		if field.Verify == "" && field.Recover == "" {
			continue
		}
		for _, text := range appendTexts(make([]string, 0, 4), lookUp(traits, field.Name)) {
			add(field.Verify, text, func(a *identity.Address) { a.Verifiable = true })
			add(field.Recover, text, func(a *identity.Address) { a.Recovery = true })
		}
	}
	return addresses
}

// appendTexts appends the texts of a value: itself, or what stands in a list.
func appendTexts(all []string, value any) []string {
	switch value := value.(type) {
	case string:
		all = append(all, value)
	case []any:
		for _, v := range value {
			all = appendTexts(all, v)
		}
	}
	return all
}

// nameless reports whether an account with a password would be left without a
// name to sign in with.
func nameless(before identity.Identity, after []identity.Key) bool {
	named := func(k identity.Key) bool { return k.Kind == identity.Identifier }
	return before.PasswordHash != "" && slices.ContainsFunc(before.Keys, named) && !slices.ContainsFunc(after, named)
}

// rekeyed are the keys of an identity whose identifiers are other ones now.
// Only what differs is touched: a key that does not follow from the traits is
// the host's.
func (s *submit) rekeyed(keys []identity.Key, was, now []identifier) []identity.Key {
	is := func(k identity.Key, id identifier) bool {
		return k.Kind == identity.Identifier && s.normalise(id.from, k.Value) == id.value
	}
	known := func(ids []identifier, value string) bool {
		return slices.ContainsFunc(ids, func(id identifier) bool { return id.value == value })
	}
	after := slices.DeleteFunc(slices.Clone(keys), func(k identity.Key) bool {
		return slices.ContainsFunc(was, func(id identifier) bool { return is(k, id) && !known(now, id.value) })
	})
	for _, id := range now {
		if !known(was, id.value) && !slices.ContainsFunc(after, func(k identity.Key) bool { return is(k, id) }) {
			after = append(after, identity.Key{Kind: identity.Identifier, Value: id.value})
		}
	}
	return after
}

// normal is how identifiers are compared: without space around them and without
// regard to case, phone numbers without what only makes them readable.
func normal(t Type, value string) string {
	value = strings.ToLower(strings.TrimSpace(value))
	if t == Tel {
		return withoutSeparators(value)
	}
	return value
}
