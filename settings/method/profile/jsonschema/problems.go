package jsonschema

import (
	"cmp"
	"errors"
	"maps"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/method/profile"
)

// Check implements profile.Schema.
func (s *Schema) Check(traits map[string]any) []profile.Problem {
	err := s.validator.Validate(s.filled(traits))
	if err == nil {
		return nil
	}
	var invalid *validator.ValidationError
	if !errors.As(err, &invalid) {
		// A validator that gives up must not let anything pass.
		return []profile.Problem{{Text: ui.Because(ui.ReasonNotChecked)}}
	}
	var found []finding
	s.collect(invalid, &found)
	slices.SortStableFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.rank, b.rank))
	})
	found = slices.CompactFunc(found, func(a, b finding) bool { return a.Path == b.Path && a.Text.ID == b.Text.ID })
	problems := make([]profile.Problem, len(found))
	for i, f := range found {
		problems[i] = f.Problem
	}
	return problems
}

// finding is a problem and where it stands among others: those of objects come
// first, then those of fields in their order.
type finding struct {
	profile.Problem
	place, rank int
}

// filled puts an empty object wherever the schema requires an object that is
// not there: what is missing is what is required in it, as a form knows it.
func (s *Schema) filled(traits map[string]any) map[string]any {
	for _, path := range s.objects {
		traits = filledAt(traits, strings.Split(path, "."))
	}
	return traits
}

// filledAt is a copy of the traits with an object at a path, unless something is
// there already, or what it stands in is not.
func filledAt(traits map[string]any, path []string) map[string]any {
	name := path[0]
	value, has := traits[name]
	inner, ok := value.(map[string]any)
	switch {
	case len(path) == 1 && has, len(path) > 1 && !ok:
		return traits
	case len(path) == 1:
		inner = map[string]any{}
	default:
		inner = filledAt(inner, path[1:])
	}
	traits = maps.Clone(traits)
	traits[name] = inner
	return traits
}

// collect finds what a form can say of a failed validation.
func (s *Schema) collect(e *validator.ValidationError, found *[]finding) {
	path := s.pathOf(e.InstanceLocation)
	add := func(path string, rank int, t ui.Text) {
		place, _, ok := s.fieldAt(path)
		if !ok {
			place = -1
		}
		*found = append(*found, finding{profile.Problem{Path: path, Text: t}, place, rank})
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.AllOf, *kind.Reference:
		for _, cause := range e.Causes {
			s.collect(cause, found)
		}
	case *kind.AnyOf, *kind.OneOf:
		if cause := s.meant(e.Causes); cause != nil {
			s.collect(cause, found)
			return
		}
		rank, text := said(e.ErrorKind)
		if len(e.Causes) > 0 && !slices.ContainsFunc(e.Causes, saysMore) {
			rank, text = said(&kind.Enum{})
		}
		add(path, rank, text)
	case *kind.AdditionalProperties:
		// Nobody can write those through a form; what is stored is the host's.
	case *kind.Required:
		for _, name := range k.Missing {
			add(s.pathOf(append(slices.Clone(e.InstanceLocation), name)), 0, ui.Missing(name))
		}
	default:
		rank, text := said(e.ErrorKind)
		add(path, rank, text)
		if format, ok := k.(*kind.Format); ok {
			s.addLength(path, format, add)
		}
	}
}

// addLength judges the length of a text whose format is wrong: the validator
// stops at that.
func (s *Schema) addLength(path string, k *kind.Format, add func(string, int, ui.Text)) {
	text, isText := k.Got.(string)
	_, f, isField := s.fieldAt(path)
	if !isText || !isField {
		return
	}
	switch n := utf8.RuneCountInString(text); {
	case n < f.MinLength:
		add(path, 4, ui.TooShort(f.MinLength, n))
	case f.MaxLength > 0 && n > f.MaxLength:
		add(path, 5, ui.TooLong(f.MaxLength, n))
	}
}

// said is the message for an error, and where it stands among those of one
// field.
func said(k validator.ErrorKind) (int, ui.Text) {
	switch k := k.(type) {
	case *kind.Type:
		return 1, ui.WrongTypes(withoutNull(k.Want), k.Got)
	case *kind.Format:
		text, _ := k.Got.(string)
		if t := profile.JudgeText(formats[k.Want], text); t != nil {
			return 2, *t
		}
		return 2, ui.Malformed(k.Want)
	case *kind.Pattern:
		return 3, ui.Malformed(k.Want)
	case *kind.MinLength:
		return 4, ui.TooShort(k.Want, k.Got)
	case *kind.MaxLength:
		return 5, ui.TooLong(k.Want, k.Got)
	case *kind.Minimum:
		return 6, ui.TooSmall(float(k.Want), float(k.Got))
	case *kind.ExclusiveMinimum:
		return 6, ui.NotAbove(float(k.Want), float(k.Got))
	case *kind.Maximum:
		return 7, ui.TooBig(float(k.Want), float(k.Got))
	case *kind.ExclusiveMaximum:
		return 7, ui.NotBelow(float(k.Want), float(k.Got))
	case *kind.MultipleOf:
		return 8, ui.NotMultiple(float(k.Want), float(k.Got))
	case *kind.MinItems:
		return 9, ui.TooFewItems(k.Want, k.Got)
	case *kind.MaxItems:
		return 9, ui.TooManyItems(k.Want, k.Got)
	case *kind.UniqueItems:
		return 10, ui.NotUnique()
	case *kind.Enum, *kind.Const:
		return 11, ui.Because(ui.ReasonNotOffered)
	}
	return 12, ui.Because(ui.ReasonDoesNotFit)
}

func float(r *big.Rat) float64 {
	f, _ := r.Float64()
	return f
}

// meant is what is wrong with a value that fits none of several schemas, if all of
// them but one only say that it is not null.
func (s *Schema) meant(causes []*validator.ValidationError) (meant *validator.ValidationError) {
	for _, cause := range causes {
		switch leaf := leafOf(cause); k := leaf.ErrorKind.(type) {
		case *kind.Type:
			if slices.Equal(k.Want, []string{"null"}) {
				continue
			}
		case *kind.Const:
			if k.Want == nil {
				continue
			}
		}
		if meant != nil {
			return nil
		}
		meant = cause
	}
	return meant
}

// leafOf is the error at the end of a row of single causes.
func leafOf(e *validator.ValidationError) *validator.ValidationError {
	for len(e.Causes) == 1 {
		e = e.Causes[0]
	}
	return e
}

// saysMore reports whether an error says anything but that a value is not the one
// asked for.
func saysMore(e *validator.ValidationError) bool {
	switch leafOf(e).ErrorKind.(type) {
	case *kind.Enum, *kind.Const:
		return false
	}
	return true
}

// pathOf is the path of a place in the traits: a field, an entry of a list by its
// place, whatever is wrong in it, or an object.
func (s *Schema) pathOf(location []string) string {
	for n := len(location); n > 0; n-- {
		path := strings.Join(location[:n], ".")
		i, ok := s.place[path]
		switch {
		case ok && s.fields[i].List && n < len(location):
			return path + "." + location[n]
		case ok:
			return path
		}
	}
	return strings.Join(location, ".")
}

// fieldAt is the field of a path, or of an entry's, and its place among the others.
func (s *Schema) fieldAt(path string) (place int, f profile.Field, ok bool) {
	if place, ok = s.place[path]; !ok {
		if n := strings.LastIndexByte(path, '.'); n >= 0 {
			place, ok = s.place[path[:n]]
			ok = ok && s.fields[place].List
		}
	}
	if ok {
		f = s.fields[place]
	}
	return place, f, ok
}
