package profile

import (
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

// wish is the value that a submit has for a field it may write; nil for none, or
// for null.
type wish struct {
	*field
	value any
	null  bool
}

func (g *given) wrong(path string, t ui.Text) {
	g.problems = append(g.problems, Problem{path, t})
	g.judged = append(g.judged, path)
}

func (g *given) isJudged(path string) bool {
	return slices.ContainsFunc(g.judged, func(j string) bool { return j == "" || path == j || strings.HasPrefix(path, j+".") })
}

// read reads the traits of a submit, next to the ones that are stored. What it has
// for a field that it may not write, or in a way that says nothing of the field, is
// told, unless it only repeats what is stored: clients send back the traits they
// were shown. Names that the schema does not know are told to scripts; a form may
// have them for a reason of its page.
func (f *form) read(fields body.Fields, stored map[string]any) *given {
	g := &given{wishes: make([]wish, 0, len(f.fields))}
	traits, has := fields.Object(fieldTraits)
	if v, _ := fields.Value(fieldTraits); has == body.WrongType && v != nil {
		g.wrong("", ui.WrongType("object", typeOf(v)))
		return g
	}
	if path, found := misnamed(fields); found {
		if known := f.at(path); known != nil {
			path = known.Name
		} else {
			path = ""
		}
		g.problems = append(g.problems, Problem{path, ui.Because(ui.ReasonWrongName)})
		g.judged = append(g.judged, "")
		return g
	}
	f.root.refuse(g, traits, stored, fields.FromForm())
	slices.SortFunc(g.problems, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	for _, field := range f.fields {
		if field.writable() && !g.isJudged(field.Name) {
			field.read(g, traits, lookUp(stored, field.Name), fields.FromForm())
		}
	}
	return g
}

// misnamed finds the path of a name that means a trait and is none: a path as a key of
// JSON, or brackets where this protocol has dots. Of several it is the first one.
func misnamed(fields body.Fields) (path string, found bool) {
	for name := range fields.All() {
		rest, dotted := strings.CutPrefix(name, fieldTraits+".")
		if !dotted {
			var bracket bool
			if rest, bracket = strings.CutPrefix(name, fieldTraits+"["); !bracket {
				continue
			}
			rest, _, _ = strings.Cut(rest, "]")
		}
		if !found || rest < path {
			path, found = rest, true
		}
	}
	return path, found
}

// read adds what the traits of a submit have for the field.
func (f *field) read(g *given, traits map[string]any, stored any, form bool) {
	w := wish{field: f}
	sent, given := find(traits, f.Name)
	switch {
	case given && sent == nil:
		w.null = f.Nullable // or there is nothing stored, and nothing is what is given
	case f.Type == Other:
		if w.value = sent; form || !given {
			w.value = stored
		}
	default:
		value, wrong := f.valueOf(sent, stored, form)
		if wrong != nil {
			g.wrong(f.Name, *wrong)
			return
		}
		w.value, w.null = value, form && value == nil && f.Nullable && f.Required
	}
	if !countable(w.value) && !same(w.value, stored) {
		g.wrong(f.Name, ui.Because(ui.ReasonNumberOutOfRange))
		return
	}
	g.wishes = append(g.wishes, w)
}

// valueOf makes a value of what a submit has for the field.
func (f *field) valueOf(sent, stored any, form bool) (any, *ui.Text) {
	switch {
	case !form && same(sent, stored):
		return stored, nil
	case f.List:
		return f.listFrom(sent, stored, form)
	case !form:
		return f.fromJSON(sent, stored), nil
	}
	if list, ok := sent.([]any); ok && len(list) == 1 {
		sent = list[0] // another schema has a list of this name
	}
	if text, ok := sent.(string); ok || sent == nil {
		return f.fromForm(text, stored), nil
	}
	return nil, wrongType(f.jsonType(), sent)
}

// refuse finds what nobody may write through this form: traits that are not in
// the schema, or not for their owner to change.
func (o *object) refuse(g *given, traits, stored map[string]any, form bool) {
	foreign := false
	for name, value := range traits {
		was := stored[name]
		if same(value, was) || form && value == "" && was == nil {
			continue
		}
		switch at := o.names[name].(type) {
		case *object:
			inner, ok := value.(map[string]any)
			if !ok {
				g.wrong(at.path, ui.WrongType("object", typeOf(value)))
				continue
			}
			storedInner, _ := was.(map[string]any)
			at.refuse(g, inner, storedInner, form)
		case *field:
			switch {
			case !at.writable():
				foreign = foreign || !form || !at.repeats(value, was)
			case form && at.Type == Other && !at.repeats(value, was):
				g.wrong(at.Name, ui.Because(ui.ReasonFormCannot))
			case value == nil && !at.Nullable:
				g.wrong(at.Name, ui.WrongType(at.jsonType(), "null"))
			}
		default:
			foreign = foreign || !form || o.isBracketed(name)
		}
	}
	if foreign {
		// The path stays open: what is known beside it is judged too.
		g.problems = append(g.problems, Problem{o.path, ui.Because(ui.ReasonNoSuchField)})
	}
}

// repeats reports whether what a form has for a field says what is stored.
func (f *field) repeats(sent, stored any) bool {
	if f.Type == Other {
		return false
	}
	value, wrong := f.valueOf(sent, stored, true)
	return wrong == nil && same(value, stored)
}

// isBracketed reports whether a name is that of a trait with brackets after it:
// other protocols write lists like that.
func (o *object) isBracketed(name string) bool {
	before, _, bracket := strings.Cut(name, "[")
	return bracket && o.names[before] != nil
}
