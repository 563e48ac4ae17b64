package profile

import (
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/method"
)

// show makes ready what the form shows of a field, which is the same for everyone
// but for its value. It is nothing for a field that no form shows.
func (f *form) show(field *field) {
	if field.Access == Hide || field.Type == Other {
		return
	}
	template := ui.Input{
		Name: field.node, Disabled: !field.writable(),
		Required: field.Required && !field.Nullable && field.Type != Checkbox, // to a browser that says: must be ticked
		Pattern:  field.Pattern, MinLength: field.MinLength, MaxLength: field.MaxLength,
		Min: field.Min, Max: field.Max, Options: field.Options, Autocomplete: field.Autocomplete,
	}
	if field.Type == Number {
		template.Step = "any"
	}
	f.shown = append(f.shown, shown{field, template, ui.LabelTrait(field.Label, field.node)})
}

// shown is a field that the form shows.
type shown struct {
	*field
	template ui.Input // without a value, and the type that follows from it
	label    ui.Text
}

// nodes are the inputs of a form with the traits as they are, or as their owner
// last typed them, and the button.
func (f *form) nodes(traits map[string]any, v method.View) []ui.Node {
	nodes, inputs := make([]ui.Node, 0, len(f.shown)+1), make([]ui.Input, len(f.shown)+1)
	for n := range f.shown {
		field, stored := &f.shown[n], lookUp(traits, f.shown[n].Name)
		if field.List {
			nodes = append(nodes, field.listNodes(stored, v)...)
			continue
		}
		value := field.display(stored)
		if text, has := v.Input[field.node]; field.writable() && (has || typed(v) && field.Type == Checkbox) {
			value = field.again(text)
		}
		field.fill(&inputs[n], value, v)
		nodes = append(nodes, ui.Node{Group: ui.Profile, Label: field.label, Attributes: &inputs[n]})
	}
	save := &inputs[len(f.shown)]
	*save = ui.Input{Name: "method", Type: ui.InputSubmit, Value: name}
	return append(nodes, ui.Node{Group: ui.Profile, Label: ui.LabelSave(), Attributes: save})
}

// typed reports whether the form shows what was typed last. What is not in it was
// left empty: a box that is not ticked is not sent.
func typed(v method.View) bool { return v.Flow.Active == name && v.Input != nil }

// fill makes an input of the field, with a value.
func (f *shown) fill(in *ui.Input, value any, v method.View) {
	*in = f.template
	in.Value = value
	in.Type, in.Multiline = f.input(value)
	if in.Type == ui.InputEmail && v.Text.Identifier != nil {
		// A browser takes no letter beyond ASCII before the @ of an address, and
		// sends a domain in another spelling than it was typed in.
		in.Type, in.InputMode = ui.InputText, "email"
	}
}
