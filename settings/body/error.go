package body

import "errors"

// Kind is the kind of problem of a body that was not accepted, which decides the answer.
type Kind string

const (
	// Malformed is a body that breaks a rule of its media type or of this package: 400.
	Malformed Kind = "malformed"
	// Empty is a body without a byte where its media type needs some: 400.
	Empty Kind = "empty"
	// TooLarge is a body over the limit: 413.
	TooLarge Kind = "too large"
	// MediaType is a content type, charset or content encoding that is not read: 415.
	MediaType Kind = "media type"
	// ReadFailed is a body that did not arrive in full. Of a client that was too
	// slow the cause is [os.ErrDeadlineExceeded]: 408. Any other went away.
	ReadFailed Kind = "read failed"
	// Consumed is a body that somebody before us has read, and not put back: 500. Its
	// client has done nothing wrong. The cause is [ErrConsumed].
	Consumed Kind = "consumed"
)

// ErrConsumed is returned by a reader in place of io.EOF if it knows that something else
// has read the body before it.
var ErrConsumed = errors.New("body: something before us, such as a middleware, has read the body and not put it back")

// Error says why a body was not accepted.
type Error struct {
	Kind Kind
	// Reason is a sentence for the client. It quotes nothing from the body, which
	// may hold secrets in its values and, by mistake, in its names.
	Reason string
	// Cause is for the log: the error of the reader, if it had one.
	Cause error
}

// Error is for the log; a client gets the Reason.
func (p *Error) Error() string {
	text := "body: " + string(p.Kind) + ": " + p.Reason
	if p.Cause != nil {
		text += " (" + p.Cause.Error() + ")"
	}
	return text
}

// Unwrap returns the Cause.
func (p *Error) Unwrap() error { return p.Cause }

func empty() *Error { return &Error{Kind: Empty, Reason: "The body is empty."} }

func malformed(reason string) *Error {
	return &Error{Kind: Malformed, Reason: reason}
}
