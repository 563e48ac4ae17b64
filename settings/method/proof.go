package method

import (
	"context"

	"github.com/amend-go/amend/aal"
)

// Proof is what somebody gives to sign in, or to sign in again.
type Proof struct {
	// Method is the factor.
	Method aal.Method

	// IdentityID is the id of the identity that the proof is to be of; "" if the proof
	// itself says it, as a passkey does.
	IdentityID string

	// Name is what was typed to say who signs in, in the form that FindIdentity gives; ""
	// if nothing was typed, as for a second factor or a passkey. Tries are counted by Name
	// even if nobody has it, and a proof with a Name is answered alike whether or not there
	// is such an account.
	Name string

	// Value is the proof: the password, the code, the JSON of a browser's
	// credential.
	Value string

	// Challenge is the ID of the Challenge that Value answers, if the method has
	// them.
	Challenge string

	// Source is where the proof comes from: Service.Source of the request.
	Source Source

	// SkipTries leaves the guesses uncounted and unlimited, for a host that counts
	// them itself.
	SkipTries bool

	memo []byte
	turn Turn
}

// Source is where a proof comes from. The zero Source is an unknown device.
type Source struct {
	// Device are the device tokens that came along: the value of the device cookie, or what
	// an app has kept of Service.DeviceToken. A token of another account is ignored.
	Device string

	// IP and UserAgent are hints, for hooks and limits. They prove nothing.
	IP, UserAgent string
}

// Memo is what Challenge returned as keep for the challenge that the proof answers.
func (p Proof) Memo() []byte { return p.memo }

// WithMemo gives the proof with a Memo. The machine calls it, and tests of a method do.
func (p Proof) WithMemo(memo []byte) Proof {
	p.memo = memo
	return p
}

// Turn says how the work on a proof is queued, and how its try is counted. The zero Turn is
// that of an unknown device, and counts nothing.
type Turn struct {
	// Name is the same for all proofs of one account, or of one name that nobody has.
	Name string

	// Known says that the proof comes from a device that has signed in before.
	Known bool

	// Counted is called by Proof.Count; nil counts nothing.
	Counted func(context.Context) error
}

// Turn says how the work on the proof is queued.
func (p Proof) Turn() Turn { return p.turn }

// WithTurn gives the proof with a Turn. The machine calls it, and tests of a method do.
func (p Proof) WithTurn(t Turn) Proof {
	p.turn = t
	return p
}

// Count counts the try, for a method with Info.CountsTries. After ErrWrong the method
// compares the proof as usual, but must answer ErrWrong. After any other error it compares
// nothing, and Verify returns that error.
func (p Proof) Count(ctx context.Context) error {
	if p.turn.Counted == nil {
		return nil
	}
	return p.turn.Counted(ctx)
}
