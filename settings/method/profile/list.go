package profile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/method"
)

// A list in a form. One of options is one input, which a form has once for each that
// is chosen; any other is an input for each entry, traits.emails.0 and so on, and one
// more that is empty. An entry that is empty says nothing: it adds none, and takes
// away the one that was shown there.

// maxEntries is how long a list may be that a form shows. A longer one stays as it
// is: a body has no room for it.
const maxEntries = 100

// entries are those of a stored list that a form shows. ok is false for a value that
// a form has no inputs for.
func (f *field) entries(stored any) (list []any, ok bool) {
	if stored == nil {
		return nil, true
	}
	list, ok = stored.([]any)
	return list, ok && len(list) <= maxEntries && !slices.ContainsFunc(list, func(v any) bool { return f.display(v) == nil })
}

// listFrom makes a list of what a form or a script has for it: a list, the entries
// by their places, and of a form also a text alone.
func (f *field) listFrom(sent, stored any, form bool) (any, *ui.Text) {
	var list []any
	switch sent := sent.(type) {
	case nil:
	case []any:
		list = sent
	case map[string]any:
		ok := false
		if list, ok = byPlace(sent); !ok {
			return nil, wrongType("array", sent)
		}
	case string:
		if !form {
			return nil, wrongType("array", sent)
		}
		list = []any{sent}
	default:
		return nil, wrongType("array", sent)
	}
	before, showable := f.entries(stored)
	after, left := make([]any, 0, len(list)), slices.Clone(before)
	for _, entry := range list {
		if entry == nil || entry == "" {
			continue
		}
		if n := f.place(entry, left, form); n >= 0 {
			after, left = append(after, left[n]), slices.Delete(left, n, n+1)
		} else if n := f.place(entry, before, form); n >= 0 {
			after = append(after, before[n])
		} else if text, ok := entry.(string); ok && form {
			if entry = f.fromForm(text, nil); entry != nil {
				after = append(after, entry)
			}
		} else {
			after = append(after, f.fromJSON(entry, nil))
		}
	}
	said := slices.DeleteFunc(slices.Clone(before), func(was any) bool { return was == "" })
	_, isList := stored.([]any)
	saysNothing := len(after) == 0 && (form || sent == nil)
	isSame := slices.EqualFunc(after, said, same)
	switch {
	case saysNothing && (stored == nil || !showable):
		return stored, nil // its inputs were left empty
	case isSame && isList:
		return stored, nil
	case saysNothing && !f.Required:
		return nil, nil
	}
	return after, nil
}

// place is where an entry stands among stored ones, written in whatever way, -1 for
// one that is new.
func (f *field) place(entry any, stored []any, form bool) int {
	text, ok := entry.(string)
	return slices.IndexFunc(stored, func(was any) bool {
		return ok && (form && inLF(text) == inLF(spelled(f.display(was))) || f.fromJSON(text, was) == was)
	})
}

// byPlace makes a list of entries by their places. There may be none at a place.
func byPlace(entries map[string]any) (list []any, ok bool) {
	places := make([]int, 0, len(entries))
	for name := range entries {
		place, err := strconv.Atoi(name)
		if err != nil || place < 0 || strconv.Itoa(place) != name {
			return nil, false
		}
		places = append(places, place)
	}
	slices.Sort(places)
	for _, place := range places {
		list = append(list, entries[strconv.Itoa(place)])
	}
	return list, true
}

// retyped are the entries that were typed last, as far as they say something.
func (f *field) retyped(input map[string]string) []any {
	sent := map[string]any{}
	for name, text := range input {
		if place, below := strings.CutPrefix(name, f.node+"."); below && text != "" {
			sent[place] = f.again(text)
		}
	}
	list, _ := byPlace(sent) // what is no place was refused, and is typed anew
	return list
}

// listNodes are the inputs of a list.
func (f *shown) listNodes(stored any, v method.View) []ui.Node {
	list, ok := f.entries(stored)
	values := make([]any, len(list), len(list)+1)
	for i, entry := range list {
		values[i] = f.display(entry)
	}
	if f.writable() && typed(v) {
		values, ok = f.retyped(v.Input), true
	}
	if !ok {
		return nil
	}
	if f.isChoice() {
		in := &ui.Input{}
		f.fill(in, nil, v)
		in.Value, in.Multiple, in.Required = append([]any{}, values...), true, false // nobody need choose all of them
		return []ui.Node{{Group: ui.Profile, Label: f.label, Attributes: in}}
	}
	if f.writable() && len(values) < f.MaxItems {
		values = append(values, nil)
	}
	nodes, inputs := make([]ui.Node, len(values)), make([]ui.Input, len(values))
	for i, value := range values {
		in, label := &inputs[i], f.Label
		f.fill(in, value, v)
		in.Name, in.Required = f.node+"."+strconv.Itoa(i), i < f.MinItems
		if f.MaxItems > 1 {
			label += " " + strconv.Itoa(i+1)
		}
		nodes[i] = ui.Node{Group: ui.Profile, Label: ui.LabelTrait(label, in.Name), Attributes: in}
	}
	return nodes
}

// wrongType says that a value is of another type.
func wrongType(want string, value any) *ui.Text {
	t := ui.WrongType(want, typeOf(value))
	return &t
}
