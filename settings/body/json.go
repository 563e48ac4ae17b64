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
		return nil, empty()
	}
	if bytes.HasPrefix(raw, []byte(byteOrderMark)) {
		return nil, malformed("The body begins with a byte order mark. Send plain UTF-8.")
	}
	object, err := wire.Object(string(raw), wire.Limits{Depth: maxDepth, Values: maxValues})
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

// byteOrderMark begins what some tools write as UTF-8. RFC 8259, section 8.1, lets
// nobody send it and lets a reader refuse it.
const byteOrderMark = "\ufeff"

// findJSONToken reads the fields of a malformed body for as long as they are JSON. The
// token after a byte order mark is no less the form's: what is wrong with the body is
// the mark.
func findJSONToken(raw []byte) Fields {
	var finder tokenFinder
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(raw, []byte(byteOrderMark))))
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
