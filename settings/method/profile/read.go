package profile

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/body"
)

// given is what a submit has of the traits.
type given struct {
	wishes   []wish
	problems []Problem
	// judged are paths that need no further judgement: what stands there, or
	// below, is wrong already.
	judged []string
}

// wish is the value that a submit has for a field it may write; nil for none.
type wish struct {
	*field
	value any
}

func (g *given) wrong(path string, t ui.Text) {
	g.problems = append(g.problems, Problem{path, t})
	g.judged = append(g.judged, path)
}

func (g *given) isJudged(path string) bool {
	return slices.ContainsFunc(g.judged, func(j string) bool { return j == "" || path == j || strings.HasPrefix(path, j+".") })
}

// read reads the traits of a submit, next to the ones that are stored. What a
// form has beyond the fields of its owner is ignored, as nobody wrote it by
// hand. A body in JSON is told, unless it only repeats what is stored: clients
// send back the traits they were shown.
func (f *form) read(fields body.Fields, stored map[string]any) *given {
	g := &given{wishes: make([]wish, 0, len(f.fields))}
	traits, has := fields.Object(fieldTraits)
	if v, _ := fields.Value(fieldTraits); has == body.WrongType && v != nil {
		g.wrong("", ui.WrongType("object", typeOf(v)))
		return g
	}
	if !fields.FromForm() {
		f.root.refuse(g, traits, stored)
	}
	for _, field := range f.fields {
		if !field.writable() {
			continue
		}
		value := lookUp(traits, field.Name)
		if fields.FromForm() {
			value = field.fromForm(value, lookUp(stored, field.Name))
		} else {
			value = field.fromJSON(value, lookUp(stored, field.Name))
		}
		if !countable(value) {
			g.wrong(field.Name, ui.Refused("This number has too many digits, or is too large or too small."))
			continue
		}
		g.wishes = append(g.wishes, wish{field, value})
	}
	return g
}

// refuse finds what nobody may write through this form: traits that are not in
// the schema, or not for their owner to change.
func (o *object) refuse(g *given, traits, stored map[string]any) {
	foreign := false
	names := make([]string, 0, 16) // stays on the stack
	for name := range traits {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := traits[name]
		switch at := o.names[name].(type) {
		case *object:
			inner, ok := value.(map[string]any)
			if !ok {
				g.wrong(at.path, ui.WrongType("object", typeOf(value)))
				continue
			}
			storedInner, _ := stored[name].(map[string]any)
			at.refuse(g, inner, storedInner)
		case *field:
			switch {
			case !at.writable():
				foreign = foreign || !reflect.DeepEqual(value, stored[name])
			case value == nil:
				g.wrong(at.Name, ui.WrongType(jsonType(at.Type), "null"))
			}
		default:
			foreign = foreign || !reflect.DeepEqual(value, stored[name])
		}
	}
	if foreign {
		// The path stays open: what is known beside it is judged too.
		g.problems = append(g.problems, Problem{o.path, ui.Refused("There is a field here that does not exist, or that you cannot change.")})
	}
}

// fromForm makes a value of what a form has for the field. Forms know texts
// only; a text that makes no value of the field's type stays one, to be refused.
func (f *field) fromForm(value, stored any) any {
	text, has := value.(string)
	switch {
	case f.Type == Other:
		return stored
	case f.Type == Checkbox:
		return f.ticked(text, stored)
	case !has || text == "":
		return nil
	case f.Type == Number || f.Type == Integer:
		if n, ok := stored.(json.Number); ok && text == string(n) {
			return n
		}
		if n, ok := asNumber(text); ok {
			return n
		}
	case f.Type == DateTime:
		return instant(text, stored)
	}
	return text
}

// ticked reads a check box. One that is not ticked is sent as nothing, or as
// the "false" of a hidden field before it; that is no answer to a question that
// was never answered, unless one is required.
func (f *field) ticked(text string, stored any) any {
	switch text {
	case "true", "on":
		return true
	case "", "false":
		if stored == nil && !f.Required {
			return nil
		}
		return false
	}
	return text
}

// fromJSON is the value as it is, but for fields that no form shows: without a
// value they stay as they are.
func (f *field) fromJSON(value, stored any) any {
	if f.Type == Other && value == nil {
		return stored
	}
	if text, ok := value.(string); ok && f.Type == DateTime {
		return instant(text, stored)
	}
	return value
}

// instant is a point in time of an input's text; it is the stored one, in
// whatever zone, if that is what the input was shown with.
func instant(text string, stored any) string {
	if was, ok := stored.(string); ok && text == local(was) {
		return was
	}
	return inUTC(text)
}
