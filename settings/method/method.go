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

	// Lists are the dotted paths, below Fields, of values that are lists. A form may send
	// such a name several times, and gives a list even if it sends it once. Any other name
	// may stand in a form once.
	Lists []string

	// Buttons are those of the Fields that select the method without the field "method": a
	// submit that has one of them with a value other than "" and false is for this method.
	Buttons []string

	// Tries are the classes in which the method's wrong tries are counted; nil is one class
	// with the method's Name. Verify always counts in the class of that Name.
	Tries []string

	// Obliges says that an account with this method requires AAL2. An authenticator app and
	// a security key oblige in any case: see aal.Required.
	Obliges bool

	// SendsCodes says that the method needs Config.Send, because it is a Prover.
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

	// Callback plans what to do when the browser has come back. The machine has checked
	// that session and flow are those that the browser left with, and has used up its
	// state. Like Plan it is pure: requests to the site stand in Do.
	Callback(v View, r Callback) (Plan, error)
}

// Callback is the request of a browser that comes back from where a Redirect sent it.
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

	// Verify checks a proof. burn is the edit that uses the proof up, if it is good only
	// once, and nil otherwise; like a Change's Edit it may run again on a newer row, where
	// it returns ErrWrong if the proof was used meanwhile.
	//
	// The error is ErrWrong for a wrong proof, which may wrap a cause for the log, and
	// ErrBusy if there was no room for the work; any other error is for the log. For the
	// zero Identity, of somebody who does not exist, Verify does as much work as for
	// anyone.
	Verify(ctx context.Context, v View, p Proof) (burn func(*identity.Identity) error, err error)
}

// Challenger is a Verifier whose proofs answer a challenge.
type Challenger interface {
	Verifier

	// Challenge makes the options for the client, and in keep what Verify will need: it
	// comes back as Proof.Memo. v.Identity is zero if nobody has said yet who signs in.
	Challenge(v View) (options, keep []byte, err error)

	// Answers gives the key of the credential that a proof claims to be made with. The
	// machine finds by it who signs in, where nobody has said so.
	Answers(p Proof) (identity.Key, bool)
}

// Static is an optional interface of a Method whose form needs files, such as a script.
type Static interface {
	// Files are the files, by their path below PublicURL. Anyone gets them by GET. New
	// reads them once.
	Files() map[string]File
}

// File is a static file.
type File struct {
	ContentType string
	Body        []byte
}

// Addressed is an optional interface of a Method that knows which traits are addresses.
type Addressed interface {
	// Addresses are the addresses of an identity, in the order of its schema.
	Addresses(i identity.Identity) []identity.Address
}

// Prover is an optional interface of a Method whose addresses count only after their owner
// has proved them by a code.
type Prover interface {
	Method

	// Code is the code that proves a pending address, under the newest key of the View.
	Code(v View, p identity.PendingAddress) string

	// PendingKeys are the keys that the identity gets once the address is proved. They must
	// not belong to anybody else. There are none for an address that nobody signs in with.
	PendingKeys(text Text, i identity.Identity, p identity.PendingAddress) []identity.Key
}

// View is what a method learns of the account, the session and the flow.
type View struct {
	Identity identity.Identity
	Session  session.Session
	Flow     flow.Flow

	// Input are the values of the Echo fields of the last submit, by their dotted paths, to
	// be shown again in nodes. The path of a list's entry ends in its index, from 0.
	Input map[string]string

	// Required is the level that the account requires of its sessions: see
	// aal.Required.
	Required aal.Level

	// ShowPending says that nodes may show what an enrolment needs: a secret, new codes,
	// creation options. It is false while the session must first sign in again, or with a
	// further factor, to use them; then the form has a button in their place that asks for
	// that. See settings.Behaviour.AllowPendingWhenStale.
	ShowPending bool

	// OmitHints says that nodes have nothing that Kratos' nodes do not have. See
	// settings.Behaviour.OmitHints.
	OmitHints bool

	// Resumed says that the submit waited for a sign-in and goes on now. What it has was
	// typed into a form from before that sign-in.
	Resumed bool

	// Repeats says that the method's last change of the account came from this flow and
	// this session, so the submit may be a repetition of it.
	Repeats bool

	// Now is the time of the request.
	Now time.Time

	// PublicURL is that of the Config, without a slash at its end.
	PublicURL string

	// Secrets are of this method and this identity.
	Secrets Secrets

	// Text is that of the Config.
	Text Text

	// Base is what Rendered asks. It is nil if the flow has recorded nothing; only the View
	// of a submit has it.
	Base func(path, value string) bool
}

// Rendered reports whether the form showed this value of a leaf of the traits to its user.
// path and value are as identity.Leaves gives them, with "" for an absent leaf. It is true
// for anything if the flow has recorded nothing.
func (v View) Rendered(path, value string) bool { return v.Base == nil || v.Base(path, value) }

// Plan is what a submission would do if it were carried out.
type Plan struct {
	// Needs are asked of the session before anything else.
	Needs Needs

	// RepeatKey tells the changes of one method apart: "remove <id>". A submit counts as a
	// repetition of a change only if its RepeatKey is the same. It must not be a secret,
	// and only its first 200 bytes count.
	RepeatKey string

	// Errors are what is wrong with the fields; with any, Do is not called. They are shown
	// to a session that signed in long ago, so no secret is needed to judge them, and they
	// tell nothing of one: not whether a password is the present one.
	Errors []ui.Message

	// Disclosed are the leaves of the traits whose present value the Errors show. The flow
	// records that its user has seen them: see View.Rendered.
	Disclosed []string

	// Do does the work that a plan must not: hashing, network. It may be nil if
	// there are Errors. ErrBusy means there was no room for it. Any other error
	// is logged and answered as a bug. Do must not change anything itself.
	Do func(ctx context.Context) (Result, error)
}

// Needs is what a change asks of the session. The commit looks at what really changed and
// asks for what that needs, even if the plan did not.
type Needs struct {
	// Privileged asks for a recent sign-in.
	Privileged bool

	// RequiredAAL asks for the level that the account requires, with every method
	// that makes it up proved recently: for a change of factors.
	RequiredAAL bool

	// Tries names the class, one of Info.TryClasses, of the secret that Do compares. The
	// try is counted before Do runs. If Do gives Wrong, it stays counted; Refused and
	// ErrBusy take it back; any other Result resets the count.
	Tries string
}

// Result is what Do came to: Change, Again, Wrong, Refused, Unchanged,
// NoSuchCredential or Redirect.
type Result interface{ result() }

// Change is the Result of a submit that changes the account: the machine commits it.
type Change struct {
	// Event names the change for hooks and logs: "password.changed".
	Event string

	// Edit makes the change in i. It is pure, and may run again on a newer row. It returns
	// ErrChanged, or a ConflictError, if it would undo what another change has written
	// since; any other error is logged and answered as a bug.
	Edit func(i *identity.Identity) error

	// Already reports whether the row already has what this change wants. By it the second
	// of two equal submits, whose first was committed meanwhile, is a success. nil is
	// never.
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

// Again is the Result of a submit that was one step of several: the form is shown again for
// the next. Input is added to the Input of the next View.
type Again struct {
	Input    map[string]string
	Messages []ui.Message
}

// Wrong is the Result of a submit whose secret is not right: a code, the current password.
// It counts as a wrong try.
type Wrong struct {
	Messages []ui.Message
	Cause    error // for the log, if there is more to say
}

// Refused is the Result of a submit that only Do could find to be wrong, for a reason other
// than a secret: a password known from breaches, a name that is taken. It does not count as
// a wrong try, so Do must have found the secrets right that it compares.
type Refused struct {
	Messages []ui.Message
	Cause    error // for the log, if there is more to say
}

// Unchanged is the Result of a submit that asks for what the account already has. It is a
// success if the submit repeats the change that made it so, or if there are no Messages;
// otherwise the Messages are shown.
type Unchanged struct {
	Messages []ui.Message

	// Proved says that the submit showed a secret of that change: the new password, the
	// code, the signature. The removal of a credential has none.
	Proved bool
}

// NoSuchCredential is the Result of a submit that wants to change a credential which does
// not exist: 404. If the submit repeats the change that removed the credential, it is a
// success.
type NoSuchCredential struct{}

// Redirect is the Result of a submit that sends the browser to another site, from which it
// comes back to the method's callback: see Redirector.
type Redirect struct {
	// URL makes the address to send the browser to. state is random; the site must give it
	// back in the parameter "state", where it is good once, for this session, this flow and
	// this method.
	URL func(state string) string

	// Path is the end of the URL that the browser comes back to, after the callback's path.
	// A browser that comes back by another Path is refused: a URL for each site keeps the
	// answers of sites apart (RFC 9700 section 4.4).
	Path string

	// Memo comes back in the Callback. It is kept sealed, and has at most 8 KiB.
	Memo []byte
}

func (Change) result()           {}
func (Again) result()            {}
func (Wrong) result()            {}
func (Refused) result()          {}
func (Unchanged) result()        {}
func (NoSuchCredential) result() {}
func (Redirect) result()         {}
