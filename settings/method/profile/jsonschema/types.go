package jsonschema

import (
	"encoding/json"
	"math/big"
	"slices"
)

// The types that a value may have, by "type" and by whatever else says so: enum,
// const, the alternatives, and keywords that only one type has.

var everyType = []string{"null", "boolean", "number", "integer", "string", "array", "object"}

// types are the JSON types that a value may have, nil where nothing says so. An
// integer is not listed as a number too.
func (s *shape) types() []string {
	var known []string
	narrow := func(to []string) {
		switch {
		case to == nil:
		case known == nil:
			known = to
		default:
			known = both(known, to)
		}
	}
	for _, p := range s.parts {
		if p.Types != nil {
			narrow(p.Types.ToStrings())
		}
		if p.Enum != nil {
			narrow(typesOf(p.Enum.Values))
		}
		if p.Const != nil {
			narrow(typesOf([]any{*p.Const}))
		}
	}
	narrow(s.typesOfAlternatives())
	if known == nil {
		known = s.typesOfKeywords()
	}
	return known
}

// typesOfAlternatives are those of any alternative, nil if one may have any type.
func (s *shape) typesOfAlternatives() []string {
	var all []string
	for _, a := range s.alternatives {
		types := a.types()
		if types == nil {
			return nil
		}
		all = append(all, types...)
	}
	return inOrder(all)
}

// typesOfKeywords are the types that have the keywords which are there: nobody
// writes minLength for what is no text.
func (s *shape) typesOfKeywords() []string {
	for _, t := range []struct {
		name     string
		keywords []string
	}{
		{"object", []string{"properties", "required", "patternProperties"}},
		{"array", []string{"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"}},
		{"string", []string{"format", "pattern", "minLength", "maxLength"}},
		{"number", []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}},
	} {
		for _, p := range s.parts {
			if slices.ContainsFunc(t.keywords, func(k string) bool { _, has := p.file.values[k]; return has }) {
				return []string{t.name}
			}
		}
	}
	return nil
}

// both are the types in two lists, which may be none. What is an integer is a number.
func both(a, b []string) []string {
	list := []string{}
	for _, t := range a {
		switch {
		case slices.Contains(b, t):
			list = append(list, t)
		case t == "integer" && slices.Contains(b, "number"), t == "number" && slices.Contains(b, "integer"):
			list = append(list, "integer")
		}
	}
	return list
}

// inOrder is each type once, nil for none.
func inOrder(types []string) []string {
	var list []string
	for _, t := range everyType {
		if slices.Contains(types, t) {
			list = append(list, t)
		}
	}
	return list
}

// typesOf are the types of values.
func typesOf(values []any) []string {
	types := []string{}
	for _, value := range values {
		types = append(types, typeOfValue(value))
	}
	return inOrder(types)
}

func typeOfValue(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case json.Number:
		if n, ok := new(big.Rat).SetString(string(v)); ok && n.IsInt() {
			return "integer"
		}
		return "number"
	}
	return "object"
}
