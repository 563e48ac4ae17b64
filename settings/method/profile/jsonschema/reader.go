package jsonschema

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/amend-go/amend/settings/method/profile"
)

// maxFields bounds a form.
const maxFields = 500

// reader makes fields of the properties of a file.
type reader struct {
	root    *object
	schema  *Schema
	objects int // how many were read
	parts   int // how many schemas were put together for the value that is read
}

// object reads the properties of an object of the traits, in the file's order.
// sure says that the object is there in all traits that are valid.
func (r *reader) object(s *shape, path string, sure bool, depth int) error {
	// A reference can lead an object into itself, and double it each time.
	if r.objects++; depth > maxNesting || r.objects > maxFields {
		return fmt.Errorf("trait %q: nested too deep, or in itself", path)
	}
	for _, p := range s.properties() {
		if p.name == "" || strings.ContainsAny(p.name, ".\\\x00") {
			return fmt.Errorf("trait %q of %q: a form has no way to say that name", p.name, path)
		}
		at := p.name
		if path != "" {
			at = path + "." + p.name
		}
		r.parts = 0
		value, err := r.shapeOfProperty(p)
		if err != nil {
			return fmt.Errorf("trait %q: %w", at, err)
		}
		switch {
		case value.never:
			continue // it is there to be forbidden
		case !value.isObject():
			err = r.field(value, at, p.required && sure)
		default:
			if p.required {
				r.schema.objects = append(r.schema.objects, at)
			}
			err = r.object(value, at, p.required && sure, depth+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// shapeOfProperty puts together what a property has to fit. What it may have to fit
// counts where nothing else says what it is.
func (r *reader) shapeOfProperty(p *property) (*shape, error) {
	s, err := r.shapeOf(p.schemas...)
	if err != nil || s.types() != nil || s.never {
		return s, err
	}
	for _, maybe := range p.maybe {
		alternative, err := r.shapeOf(maybe)
		if err != nil {
			return nil, err
		}
		if !alternative.never {
			s.alternatives = append(s.alternatives, alternative)
		}
	}
	s.never = len(p.schemas) == 0 && len(s.alternatives) == 0
	return s, nil
}

// isObject reports whether the value is an object whose properties are known.
func (s *shape) isObject() bool {
	return slices.Equal(withoutNull(s.types()), []string{"object"}) && len(s.properties()) > 0
}

// at is the schema at a location as the validator names it: the file's, and a JSON
// pointer (RFC 6901). It is nil for one that is not in the file.
func (r *reader) at(place string) *object {
	pointer, here := strings.CutPrefix(place, location+"#")
	if !here {
		return nil
	}
	var v any = r.root
	for _, step := range strings.Split(pointer, "/")[1:] {
		step, err := url.PathUnescape(step)
		if err != nil {
			return nil
		}
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		switch at := v.(type) {
		case *object:
			v = at.values[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n < 0 || n >= len(at) {
				return nil
			}
			v = at[n]
		default:
			return nil
		}
	}
	o, _ := v.(*object)
	return o
}

// field reads a trait that has no fields of its own.
func (r *reader) field(s *shape, name string, required bool) error {
	f := profile.Field{Name: name, Label: s.text("title"), Required: required}
	if s.is("readOnly") {
		f.Access = profile.Read
	}
	err := r.value(s, &f)
	if err == nil {
		err = r.roles(s, &f)
	}
	if err != nil {
		return fmt.Errorf("trait %q: %w", name, err)
	}
	if r.schema.fields = append(r.schema.fields, f); len(r.schema.fields) > maxFields {
		return fmt.Errorf("more than %d traits", maxFields)
	}
	return nil
}

var errNoValue = errors.New("no value fits it")

// errNoType is for a trait that a form would not know what to do with.
var errNoType = errors.New(`it has no "type", and none follows from what else stands there: add one, or "readOnly" where only the host writes it`)

// value reads what a trait is: a text, a number, a box, a list of such, or what no
// form shows.
func (r *reader) value(s *shape, f *profile.Field) error {
	types := s.types()
	f.Nullable = slices.Contains(types, "null")
	switch kind := withoutNull(types); {
	case types != nil && len(kind) == 0:
		return errNoValue
	case types == nil && f.Access != profile.Read:
		return errNoType
	case slices.Equal(kind, []string{"array"}):
		return r.list(s, f)
	case slices.Equal(kind, []string{"object"}):
		f.Type, f.Access = profile.Other, profile.Hide // nobody knows what may be in it
	default:
		s.scalar(kind, f)
	}
	return nil
}

// scalar reads a value that is no list and no object. One that may be a text or
// something else is typed as a text.
func (s *shape) scalar(kind []string, f *profile.Field) {
	isOnly := func(types ...string) bool {
		return len(kind) > 0 && !slices.ContainsFunc(kind, func(t string) bool { return !slices.Contains(types, t) })
	}
	switch {
	case isOnly("boolean"):
		f.Type = profile.Checkbox
		return
	case isOnly("integer"):
		f.Type = profile.Integer
	case isOnly("number", "integer"):
		f.Type = profile.Number
	case slices.Contains(kind, "string") && isOnly("string", "number", "integer", "boolean"):
		f.Type = profile.Text
		if isOnly("string") {
			f.Type = s.format()
		}
	default:
		f.Type = profile.Other
		return
	}
	numbers := f.Type == profile.Number || f.Type == profile.Integer
	for _, option := range s.options() {
		switch v := option.(type) {
		case string:
			f.Options = append(f.Options, v)
		case json.Number:
			if numbers { // of texts and numbers a form has the texts: what it sends is none of the numbers
				f.Options = append(f.Options, string(v))
			}
		}
	}
	if numbers {
		f.Min, f.Max = s.number("minimum"), s.number("maximum")
		return
	}
	f.MinLength, f.MaxLength, f.Pattern = s.longest("minLength"), s.shortest("maxLength"), s.pattern()
	f.Multiline = f.Type == profile.Text && f.Options == nil && (f.MaxLength > profile.OneLine || slices.Contains(multiline, s.text("format")))
}

// multiline are the formats that say of a text that it has several lines. JSON Schema
// has none; these are what form generators take.
var multiline = []string{"textarea", "multiline", "markdown"}

func withoutNull(types []string) []string {
	return slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == "null" })
}
