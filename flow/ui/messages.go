package ui

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Messages: what happened to a submit. Each function is one id.

func text(id int64, t TextType, s string, context map[string]any) Text {
	return Text{ID: id, Text: s, Type: t, Context: context}
}

// Saved: the change is made.
func Saved() Text { return text(1050001, Success, "Your changes are saved.", nil) }

// Refused is a refusal that has no id of its own, with the reason in words.
func Refused(reason string) Text {
	return text(4000001, Error, reason, map[string]any{"reason": reason})
}

// Missing: a required field is empty or absent. The sentence has the field's label in place
// of its name: "Code from your authenticator app is required." for "totp_code".
func Missing(property string) Text {
	return MissingTrait(fieldLabel(property), property)
}

// MissingTrait is Missing for a field that has a label of its own: "First name is
// required." for the property "first". A client with words of its own finds the property in
// the context.
func MissingTrait(label, property string) Text {
	return text(4000002, Error, label+" is required.", map[string]any{"property": property})
}

// TooShort: a value has fewer characters than allowed.
func TooShort(minimum, actual int) Text {
	return text(4000003, Error, fmt.Sprintf("Use at least %s; there %s.", counted(minimum, "character"), are(actual)),
		map[string]any{"min_length": minimum, "actual_length": actual})
}

// Malformed: a value does not have the required form.
func Malformed(pattern string) Text {
	return text(4000004, Error, "This does not have the expected form.", map[string]any{"pattern": pattern})
}

// PasswordRefused: the policy refuses the password, for a reason in words.
func PasswordRefused(reason string) Text {
	return text(4000005, Error, "This password cannot be used: "+reason, map[string]any{"reason": reason})
}

// Duplicate: another account uses the identifier.
func Duplicate() Text {
	return text(4000007, Error, "Another account already uses this.", nil)
}

// WrongTOTP: the one-time code is not right.
func WrongTOTP() Text {
	return text(4000008, Error, "This code is not right. Check the clock of your device and try the next code.", nil)
}

// MalformedTOTP: the text does not have the form of a one-time code. It has the id of
// WrongTOTP, so clients that go by ID alone show that.
func MalformedTOTP() Text {
	return text(4000008, Error, "A code has six digits. Type the one that your authenticator app shows now.", map[string]any{"digits": 6})
}

// TooLong: a value has more characters than allowed.
func TooLong(maximum, actual int) Text {
	return text(4000017, Error, fmt.Sprintf("Use at most %s; there %s.", counted(maximum, "character"), are(actual)),
		map[string]any{"max_length": maximum, "actual_length": actual})
}

// TooManyBytes: a value that is bounded in bytes, such as a name to sign in with, has more
// of them than allowed.
func TooManyBytes(maximum, actual int) Text {
	return text(4000017, Error, fmt.Sprintf("This takes at most %d bytes; there %s. Letters with accents, other scripts and emoji take several each.", maximum, are(actual)),
		map[string]any{"max_length": maximum, "actual_length": actual})
}

// TooSmall: a number is below its minimum, TooBig above its maximum.
func TooSmall(minimum, actual float64) Text {
	return text(4000018, Error, fmt.Sprintf("This must be %v or more.", minimum), map[string]any{"minimum": minimum, "actual": actual})
}

func TooBig(maximum, actual float64) Text {
	return text(4000020, Error, fmt.Sprintf("This must be %v or less.", maximum), map[string]any{"maximum": maximum, "actual": actual})
}

// NotAbove and NotBelow: a number equals its bound or is beyond it, and the bound itself is
// not allowed either.
func NotAbove(minimum, actual float64) Text {
	return text(4000019, Error, fmt.Sprintf("This must be more than %v.", minimum), map[string]any{"minimum": minimum, "actual": actual})
}

func NotBelow(maximum, actual float64) Text {
	return text(4000021, Error, fmt.Sprintf("This must be less than %v.", maximum), map[string]any{"maximum": maximum, "actual": actual})
}

// NotMultiple: a number is no multiple of another.
func NotMultiple(base, actual float64) Text {
	return text(4000022, Error, fmt.Sprintf("This must be a multiple of %v.", base), map[string]any{"base": base, "actual": actual})
}

// TooManyItems and TooFewItems: a list is too long or too short.
func TooManyItems(maximum, actual int) Text {
	return text(4000023, Error, fmt.Sprintf("Have at most %s; there %s.", counted(maximum, "entry"), are(actual)), map[string]any{"max_items": maximum, "actual_items": actual})
}

func TooFewItems(minimum, actual int) Text {
	return text(4000024, Error, fmt.Sprintf("Have at least %s; there %s.", counted(minimum, "entry"), are(actual)), map[string]any{"min_items": minimum, "actual_items": actual})
}

// NotUnique: a list has an entry twice.
func NotUnique() Text { return text(4000025, Error, "An entry stands here twice.", nil) }

// WrongType: a value is of another JSON type than the field. The types are as JSON
// Schema names them.
func WrongType(allowed, actual string) Text { return WrongTypes([]string{allowed}, actual) }

// WrongTypes is WrongType for a field that allows several types.
func WrongTypes(allowed []string, actual string) Text {
	names := make([]string, len(allowed))
	for i, t := range allowed {
		names[i] = typeName(t)
	}
	return text(4000026, Error, fmt.Sprintf("This must be %s, not %s.", strings.Join(names, " or "), typeName(actual)),
		map[string]any{"allowed_types": allowed, "actual_type": actual})
}

// PasswordLikeIdentifier: the password is too close to what the user logs in with.
func PasswordLikeIdentifier() Text {
	return text(4000031, Error, "This password is too close to what you log in with.", nil)
}

// PasswordTooShort: the password has fewer characters than required.
func PasswordTooShort(minimum, actual int) Text {
	return text(4000032, Error, fmt.Sprintf("A password has at least %d characters; this one has %d.", minimum, actual),
		map[string]any{"min_length": minimum, "actual_length": actual})
}

// PasswordTooLong: the password has more characters than allowed.
func PasswordTooLong(maximum, actual int) Text {
	return text(4000033, Error, fmt.Sprintf("A password has at most %d characters; this one has %d.", maximum, actual),
		map[string]any{"max_length": maximum, "actual_length": actual})
}

// PasswordTooManyBytes: the password has more bytes than its hash format can take.
func PasswordTooManyBytes(maximum, actual int) Text {
	return text(4000033, Error, fmt.Sprintf("A password takes at most %d bytes here; this one takes %d. Letters with accents, other scripts and emoji take several each.", maximum, actual),
		map[string]any{"max_length": maximum, "actual_length": actual})
}

// PasswordBreached: the password is known from data breaches.
func PasswordBreached() Text {
	return text(4000034, Error, "This password is known from data breaches. Choose another one.", nil)
}

// PasswordUnchanged: the new password is the old one.
func PasswordUnchanged() Text {
	return text(4000039, Error, "This is the password you already have.", nil)
}

// BadEmail: no e-mail address.
func BadEmail(value string) Text {
	return text(4000040, Error, "This is not an e-mail address.", map[string]any{"value": value})
}

// BadPhone: no phone number.
func BadPhone(value string) Text {
	return text(4000041, Error, "This is not a phone number.", map[string]any{"value": value})
}

// NoSuchMethod: the submit names no method that could handle it.
func NoSuchMethod() Text {
	return text(4010004, Error, "Choose what to change: the form named nothing that is offered here.", nil)
}

// FlowExpired stands on the fresh flow that takes an expired one's place. The words
// are for people; a client reckons with the context.
func FlowExpired(at time.Time, now time.Time) Text {
	return text(4050001, Error, "The form expired "+ago(now.Sub(at))+". Here is a fresh one.",
		map[string]any{"expired_at": at.UTC(), "expired_at_unix": at.Unix()})
}

// Messages of this project's own.

// SignInAgain: a change is waiting for its user to sign in again.
func SignInAgain() Text {
	return text(7000001, Info, "Sign in again to finish this change.", nil)
}

// WrongPassword: the current password is not right.
func WrongPassword() Text {
	return text(7000002, Error, "This is not your current password.", nil)
}

// ChangedElsewhere: a newer change has touched the same field. The context has
// both values for a field that may be shown.
func ChangedElsewhere(context map[string]any) Text {
	return text(7000010, Error, "This was changed elsewhere in the meantime. Look at it again before you save.", context)
}

// TooManyTries: a factor is locked after wrong tries.
func TooManyTries(retryAfter time.Duration) Text {
	return text(7000011, Error, "Too many wrong tries. Wait a while before the next one.",
		map[string]any{"retry_after_seconds": int64((retryAfter + time.Second - 1) / time.Second)})
}

// Busy: the service could not take the change now; nothing was changed.
func Busy() Text {
	return text(7000012, Error, "This could not be done just now, and nothing was changed. Try again in a moment.", nil)
}

// NewTOTPSecret: the code belongs to a secret that was shown before the user signed in
// again, and that is no longer valid. The form shows a new secret.
func NewTOTPSecret() Text {
	return text(7000020, Info, "You have signed in again, and your authenticator app needs a new secret for that. Scan this new code, and delete the entry that you have just made.", nil)
}

// LastWay stands beside the button of a credential that cannot be removed, because it is
// the last way to sign in.
func LastWay() Text {
	return text(7000013, Info, "This is the last way to sign in to this account. Add another one first.", nil)
}

// UnseenInName: a name has invisible characters or a line break in it.
func UnseenInName() Text {
	return text(7000063, Error, "A name is one line of what can be seen. Take out what cannot, or type it anew.", nil)
}

// TakenUp says which change was made now that had waited for its user to sign in again.
func TakenUp(method string) Text {
	return text(7000014, Info, "You signed in, and a change that had waited for it was made: "+cmp.Or(changed[method], method)+". If it was not yours, change it back now.",
		map[string]any{"method": method})
}

// changed are words for what a method changes.
var changed = map[string]string{
	"password": "your password", "profile": "your profile", "totp": "your authenticator app", "lookup_secret": "your recovery codes",
	"webauthn": "your security keys", "passkey": "your passkeys", "oidc": "your linked logins",
}

// RemoveAfterAll asks the user, who has just signed in again, to confirm the removal that
// waited for that sign-in.
func RemoveAfterAll() Text {
	return text(7000015, Info, "You asked to remove something from your account, and have signed in since. If you still want it, remove it now.", nil)
}

// WrongAddressCode: no pending address has this code, or the code is too old.
func WrongAddressCode() Text {
	return text(7000046, Error, "This code is not right, or it is too old. Type the newest one, or send another.", nil)
}

// TooManyCodes: no further code is sent for a while.
func TooManyCodes(retryAfter time.Duration) Text {
	return text(7000047, Error, "Codes were sent already. Wait a while before you ask for another one.",
		map[string]any{"retry_after_seconds": int64((retryAfter + time.Second - 1) / time.Second)})
}

// SaveFirst: a code, or a button about an address, came together with other changes,
// which would be lost.
func SaveFirst() Text {
	return text(7000048, Error, "Save your other changes first, then do this once more.", nil)
}

// SessionsEnded tells how many sessions the settings page has ended.
func SessionsEnded(n int) Text {
	said := "No other device is signed in."
	switch {
	case n == 1:
		said = "One device is signed out."
	case n > 1:
		said = fmt.Sprintf("%d devices are signed out.", n)
	}
	return text(7000040, Success, said, map[string]any{"count": n})
}
