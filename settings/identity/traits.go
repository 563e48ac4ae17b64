package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/amend-go/amend/settings/wire"
)

// DecodeTraits reads stored traits, with numbers as json.Number. nil and null give an empty
// object. The caller may change the result.
func DecodeTraits(raw json.RawMessage) (map[string]any, error) {
	if len(raw) == 0 {
		return map[string]any{}, nil
	}
	// This is what the library stores, and it is read with less than half of the
	// effort. A host may have stored what can be read in two ways: then it is read
	// as encoding/json does.
	if traits, err := wire.Object(raw, wire.Limits{}); err == nil {
		return traits, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var traits map[string]any
	if err := d.Decode(&traits); err != nil {
		return nil, fmt.Errorf("traits: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("traits: text after the object")
	}
	if traits == nil { // null
		traits = map[string]any{}
	}
	return traits, nil
}
