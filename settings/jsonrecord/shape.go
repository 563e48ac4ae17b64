package jsonrecord

import (
	"cmp"
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
	unknown []int           // the index of a struct's Unknown
	names   map[string]bool // of a struct's fields in JSON
	inner   []field         // those of its fields that have a shape
	elem    *shape          // of the elements of a slice or map
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
		s := &shape{names: map[string]bool{}}
		s.unknown = fieldsOf(t, nil, func(name string, f reflect.StructField, index []int) {
			s.names[name] = true
			if of := newShape(f.Type); of != nil {
				s.inner = append(s.inner, field{name, index, of})
			}
		})
		if s.unknown != nil {
			return s
		}
	}
	return nil
}

// fieldsOf gives each field of a struct, and of those that are embedded in it, by the
// name that encoding/json has for it. unknown is the index of its Unknown, nil if it
// has none.
func fieldsOf(t reflect.Type, within []int, each func(name string, f reflect.StructField, index []int)) (unknown []int) {
	for n := range t.NumField() {
		f, index := t.Field(n), append(slices.Clip(within), n)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Type == unknownType:
			unknown = index
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			if inner := fieldsOf(f.Type, index, each); inner != nil {
				unknown = inner
			}
		case f.IsExported() && name != "-":
			each(cmp.Or(name, f.Name), f, index)
		}
	}
	return unknown
}

// has reports whether encoding/json decodes a member into a field of the struct,
// which it does whatever the case of its letters.
func (s *shape) has(name string) bool {
	if s.names[name] {
		return true
	}
	for known := range s.names {
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
		case v.names != nil:
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
