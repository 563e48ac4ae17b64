package method

import (
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/body"
)

// Submission is a submit that passed all guards before the plan: it belongs to the session
// and its own flow, and is not forged.
//
// Its methods are the one way to read a field that is a text or a button. An absent field,
// "" and null mean the same, because forms send empty fields and scripts send null: nothing
// was filled in, no button was pressed.
type Submission struct {
	Fields body.Fields
}

// Empty reports whether nothing was filled in: the field is absent, "" or null.
func (s Submission) Empty(name string) bool {
	value, _ := s.Fields.Value(name)
	return value == nil || value == ""
}

// Text reads a field that must have a text. Otherwise it gives the message for that field:
// ui.Missing if nothing was filled in, ui.WrongType for another type.
func (s Submission) Text(name string) (string, *ui.Text) {
	var problem ui.Text
	value, has := s.Fields.String(name)
	switch {
	case s.Empty(name):
		problem = ui.Missing(name)
	case has != body.Present:
		problem = ui.WrongType("string", "another type")
	default:
		return value, nil
	}
	return "", &problem
}

// Button reads a button whose value names something: a credential, a provider, an answer.
// It was not pressed if the field is absent, "", null, false or "false". If its value has
// another type than text, it was pressed, and value is "".
func (s Submission) Button(name string) (value string, pressed bool) {
	raw, _ := s.Fields.Value(name)
	switch raw {
	case nil, "", false, "false":
		return "", false
	}
	value, _ = s.Fields.String(name)
	return value, true
}

// Pressed reports whether a button was pressed, by the rules of Button.
func (s Submission) Pressed(name string) bool {
	_, pressed := s.Button(name)
	return pressed
}

// Flag reads a button without a value of its own: it was pressed if the field is true or
// "true". For a value that is no boolean it gives the message ui.WrongType.
func (s Submission) Flag(name string) (bool, *ui.Text) {
	on, has := s.Fields.Bool(name)
	if has == body.WrongType && !s.Empty(name) {
		problem := ui.WrongType("boolean", "another type")
		return false, &problem
	}
	return on, nil
}
