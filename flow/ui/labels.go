package ui

import (
	"fmt"
	"maps"
	"time"
)

// Labels of nodes. Each function is one id.

func label(id int64, s string, context map[string]any) Text { return text(id, Info, s, context) }

func LabelNewPassword() Text { return label(1070001, "Password", nil) }

// LabelTrait is the title of a profile field.
func LabelTrait(title, name string) Text {
	return label(1070002, title, map[string]any{"title": title, "name": name})
}

func LabelSave() Text            { return label(1070003, "Save", nil) }
func LabelTOTPCode() Text        { return label(1070006, "Code from your authenticator app", nil) }
func LabelCurrentPassword() Text { return label(7000003, "Current password", nil) }

func LabelLink(provider string) Text {
	return label(1050002, "Link "+provider, map[string]any{"provider": provider})
}

func LabelUnlink(provider string) Text {
	return label(1050003, "Unlink "+provider, map[string]any{"provider": provider})
}

func LabelTOTPUnlink() Text { return label(1050004, "Remove the authenticator app", nil) }

// LabelTOTPBegin, LabelWebAuthnBegin and LabelPasskeyBegin stand on buttons that ask
// for a newer sign-in, and then show the form that adds one.
func LabelTOTPBegin() Text {
	return label(7000032, "Sign in again to set up an authenticator app", nil)
}

func LabelWebAuthnBegin() Text {
	return label(7000033, "Sign in again to add a security key", nil)
}

func LabelPasskeyBegin() Text {
	return label(7000034, "Sign in again to add a passkey", nil)
}

func LabelTOTPQR() Text { return label(1050005, "QR code for your authenticator app", nil) }

// LabelTOTPLink is the text of the link that opens an app on the same device.
func LabelTOTPLink() Text { return label(7000021, "Open an authenticator app on this device", nil) }

// LabelTOTPSecretIs shows the secret itself; LabelTOTPSecret is the label beside it.
func LabelTOTPSecretIs(secret string) Text {
	return label(1050006, secret, map[string]any{"secret": secret})
}

func LabelTOTPSecret() Text {
	return label(1050017, "Or type this secret into your authenticator app", nil)
}

func LabelLookupRegenerate() Text { return label(1050008, "Make new recovery codes", nil) }

// LabelLookupCode is one recovery code that was not used yet.
func LabelLookupCode(code string) Text {
	return label(1050009, code, map[string]any{"secret": code})
}

func LabelLookupCodes() Text {
	return label(1050010, "Your recovery codes. Keep them where only you find them.", nil)
}

// LabelLookupLeftIs says how many of an account's recovery codes are left; LabelLookupLeft
// is the label beside it.
func LabelLookupLeftIs(left, total int) Text {
	return label(7000031, fmt.Sprintf("%d of %d", left, total), map[string]any{"left": left, "total": total})
}

func LabelLookupLeft() Text    { return label(7000030, "Recovery codes that are left", nil) }
func LabelLookupConfirm() Text { return label(1050011, "I have kept the codes", nil) }
func LabelLookupDisable() Text { return label(1050016, "Remove the recovery codes", nil) }

// LabelLookupList carries all codes of a set as texts.
func LabelLookupList(joined string, secrets []Text) Text {
	return label(1050015, joined, map[string]any{"secrets": secrets})
}

func LabelWebAuthnRegister() Text { return label(1050012, "Add a security key", nil) }
func LabelWebAuthnName() Text     { return label(1050013, "Name of the security key", nil) }

func LabelWebAuthnRemove(name string, added time.Time) Text {
	return label(1050018, fmt.Sprintf("Remove the security key %q", name), removable(name, added))
}

func LabelPasskeyRegister() Text { return label(1050019, "Add a passkey", nil) }

func LabelPasskeyRemove(name string, added time.Time) Text {
	return label(1050020, fmt.Sprintf("Remove the passkey %q", name), removable(name, added))
}

func removable(name string, added time.Time) map[string]any {
	return map[string]any{"display_name": name, "added_at": added.UTC(), "added_at_unix": added.Unix()}
}

// CredentialFacts is what a form tells of a credential besides its name and the date it was
// added. A field that is zero is left out.
type CredentialFacts struct {
	OwnName       string    // context own_name: the name that its owner gave it
	Authenticator string    // context authenticator: the kind of what holds it, "iCloud Keychain"
	AddedAt       time.Time // context added_at, added_at_unix: for a label that has no date of its own
	LastUsedAt    time.Time // context last_used_at, last_used_at_unix
	Synced        *bool     // context synced: it is backed up, and so on other devices too
}

// With gives the label of a credential with these facts in its context.
func (f CredentialFacts) With(label Text) Text {
	if label.Context = maps.Clone(label.Context); label.Context == nil {
		label.Context = map[string]any{}
	}
	if f.OwnName != "" {
		label.Context["own_name"] = f.OwnName
	}
	if f.Authenticator != "" {
		label.Context["authenticator"] = f.Authenticator
	}
	if !f.AddedAt.IsZero() {
		label.Context["added_at"], label.Context["added_at_unix"] = f.AddedAt.UTC(), f.AddedAt.Unix()
	}
	if !f.LastUsedAt.IsZero() {
		label.Context["last_used_at"], label.Context["last_used_at_unix"] = f.LastUsedAt.UTC(), f.LastUsedAt.Unix()
	}
	if f.Synced != nil {
		label.Context["synced"] = *f.Synced
	}
	return label
}

// LabelWebAuthnRename and LabelPasskeyRename stand on the button that gives a credential
// the name in the field of LabelCredentialName. asked is true for the credential whose
// button was pressed last: a message on that field is about this credential.
func LabelWebAuthnRename(name string, asked bool) Text {
	return label(7000060, fmt.Sprintf("Rename the security key %q", name), renamable(name, asked))
}

func LabelPasskeyRename(name string, asked bool) Text {
	return label(7000061, fmt.Sprintf("Rename the passkey %q", name), renamable(name, asked))
}

func renamable(name string, asked bool) map[string]any {
	context := map[string]any{"display_name": name}
	if asked {
		context["asked"] = true
	}
	return context
}

func LabelCredentialName() Text { return label(7000062, "New name", nil) }

// LabelAddressPending names an address that its owner has not yet proved to be theirs.
// replaces is the address that stays in use until then, "" for none.
func LabelAddressPending(address, replaces string) Text {
	said := address + " is not confirmed yet."
	if replaces != "" {
		said += " Until it is, " + replaces + " stays."
	}
	return label(7000049, said, map[string]any{"address": address, "replaces": replaces})
}

// LabelAddressCodeSent says that a message is on its way to an address. It says the same
// whether that message has a code or tells that the address cannot be used, so only the
// reader of the address learns which.
func LabelAddressCodeSent(address string) Text {
	return label(7000041, "A code was sent to "+address+". If nothing arrives, this address cannot be used here.", map[string]any{"address": address})
}

func LabelAddressCode() Text { return label(7000042, "Code that was sent to the new address", nil) }

func LabelAddressResend(address string) Text {
	return label(7000043, "Send another code to "+address, map[string]any{"address": address})
}

func LabelAddressCancel(address string) Text {
	return label(7000044, "Do not use "+address, map[string]any{"address": address})
}

// LabelAddressVerify stands on the button that sends a code to an address of the account
// that nobody has proved to be theirs.
func LabelAddressVerify(address string) Text {
	return label(7000045, "Verify "+address, map[string]any{"address": address})
}
