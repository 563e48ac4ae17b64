package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/amend-go/amend/settings/wire"
)

// DecodeTraits reads stored traits, with numbers as json.Number. nil and null give an empty
// object. The caller may change the result.
func DecodeTraits(raw json.RawMessage) (map[string]any, error) { return decodeTraits(string(raw)) }

func decodeTraits(text string) (map[string]any, error) {
	if text == "" {
		return map[string]any{}, nil
	}
	// This is what the library stores, and it is read with less than half of the
	// effort. A host may have stored what can be read in two ways: then it is read
	// as encoding/json does.
	if traits, err := wire.Object(text, wire.Limits{}); err == nil {
		return traits, nil
	}
	d := json.NewDecoder(strings.NewReader(text))
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

// shared is what the traits of an identity were decoded to, once somebody has asked.
type shared struct {
	sync.Mutex
	text   string // that was decoded: the traits may have changed since
	traits map[string]any
}

// ShareTraits has this identity and the copies that are made of it from now on decode
// their traits once between them: a request reads them several times. What Clone makes
// shares nothing with it.
func (i *Identity) ShareTraits() { i.shared = new(shared) }

// ReadTraits gives what DecodeTraits does, for callers who only read: the map may be
// shared, so it must not be changed. See ShareTraits.
func (i Identity) ReadTraits() (map[string]any, error) {
	if i.shared == nil {
		return DecodeTraits(i.Traits)
	}
	i.shared.Lock()
	defer i.shared.Unlock()
	if i.shared.traits != nil && i.shared.text == string(i.Traits) {
		return i.shared.traits, nil
	}
	text := string(i.Traits)
	traits, err := decodeTraits(text)
	if err == nil {
		i.shared.text, i.shared.traits = text, traits
	}
	return traits, err
}
