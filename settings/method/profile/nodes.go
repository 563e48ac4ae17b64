package profile

import (
	"encoding/json"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/method"
)

// nodes are the inputs of a form with the traits as they are, or as their owner
// last typed them, and the button.
func (f *form) nodes(traits map[string]any, v method.View) []ui.Node {
	nodes := make([]ui.Node, 0, len(f.fields)+1)
	// What was not typed again: a box that is not ticked is not sent.
	typed := v.Flow.Active == name && v.Input != nil
	for _, field := range f.fields {
		kind := field.input()
		if kind == "" {
			continue
		}
		input := &ui.Input{
			Name: field.node, Type: kind, Value: field.display(lookUp(traits, field.Name)), Disabled: !field.writable(),
			Required: field.Required && kind != ui.InputCheckbox, // to a browser that says: must be ticked
			Pattern:  field.Pattern, MinLength: field.MinLength, MaxLength: field.MaxLength,
			Min: field.Min, Max: field.Max, Options: field.Options, Autocomplete: field.Autocomplete,
		}
		if field.Type == Number {
			input.Step = "any"
		}
		if kind == ui.InputEmail && v.Text.Identifier != nil {
			// A browser takes no letter beyond ASCII before the @ of an address, and
			// sends a domain in another spelling than it was typed in.
			input.Type, input.InputMode = ui.InputText, "email"
		}
		if text, has := v.Input[field.node]; field.writable() && (has || typed && kind == ui.InputCheckbox) {
			input.Value = field.again(text)
		}
		nodes = append(nodes, ui.Node{Group: ui.Profile, Label: ui.LabelTrait(field.Label, field.node), Attributes: input})
	}
	return append(nodes, ui.Node{Group: ui.Profile, Label: ui.LabelSave(), Attributes: &ui.Input{
		Name: "method", Type: ui.InputSubmit, Value: name,
	}})
}

// display is a stored value for an input, nil for none or one that no input
// has.
func (f *field) display(stored any) any {
	switch v := stored.(type) {
	case string:
		if f.Type == DateTime {
			return local(v)
		}
		return v
	case bool, json.Number:
		return v
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
