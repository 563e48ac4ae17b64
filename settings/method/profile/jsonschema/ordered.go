package jsonschema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"

	"github.com/amend-go/amend/settings/method/profile"
)

// object is a JSON object that knows the order of its names. In it are string,
// bool, json.Number, nil, []any and *object.
type object struct {
	names  []string
	values map[string]any
}

// maxNesting bounds a schema file.
const maxNesting = 64

// parseOrdered reads a file that is one JSON object.
func parseOrdered(file []byte) (*object, error) {
	d := json.NewDecoder(bytes.NewReader(file))
	d.UseNumber()
	v, err := next(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("text after the object")
	}
	o, ok := v.(*object)
	if !ok {
		return nil, errors.New("no object")
	}
	return o, nil
}

func next(d *json.Decoder, depth int) (any, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("nested more than %d deep", maxNesting)
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Number:
		if !profile.CountableNumber(token) {
			return nil, errors.New("a number has too many digits, or is too large or too small")
		}
	case json.Delim:
		if token == '[' {
			return nextArray(d, depth)
		}
		return nextObject(d, depth)
	}
	return token, nil
}

func nextArray(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		v, err := next(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.Token()
	return list, err
}

func nextObject(d *json.Decoder, depth int) (any, error) {
	o := &object{values: map[string]any{}}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // the decoder lets nothing else stand here
		if _, twice := o.values[name]; twice {
			return nil, fmt.Errorf("%q stands twice in the same object", name)
		}
		if o.values[name], err = next(d, depth+1); err != nil {
			return nil, err
		}
		o.names = append(o.names, name)
	}
	_, err := d.Token()
	return o, err
}

// unordered is a value without the order of its names, as validators take it.
func unordered(v any) any {
	switch v := v.(type) {
	case *object:
		m := make(map[string]any, len(v.values))
		for name, value := range v.values {
			m[name] = unordered(value)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, value := range v {
			list[i] = unordered(value)
		}
		return list
	}
	return v
}

// with is the object with another value of a name, whose order nobody asks for.
func (o *object) with(name string, value any) *object {
	values := maps.Clone(o.values)
	values[name] = value
	return &object{names: o.names, values: values}
}

// object is a value that is an object, nil if it is none.
func (o *object) object(name string) *object {
	if o == nil {
		return nil
	}
	inner, _ := o.values[name].(*object)
	return inner
}

func (o *object) string(name string) string {
	if o == nil {
		return ""
	}
	s, _ := o.values[name].(string)
	return s
}

func (o *object) bool(name string) bool {
	if o == nil {
		return false
	}
	b, _ := o.values[name].(bool)
	return b
}
