package ui

import "maps"

// This file owns the reasons: sentences that go out under an id which stands for many,
// 4000001 and 4000005. Each has an id here too, by which pages say it in other languages.
// That id is kept with a flow and is in no answer.

// ReasonID names a sentence of Reasons.
type ReasonID int64

// The reasons of the methods and of the machine.
const (
	ReasonTwoFlowCookies ReasonID = 7010550 + iota
	ReasonTwoChanges
	ReasonEmptyBody
	ReasonStrangeReturn
	ReasonLoginNotLinked
	ReasonProviderGone
	ReasonOtherChange
	ReasonOtherProvider
	ReasonLinkedAlready
	ReasonAnotherLinked
	ReasonNoProvider
	ReasonOneLinked
	ReasonNotThisForm
	ReasonLinkOrUnlink
	ReasonWhichLogin
	ReasonBeginAndElse
	ReasonRemoveAndCode
	ReasonAppThere
	ReasonNoNewCodes
	ReasonCodesNeedFactor
	ReasonCodesShownOnce
	ReasonDateOutOfRange
	ReasonNotOffered
	ReasonLooksLikeAddress
	ReasonNotEmpty
	ReasonOnlyASCII
	ReasonUnseen
	ReasonWrongName
	ReasonNumberOutOfRange
	ReasonFormCannot
	ReasonNoSuchField
	ReasonNoName
	ReasonNotChecked
	ReasonDoesNotFit
	ReasonLastName
	ReasonUnreadable
	ReasonBadReturnTo
	ReasonBadCharacters
	ReasonBadUpstream
	ReasonSignInCancelled
	ReasonNotConfirmed
	ReasonPasswordCommon
	ReasonPasswordCharacters
	ReasonAddAndRemove
	ReasonBeginAndAct
	ReasonKeyUnreadable
	ReasonKeyKnown
	ReasonKeyNotAccepted
	ReasonNoRoomForKey
	ReasonNoSuchKey
	ReasonRenameAndAct
)

// Reasons are the English sentences by their ids, with {name} and {name|one:a|other:b} for
// what RefusedAs is given under that name.
func Reasons() map[ReasonID]string { return maps.Clone(reasons) }

// Because is Refused for a reason that needs no values.
func Because(id ReasonID) Text { return RefusedAs(id, reasons[id], nil) }

// RefusedAs is Refused for a reason in words of its own: a sentence of Reasons with its
// values in it, or one that says more to a program than to a person.
func RefusedAs(id ReasonID, reason string, values map[string]any) Text {
	return Refused(reason).as(id, values)
}

// PasswordRefusedAs is PasswordRefused for a reason that has an id.
func PasswordRefusedAs(id ReasonID, reason string) Text { return PasswordRefused(reason).as(id, nil) }

func (t Text) as(id ReasonID, values map[string]any) Text {
	t.Reason, t.Values = id, values
	return t
}

var reasons = map[ReasonID]string{
	ReasonTwoFlowCookies:     "A flow of an API client takes no cookie of a session and no Origin header. Start a browser flow instead.",
	ReasonTwoChanges:         "The form asks for two different changes at once.",
	ReasonEmptyBody:          "The body is empty.",
	ReasonStrangeReturn:      "This was not begun here, was finished before, or took too long. Go back to the settings and begin again.",
	ReasonLoginNotLinked:     "This login is not linked to your account.",
	ReasonProviderGone:       "There is no such provider any more.",
	ReasonOtherChange:        "The form asks for another change than the one that was begun.",
	ReasonOtherProvider:      "The answer came from another provider, and nothing was linked. You can begin again.",
	ReasonLinkedAlready:      "This login is already linked to your account.",
	ReasonAnotherLinked:      "Another login at this provider is already linked to your account.",
	ReasonNoProvider:         "There is no such provider.",
	ReasonOneLinked:          "A login at this provider is already linked to your account.",
	ReasonNotThisForm:        "These fields are for a browser that comes back from a provider, and it does not come back to this form.",
	ReasonLinkOrUnlink:       "Link or unlink, not both at once.",
	ReasonWhichLogin:         "Several accounts of this provider are linked; choose one of them.",
	ReasonBeginAndElse:       "The form asks to begin, and for something else.",
	ReasonRemoveAndCode:      "The form asks to remove the authenticator app and has a code for a new one.",
	ReasonAppThere:           "An authenticator app is set up already. Remove it before you add another one.",
	ReasonNoNewCodes:         "There are no new recovery codes to confirm. Make some first.",
	ReasonCodesNeedFactor:    "Recovery codes stand in for an authenticator app or a security key. Add one first.",
	ReasonCodesShownOnce:     "Recovery codes are shown once, when they are made. If yours are lost, make new ones.",
	ReasonDateOutOfRange:     "This date is too early or too late.",
	ReasonNotOffered:         "This is none of the values to choose from.",
	ReasonLooksLikeAddress:   "This looks like an address. Choose a name, or one of your own addresses.",
	ReasonNotEmpty:           "This must not be empty.",
	ReasonOnlyASCII:          "Only the letters a to z, digits and common signs can be used here.",
	ReasonUnseen:             "There is a space or a character in it that cannot be seen. Type it anew, rather than paste it.",
	ReasonWrongName:          "This was sent by a name that is not read. In JSON, the traits are an object; in a form, their names have dots: traits.name.first.",
	ReasonNumberOutOfRange:   "This number has too many digits, or is too large or too small.",
	ReasonFormCannot:         "A form cannot change this.",
	ReasonNoSuchField:        "There is a field here that does not exist, or that you cannot change.",
	ReasonNoName:             "This cannot be a name to sign in with.",
	ReasonNotChecked:         "This could not be checked.",
	ReasonDoesNotFit:         "This does not fit what is asked for here.",
	ReasonLastName:           "This is the last name you sign in with. Add another one first.",
	ReasonUnreadable:         "The form could not be read.",
	ReasonBadReturnTo:        "The form would lead to a place that is not allowed.",
	ReasonBadCharacters:      "This has characters that cannot be used here.",
	ReasonBadUpstream:        "The parameters for the provider cannot be used.",
	ReasonSignInCancelled:    "The sign-in at {provider} was cancelled, and nothing was linked.",
	ReasonNotConfirmed:       "{provider} did not confirm the sign-in, and nothing was linked. You can begin again.",
	ReasonPasswordCommon:     "This password cannot be used: it is one of the most common ones.",
	ReasonPasswordCharacters: "This password cannot be used: it has characters that cannot be kept.",
	ReasonAddAndRemove:       "The form asks to add and to remove a {passkey|one:passkey|other:security key} at once.",
	ReasonRenameAndAct:       "The form asks to rename a {passkey|one:passkey|other:security key}, and for something else.",
	ReasonBeginAndAct:        "The form asks to begin, and to add or to remove a {passkey|one:passkey|other:security key}.",
	ReasonKeyUnreadable:      "What came back from the {passkey|one:passkey|other:security key} cannot be read. Try again.",
	ReasonKeyKnown:           "This {passkey|one:passkey|other:security key} is already registered to your account.",
	ReasonKeyNotAccepted:     "The {passkey|one:passkey|other:security key} was not accepted. Load the page again, and try once more.",
	ReasonNoRoomForKey:       "There is no room for one more {passkey|one:passkey|other:security key}. Remove one first.",
	ReasonNoSuchKey:          "Your account has no such {passkey|one:passkey|other:security key}.",
}
