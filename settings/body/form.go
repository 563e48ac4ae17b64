package body

import (
	"iter"
	"slices"
	"strings"
)

// A formField is one name and value of a form, or what is wrong with it.
type formField struct {
	name, value string
	problem     *Error
}

// decodeForm reads the fields to their end even if one of them has a problem: the
// csrf_token may come after it.
func decodeForm(fields iter.Seq[formField], known []string) (Fields, *Error) {
	var finder tokenFinder
	built := form{root: map[string]any{}}
	var problem *Error
	for field := range fields {
		finder.see(field.name, field.value, field.problem == nil)
		if problem == nil {
			problem = field.problem
		}
		if problem == nil {
			problem = built.add(field.name, field.value)
		}
	}
	if problem == nil {
		problem = judge(built.root, known)
	}
	if problem != nil {
		return finder.fields(false), problem
	}
	return Fields{fields: built.root}, nil
}

// A form builds objects from dotted paths.
type form struct {
	root   map[string]any
	fields int
	values int
	last   string // the name added last
}

func (f *form) add(name, value string) *Error {
	path := []string{name}
	if strings.HasPrefix(name, "traits.") || strings.HasPrefix(name, "transient_payload.") {
		path = strings.Split(name, ".")
	}
	switch {
	case len(path) > maxDepth:
		return tooDeep()
	case slices.Contains(path, ""):
		return malformed("The name of a form field is empty, or has an empty step.")
	}
	last := len(path) - 1
	object := f.root
	for _, step := range path[:last] {
		if _, exists := object[step]; !exists {
			object[step] = map[string]any{}
			f.values++
		}
		inner, isObject := object[step].(map[string]any)
		if !isObject {
			return contradiction()
		}
		object = inner
	}
	before, exists := object[path[last]]
	_, isObject := before.(map[string]any)
	switch {
	case isObject:
		return contradiction()
	case !exists:
		f.fields++
		f.values++
	case name != f.last || !ticks(before, value):
		return malformed("A form field stands there twice.")
	}
	object[path[last]] = value
	f.last = name
	switch {
	case f.fields > maxFields:
		return tooManyFields()
	case f.values > maxValues:
		return tooManyValues()
	}
	return nil
}

func contradiction() *Error {
	return malformed("Two form fields contradict each other: one has a value where the other has fields.")
}

// ticks reports whether two neighbours of one name are a check box, and the hidden
// field before it that is sent alone while the box is not ticked.
func ticks(hidden any, box string) bool {
	return (hidden == "" || hidden == "false") && (box == "true" || box == "on")
}
