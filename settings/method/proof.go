package method

import "github.com/amend-go/amend/aal"

// Proof is what somebody gives to sign in, or to sign in again.
type Proof struct {
	// Method is the factor.
	Method aal.Method

	// IdentityID is the id of who is asked; "" where the proof says it itself: a
	// passkey.
	IdentityID string

	// Value is the proof: the password, the code, the JSON of a browser's
	// credential.
	Value string

	// Challenge is the ID of the Challenge that Value answers, if the method has
	// them.
	Challenge string

	// SkipTries leaves the guesses uncounted and unlimited: for a login page that
	// limits them itself, so that nobody locks another one's password by guessing.
	SkipTries bool

	memo []byte
}

// Memo is what the method's Challenge wanted kept for its Verify.
func (p Proof) Memo() []byte { return p.memo }

// WithMemo is the proof with the memo of the challenge that it answers.
func (p Proof) WithMemo(memo []byte) Proof {
	p.memo = memo
	return p
}
