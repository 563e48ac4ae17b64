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
func decodeForm(fields iter.Seq[formField], known, lists []string) (Fields, *Error) {
	var finder tokenFinder
	built := form{root: map[string]any{}, lists: lists}
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
	lists  []string // names that may stand there more than once
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
	isList := slices.Contains(f.lists, name)
	switch {
	case isObject:
		return contradiction()
	case !exists && !f.isEntry(path):
		f.fields++
	case exists && !isList && (name != f.last || !ticks(before, value)):
		return malformed("A form field stands there twice.")
	}
	if isList {
		entries, _ := before.([]any)
		object[path[last]] = append(entries, value)
	} else {
		object[path[last]] = value
	}
	if !exists || isList {
		f.values++
	}
	f.last = name
	switch {
	case f.fields > maxFields:
		return tooManyFields()
	case f.values > maxValues:
		return tooManyValues()
	}
	return nil
}

// isEntry reports whether a path leads to an entry of a list. Entries are values,
// and no fields of their own: a list may be longer than a form has fields.
func (f *form) isEntry(path []string) bool {
	return len(f.lists) > 0 && slices.Contains(f.lists, strings.Join(path[:len(path)-1], "."))
}

func notUTF8() *Error { return malformed("The form is not valid UTF-8.") }
func hasFile() *Error { return malformed("The form has a file.") }

func contradiction() *Error {
	return malformed("Two form fields contradict each other: one has a value where the other has fields.")
}

// ticks reports whether two neighbours of one name are a check box, and the hidden
// field before it that is sent alone while the box is not ticked.
func ticks(hidden any, box string) bool {
	return (hidden == "" || hidden == "false") && (box == "true" || box == "on")
}
