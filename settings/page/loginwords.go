package page

import (
	"fmt"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
)

// This file owns the words of the login. They are on no wire, but have ids and contexts
// as the messages of package ui have, so that a Language can say them.

func said(id int64, kind ui.TextType, text string) *ui.Text {
	return &ui.Text{ID: id, Type: kind, Text: text}
}

// words are labels and headings, by what login.html calls them.
var words = map[string]*ui.Text{
	"sign-in":   said(7001001, ui.Info, "Sign in"),
	"confirm":   said(7001002, ui.Info, "Confirm it is you"),
	"second":    said(7001003, ui.Info, "One more step"),
	"sign-out?": said(7001004, ui.Info, "Sign out?"),
	"already":   said(7001006, ui.Info, "Already signed in"),
	"sorry":     said(7001005, ui.Info, "That did not work"),

	"identifier":   said(7001010, ui.Info, "E-mail or user name"),
	"password":     said(7001011, ui.Info, "Password"),
	"passkey":      said(7001012, ui.Info, "Sign in with a passkey"),
	"or":           said(7001013, ui.Info, "or"),
	"recover":      said(7001014, ui.Info, "Forgot your password?"),
	"register":     said(7001015, ui.Info, "Create an account"),
	"go-on":        said(7001016, ui.Info, "Continue"),
	"code":         said(7001017, ui.Info, "Code of your authenticator app"),
	"key":          said(7001018, ui.Info, "Use your security key"),
	"use-passkey":  said(7001019, ui.Info, "Use a passkey"),
	"use-lookup":   said(7001020, ui.Info, "Use a recovery code instead"),
	"lookup":       said(7001021, ui.Info, "Recovery code"),
	"other":        said(7001022, ui.Info, "Sign in as somebody else"),
	"sign-out":     said(7001023, ui.Info, "Sign out"),
	"stay":         said(7001024, ui.Info, "Stay signed in"),
	"again":        said(7001025, ui.Info, "Try again"),
	"signed-in":    said(7001026, ui.Info, "You are signed in."),
	"keep":         said(7001028, ui.Info, "Keep me signed in"),
	"nothing-came": said(7001027, ui.Error, "Nothing came of that. Try again, or go another way."),
}

// What is wrong, in words.
var (
	saidWrong = map[aal.Method]*ui.Text{
		aal.Password: said(7001040, ui.Error, "The name or the password is not right."),
		aal.Passkey:  said(7001041, ui.Error, "This passkey was not accepted. If the page was open for more than five minutes, try once more."),
		aal.WebAuthn: said(7001042, ui.Error, "This key was not accepted. If the page was open for more than five minutes, try once more."),
		aal.TOTP:     said(7001043, ui.Error, "The code is not right. It has six digits, and each one is good once: wait for the next."),
		aal.Lookup:   said(7001044, ui.Error, "The code is not right, or it was used before."),
	}
	saidWrongPassword = said(7010602, ui.Error, "The password is not right.") // where the name is not asked for
	saidBusy          = said(7001045, ui.Error, "There is too much to do just now. Try again in a moment.")
	saidForged        = said(7001046, ui.Error, "This form was not sent by the page that you see, or your browser keeps no cookies. Try again.")
	saidNoSuchWay     = said(7001047, ui.Error, "There is no such way to sign in.")
	saidAddsNothing   = said(7001048, ui.Error, "That adds nothing to your sign-in.")
	saidNoFactor      = said(7001049, ui.Error, "A second factor is asked for, and your account has none that could be used here.")
	saidNoFirst       = said(7001055, ui.Error, "This page is for a second step only. Sign in first.")
	saidUnreadable    = said(7001050, ui.Error, "The form could not be read.")
	saidCancelled     = said(7001056, ui.Info, "You went back without signing in.")
	saidSiteRefused   = said(7001057, ui.Error, "The sign-in was not confirmed, or took too long. Try again.")
	saidSiteBusy      = said(7001058, ui.Error, "That site does not answer just now. Try again in a moment, or go another way.")
	saidStranger      = said(7001059, ui.Error, "No account here has this login. Sign in another way, and link it in the settings.")
	saidNotRefreshed  = said(7001060, ui.Error, "That site did not say that you have just proved who you are. Go another way.")
	saidUnavailable   = said(7001051, ui.Error, "The service cannot be reached just now. Try again in a moment.")
)

// saidLocked has the minutes as "minutes".
func saidLocked(minutes int) *ui.Text {
	in := fmt.Sprintf("%d minutes", minutes)
	if minutes <= 1 {
		minutes, in = 1, "a minute"
	}
	t := said(7001052, ui.Error, "There were too many wrong tries. Try again in "+in+".")
	t.Context = map[string]any{"minutes": minutes}
	return t
}

// saidSignedInAs has the name as "name".
func saidSignedInAs(name string) ui.Text {
	t := said(7001053, ui.Info, "You are signed in as "+name+".")
	t.Context = map[string]any{"name": name}
	return *t
}

// saidAtSite has the label of the site as "site".
func saidAtSite(site string) ui.Text {
	t := said(7001061, ui.Info, "Continue with "+site)
	t.Context = map[string]any{"site": site}
	return *t
}

// saidWaiting has the name of the method as "method", and how long ago the change was
// asked for as "minutes".
func saidWaiting(method string, minutes int) *ui.Text {
	what, ok := changes[aal.Method(method)]
	if !ok {
		what = method
	}
	ago := fmt.Sprintf("%d minutes ago", minutes)
	switch minutes {
	case 0:
		ago = "just now"
	case 1:
		ago = "a minute ago"
	}
	t := said(7001054, ui.Info, fmt.Sprintf("A change of %s was asked for in this browser %s, and waits for you to sign in. Then it goes on. "+
		"If you did not ask for it, do not sign in here: 15 minutes after it was asked for it is forgotten.", what, ago))
	t.Context = map[string]any{"method": method, "minutes": minutes}
	return t
}

var changes = map[aal.Method]string{
	aal.Password: "your password", "profile": "your profile", aal.TOTP: "your authenticator app", aal.Lookup: "your recovery codes",
	aal.WebAuthn: "your security keys", aal.Passkey: "your passkeys", aal.OIDC: "your linked logins",
}

// loginTexts are all of them.
func loginTexts() []*ui.Text {
	all := []*ui.Text{
		saidWrongPassword, saidBusy, saidForged, saidNoSuchWay, saidAddsNothing, saidNoFactor, saidNoFirst, saidUnreadable, saidUnavailable,
		saidCancelled, saidSiteRefused, saidSiteBusy, saidStranger, saidNotRefreshed,
	}
	for _, t := range words {
		all = append(all, t)
	}
	for _, t := range saidWrong {
		all = append(all, t)
	}
	return all
}
