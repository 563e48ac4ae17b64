package page

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/amend-go/amend/flow/ui"
)

// How an input is shown. The rule: what its user leaves alone comes back as it was. So
// a value is never put where a browser would change it, and a choice that is no longer
// offered stays one.

// The types that are shown as a field of that type; any other is a text. An e-mail
// address is a text with the keys for one: in a field of its own type, browsers write
// its domain in another alphabet, in ASCII, and send that.
var fieldTypes = []ui.InputType{
	ui.InputPassword, ui.InputTel, ui.InputURL, ui.InputNumber, ui.InputDate, ui.InputDateTime,
}

// input leaves patterns and lengths to the server: browsers cut a password off
// that is pasted, without a word, and read a pattern as one for the whole value.
func (v *view) input(e *element, a *ui.Input) {
	e.Name, e.Value = a.Name, spelled(a.Value)
	e.Autocomplete, e.InputMode = a.Autocomplete, a.InputMode
	e.Min, e.Max, e.Step = a.Min, a.Max, a.Step
	e.Required, e.Disabled = a.Required, a.Disabled
	if e.Label == "" {
		e.Label = a.Name
	}
	switch a.Type {
	case ui.InputHidden:
		e.Kind.Hidden = true
		return
	case ui.InputSubmit:
		e.Kind.Submit, e.Saves = true, a.Name == "method"
		return
	case ui.InputButton:
		e.Kind.Button, e.Trigger, e.NoScript = true, a.Trigger, v.Words(textNoScript)
		return
	case ui.InputCheckbox:
		// A browser would want a required box ticked; a field that is required may
		// as well be false.
		e.Kind.Checkbox, e.Checked = true, a.Value == true || a.Value == "true"
	default:
		v.field(e, a)
	}
	if a.Type == ui.InputPassword {
		e.Show, e.Hide = v.Words(textShow), v.Words(textHide)
	}
	if a.Type == ui.InputPassword && a.MinLength > 0 {
		e.Hint = v.say(sentence(textPasswordRule, "least", a.MinLength))
		e.Rules = fmt.Sprintf("minlength: %d;", a.MinLength)
	}
	v.elsewhere(e)
	e.Invalid = slices.ContainsFunc(e.Messages, func(m message) bool { return m.Class == "error" })
	e.Focus = e.Invalid && !v.focused
	v.focused = v.focused || e.Focus
	if e.Kind.Choices && len(e.Options) > 0 { // the focus is on a box of theirs
		e.Options[0].Focus, e.Focus = e.Focus, false
	}
}

// field is an input for a text, a number, or a choice.
func (v *view) field(e *element, a *ui.Input) {
	switch {
	case a.Multiple:
		e.Kind.Choices, e.Options = true, choices(e.ID, a)
	case len(a.Options) > 0:
		e.Kind.Choice, e.Options = true, choice(a, e.Value)
	case a.Multiline:
		e.Kind.Lines = true
	default:
		e.Kind.Field, e.Type = true, string(ui.InputText)
		if slices.Contains(fieldTypes, a.Type) {
			e.Type = string(a.Type)
		}
		if a.Type == ui.InputEmail {
			e.InputMode = "email"
		}
		e.Address = e.InputMode == "email"
	}
}

// choice are the options of a field: the empty one too if there need not be a value,
// or if there is none yet, as a browser would choose the first; and the value itself
// if it is none of them.
func choice(a *ui.Input, value string) []option {
	options := a.Options
	if !slices.Contains(options, value) && value != "" {
		options = append([]string{value}, options...)
	}
	if (!a.Required || value == "") && !slices.Contains(options, "") {
		options = append([]string{""}, options...)
	}
	return optionsOf(options, []string{value})
}

// choices are boxes, one for each option and for each value that is none of them.
func choices(id string, a *ui.Input) []option {
	var chosen []string
	if values, ok := a.Value.([]any); ok {
		for _, value := range values {
			chosen = append(chosen, spelled(value))
		}
	}
	all := a.Options
	for _, value := range chosen {
		if !slices.Contains(all, value) {
			all = append(slices.Clip(all), value)
		}
	}
	options := optionsOf(all, chosen)
	for i := range options {
		options[i].ID = id + "-" + strconv.Itoa(i)
	}
	return options
}

func optionsOf(values, chosen []string) []option {
	options := make([]option, len(values))
	for i, value := range values {
		options[i] = option{Value: value, Chosen: slices.Contains(chosen, value)}
	}
	return options
}

// spelled is a value as a field holds it.
func spelled(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case json.Number:
		return string(value)
	case float64: // without an exponent, however large
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}
