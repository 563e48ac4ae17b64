package jsonrecord

import (
	"encoding/json"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// shape is where in a value members are kept. It is nil for a type without such
// a place.
type shape struct {
	unknown []int             // the index of a struct's Unknown
	fields  map[string]*shape // of a struct, by their JSON names
	inner   []field           // those that have a shape
	elem    *shape            // of the elements of a slice or map
}

type field struct {
	name  string
	index []int
	shape *shape
}

var shapes sync.Map // of reflect.Type: *shape

func shapeOf(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	s := newShape(t)
	shapes.Store(t, s)
	return s
}

var (
	unknownType   = reflect.TypeFor[Unknown]()
	marshalerType = reflect.TypeFor[json.Marshaler]()
)

func newShape(t reflect.Type) *shape {
	switch {
	case t.Implements(marshalerType): // a time, raw JSON
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		if elem := newShape(t.Elem()); elem != nil {
			return &shape{elem: elem}
		}
	case t.Kind() == reflect.Struct:
		s := &shape{fields: map[string]*shape{}}
		if s.addFields(t, nil); s.unknown != nil {
			return s
		}
	}
	return nil
}

// addFields adds the fields of a struct, or of one that is embedded in it.
func (s *shape) addFields(t reflect.Type, within []int) {
	for n := range t.NumField() {
		f, index := t.Field(n), append(slices.Clip(within), n)
		switch name, _, _ := strings.Cut(f.Tag.Get("json"), ","); {
		case f.Type == unknownType:
			s.unknown = index
		case f.Anonymous && name == "":
			s.addFields(f.Type, index)
		case name != "-":
			of := newShape(f.Type)
			if s.fields[name] = of; of != nil {
				s.inner = append(s.inner, field{name, index, of})
			}
		}
	}
}

// has reports whether encoding/json decodes a member into a field of the struct,
// which it does whatever the case of its letters.
func (s *shape) has(name string) bool {
	if _, ok := s.fields[name]; ok {
		return true
	}
	for known := range s.fields {
		if strings.EqualFold(known, name) {
			return true
		}
	}
	return false
}

// value is a value whose type has a shape.
type value struct {
	reflect.Value
	*shape
}

// within are the values in it that have one too, by the name or the number that
// they have in its text.
func (v value) within() iter.Seq2[string, value] {
	return func(yield func(string, value) bool) {
		switch {
		case v.fields != nil:
			for _, f := range v.inner {
				if !yield(f.name, value{v.FieldByIndex(f.index), f.shape}) {
					return
				}
			}
		case v.Kind() == reflect.Map:
			for all := v.MapRange(); all.Next(); {
				if !yield(all.Key().String(), value{all.Value(), v.elem}) {
					return
				}
			}
		default:
			for n := range v.Len() {
				if !yield(strconv.Itoa(n), value{v.Index(n), v.elem}) {
					return
				}
			}
		}
	}
}
