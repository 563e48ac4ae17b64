package body

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
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

// parseJSON reads one object. The standard library judges the grammar; the parser
// below then judges what the standard library would let pass: it merges equal keys
// and replaces what is not Unicode.
func parseJSON(raw []byte) (map[string]any, *Error) {
	text := string(raw)
	p := parser{text: text}
	switch {
	case text == "":
		return nil, &Error{Kind: Empty, Reason: "The body is empty."}
	case !utf8.ValidString(text):
		return nil, malformed("The body is not valid UTF-8.")
	case !json.Valid(raw):
		return nil, malformed("The body is not valid JSON, or has text after it.")
	case p.peek() != '{':
		return nil, malformed("The body is not a JSON object.")
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
}

// peek skips white space and returns the next character.
func (p *parser) peek() byte {
	for strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	return p.text[p.at]
}

func (p *parser) value(depth int) (any, *Error) {
	if p.values++; p.values > maxValues {
		return nil, tooManyValues()
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

func (p *parser) object(depth int) (map[string]any, *Error) {
	if depth > maxDepth {
		return nil, tooDeep()
	}
	object := map[string]any{}
	p.at++
	for p.peek() != '}' {
		name, problem := p.string()
		if problem != nil {
			return nil, problem
		}
		if _, twice := object[name]; twice {
			return nil, malformed("A key stands twice in the same object.")
		}
		p.peek()
		p.at++ // the colon
		if object[name], problem = p.value(depth); problem != nil {
			return nil, problem
		}
		if p.peek() == ',' {
			p.at++
		}
	}
	p.at++
	return object, nil
}

func (p *parser) array(depth int) ([]any, *Error) {
	if depth > maxDepth {
		return nil, tooDeep()
	}
	array := []any{}
	p.at++
	for p.peek() != ']' {
		element, problem := p.value(depth)
		if problem != nil {
			return nil, problem
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

func (p *parser) string() (string, *Error) {
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
		return "", malformed("A string has the escape of half a surrogate pair.")
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
