package profile

import (
	"slices"
	"strconv"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// identifier is a name to log in with in the form that it is compared in, the form
// that rows from before have, other ways to write it, and the type and the path it comes
// from. All of them are keys of its account, so that none is another one's: which of two
// accounts has a name is decided where the store writes a key that is unique.
type identifier struct {
	from       Type
	path       string
	value, raw string
	others     []string
}

// values are those of its keys, each once.
func (id identifier) values() []string {
	values := []string{id.value}
	for _, v := range append([]string{id.raw}, id.others...) {
		if !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values
}

// identifiers are those that follow from the traits, each once.
func (f *form) identifiers(traits map[string]any, as spelling) []identifier {
	var ids []identifier
	for _, field := range f.fields {
		if !field.Identifier {
			continue
		}
		for place, text := range appendTexts(make([]string, 0, 4), lookUp(traits, field.Name)) {
			id := identifier{from: field.Type, path: field.Name, value: as.form(field.Type, text), raw: as.raw(field.Type, text)}
			id.others = as.others(field.Type, id.value)
			if field.List {
				id.path += "." + strconv.Itoa(place)
			}
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

// unstorable are the identifiers that are new and that no store can index, but for
// those whose field has a problem already.
func unstorable(was, now []identifier, known []Problem) []Problem {
	var problems []Problem
	for _, id := range now {
		key := identity.Key{Kind: identity.Identifier, Value: id.value}
		if key.Storable() { // both are keys
			key.Value = id.raw
		}
		isSame := func(other identifier) bool { return other.value == id.value }
		isHere := func(p Problem) bool { return p.Path == id.path }
		if key.Storable() || slices.ContainsFunc(was, isSame) || slices.ContainsFunc(known, isHere) {
			continue
		}
		text := ui.Because(ui.ReasonNoName)
		if len(key.Value) > identity.MaxKeyValue {
			text = ui.TooManyBytes(identity.MaxKeyValue, len(key.Value))
		}
		problems = append(problems, Problem{id.path, text})
	}
	return problems
}

// taken says on the field of each name that it is another account's.
func (s *submit) taken(names []identifier, keys []identity.Key) (messages []ui.Message) {
	for _, name := range names {
		if slices.ContainsFunc(keysOf(name.values()), func(k identity.Key) bool { return slices.Contains(keys, k) }) {
			messages = append(messages, ui.On(s.nodeAt(name.path), ui.Duplicate()))
		}
	}
	return messages
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
		return k.Kind == identity.Identifier && s.spelled.form(id.from, k.Value) == id.value
	}
	known := func(ids []identifier, value string) bool {
		return slices.ContainsFunc(ids, func(id identifier) bool { return id.value == value })
	}
	after := slices.DeleteFunc(slices.Clone(keys), func(k identity.Key) bool {
		return slices.ContainsFunc(was, func(id identifier) bool { return is(k, id) && !known(now, id.value) })
	})
	for _, id := range now {
		if known(was, id.value) || slices.ContainsFunc(after, func(k identity.Key) bool { return is(k, id) }) {
			continue
		}
		for _, key := range keysOf(id.values()) {
			if !slices.Contains(after, key) {
				after = append(after, key)
			}
		}
	}
	return after
}

// normal is how identifiers are compared: without space around them and without
// regard to case, phone numbers without what only makes them readable.
func normal(t Type, value string) string {
	value = method.Normal(value)
	if t == Tel {
		return withoutSeparators(value)
	}
	return value
}
