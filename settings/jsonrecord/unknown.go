package jsonrecord

import (
	"encoding/json"
	"reflect"
	"strconv"
)

// Unknown are the members of a JSON object that its struct has no field for, as
// text: `"a":1,"b":{"c":2}`, "" for none. Being text, it is copied and compared
// with its struct.
type Unknown string

// parts are the members of a JSON object by their names, or the elements of an
// array by their numbers.
type parts map[string]json.RawMessage

func split(text json.RawMessage) (p parts, list bool, err error) {
	if err = json.Unmarshal(text, &p); err == nil {
		return p, false, nil
	}
	var all []json.RawMessage
	if err = json.Unmarshal(text, &all); err != nil {
		return nil, false, err
	}
	p = make(parts, len(all))
	for n, part := range all {
		p[strconv.Itoa(n)] = part
	}
	return p, true, nil
}

func (p parts) join(list bool) ([]byte, error) {
	if !list {
		return json.Marshal(p)
	}
	all := make([]json.RawMessage, len(p))
	for n := range all {
		all[n] = p[strconv.Itoa(n)]
	}
	return json.Marshal(all)
}

// collect puts what a text has beyond the type of its value into the Unknown
// fields.
func collect(v value, text json.RawMessage) error {
	p, _, err := split(text)
	if err != nil {
		return err
	}
	for name, inner := range v.within() {
		part, there := p[name]
		if !there {
			continue
		}
		if inner.CanSet() {
			err = collect(inner, part)
		} else { // it is in a map
			changed := reflect.New(inner.Type()).Elem()
			changed.Set(inner.Value)
			err = collect(value{changed, inner.shape}, part)
			v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), changed)
		}
		if err != nil {
			return err
		}
	}
	if v.names == nil {
		return nil
	}
	for name := range p {
		if v.has(name) {
			delete(p, name)
		}
	}
	if len(p) == 0 {
		return nil
	}
	unknown, err := p.join(false)
	if err == nil {
		v.FieldByIndex(v.unknown).SetString(string(unknown[1 : len(unknown)-1]))
	}
	return err
}

// carries reports whether there is anything in an Unknown field.
func (v value) carries() bool {
	if v.names != nil && v.FieldByIndex(v.unknown).Len() > 0 {
		return true
	}
	for _, inner := range v.within() {
		if inner.carries() {
			return true
		}
	}
	return false
}

// restore adds what is in the Unknown fields to the text that encoding/json makes
// of a value.
func restore(v value, text json.RawMessage) (json.RawMessage, error) {
	if !v.carries() {
		return text, nil
	}
	p, list, err := split(text)
	if err != nil {
		return nil, err
	}
	for name, inner := range v.within() {
		if part, written := p[name]; written {
			if p[name], err = restore(inner, part); err != nil {
				return nil, err
			}
		}
	}
	if v.names == nil {
		return p.join(list)
	}
	unknown, _, err := split(json.RawMessage("{" + v.FieldByIndex(v.unknown).String() + "}"))
	if err != nil {
		return nil, err
	}
	for name, part := range unknown {
		if !v.has(name) {
			p[name] = part
		}
	}
	return p.join(false)
}
