package body

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
)

// kept is how fields are written down.
type kept struct {
	JSON   bool           `json:"json,omitempty"`
	Fields map[string]any `json:"fields"`
}

// Encode gives the fields as text for Decoded, without the named ones. The text has the
// secrets of the body in it.
func (f Fields) Encode(without ...string) ([]byte, error) {
	fields := maps.Clone(f.fields)
	for _, name := range without {
		delete(fields, name)
	}
	return json.Marshal(kept{f.fromJSON, fields})
}

// Decoded reads fields that Encode has written. It checks nothing, because they come from a
// body that was accepted.
func Decoded(data []byte) (Fields, error) {
	var k kept
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&k); err != nil || k.Fields == nil || d.More() {
		return Fields{}, errors.New("body: fields that were not written by Encode")
	}
	return Fields{k.Fields, k.JSON}, nil
}
