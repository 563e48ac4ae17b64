package body

import (
	"strings"
	"unicode"
)

// Bounds on what a body may hold, far above any form and far below what would cost
// much. They hold for JSON and forms alike.
const (
	maxFields = 100
	maxValues = 1000 // all values below the outermost object, objects and arrays too
	maxDepth  = 32   // the outermost object is 1
)

const tokenField = "csrf_token"

func tooManyFields() *Error {
	return malformed("The body has more than 100 fields.")
}

func tooManyValues() *Error {
	return malformed("The body has more than 1000 values.")
}

func tooDeep() *Error {
	return malformed("The body is nested more than 32 deep.")
}

// judge applies the rules that hold for every body, whatever it was written in.
func judge(fields map[string]any, known []string) *Error {
	switch {
	case len(fields) > maxFields:
		return tooManyFields()
	case misspells(fields, known):
		return malformed("The name of a field differs from a known one by letter case only.")
	case hasTwins(fields):
		return malformed("Two names in the same object differ by letter case only.")
	case holdsNUL(fields["traits"]):
		return malformed("The traits hold the character U+0000.")
	}
	return nil
}

// misspells reports whether a name, up to its first dot, is one that a lenient
// reader, such as encoding/json decoding into a struct, would take for a known one.
func misspells(fields map[string]any, known []string) bool {
	for name := range fields {
		head, _, _ := strings.Cut(name, ".")
		for _, k := range known {
			if head != k && strings.EqualFold(head, k) {
				return true
			}
		}
	}
	return false
}

// hasTwins reports whether names of one object are the same to a reader that
// ignores letter case. Only a name that is not its own folded form can be half of
// such a pair, so most objects need no set.
func hasTwins(value any) bool {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			if hasTwins(element) {
				return true
			}
		}
	case map[string]any:
		seen := map[string]bool{}
		for name, field := range value {
			if hasTwins(field) {
				return true
			}
			folded := fold(name)
			if folded == name {
				continue
			}
			if _, twin := value[folded]; twin || seen[folded] {
				return true
			}
			seen[folded] = true
		}
	}
	return false
}

// fold maps all names that strings.EqualFold holds for equal to one of them.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		if 'A' <= least && least <= 'Z' {
			return least + 'a' - 'A' // so that plain names fold to themselves
		}
		return least
	}, name)
}

func holdsNUL(value any) bool {
	switch value := value.(type) {
	case string:
		return strings.IndexByte(value, 0) >= 0
	case []any:
		for _, element := range value {
			if holdsNUL(element) {
				return true
			}
		}
	case map[string]any:
		for name, field := range value {
			if strings.IndexByte(name, 0) >= 0 || holdsNUL(field) {
				return true
			}
		}
	}
	return false
}

// A tokenFinder looks for the csrf_token of a body that may turn out malformed.
type tokenFinder struct {
	token  string
	usable bool
	seen   int
}

func (t *tokenFinder) see(name, value string, usable bool) {
	if strings.EqualFold(name, tokenField) {
		t.seen++
		t.token, t.usable = value, usable && name == tokenField
	}
}

// fields holds the token if there was one of that name, and it alone.
func (t *tokenFinder) fields(fromJSON bool) Fields {
	f := Fields{fromJSON: fromJSON}
	if t.usable && t.seen == 1 {
		f.fields = map[string]any{tokenField: t.token}
	}
	return f
}
