package method

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
)

// SignInRedirector is a Redirector for logins: whoever has linked a login at one of its
// sites can sign in by it, with Service.BeginSignIn. The browser comes back to the URL of
// Callback, and its state tells whether a sign-in or a settings change was begun.
type SignInRedirector interface {
	Redirector

	// Sites are where somebody can sign in, in the order of a login page.
	Sites() []Site

	// BeginSignIn gives the way to a site. The error is ErrWrong for a site that does not
	// exist, and ErrBusy if the site cannot be used now; any other error is for the log.
	BeginSignIn(ctx context.Context, b SignInBegin) (Redirect, error)

	// FinishSignIn asks the site who has signed in. The error is ErrWrong if the site does
	// not confirm a sign-in for this BeginSignIn, ErrCancelled if its user did not want to
	// sign in, and ErrBusy if the site cannot be asked now; each may wrap a cause for the
	// log. The machine finds the account that has the login.
	FinishSignIn(ctx context.Context, f SignInFinish) (SiteLogin, error)
}

// FormPoster is an optional interface of a Redirector with sites that send the browser back
// by a POST to the callback (OAuth 2.0 Form Post Response Mode).
type FormPoster interface {
	// PostsForm reports whether the site of this Redirect.Path sends the browser back by a
	// POST.
	PostsForm(path string) bool
}

// Site is another site where somebody can sign in: a provider.
type Site struct {
	ID    string // names it in forms and URLs: "google"
	Label string // what users read: "Google"
}

// SignInBegin is a request to send a browser to a site to sign in.
type SignInBegin struct {
	Site      string // its ID
	PublicURL string // that of the Config, without a slash at its end
	Now       time.Time

	// Again says that the site must have its user sign in anew, even if they have an open
	// session there: they are signed in here already, or are to prove again who they are.
	Again bool
}

// SignInFinish is the request of a browser that comes back from a site.
type SignInFinish struct {
	SignInBegin            // as it was, but for Now
	Began       time.Time  // when it was sent there
	Memo        []byte     // that of the Redirect
	Query       url.Values // as it came; nothing of it is believed
}

// SiteLogin is a login at another site that was just used: what the site says of it, and
// how it is written into an account.
type SiteLogin struct {
	Site    Site
	Issuer  string // with Subject the name of the login, for ever
	Subject string
	Name    string // what its owner knows it by, to be shown; "" for none

	// Claims are what the site says of its user: the payload of an ID token, or the answer
	// about the user. Do not find an account by an e-mail address in them: who has it at
	// the site need not be who has it here.
	Claims json.RawMessage

	// Key finds the account that has the login, and Credential is the login in that
	// account. A host that registers an account for it puts Key into its Keys, and
	// Credential into State.Factors[aal.OIDC].
	Key        identity.Key
	Credential identity.Credential

	// Again says that the site confirms a sign-in of its user after BeginSignIn.
	Again bool
}

// SignInAsked is what a login page was asked for before its user left for another site.
type SignInAsked struct {
	// ReturnTo is where the sign-in leads. To BeginSignIn it is given as it came; from
	// FinishSignIn it comes judged by Service.CheckReturnTo: an absolute URL, or "".
	ReturnTo string `json:"return_to,omitempty"`

	Refresh bool `json:"refresh,omitempty"` // what was proved too long ago is to be proved again
	AAL2    bool `json:"aal2,omitempty"`    // a second factor is asked for too
}

// SignedIn is the result of a sign-in at a site.
type SignedIn struct {
	Asked SignInAsked
	Login SiteLogin

	// Session is the browser's session now, of the identity that has linked the login. It
	// is the zero Session if nobody has: the host decides whether that person may register.
	Session session.Session

	// NotRefreshed says that the Session existed before and was not renewed, because the
	// site does not say that its user signed in after BeginSignIn.
	NotRefreshed bool
}

// Unknown reports whether no account has linked the login. Then nobody is signed in.
func (s SignedIn) Unknown() bool { return s.Session.ID == "" }

// ErrCancelled is returned when the user left the sign-in at another site without
// completing it. errors.Is finds ErrWrong in it.
var ErrCancelled = fmt.Errorf("settings: cancelled at the other site: %w", ErrWrong)

// ErrNotBegun is returned when a browser comes back from a site in three cases: this
// browser was not sent there, or it was too long ago, or it has come back before.
var ErrNotBegun = errors.New("settings: this sign-in was not begun in this browser, or is over")
