package body

import (
	"fmt"
	"iter"
	"maps"
	"slices"
)

// Fields are the top-level fields of a body. The zero value has none and counts as
// a form. Fields share what they hold with their copies: nothing may change it.
type Fields struct {
	fields   map[string]any
	fromJSON bool
}

// Presence says what an accessor found under a name.
type Presence int

const (
	// Absent means that the body has no such field.
	Absent Presence = iota
	// Present means that it has one of the type asked for.
	Present
	// WrongType means that it has one of another type, JSON's null included.
	WrongType
)

// String returns a string field, which may be empty.
func (f Fields) String(name string) (string, Presence) {
	return typed[string](f, name)
}

// Object returns an object, as JSON has it or as built from the dotted paths of a
// form. In it are string, bool, [encoding/json.Number], nil, map[string]any and
// []any; from a form only string, map[string]any, and []any of strings. The caller
// must not change it.
func (f Fields) Object(name string) (map[string]any, Presence) {
	return typed[map[string]any](f, name)
}

// Bool returns a boolean: true or false, or the string "true" or "false", which is
// all that a form can send and what some script clients send too.
func (f Fields) Bool(name string) (bool, Presence) {
	switch f.fields[name] {
	case "true":
		return true, Present
	case "false":
		return false, Present
	}
	return typed[bool](f, name)
}

func typed[T any](f Fields, name string) (T, Presence) {
	field, present := f.fields[name]
	value, ok := field.(T)
	switch {
	case !present:
		return value, Absent
	case !ok:
		return value, WrongType
	}
	return value, Present
}

// Value returns a field of any type, as [Fields.Object] lists them. The caller must
// not change it.
func (f Fields) Value(name string) (value any, present bool) {
	value, present = f.fields[name]
	return value, present
}

// Has reports whether the body has a field of that name, of whatever type.
func (f Fields) Has(name string) bool {
	_, present := f.fields[name]
	return present
}

// Len is how many fields the body has.
func (f Fields) Len() int { return len(f.fields) }

// Names returns the names of all fields in ascending order.
func (f Fields) Names() []string {
	return slices.Sorted(maps.Keys(f.fields))
}

// All are the names of all fields, in no order.
func (f Fields) All() iter.Seq[string] { return maps.Keys(f.fields) }

// FromForm reports whether the fields came from a form, in which every value is a string.
// It is true for the zero Fields and an empty body without a Content-Type, because a form
// is trusted with less; and it holds beside a Malformed problem too.
func (f Fields) FromForm() bool { return !f.fromJSON }

// Format prints only the number of fields, whatever the verb, so that no value gets into a
// log by mistake.
func (f Fields) Format(w fmt.State, _ rune) {
	fmt.Fprintf(w, "body.Fields(%d)", len(f.fields))
}
