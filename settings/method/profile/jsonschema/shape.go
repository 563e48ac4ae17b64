package jsonschema

import (
	"errors"
	"slices"

	validator "github.com/santhosh-tekuri/jsonschema/v6"
)

// What a schema says of a value, wherever it says it: in itself, where its $ref leads,
// in allOf, and in what anyOf and oneOf leave to choose from. The validator has
// resolved every reference; here they are only followed.

// part is one schema of those that a value has to fit: as the validator compiled it,
// and as it stands in the file.
type part struct {
	*validator.Schema
	file *object // an empty one for true
}

// shape is what a schema says of a value.
type shape struct {
	parts        []part   // the value fits each of them, outer ones first
	alternatives []*shape // the value fits one of these, if there are any
	conditional  []part   // if, then, else and dependencies: the value may have to fit them
	never        bool     // no value fits
}

// maxParts bounds what is put together for one value.
const maxParts = 200

// shapeOf puts together what a value has to fit that fits all of these.
func (r *reader) shapeOf(schemas ...*validator.Schema) (*shape, error) {
	s := &shape{}
	for _, one := range schemas {
		if err := r.gather(s, one, nil); err != nil {
			return nil, err
		}
	}
	return s, nil
}

var (
	errCircle  = errors.New("$ref leads in a circle")
	errOutside = errors.New("$ref leads out of the file")
	errParts   = errors.New("too many schemas are combined in one")
)

// gather adds a schema and what it leads to. within are those that led to it.
func (r *reader) gather(s *shape, one *validator.Schema, within []*validator.Schema) error {
	switch {
	case slices.Contains(within, one):
		return errCircle
	case r.parts >= maxParts:
		return errParts
	case one.Bool != nil:
		s.never = s.never || !*one.Bool
		return nil
	}
	r.parts++
	within = append(slices.Clip(within), one)
	file := r.at(one.Location)
	if file == nil {
		return errOutside
	}
	s.parts = append(s.parts, part{one, file})
	for _, more := range slices.Concat([]*validator.Schema{one.Ref, one.RecursiveRef}, one.AllOf) {
		if more != nil {
			if err := r.gather(s, more, within); err != nil {
				return err
			}
		}
	}
	if one.DynamicRef != nil {
		if err := r.gather(s, one.DynamicRef.Ref, within); err != nil {
			return err
		}
	}
	for _, choice := range [][]*validator.Schema{one.AnyOf, one.OneOf} {
		if err := r.gatherChoice(s, choice, within); err != nil {
			return err
		}
	}
	for _, maybe := range conditions(one) {
		below := &shape{}
		if err := r.gather(below, maybe, within); err != nil {
			return err
		}
		s.conditional = slices.Concat(s.conditional, below.parts, below.conditional)
	}
	return nil
}

// gatherChoice adds schemas of which a value fits one. That it may be null as well is
// no choice, and one that is left alone is none either.
func (r *reader) gatherChoice(s *shape, choice []*validator.Schema, within []*validator.Schema) error {
	var left []*validator.Schema
	var shapes []*shape
	for _, one := range choice {
		alternative := &shape{}
		if err := r.gather(alternative, one, within); err != nil {
			return err
		}
		if types := alternative.types(); !alternative.never && !slices.Equal(types, []string{"null"}) {
			left, shapes = append(left, one), append(shapes, alternative)
		}
	}
	if len(left) == 1 {
		return r.gather(s, left[0], within)
	}
	if len(s.alternatives) == 0 { // of two choices, the first says more
		s.alternatives = shapes
	}
	return nil
}

// conditions are the schemas that a value has to fit only in some cases.
func conditions(one *validator.Schema) []*validator.Schema {
	list := []*validator.Schema{one.If, one.Then, one.Else}
	for _, dependent := range one.Dependencies {
		if schema, ok := dependent.(*validator.Schema); ok {
			list = append(list, schema)
		}
	}
	for _, dependent := range one.DependentSchemas {
		list = append(list, dependent)
	}
	return slices.DeleteFunc(list, func(s *validator.Schema) bool { return s == nil })
}

// property is a property of an object, by all the schemas that have one of its name.
type property struct {
	name     string
	schemas  []*validator.Schema // its value fits each
	maybe    []*validator.Schema // its value may have to fit these
	required bool
}

// properties are those of an object, in the order of the file.
func (s *shape) properties() []*property {
	var list []*property
	add := func(parts []part, sure bool) {
		for _, p := range parts {
			properties := p.file.object("properties")
			if p.Properties == nil || properties == nil {
				continue
			}
			for _, name := range properties.names {
				schema := p.Properties[name]
				if schema == nil {
					continue
				}
				n := slices.IndexFunc(list, func(known *property) bool { return known.name == name })
				if n < 0 {
					n = len(list)
					list = append(list, &property{name: name})
				}
				if sure {
					list[n].schemas = append(list[n].schemas, schema)
				} else {
					list[n].maybe = append(list[n].maybe, schema)
				}
			}
		}
	}
	add(s.parts, true)
	add(s.conditional, false)
	for _, a := range s.alternatives {
		add(a.parts, false)
		add(a.conditional, false)
	}
	for _, p := range s.parts {
		for _, known := range list {
			known.required = known.required || slices.Contains(p.Required, known.name)
		}
	}
	return list
}
