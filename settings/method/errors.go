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

// ErrUnreadable is joined to the ErrWrong of a proof that could not be compared with
// what is stored: a hash in no known format. To the client it is a wrong proof, as
// for anybody else; it is logged as an error.
var ErrUnreadable = errors.New("method: stored credential cannot be read")

// ErrChanged is returned by a Change's Edit for a row it did not see, where the
// edit would undo what it does not know.
var ErrChanged = errors.New("method: changed elsewhere")

// ConflictError is an ErrChanged that says on the form what was changed elsewhere.
type ConflictError struct {
	Messages  []ui.Message
	Disclosed []string // as in a Plan
}

func (c *ConflictError) Error() string { return ErrChanged.Error() }

// Is makes a ConflictError an ErrChanged.
func (c *ConflictError) Is(target error) bool { return target == ErrChanged }
