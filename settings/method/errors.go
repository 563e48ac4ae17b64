package method

import (
	"errors"

	"github.com/amend-go/amend/flow/ui"
)

// ErrBusy is returned by a Plan's Do when there is no room for its work now:
// nothing was done, and the client may try again soon.
var ErrBusy = errors.New("method: too much to do")

// ErrWrong is returned for a proof that is not right: a wrong code, a wrong
// password, one that was used before.
var ErrWrong = errors.New("method: proof is not right")

// ErrUnreadable is joined to the ErrWrong of a proof whose stored credential cannot be
// read, such as a hash in an unknown format. The client gets the answer to a wrong proof;
// the log gets an error.
var ErrUnreadable = errors.New("method: stored credential cannot be read")

// ErrChanged is returned by a Change's Edit for a row that was changed since the submit was
// judged, if the edit would undo that other change.
var ErrChanged = errors.New("method: changed elsewhere")

// ConflictError is an ErrChanged with messages for the form, which say what was changed
// elsewhere.
type ConflictError struct {
	Messages  []ui.Message
	Disclosed []string // as in a Plan
}

func (c *ConflictError) Error() string { return ErrChanged.Error() }

// Is makes errors.Is find ErrChanged in a ConflictError.
func (c *ConflictError) Is(target error) bool { return target == ErrChanged }
