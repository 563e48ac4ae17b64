package body

import (
	"iter"
	"maps"
	"slices"
	"unicode/utf8"
)

// DecodeParsed is Decode for a form that a middleware has already parsed with net/http.
// values are net/http.Request.PostForm, or those of its MultipartForm; do not pass its
// Form, which has the query of the URL too. files says that the form has files.
//
// All rules of Decode hold, except where a parsed form no longer shows a breach: the order
// of different names, and what the parser dropped. A field that was not well-formed is
// absent.
func DecodeParsed(values map[string][]string, files bool, limit int64, known []string, lists ...string) (Fields, *Error) {
	var size int64
	for name, all := range values {
		for _, value := range all {
			size += int64(len(name) + len(value) + len("=&"))
		}
	}
	if size-1 > limit { // the last one has no "&"
		return Fields{}, tooLarge(nil)
	}
	return decodeForm(parsedFields(values, files), known, lists)
}

// parsedFields gives the values of one name one after the other, in their order.
func parsedFields(values map[string][]string, files bool) iter.Seq[formField] {
	return func(yield func(formField) bool) {
		if files && !yield(formField{problem: hasFile()}) {
			return
		}
		for _, name := range slices.Sorted(maps.Keys(values)) {
			for _, value := range values[name] {
				field := formField{name: name, value: value}
				if !utf8.ValidString(name) || !utf8.ValidString(value) {
					field.problem = notUTF8()
				}
				if !yield(field) {
					return
				}
			}
		}
	}
}
