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
		return []profile.Problem{{Text: ui.Refused("This could not be checked.")}}
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
		place := -1
		if i, ok := s.place[path]; ok {
			place = i
		}
		*found = append(*found, finding{profile.Problem{Path: path, Text: t}, place, rank})
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.AllOf, *kind.Reference:
		for _, cause := range e.Causes {
			s.collect(cause, found)
		}
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
	i, isField := s.place[path]
	if !isText || !isField {
		return
	}
	f := s.fields[i]
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
		return 1, ui.WrongType(strings.Join(k.Want, " or "), k.Got)
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
		return 11, ui.Refused("This is none of the values to choose from.")
	}
	return 12, ui.Refused("This does not fit what is asked for here.")
}

func float(r *big.Rat) float64 {
	f, _ := r.Float64()
	return f
}

// pathOf is the field that a place in the traits belongs to: a list is one
// field, whatever is wrong in it. An object has its own path.
func (s *Schema) pathOf(location []string) string {
	for n := len(location); n > 0; n-- {
		path := strings.Join(location[:n], ".")
		if _, ok := s.place[path]; ok {
			return path
		}
	}
	return strings.Join(location, ".")
}
