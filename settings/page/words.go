package page

import (
	"time"

	"github.com/amend-go/amend/flow/ui"
)

// This file owns the sentences of the settings page that are no node's: ids from
// 7010001, with their English words. The context of each is named in braces.

const (
	textTitle     = 7010001
	textSignedIn  = 7010002
	textSignOut   = 7010003
	textSections  = 7010004
	textSkip      = 7010005
	textErrorIn   = 7010006
	textSavedIn   = 7010007
	textNoScript  = 7010008
	textShow      = 7010009
	textHide      = 7010010
	textCopy      = 7010011
	textDownload  = 7010012
	textPrint     = 7010013
	textCopied    = 7010014
	textAdded     = 7010015
	textRemove    = 7010018
	textOn        = 7010020
	textOff       = 7010021
	textStay      = 7010022
	textEndOthers = 7010023
	textOthersEnd = 7010024
	textAnd       = 7010025
	textThisOne   = 7010026
	textTake      = 7010027
	textOther     = 7010028

	textProfile          = 7010100
	textProfileLead      = 7010101
	textPassword         = 7010110
	textPasswordLead     = 7010111
	textNoPassword       = 7010112
	textNewPassword      = 7010113
	textSetPassword      = 7010114
	textChangePassword   = 7010115
	textPasswordRule     = 7010116
	textTwoStep          = 7010120
	textTwoStepLead      = 7010121
	textApp              = 7010122
	textAppLead          = 7010123
	textAppAdd           = 7010124
	textAppTurnOn        = 7010125
	textAppTurnOff       = 7010126
	textAppAsk           = 7010127
	textAppGoes          = 7010128
	textKeyKind          = 7010129
	textKeyAsk           = 7010130
	textKeyGoes          = 7010131
	textKeyAdd           = 7010132
	textKeyLead          = 7010133
	textLastFactor       = 7010135
	textCodes            = 7010140
	textCodesLead        = 7010141
	textCodesNone        = 7010142
	textCodesLeft        = 7010143
	textCodesMade        = 7010144
	textCodesMake        = 7010145
	textCodesMakeNew     = 7010146
	textCodesNotActive   = 7010147
	textCodesOldWork     = 7010148
	textCodesTurnOn      = 7010149
	textCodesAsk         = 7010150
	textCodesGo          = 7010151
	textCodesFew         = 7010152
	textCodesUseless     = 7010153
	textPasskeys         = 7010160
	textPasskeysLead     = 7010161
	textPasskeyKind      = 7010162
	textPasskeyAsk       = 7010163
	textPasskeyGoes      = 7010164
	textLogins           = 7010170
	textLoginsLead       = 7010171
	textNotLinked        = 7010172
	textLinked           = 7010173
	textLink             = 7010174
	textUnlink           = 7010175
	textUnlinkAsk        = 7010176
	textUnlinkGoes       = 7010177
	textDevices          = 7010180
	textDevicesLead      = 7010181
	textDevice           = 7010182
	textUnknownDevice    = 7010183
	textDeviceSince      = 7010184
	textDeviceSignOut    = 7010185
	textDevicesEnd       = 7010186
	textDeviceAsk        = 7010187
	textDevicesAsk       = 7010188
	textDevicesGo        = 7010189
	textDevicesRecent    = 7010190
	textYourPassword     = 7010200
	textYourApp          = 7010201
	textYourKeys         = 7010202
	textYourCodes        = 7010203
	textYourPasskeys     = 7010204
	textYourLogins       = 7010205
	textFailed           = 7010210
	textCancelled        = 7010211
	textAlreadyThere     = 7010212
	textNotSupported     = 7010213
	textWaitingForDevice = 7010214

	textAddressWaits = 7010312

	textRename         = 7010460
	textNewName        = 7010461
	textSaveName       = 7010462
	textNoName         = 7010463
	textLastUsed       = 7010464
	textSynced         = 7010465
	textOneDevice      = 7010466
	textKeyRenamed     = 7010467
	textPasskeyRenamed = 7010468
	textNamedByDay     = 7010469

	textError         = 7010400
	textErrorBack     = 7010401
	textErrorGone     = 7010402
	textErrorSignIn   = 7010403
	textErrorOther    = 7010404
	textErrorForged   = 7010405
	textErrorReturn   = 7010406
	textErrorOld      = 7010407
	textErrorDisabled = 7010408
	textErrorNothing  = 7010409
	textErrorTooLarge = 7010410
	textErrorSlow     = 7010411
	textErrorTries    = 7010412
	textErrorBusy     = 7010413
	textErrorBroken   = 7010414
	textErrorNoPage   = 7010601
)

// english are all sentences by id, and settingsWords those of this file.
var english = joined(settingsWords, activityWords)

var settingsWords = map[int64]string{
	textTitle:     "Settings",
	textSignedIn:  "Signed in as {who}",
	textSignOut:   "Sign out",
	textSections:  "Sections",
	textSkip:      "Skip to the settings",
	textErrorIn:   "Error: {title}",
	textSavedIn:   "Saved: {title}",
	textNoScript:  "This needs JavaScript.",
	textShow:      "Show",
	textHide:      "Hide",
	textCopy:      "Copy",
	textDownload:  "Download",
	textPrint:     "Print",
	textCopied:    "Copied.",
	textAdded:     "Added {at}",
	textRemove:    "Remove",
	textOn:        "On",
	textOff:       "Off",
	textStay:      "These stay: {things}.",
	textEndOthers: "Your other devices will be signed out.",
	textOthersEnd: "Your other devices are signed out.",
	textAnd:       ", ",
	textThisOne:   "This device",
	textTake:      "Use this one",
	textOther:     "It is now: {current}",

	textProfile:     "Profile",
	textProfileLead: "What this service knows about you.",

	textPassword:       "Password",
	textPasswordLead:   "A secret that only you know.",
	textNoPassword:     "You have no password yet. With one you can sign in where your other ways are not at hand.",
	textNewPassword:    "New password",
	textSetPassword:    "Set a password",
	textChangePassword: "Change password",
	textPasswordRule:   "At least {least|one:# character|other:# characters}. A sentence is easy to remember and hard to guess.",

	textTwoStep:     "Two-step sign-in",
	textTwoStepLead: "A code or a key after your password, so that a stolen password is not enough.",

	textApp:        "Authenticator app",
	textAppLead:    "Scan the picture with the app, or type the secret into it. Then type the code that it shows.",
	textAppAdd:     "Add an authenticator app",
	textAppTurnOn:  "Turn on",
	textAppTurnOff: "Turn off",
	textAppAsk:     "Turn off the authenticator app?",
	textAppGoes:    "Its codes no longer sign you in. You can delete its entry from the app.",

	textKeyKind:    "Security key",
	textKeyAsk:     "Remove the security key “{name}”?",
	textKeyGoes:    "It no longer signs you in.",
	textKeyAdd:     "Add a security key",
	textKeyLead:    "Give it a name that you will know it by, then press the button and touch the key.",
	textLastFactor: "Then your password alone signs you in.",

	textCodes:          "Recovery codes",
	textCodesLead:      "For when you have neither your app nor your key at hand",
	textCodesNone:      "You have none. Without them, who loses the app or the key is locked out.",
	textCodesLeft:      "{left} of {total} left",
	textCodesMade:      "Made {at}",
	textCodesMake:      "Make recovery codes",
	textCodesMakeNew:   "Make new codes",
	textCodesNotActive: "These codes are not active yet. Keep them where only you find them, then turn them on.",
	textCodesOldWork:   "Your old codes work until then.",
	textCodesTurnOn:    "I have kept them: turn on",
	textCodesAsk:       "Remove your recovery codes?",
	textCodesGo:        "None of them works any more, wherever you keep them.",
	textCodesFew:       "You have few left. Make new ones before you need them.",
	textCodesUseless:   "Nothing asks for these codes any more, because you have no app and no key. You can remove them.",

	textPasskeys:     "Passkeys",
	textPasskeysLead: "Sign in with your face, your finger or the PIN of a device. Nothing to type, nothing to steal.",
	textPasskeyKind:  "Passkey",
	textPasskeyAsk:   "Remove the passkey “{name}”?",
	textPasskeyGoes:  "You can no longer sign in with it. Delete it on your device too.",

	textLogins:     "Linked logins",
	textLoginsLead: "Sign in here with an account that you have elsewhere.",
	textNotLinked:  "Not linked",
	textLinked:     "Linked",
	textLink:       "Link",
	textUnlink:     "Unlink",
	textUnlinkAsk:  "Unlink {provider}?",
	textUnlinkGoes: "You can no longer sign in here with it. Your account there stays as it is.",

	textDevices:       "Devices",
	textDevicesLead:   "Where you are signed in.",
	textDevice:        "{browser} on {system}",
	textUnknownDevice: "An unknown device",
	textDeviceSince:   "Signed in {at}",
	textDeviceSignOut: "Sign out",
	textDevicesEnd:    "Sign out all others",
	textDeviceAsk:     "Sign out this device?",
	textDevicesAsk:    "Sign out all other devices?",
	textDevicesGo:     "A new sign-in is needed there.",
	textDevicesRecent: "You may be asked to sign in again first.",

	textYourPassword: "your password",
	textYourApp:      "your authenticator app",
	textYourKeys:     "{count|one:your security key|other:# security keys}",
	textYourCodes:    "your recovery codes",
	textYourPasskeys: "{count|one:your passkey|other:# passkeys}",
	textYourLogins:   "{count|one:your linked login|other:# linked logins}",

	textFailed:           "This did not work. Try again, or use another device.",
	textCancelled:        "This was cancelled, or took too long. Nothing was changed.",
	textAlreadyThere:     "This device or key is registered to your account already.",
	textNotSupported:     "This browser or device cannot do this.",
	textWaitingForDevice: "Waiting for your device…",

	textError:         "This did not work",
	textErrorBack:     "Back to the settings",
	textErrorGone:     "This error is no longer kept. Go back to the settings and try again.",
	textErrorSignIn:   "You are not signed in any more. Sign in, and try again.",
	textErrorOther:    "This form belongs to another account than the one that is signed in. Nothing was changed.",
	textErrorForged:   "This form did not come from your settings page, or is not of this sign-in any more. Nothing was changed. Open the settings and try again.",
	textErrorReturn:   "This link wants to lead on to a place that it may not lead to. Nothing was changed.",
	textErrorOld:      "This form is too old, or no longer there. Nothing was changed. Open the settings for a new one.",
	textErrorDisabled: "This is not offered here.",
	textErrorNothing:  "There is nothing at this address. It may be mistyped, or the page is gone.",
	textErrorTooLarge: "What was sent is too large. Nothing was changed.",
	textErrorSlow:     "What was sent did not arrive whole. Nothing was changed. Try again.",
	textErrorTries:    "There were too many wrong tries. Wait a while before the next one.",
	textErrorBusy:     "This could not be done just now. Try again in a moment.",
	textErrorNoPage:   "Page not found",
	textErrorBroken:   "Something went wrong on our side. Try again in a moment.",

	textRename:         "Rename",
	textNewName:        "New name",
	textSaveName:       "Save the name",
	textNoName:         "Without one it is called after its kind.",
	textLastUsed:       "Last used {at}",
	textSynced:         "Synced between your devices",
	textOneDevice:      "On one device only",
	textNamedByDay:     "{kind} of {at}",
	textKeyRenamed:     "The security key has its new name.",
	textPasskeyRenamed: "The passkey has its new name.",

	7010300:          "Your password is changed.",
	7010301:          "Your profile is saved.",
	7010302:          "The authenticator app is turned on.",
	7010303:          "The authenticator app is turned off.",
	7010304:          "Your new recovery codes are turned on. Older ones no longer work.",
	7010305:          "Your recovery codes are removed.",
	7010306:          "The security key is added.",
	7010307:          "The security key is removed.",
	7010308:          "The passkey is added.",
	7010309:          "The passkey is removed.",
	7010310:          "The login is linked.",
	7010311:          "The login is unlinked.",
	textAddressWaits: "One step is left: confirm the address with the code that was sent to it.",
	7010313:          "The address that was waiting is dropped. Nothing else has changed.",
	7010314:          "The address is confirmed.",
}

// textAndThen stands between the things of a list.
var textAndThen = ui.Text{ID: textAnd}

// sentence is one of the page, with its context as name and value, and so on.
func sentence(id int64, context ...any) ui.Text {
	t := ui.Text{ID: id, Text: english[id], Type: ui.Info}
	for i := 0; i+1 < len(context); i += 2 {
		if t.Context == nil {
			t.Context = map[string]any{}
		}
		t.Context[context[i].(string)] = context[i+1]
	}
	return t
}

// on is a sentence with a day in it.
func on(id int64, at time.Time) ui.Text { return sentence(id, "at", at.UTC()) }
