package mail

import (
	"time"

	"github.com/amend-go/amend/aal"
)

// English are the subject and the text of a message, as plain text with LF.
func (m Message) English() (subject, text string) { return m.In(english) }

var english = Words{
	CodeSubject: "Your code to confirm an address",
	Code: "Your code is {code}\n\nType it into the settings of your account to confirm that {address} is yours. " +
		"It is good until {until}.\n\nIf you did not ask for it, do nothing: without the code nothing changes. Give it to nobody, whoever asks.\n",
	InUseSubject: "Your address was entered elsewhere",
	InUse: "Somebody has entered {address} as a new address of another account. " +
		"It belongs to yours, so nothing was changed.\n\nIf that was you, sign in with this address, or remove it from the account that has it first. If not, do nothing.\n",
	What: map[int64]string{
		PasswordChanged: "The password of your account was changed.",
		FactorAdded:     "A way to sign in was added to your account.",
		FactorRemoved:   "A way to sign in was removed from your account.",
		FactorReplaced:  "A way to sign in to your account was replaced.",
		LoginLinked:     "A login of another site was linked to your account.",
		LoginUnlinked:   "A login of another site was unlinked from your account.",
		AddressChanged:  "An address of your account was changed.",
		NameChanged:     "A name to sign in to your account was changed.",
	},
	Changed: "Your account was changed.",
	When:    "When: {at}", Where: "Where, roughly: {place}", Administrator: "By: an administrator", New: "New: {parts}", Removed: "Removed: {parts}",
	NotYou: "If that was you, there is nothing to do. If not, somebody else is in your account: sign in, change your password, " +
		"and end all other sessions. If you cannot sign in any more, recover your account, or write to who runs this site.",
	Factors: map[aal.Method]string{
		aal.Password: "password", aal.TOTP: "authenticator app", aal.Lookup: "recovery codes", aal.WebAuthn: "security key",
		aal.Passkey: "passkey", aal.OIDC: "linked login",
	},
	Named: "{kind} “{name}”",
	Time:  func(at time.Time) string { return at.UTC().Format("2 January 2006, 15:04 UTC") },
}
