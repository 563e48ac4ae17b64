package profile

import (
	"encoding/json"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/method"
)

// show makes ready what the form shows of a field, which is the same for everyone
// but for its value. It is nothing for a field that no form shows.
func (f *form) show(field *field) {
	kind := field.input()
	if kind == "" {
		return
	}
	template := ui.Input{
		Name: field.node, Type: kind, Disabled: !field.writable(),
		Required: field.Required && kind != ui.InputCheckbox, // to a browser that says: must be ticked
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
	template ui.Input // without a value
	label    ui.Text
}

// nodes are the inputs of a form with the traits as they are, or as their owner
// last typed them, and the button.
func (f *form) nodes(traits map[string]any, v method.View) []ui.Node {
	nodes, inputs := make([]ui.Node, 0, len(f.shown)+1), make([]ui.Input, len(f.shown)+1)
	// What was not typed again: a box that is not ticked is not sent.
	typed := v.Flow.Active == name && v.Input != nil
	for n, field := range f.shown {
		input := &inputs[n]
		*input = field.template
		input.Value = field.display(lookUp(traits, field.Name))
		if text, has := v.Input[field.node]; field.writable() && (has || typed && input.Type == ui.InputCheckbox) {
			input.Value = field.again(text)
		}
		nodes = append(nodes, ui.Node{Group: ui.Profile, Label: field.label, Attributes: input})
	}
	save := &inputs[len(f.shown)]
	*save = ui.Input{Name: "method", Type: ui.InputSubmit, Value: name}
	return append(nodes, ui.Node{Group: ui.Profile, Label: ui.LabelSave(), Attributes: save})
}

// display is a stored value for an input, nil for none or one that no input
// has.
func (f *field) display(stored any) any {
	switch v := stored.(type) {
	case string:
		if f.Type == DateTime {
			return local(v)
		}
		return stored
	case bool, json.Number:
		return stored
	}
	return nil
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
