package method

import (
	"context"

	"github.com/amend-go/amend/aal"
)

// Proof is what somebody gives to sign in, or to sign in again.
type Proof struct {
	// Method is the factor.
	Method aal.Method

	// IdentityID is the id of who is asked; "" where the proof says it itself: a
	// passkey.
	IdentityID string

	// Name is what was typed to say who signs in, in the form by which the account
	// was looked up: in lower case if that makes no difference; "" where nothing
	// was: a second factor, a passkey. Tries are counted for names that nobody has
	// too, and a proof with a Name is answered alike whether or not there is such an
	// account.
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
	// Device are the device tokens that came along: the value of the device cookie,
	// or what an app has kept of Service.DeviceToken. One that is not the
	// account's is as good as none.
	Device string

	// IP and UserAgent are hints, for hooks and limits. They prove nothing.
	IP, UserAgent string
}

// Memo is what the method's Challenge wanted kept for its Verify.
func (p Proof) Memo() []byte { return p.memo }

// WithMemo is the proof with the memo of the challenge that it answers.
func (p Proof) WithMemo(memo []byte) Proof {
	p.memo = memo
	return p
}

// Turn is how the work on a proof is queued and its try counted. The zero Turn is
// of an unknown device, and counts nothing.
type Turn struct {
	// Name is equal for all proofs of an account, or of a name that nobody has.
	Name string

	// Known says that the proof comes from a device that has signed in before.
	Known bool

	// Counted is called by Proof.Count; nil counts nothing.
	Counted func(context.Context) error
}

// Turn is how the work on the proof is queued.
func (p Proof) Turn() Turn { return p.turn }

// WithTurn is the proof with a Turn.
func (p Proof) WithTurn(t Turn) Proof {
	p.turn = t
	return p
}

// Count counts the try: see Info.CountsTries. ErrWrong means that the proof is to be
// compared as ever, and is wrong whatever comes of it; with another error nothing
// may be compared, and Verify returns it.
func (p Proof) Count(ctx context.Context) error {
	if p.turn.Counted == nil {
		return nil
	}
	return p.turn.Counted(ctx)
}
