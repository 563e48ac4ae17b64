package wire

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// What keeps a text from being one JSON object that everybody reads alike.
var (
	ErrUTF8      = errors.New("wire: not valid UTF-8")
	ErrJSON      = errors.New("wire: not one JSON value")
	ErrNoObject  = errors.New("wire: a JSON value that is no object")
	ErrTwice     = errors.New("wire: a key stands twice in the same object")
	ErrSurrogate = errors.New("wire: the escape of half a surrogate pair")
	ErrDeep      = errors.New("wire: nested too deep")
	ErrMany      = errors.New("wire: too many values")
)

// Limits bound an object; 0 is no bound.
type Limits struct {
	Depth  int // the outermost object is 1
	Values int // all values below the outermost object, objects and arrays too
}

// Object reads one JSON object strictly, with numbers as json.Number, as they were written.
// It returns one of the errors above for text that two readers could read in two ways: the
// standard library merges repeated keys, and replaces text that is not Unicode.
func Object(text string, most Limits) (map[string]any, error) {
	if !utf8.ValidString(text) {
		return nil, ErrUTF8
	}
	p := parser{Scanner: Scan(text), most: most}
	var object map[string]any
	err := ErrNoObject
	if p.Peek() == '{' {
		object, err = p.object(1)
	}
	if err == nil && p.AtEnd() {
		return object, nil
	}
	if err == nil || !json.Valid([]byte(text)) { // what is no JSON is nothing else besides
		err = ErrJSON
	}
	return nil, err
}

// A parser makes values of what a Scanner finds.
type parser struct {
	Scanner
	values int
	most   Limits
}

func (p *parser) value(depth int) (any, error) {
	if p.values++; p.most.Values > 0 && p.values > p.most.Values {
		return nil, ErrMany
	}
	switch p.Peek() {
	case '{':
		return p.object(depth + 1)
	case '[':
		return p.array(depth + 1)
	case '"':
		return p.string()
	}
	switch text := p.Value(); text {
	case "": // no value
		return nil, ErrJSON
	case "null":
		return nil, nil
	case "true", "false":
		return text == "true", nil
	default:
		return json.Number(text), nil
	}
}

func (p *parser) object(depth int) (map[string]any, error) {
	if p.most.Depth > 0 && depth > p.most.Depth {
		return nil, ErrDeep
	}
	object := map[string]any{}
	for p.Open('{'); p.More('}', len(object)); {
		name, err := p.string()
		if err != nil {
			return nil, err
		}
		if _, twice := object[name]; twice {
			return nil, ErrTwice
		}
		p.Colon()
		if object[name], err = p.value(depth); err != nil {
			return nil, err
		}
	}
	return object, nil
}

func (p *parser) array(depth int) ([]any, error) {
	if p.most.Depth > 0 && depth > p.most.Depth {
		return nil, ErrDeep
	}
	array := []any{}
	for p.Open('['); p.More(']', len(array)); {
		element, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		array = append(array, element)
	}
	return array, nil
}

func (p *parser) string() (string, error) {
	text, escaped := p.String()
	if !escaped {
		return text, nil
	}
	text, ok := unescape(text)
	if !ok {
		return "", ErrSurrogate
	}
	return text, nil
}

// unescape decodes the inside of a string. It fails at a \u that is half a
// surrogate pair, for which there is no UTF-8.
func unescape(text string) (string, bool) {
	plain := make([]byte, 0, len(text))
	for {
		before, after, found := strings.Cut(text, `\`)
		plain = append(plain, before...)
		if !found {
			return string(plain), true
		}
		text = after[1:]
		switch c := after[0]; c {
		case 'b':
			plain = append(plain, '\b')
		case 'f':
			plain = append(plain, '\f')
		case 'n':
			plain = append(plain, '\n')
		case 'r':
			plain = append(plain, '\r')
		case 't':
			plain = append(plain, '\t')
		case 'u':
			r := codeUnit(text)
			text = text[4:]
			if utf16.IsSurrogate(r) {
				low, ok := strings.CutPrefix(text, `\u`)
				if !ok {
					return "", false
				}
				if r = utf16.DecodeRune(r, codeUnit(low)); r == utf8.RuneError {
					return "", false
				}
				text = low[4:]
			}
			plain = utf8.AppendRune(plain, r)
		default: // a quote, slash or backslash
			plain = append(plain, c)
		}
	}
}

// codeUnit reads the four hexadecimal digits that text begins with.
func codeUnit(text string) rune {
	unit, _ := strconv.ParseUint(text[:4], 16, 16) // cannot fail: the JSON is valid
	return rune(unit)
}
