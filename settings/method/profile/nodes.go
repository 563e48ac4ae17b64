package profile

import (
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/method"
)

// nodes are the inputs of a form with the traits as they are, or as their owner
// last typed them, and the button.
func (f *form) nodes(traits map[string]any, v method.View) []ui.Node {
	nodes := make([]ui.Node, 0, len(f.fields)+1)
	for _, field := range f.fields {
		stored := lookUp(traits, field.Name)
		switch {
		case field.Access == Hide || field.Type == Other:
		case field.List:
			nodes = append(nodes, field.listNodes(stored, v)...)
		default:
			nodes = append(nodes, field.oneNode(stored, v))
		}
	}
	return append(nodes, ui.Node{Group: ui.Profile, Label: ui.LabelSave(), Attributes: &ui.Input{
		Name: "method", Type: ui.InputSubmit, Value: name,
	}})
}

// typed reports whether the form shows what was typed last. What is not in it was
// left empty: a box that is not ticked is not sent.
func typed(v method.View) bool { return v.Flow.Active == name && v.Input != nil }

// oneNode is the input of a value that is no list.
func (f *field) oneNode(stored any, v method.View) ui.Node {
	value := f.shown(stored)
	if text, has := v.Input[f.node]; f.writable() && (has || typed(v) && f.Type == Checkbox) {
		value = f.again(text)
	}
	return f.nodeOf(f.inputFor(value), f.Label)
}

// inputFor is an input with a value.
func (f *field) inputFor(value any) *ui.Input {
	kind, multiline := f.input(value)
	in := &ui.Input{
		Name: f.node, Type: kind, Value: value, Disabled: !f.writable(),
		Required: f.Required && !f.Nullable && kind != ui.InputCheckbox, // to a browser that says: must be ticked
		Pattern:  f.Pattern, MinLength: f.MinLength, MaxLength: f.MaxLength,
		Min: f.Min, Max: f.Max, Options: f.Options, Autocomplete: f.Autocomplete, Multiline: multiline,
	}
	if f.Type == Number {
		in.Step = "any"
	}
	return in
}

func (f *field) nodeOf(in *ui.Input, label string) ui.Node {
	return ui.Node{Group: ui.Profile, Label: ui.LabelTrait(label, in.Name), Attributes: in}
}
