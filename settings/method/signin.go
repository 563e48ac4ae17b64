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

// SignInRedirector is a Redirector at whose sites somebody can also sign in, who has
// linked a login there: see Service.BeginSignIn. The browser comes back to the address
// that Callback has, and its state tells which of the two was begun.
type SignInRedirector interface {
	Redirector

	// Sites are where somebody can sign in, in the order of a login page.
	Sites() []Site

	// BeginSignIn makes the way to a site. It is ErrWrong for one that there is not, and
	// ErrBusy if the site cannot be used now; another error is for the log.
	BeginSignIn(ctx context.Context, b SignInBegin) (Redirect, error)

	// FinishSignIn asks the site whose browser it was that came back. It is ErrWrong if
	// the site does not confirm that anybody has signed in for this BeginSignIn,
	// ErrCancelled if its user did not want to, and ErrBusy if the site cannot be asked
	// now; each may wrap a cause for the log. Whose account it is here is not its
	// business.
	FinishSignIn(ctx context.Context, f SignInFinish) (SiteLogin, error)
}

// FormPoster is a Redirector some of whose sites have the browser come back by POST, to
// the callback's path of a Redirect (OAuth 2.0 Form Post Response Mode).
type FormPoster interface {
	// PostsForm reports whether the site with this path does.
	PostsForm(path string) bool
}

// Site is where somebody can sign in that is not the host: a provider.
type Site struct {
	ID    string // names it in forms and URLs: "google"
	Label string // what users read: "Google"
}

// SignInBegin is a browser that is to be sent to a site to sign in.
type SignInBegin struct {
	Site      string // its ID
	PublicURL string // that of the Config, without a slash at its end
	Now       time.Time

	// Again says that its user is signed in here already, or is asked to prove anew who
	// they are: that there is an open session at the site is not enough then.
	Again bool
}

// SignInFinish is a browser that comes back from a site.
type SignInFinish struct {
	SignInBegin            // as it was, but for Now
	Began       time.Time  // when it was sent there
	Memo        []byte     // that of the Redirect
	Query       url.Values // as it came; nothing of it is believed
}

// SiteLogin is a login at a site that has just been used there: what the site says, and
// how an account that is to have it is written.
type SiteLogin struct {
	Site    Site
	Issuer  string // with Subject the name of the login, for ever
	Subject string
	Name    string // what its owner knows it by, to be shown; "" for none

	// Claims are all that the site says of who has signed in: an ID token's payload, or
	// the answer about the user. They are the site's word. An e-mail address in them
	// names nobody: whoever has it at the site need not be who has it here.
	Claims json.RawMessage

	// Key finds the account that has the login, and Credential stands for it there: a
	// host that registers an account for it puts the one into Keys, and the other into
	// State.Factors[aal.OIDC].
	Key        identity.Key
	Credential identity.Credential

	// Again says that the site vouches for a proof that was made after BeginSignIn.
	Again bool
}

// SignInAsked is what a login page was asked for when its user left for a site.
type SignInAsked struct {
	// ReturnTo is where the sign-in leads. To BeginSignIn it is given as it came; from
	// FinishSignIn it comes judged by Service.CheckReturnTo: an absolute URL, or "".
	ReturnTo string `json:"return_to,omitempty"`

	Refresh bool `json:"refresh,omitempty"` // what was proved too long ago is to be proved again
	AAL2    bool `json:"aal2,omitempty"`    // a second factor is asked for too
}

// SignedIn is what came of a sign-in at a site.
type SignedIn struct {
	Asked SignInAsked
	Login SiteLogin

	// Session is the browser's session now, whose identity has the login. It is the zero
	// Session for a login that nobody has linked: whether that is somebody who may
	// register is for the host to say.
	Session session.Session

	// NotRefreshed says that Session was there before and is as old as it was: the site
	// does not vouch for a proof that was made after BeginSignIn.
	NotRefreshed bool
}

// Unknown reports whether nobody has linked the login. Nobody is signed in then.
func (s SignedIn) Unknown() bool { return s.Session.ID == "" }

// ErrCancelled is an ErrWrong: who was to sign in at a site went back without it.
var ErrCancelled = fmt.Errorf("settings: cancelled at the other site: %w", ErrWrong)

// ErrNotBegun is returned for a browser that comes back from a site and was not sent
// there, or too long ago, or has come back already.
var ErrNotBegun = errors.New("settings: this sign-in was not begun in this browser, or is over")
