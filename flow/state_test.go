package flow_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
)

// Every state and every event, and one of each that does not exist. "" is an
// error.
func TestTransitions(t *testing.T) {
	events := []flow.Event{"started", "refused", "continued", "paused", "finished", "exploded", "", "Finished"}
	for _, row := range []struct {
		from flow.State
		to   []flow.State // in the order of events
	}{
		{"", []flow.State{"show_form", "", "", "", "", "", "", ""}},
		{"show_form", []flow.State{"", "show_form", "show_form", "show_form", "success", "", "", ""}},
		{"success", []flow.State{"", "show_form", "show_form", "show_form", "success", "", "", ""}},
		{"passed_challenge", []flow.State{"", "", "", "", "", "", "", ""}},
		{"Success", []flow.State{"", "", "", "", "", "", "", ""}},
	} {
		require.Len(t, row.to, len(events))
		for i, on := range events {
			t.Run(fmt.Sprintf("%q on %q", row.from, on), func(t *testing.T) {
				got, err := flow.Transition(row.from, on)
				assert.Equal(t, row.to[i], got)
				if row.to[i] == "" {
					require.Error(t, err)
					assert.Contains(t, err.Error(), string(on))
				} else {
					require.NoError(t, err)
				}
			})
		}
	}
}

// A flow goes on after a success, so the last submit decides.
func ExampleTransition() {
	state, _ := flow.Transition(flow.ShowForm, flow.Finished)
	fmt.Println(state)
	state, _ = flow.Transition(state, flow.Refused)
	fmt.Println(state)
	_, err := flow.Transition(state, flow.Started)
	fmt.Println(err)
	// Output:
	// success
	// show_form
	// flow: no transition from state "show_form" on "started"
}
