package method

import (
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/body"
)

// Submission is a submit that passed every guard that needs no plan: it is
// this session's, for its own flow, and not forged.
//
// Its methods are the one way to read a field that is a text or a button. Forms
// send what was not filled in and buttons that were not pressed, and scripts send
// null for both; everywhere an absent field, "" and null say nothing.
type Submission struct {
	Fields body.Fields
}

// Empty reports whether a field says nothing: it is absent, "" or null.
func (s Submission) Empty(name string) bool {
	value, _ := s.Fields.Value(name)
	return value == nil || value == ""
}

// Text reads a field that must have a text. Otherwise it gives what to say of the
// field: ui.Missing for one that says nothing, ui.WrongType for another type.
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

// Button reads a button whose value names what is meant: a credential, a provider,
// an answer. Besides what says nothing, false and "false" are a button that was
// not pressed. One with a value of another type was pressed, and names nothing.
func (s Submission) Button(name string) (value string, pressed bool) {
	raw, _ := s.Fields.Value(name)
	switch raw {
	case nil, "", false, "false":
		return "", false
	}
	value, _ = s.Fields.String(name)
	return value, true
}

// Pressed reports whether a button was pressed, as Button says.
func (s Submission) Pressed(name string) bool {
	_, pressed := s.Button(name)
	return pressed
}

// Flag reads a button that says yes or nothing: true or "true". A value that is no
// boolean is ui.WrongType.
func (s Submission) Flag(name string) (bool, *ui.Text) {
	on, has := s.Fields.Bool(name)
	if has == body.WrongType && !s.Empty(name) {
		problem := ui.WrongType("boolean", "another type")
		return false, &problem
	}
	return on, nil
}
