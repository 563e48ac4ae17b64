package jsonschema

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/amend-go/amend/settings/method/profile"
)

// Single keywords of a shape, as they stand in the file. Where several parts have one,
// the outer says how a trait is called, and the stricter how long it is.

// text is the first text of a keyword.
func (s *shape) text(keyword string) string {
	for _, p := range s.parts {
		if text := p.file.string(keyword); text != "" {
			return text
		}
	}
	return ""
}

// is reports whether any part says a keyword.
func (s *shape) is(keyword string) bool {
	for _, p := range s.parts {
		if p.file.bool(keyword) {
			return true
		}
	}
	return false
}

// format is the type that follows from the format, of the value or of every
// alternative.
func (s *shape) format() profile.Type {
	if t, known := formats[s.text("format")]; known {
		return t
	}
	common := profile.Text
	for i, a := range s.alternatives {
		if t := a.format(); i == 0 {
			common = t
		} else if t != common {
			return profile.Text
		}
	}
	return common
}

// longest is the largest count of a keyword, shortest the smallest; 0 for none.
func (s *shape) longest(keyword string) (most int) {
	for _, p := range s.parts {
		most = max(most, p.file.count(keyword))
	}
	return most
}

func (s *shape) shortest(keyword string) (least int) {
	for _, p := range s.parts {
		if n := p.file.count(keyword); n > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	return least
}

func (o *object) count(keyword string) int {
	n, _ := o.values[keyword].(json.Number)
	i, err := strconv.Atoi(string(n))
	if err != nil {
		return 0
	}
	return i
}

// number is the first number of a keyword.
func (s *shape) number(keyword string) string {
	for _, p := range s.parts {
		if n, ok := p.file.values[keyword].(json.Number); ok {
			return string(n)
		}
	}
	return ""
}

// pattern is the first one that matches a whole value: so a browser reads it, where a
// JSON Schema means any part.
func (s *shape) pattern() string {
	for _, p := range s.parts {
		if pattern := p.file.string("pattern"); strings.HasPrefix(pattern, "^") && strings.HasSuffix(pattern, "$") {
			return pattern
		}
	}
	return ""
}

// options are the values that there are to choose from, nil where the choice is free.
func (s *shape) options() []any {
	var list []any
	for _, p := range s.parts {
		switch {
		case p.Const != nil:
			return []any{*p.Const}
		case p.Enum != nil && list == nil:
			list = p.Enum.Values
		}
	}
	if list != nil {
		return list
	}
	for _, a := range s.alternatives {
		options := a.options()
		if options == nil {
			return nil
		}
		list = append(list, options...)
	}
	return list
}

// roles reads what a trait is to its account, wherever its schema says so: beside a
// $ref and where it leads, in an alternative, on a list and on its entries.
func (r *reader) roles(s *shape, f *profile.Field) error {
	for _, p := range s.parts {
		if err := readRoles(p.file.object("ory.sh/kratos"), f); err != nil {
			return err
		}
	}
	for _, a := range s.alternatives {
		if err := r.roles(a, f); err != nil {
			return err
		}
	}
	entry, err := r.entryOf(s)
	if err != nil || len(entry.parts) == 0 && len(entry.alternatives) == 0 {
		return err
	}
	return r.roles(entry, f)
}

func readRoles(x *object, f *profile.Field) error {
	if x == nil {
		return nil
	}
	if credentials := x.object("credentials"); credentials != nil {
		for _, name := range credentials.names {
			f.Identifier = f.Identifier || credentials.object(name).bool("identifier")
		}
	}
	for name, way := range map[string]*profile.Via{"verification": &f.Verify, "recovery": &f.Recover} {
		if x.object(name) == nil {
			continue
		}
		via := profile.Via(x.object(name).string("via"))
		switch {
		case via != profile.ByEmail && via != profile.BySMS:
			return fmt.Errorf("%s via %q: nobody is reached by that", name, via)
		case *way != "" && *way != via:
			return fmt.Errorf("%s via %q and via %q: one trait is reached in one way", name, *way, via)
		}
		*way = via
	}
	return nil
}
