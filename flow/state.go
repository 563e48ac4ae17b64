package flow

import "fmt"

// State is the result of a flow's last submit, by its name on the wire.
type State string

const (
	ShowForm State = "show_form" // the form is to be filled in, or filled in better
	Success  State = "success"   // the last submit changed what it asked for
)

// Event is what happens to a flow.
type Event string

const (
	Started   Event = "started"   // the flow was created
	Refused   Event = "refused"   // a submit was not valid
	Continued Event = "continued" // a submit was a step on the way and asks for the next
	Paused    Event = "paused"    // a submit waits for its user to sign in again
	Finished  Event = "finished"  // a submit changed what it asked for
)

type step struct {
	from State
	on   Event
}

// A flow goes on after a success: the next submit decides again. So a failure
// after a success is a failure.
var transitions = map[step]State{
	{"", Started}:         ShowForm,
	{ShowForm, Refused}:   ShowForm,
	{ShowForm, Continued}: ShowForm,
	{ShowForm, Paused}:    ShowForm,
	{ShowForm, Finished}:  Success,
	{Success, Refused}:    ShowForm,
	{Success, Continued}:  ShowForm,
	{Success, Paused}:     ShowForm,
	{Success, Finished}:   Success,
}

// Transition gives the state after an event. For an event that cannot happen in a state it
// gives "" and an error.
func Transition(from State, on Event) (State, error) {
	to, ok := transitions[step{from, on}]
	if !ok {
		return "", fmt.Errorf("flow: no transition from state %q on %q", from, on)
	}
	return to, nil
}
