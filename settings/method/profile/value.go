package profile

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/amend-go/amend/flow/ui"
)

// A value in an input, and back. The rule: what comes back as it was shown is the
// stored value, to the byte. Inputs hold texts only, browsers change what does not
// suit an input's type, and some stored values suit no input; none of it may change
// a trait that its owner left alone.

// display is a stored value as its input has it, nil for one that no input has.
func (f *field) display(stored any) any {
	switch v := stored.(type) {
	case bool:
		return stored
	case json.Number:
		if f.Type != Checkbox {
			return stored
		}
	case string:
		if f.Type == DateTime {
			return local(v)
		}
		if f.Type != Checkbox {
			return stored
		}
	}
	return nil
}

// spelled is a shown value as a text.
func spelled(shown any) string {
	switch v := shown.(type) {
	case string:
		return v
	case bool:
		if v {
			return "true"
		}
		return "false"
	case json.Number:
		return string(v)
	}
	return ""
}

// same reports whether two values of decoded JSON are equal.
func same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, same)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	}
	return a == b
}

// again is the value of an input that was typed.
func (f *field) again(text string) any {
	switch f.Type {
	case Checkbox:
		return text == "true" || text == "on"
	case Number, Integer:
		if n, ok := asNumber(text); ok && CountableNumber(n) {
			return n
		}
	}
	return text
}

// fromForm makes a value of the text that a form has for the field, "" for none.
// A text that makes no value of the field's type stays one, to be refused.
func (f *field) fromForm(text string, stored any) any {
	if f.Type == Checkbox {
		return f.ticked(text, stored)
	}
	shown := f.display(stored)
	if inLF(text) == inLF(spelled(shown)) {
		return stored // also a value that no input has, whose input was left empty
	}
	if text = f.trimmed(text); text == "" && !slices.Contains(f.Options, "") {
		return nil
	}
	switch f.Type {
	case Number, Integer:
		if n, ok := asNumber(text); ok {
			return n
		}
	case DateTime:
		return inUTC(text)
	}
	return f.settled(inLF(text), stored)
}

// ticked reads a check box. One that is not ticked is sent as nothing, or as
// the "false" of a hidden field before it; that is no answer to a question that
// was never answered, unless one is required.
func (f *field) ticked(text string, stored any) any {
	switch text {
	case "true", "on":
		return true
	case "", "false":
		if _, answered := stored.(bool); answered || stored == nil && f.Required {
			return false
		}
		return stored
	}
	return text
}

// fromJSON is a value as it is, but for what is only another way to write the
// stored one: clients leave out what their input has no text for.
func (f *field) fromJSON(value, stored any) any {
	if value == nil && spelled(f.display(stored)) == "" {
		return stored
	}
	text, ok := value.(string)
	if !ok {
		return value
	}
	was, ok := stored.(string)
	switch {
	case ok && (text == was || f.Type == DateTime && text == local(was)):
		return was
	case f.Type == DateTime:
		return inUTC(text)
	}
	return f.settled(f.trimmed(text), stored)
}

// trimmed is a text without the space around it, where it does not belong to the
// value.
func (f *field) trimmed(text string) string {
	switch f.Type {
	case Email, Tel, URL:
		return strings.TrimSpace(text)
	}
	return text
}

// settled is a text, or the stored one if both are the same address.
func (f *field) settled(text string, stored any) any {
	if was, ok := stored.(string); ok && f.Type == Email && sameAddress(text, was) {
		return was
	}
	return text
}

// sameAddress reports whether two e-mail addresses differ in nothing but the case
// of the domain and the space around them.
func sameAddress(a, b string) bool {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	i, j := strings.LastIndexByte(a, '@'), strings.LastIndexByte(b, '@')
	return i >= 0 && j >= 0 && a[:i] == b[:j] && strings.EqualFold(a[i:], b[j:])
}

// inLF is a text with LF for every line break: forms send CRLF, whatever there was
// before.
func inLF(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

// input is the type of the input for a value, and whether it has several lines.
// One of a type of its own only holds what suits the type: a browser empties a date
// that is none, and writes the domain of an e-mail address in ASCII. A value that
// does not suit is shown as a text.
func (f *field) input(shown any) (kind ui.InputType, multiline bool) {
	switch f.Type {
	case Checkbox:
		return ui.InputCheckbox, false
	case Integer:
		kind = ui.InputNumber
	case DateTime:
		kind = ui.InputDateTime
	default:
		kind = ui.InputType(f.Type)
	}
	text := spelled(shown)
	lines := strings.ContainsAny(text, "\r\n")
	if lines || text != "" && !f.holds(text) {
		kind = ui.InputText
	}
	return kind, f.Options == nil && (lines || f.Multiline && f.Type == Text)
}

// holds reports whether a browser leaves a text in an input of the field's type as
// it is: https://html.spec.whatwg.org/#value-sanitization-algorithm.
func (f *field) holds(text string) bool {
	switch f.Type {
	case Email:
		return text == strings.TrimSpace(text) && !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
	case URL:
		return text == strings.TrimSpace(text)
	case Date:
		return isDay(text)
	case DateTime:
		return isLocal(text)
	case Number, Integer:
		n, ok := asNumber(text)
		return ok && string(n) == text && CountableNumber(n)
	}
	return true
}
