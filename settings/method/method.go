package method

import (
	"context"
	"net/url"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
)

// Method is one way to change an account: a password, a profile, a factor. It
// judges fields and says what is to be done; it runs no guard, sees no token,
// writes no store and no status. It is safe for concurrent use.
type Method interface {
	// Info describes the method. New reads it once; an error is New's.
	Info() (Info, error)

	// Nodes are the method's part of the form, made anew for each answer. An
	// error is logged and answered as a bug.
	Nodes(ctx context.Context, v View) ([]ui.Node, error)

	// Plan judges a submission. It is pure and cheap: no network, no hash, no
	// store. What is wrong with the fields stands in Plan.Errors; an error is
	// logged and answered as a bug.
	Plan(v View, s Submission) (Plan, error)
}

// Info describes a method.
type Info struct {
	// Name is the value of the field "method", the node group, and the part of
	// URLs and events.
	Name string

	// Fields are the top-level fields of a body that the method reads, "method",
	// "csrf_token" and "transient_payload" aside.
	Fields []string

	// Lists are the dotted paths, below Fields, of values that are lists: a form
	// may have such a name several times, and what it has is a list of texts if it
	// has one. Any other name stands in a form once.
	Lists []string

	// Buttons are those of Fields that name the method without "method": a
	// submit that has one with a value other than "" and false means it.
	Buttons []string

	// Tries are the classes that the method's wrong tries are counted in; nil is
	// one class, by its Name. Verify counts in that one.
	Tries []string

	// Obliges says that an account that has the method requires AAL2, as one with an
	// authenticator app or a security key does in any case: see aal.Required.
	Obliges bool

	// SendsCodes says that the method needs Config.Send: it is a Prover.
	SendsCodes bool

	// CountsTries says that Verify calls Proof.Count itself, once it has room for the
	// comparison and before it makes it. Otherwise the try is counted before Verify
	// is called.
	CountsTries bool

	// Echo are those of Fields whose values may be shown again after an error.
	// Never a secret.
	Echo []string

	// Traits says that the method shows and changes the traits, so that flows
	// remember what they were rendered from: see View.Rendered.
	Traits bool
}

// TryClasses are the classes that the method's wrong tries are counted in.
func (i Info) TryClasses() []string {
	if i.Tries == nil {
		return []string{i.Name}
	}
	return i.Tries
}

// Redirector is a Method that sends browsers elsewhere by a Redirect and takes them
// back at GET /self-service/methods/<name>/callback/<path>.
type Redirector interface {
	Method

	// Callback plans what follows from a browser's coming back. The request is of
	// the session and for the flow that the browser was sent away from, and its
	// state is used up. Like Plan it is pure: what asks the network stands in Do.
	Callback(v View, r Callback) (Plan, error)
}

// Callback is a browser that comes back from where a Redirect sent it.
type Callback struct {
	Path   string      // that of the Redirect
	Query  url.Values  // as it came; nothing of it is believed
	Memo   []byte      // that of the Redirect
	Fields body.Fields // of an API client's submit, else none
}

// Verifier is a Method whose credentials a login page can check: see
// Service.Verify.
type Verifier interface {
	Method

	// Verify compares a proof. It is ErrWrong for one that is not right, ErrBusy
	// if there was no room for the work; any other error is for the log. An ErrWrong
	// may wrap a cause for the log: a stored credential that nobody can prove. burn
	// marks what is used up by it; it is nil if nothing is, and like a Change's
	// Edit it may run again on a newer row: there it is ErrWrong if the proof was
	// used up meanwhile. For the zero Identity, of somebody who does not exist, it
	// does the work it would do for anyone.
	Verify(ctx context.Context, v View, p Proof) (burn func(*identity.Identity) error, err error)
}

// Challenger is a Verifier whose proof answers a challenge.
type Challenger interface {
	Verifier

	// Challenge makes the options for the client, and what Verify needs to know
	// of them again. v.Identity is zero where nobody has said who they are.
	Challenge(v View) (options, keep []byte, err error)

	// Answers finds the key of the credential that a proof claims to be of:
	// who signs in, where nobody has said so.
	Answers(p Proof) (identity.Key, bool)
}

// Static is a Method whose form needs files. New reads them once.
type Static interface {
	// Files are the files by their path after that of PublicURL, served to
	// anyone by GET.
	Files() map[string]File
}

// File is a static file.
type File struct {
	ContentType string
	Body        []byte
}

// Addressed is a Method that knows which traits are addresses.
type Addressed interface {
	// Addresses are those of an identity, in the order of its schema.
	Addresses(i identity.Identity) []identity.Address
}

// Prover is a Method that has an owner show that an address is theirs before it counts.
type Prover interface {
	Method

	// Code is the code that proves a pending address, under the newest key of the View.
	Code(v View, p identity.PendingAddress) string

	// PendingKeys are the keys that the identity gets with the address, which must be
	// nobody else's; none for an address that nobody signs in with.
	PendingKeys(text Text, i identity.Identity, p identity.PendingAddress) []identity.Key
}

// View is what a method sees of who asks and where.
type View struct {
	Identity identity.Identity
	Session  session.Session
	Flow     flow.Flow

	// Input are the values of Echo fields of the last submit, for nodes, by their
	// dotted paths. An entry of a list has its place as the last step, from 0.
	Input map[string]string

	// Required is the level that the account requires of its sessions: see
	// aal.Required.
	Required aal.Level

	// ShowPending reports whether nodes may hold what is pending: a secret, new codes,
	// creation options. It is false while the session would have to sign in again, or
	// with a further factor, to use them: then the form has a button in their place
	// that asks for that. See settings.Behaviour.AllowPendingWhenStale.
	ShowPending bool

	// OmitHints says that nodes have nothing besides what Kratos' have. See
	// settings.Behaviour.OmitHints.
	OmitHints bool

	// Resumed says that the submit waited for a sign-in, and goes on now: what was typed
	// answers a form of before.
	Resumed bool

	// Repeats says that the flow and the session of the submit are those that the
	// method has made the account's last change with: it may be that change once more.
	Repeats bool

	// Now is the time of the request.
	Now time.Time

	// PublicURL is that of the Config, without a slash at its end.
	PublicURL string

	// Secrets are of this method and this identity.
	Secrets Secrets

	// Text is that of the Config.
	Text Text

	// Base answers Rendered, of a submit; nil where the flow remembers nothing.
	Base func(path, value string) bool
}

// Rendered reports whether the form was rendered with this value of a leaf of
// the traits, as identity.Leaves gives them, "" for none: what its user saw. A
// flow that remembers nothing was rendered with anything.
func (v View) Rendered(path, value string) bool { return v.Base == nil || v.Base(path, value) }

// Plan is what a submission would do.
type Plan struct {
	// Needs are asked of the session before anything else.
	Needs Needs

	// RepeatKey says which change it is, among those of the method: "remove <id>".
	// A submit is recognised as the repeated one of a change only if its key is the
	// same. It is no secret, and at most 200 bytes count.
	RepeatKey string

	// Errors are what is wrong with the fields; with any, Do is not called. They are shown
	// to a session that signed in long ago, so no secret is needed to judge them, and they
	// tell nothing of one: not whether a password is the present one.
	Errors []ui.Message

	// Disclosed are the leaves of the traits whose present value Errors tell: the
	// next submit knows them. See View.Rendered.
	Disclosed []string

	// Do does the work that a plan must not: hashing, network. It may be nil if
	// there are Errors. ErrBusy means there was no room for it. Any other error
	// is logged and answered as a bug. Do must not change anything itself.
	Do func(ctx context.Context) (Result, error)
}

// Needs are what a change asks of the session. Whatever a plan declares, the
// commit judges what really changed and asks for it too.
type Needs struct {
	// Privileged asks for a recent sign-in.
	Privileged bool

	// RequiredAAL asks for the level that the account requires, with every method
	// that makes it up proved recently: for a change of factors.
	RequiredAAL bool

	// Tries names the class, one of Info.TryClasses, that Do compares a secret of. Its tries
	// are counted before Do. Wrong leaves the count so, Refused and ErrBusy take the
	// try back, and any other Result resets it.
	Tries string
}

// Result is what Do came to: Change, Again, Wrong, Refused, Unchanged,
// NoSuchCredential or Redirect.
type Result interface{ result() }

// Change is a change to be committed.
type Change struct {
	// Event names the change for hooks and logs: "password.changed".
	Event string

	// Edit makes the change. It is pure, and may run again on a newer row; it
	// refuses one it did not see, where it would undo what it does not know, by
	// ErrChanged or a ConflictError. Another error is logged and answered as a bug.
	Edit func(i *identity.Identity) error

	// Already reports whether a newer row already says what this change wants:
	// how the second of two equal submits finds that the first was made. nil
	// means it never does.
	Already func(ctx context.Context, i identity.Identity) (bool, error)

	// Taken says where it stands that keys of the change are another account's: a
	// message (ui.Duplicate) on the field of each. It is given one at most, the first:
	// each that is told is a counted try. nil, or no message, puts it at the top of the
	// form.
	Taken func(keys []identity.Key) []ui.Message

	// Proved is the factor that the change itself proved and so adds to the
	// session: that of an enrolment. "" for none.
	Proved aal.Method
}

// Again shows the form again: the submit was a step on the way. Input is added
// to what the next View has of it.
type Again struct {
	Input    map[string]string
	Messages []ui.Message
}

// Wrong is a secret that is not right: a code, the current password. It counts
// as a try.
type Wrong struct {
	Messages []ui.Message
	Cause    error // for the log, if there is more to say
}

// Refused is a refusal that only Do could find and that has nothing to do with
// a secret: a password known from breaches, a name that is taken. It is no try,
// so a secret that Do compares must have been right before.
type Refused struct {
	Messages []ui.Message
	Cause    error // for the log, if there is more to say
}

// Unchanged means the account already is as the submit wants it. For the retry
// of the change that made it so, that is a success; otherwise the messages are
// shown. Without messages it is a success in any case.
type Unchanged struct {
	Messages []ui.Message

	// Proved says that the submit has shown a secret of the change that made it so: the
	// new password, the code, the signature. A removal has none.
	Proved bool
}

// NoSuchCredential means that what the submit wants to change does not exist: 404. For
// the retry of the change that took it away, that is a success.
type NoSuchCredential struct{}

// Redirect sends the browser elsewhere, to come back to the method's callback:
// see Redirector.
type Redirect struct {
	// URL makes the address, with the state that the browser must bring back in
	// the parameter "state": random, and good once, for this browser's session,
	// this flow and this method.
	URL func(state string) string

	// Path is what follows the callback's path in the URL that the browser is to
	// come back to. One that comes back by another is refused: a redirect URI for
	// each site keeps them from being mixed up (RFC 9700 section 4.4).
	Path string

	// Memo is given back in the Callback. It is sealed, and at most 8 KiB.
	Memo []byte
}

func (Change) result()           {}
func (Again) result()            {}
func (Wrong) result()            {}
func (Refused) result()          {}
func (Unchanged) result()        {}
func (NoSuchCredential) result() {}
func (Redirect) result()         {}
