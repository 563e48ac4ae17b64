package body

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/amend-go/amend/settings/wire"
)

func decodeJSON(raw []byte, known []string) (Fields, *Error) {
	object, problem := parseJSON(raw)
	if problem == nil {
		problem = judge(object, known)
	}
	if problem != nil {
		return findJSONToken(raw), problem
	}
	return Fields{fields: object, fromJSON: true}, nil
}

func parseJSON(raw []byte) (map[string]any, *Error) {
	if len(raw) == 0 {
		return nil, &Error{Kind: Empty, Reason: "The body is empty."}
	}
	object, err := wire.Object(raw, wire.Limits{Depth: maxDepth, Values: maxValues})
	switch err {
	case nil:
		return object, nil
	case wire.ErrUTF8:
		return nil, malformed("The body is not valid UTF-8.")
	case wire.ErrJSON:
		return nil, malformed("The body is not valid JSON, or has text after it.")
	case wire.ErrNoObject:
		return nil, malformed("The body is not a JSON object.")
	case wire.ErrTwice:
		return nil, malformed("A key stands twice in the same object.")
	case wire.ErrSurrogate:
		return nil, malformed("A string has the escape of half a surrogate pair.")
	case wire.ErrDeep:
		return nil, tooDeep()
	}
	return nil, tooManyValues()
}

// findJSONToken reads the fields of a malformed body for as long as they are JSON.
func findJSONToken(raw []byte) Fields {
	var finder tokenFinder
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return finder.fields(true)
	}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			break
		}
		name, _ := token.(string)
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			break
		}
		text, ok := unambiguousText(value)
		finder.see(name, text, ok)
	}
	return finder.fields(true)
}

// unambiguousText returns a string in which nothing had to be replaced.
func unambiguousText(value json.RawMessage) (text string, ok bool) {
	if value[0] != '"' || json.Unmarshal(value, &text) != nil || strings.ContainsRune(text, utf8.RuneError) {
		return "", false
	}
	return text, true
}
