package settings

import "github.com/amend-go/amend/respond"

// This file owns what a host may want answered as Kratos does.

// Behaviour is what the Handler does differently for clients of Ory Kratos. The zero value
// is Strict: the documented contract, and nothing looser.
type Behaviour struct {
	// Responses gives the branching where Config.Responses is not set; nil is
	// respond.Documented.
	Responses func() respond.Table

	// JSONBodyWantsJSON lets a JSON Content-Type alone ask for JSON, whatever the
	// Accept header says: the JavaScript SDK sends "*/*" with every request.
	JSONBodyWantsJSON bool

	// LoginPath is the path below PublicURL where a login starts:
	// "/self-service/login/browser". The host answers it as Kratos would, by leading
	// to its login page with the same parameters. "" starts at LoginURL.
	LoginPath string

	// BadReturnToIsInput answers a forbidden return_to of a submit by the form, with
	// a message: for clients that take every 400 of a submit for a form.
	BadReturnToIsInput bool

	// LenientSessions answers whoami and the list of sessions also to a session below the
	// level that its account requires, and ends other sessions without a recent sign-in.
	// With it, whoever has only the password of somebody with a second factor sees where
	// they are signed in.
	LenientSessions bool

	// AllowPendingWhenStale shows what is pending to every session: the secret of a new
	// authenticator app with its picture, new recovery codes, WebAuthn creation options.
	// By default only a session that may use them sees them. One that would have to sign
	// in again, or with a further factor, finds a button in their place that asks for
	// that: "totp_begin", "webauthn_begin", "passkey_begin". The UI kits of Kratos were
	// not made for those. What the switch costs: whoever held a session for a moment may
	// have seen the secret of its last sign-in. Nothing is enrolled with it, because the
	// sign-in that an enrolment takes makes another; so the user has to scan twice.
	AllowPendingWhenStale bool

	// SignInFirst asks for a recent sign-in before it says what is wrong with the fields.
	// By default problems that are found without a secret are shown first, so that nobody
	// signs in again only to hear that a password is too short.
	SignInFirst bool

	// OmitHints leaves out what forms have in addition to those of Kratos: the minlength of
	// a new password; what is known of a security key or passkey, and the button that
	// renames it; and on which field a name stands that another account uses.
	OmitHints bool

	// KeepAPIToken lets an API client keep its token when it changes a credential, because
	// the SDKs of Kratos do not take the new one. All other sessions still end. With it,
	// whoever has copied that token stays signed in.
	KeepAPIToken bool

	// RefuseAPICookies refuses any cookie on a submit of an API client, but those of
	// a content network. Otherwise only the cookie of a session is refused.
	RefuseAPICookies bool
}

// Strict is the documented contract: the default.
func Strict() Behaviour { return Behaviour{} }

// LikeKratos is the behaviour that Ory Kratos v26.2.0 was observed to have, and that its
// SDKs and UI kits expect: the table of respond.Kratos, and every switch of Behaviour on.
func LikeKratos() Behaviour {
	return Behaviour{
		Responses:             respond.Kratos,
		JSONBodyWantsJSON:     true,
		LoginPath:             "/self-service/login/browser",
		BadReturnToIsInput:    true,
		LenientSessions:       true,
		AllowPendingWhenStale: true,
		OmitHints:             true,
		SignInFirst:           true,
		KeepAPIToken:          true,
		RefuseAPICookies:      true,
	}
}
