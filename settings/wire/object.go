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

// Object reads one JSON object strictly, with numbers as json.Number. It returns one of the
// errors above for text that two readers could read in two ways. The standard library
// checks the grammar; the parser below checks what the library passes: repeated keys, and
// text that is not Unicode.
func Object(raw []byte, most Limits) (map[string]any, error) {
	switch {
	case !utf8.Valid(raw):
		return nil, ErrUTF8
	case !json.Valid(raw):
		return nil, ErrJSON
	}
	p := parser{text: string(raw), most: most}
	if p.peek() != '{' {
		return nil, ErrNoObject
	}
	return p.object(1)
}

// A parser walks over text that is known to be valid UTF-8 and valid JSON, and so
// needs to look at no more than the first character of anything. Its methods expect
// to stand on that character and leave it behind.
type parser struct {
	text   string
	at     int
	values int
	most   Limits
}

// peek skips white space and returns the next character.
func (p *parser) peek() byte {
	for strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	return p.text[p.at]
}

func (p *parser) value(depth int) (any, error) {
	if p.values++; p.most.Values > 0 && p.values > p.most.Values {
		return nil, ErrMany
	}
	switch p.peek() {
	case '{':
		return p.object(depth + 1)
	case '[':
		return p.array(depth + 1)
	case '"':
		return p.string()
	case 't':
		p.at += len("true")
		return true, nil
	case 'f':
		p.at += len("false")
		return false, nil
	case 'n':
		p.at += len("null")
		return nil, nil
	}
	return p.number(), nil
}

func (p *parser) object(depth int) (map[string]any, error) {
	if p.most.Depth > 0 && depth > p.most.Depth {
		return nil, ErrDeep
	}
	object := map[string]any{}
	p.at++
	for p.peek() != '}' {
		name, err := p.string()
		if err != nil {
			return nil, err
		}
		if _, twice := object[name]; twice {
			return nil, ErrTwice
		}
		p.peek()
		p.at++ // the colon
		if object[name], err = p.value(depth); err != nil {
			return nil, err
		}
		if p.peek() == ',' {
			p.at++
		}
	}
	p.at++
	return object, nil
}

func (p *parser) array(depth int) ([]any, error) {
	if p.most.Depth > 0 && depth > p.most.Depth {
		return nil, ErrDeep
	}
	array := []any{}
	p.at++
	for p.peek() != ']' {
		element, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		array = append(array, element)
		if p.peek() == ',' {
			p.at++
		}
	}
	p.at++
	return array, nil
}

func (p *parser) number() json.Number {
	start := p.at
	p.at += strings.IndexAny(p.text[start:], ",]} \t\r\n")
	return json.Number(p.text[start:p.at])
}

func (p *parser) string() (string, error) {
	p.at++
	start, escaped := p.at, false
	for p.text[p.at] != '"' {
		if p.text[p.at] == '\\' {
			escaped = true
			p.at++
		}
		p.at++
	}
	text := p.text[start:p.at]
	p.at++
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
