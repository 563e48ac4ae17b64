package mail

import (
	"fmt"
	"strings"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
)

// English are the subject and the text of a message, as plain text with LF. A value of
// somebody's own, the name of a security key, stands in it without control characters.
func (m Message) English() (subject, text string) {
	switch m.Text {
	case Code, VerifyCode:
		return "Your code to confirm an address", fmt.Sprintf("Your code is %s\n\nType it into the settings of your account to confirm that %s is yours. "+
			"It is good until %s.\n\nIf you did not ask for it, do nothing: without the code nothing changes. Give it to nobody, whoever asks.\n",
			m.Code, m.To, m.CodeExpires.UTC().Format(timeLayout))
	case AddressInUse:
		return "Your address was entered elsewhere", fmt.Sprintf("Somebody has entered %s as a new address of another account. "+
			"It belongs to yours, so nothing was changed.\n\nIf that was you, sign in with this address, or remove it from the account that has it first. If not, do nothing.\n", m.To)
	}
	what := m.what()
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nWhen: %s\n", what, m.Event.At.UTC().Format(timeLayout))
	if m.Place != "" {
		fmt.Fprintf(&b, "Where, roughly: %s\n", plain(m.Place))
	}
	if m.Event.Actor != "" {
		b.WriteString("By: an administrator\n")
	}
	for _, line := range []struct {
		head  string
		parts identity.Parts
	}{{"New", m.Event.Added}, {"Removed", m.Event.Removed}} {
		if names := list(line.parts); names != "" {
			fmt.Fprintf(&b, "%s: %s\n", line.head, names)
		}
	}
	b.WriteString("\nIf that was you, there is nothing to do. If not, somebody else is in your account: sign in, change your password, " +
		"and end all other sessions. If you cannot sign in any more, recover your account, or write to who runs this site.\n")
	return strings.TrimSuffix(what, "."), b.String()
}

const timeLayout = "2 January 2006, 15:04 UTC"

func (m Message) what() string {
	switch m.Text {
	case PasswordChanged:
		return "The password of your account was changed."
	case FactorAdded:
		return "A way to sign in was added to your account."
	case FactorRemoved:
		return "A way to sign in was removed from your account."
	case FactorReplaced:
		return "A way to sign in to your account was replaced."
	case LoginLinked:
		return "A login of another site was linked to your account."
	case LoginUnlinked:
		return "A login of another site was unlinked from your account."
	case AddressChanged:
		return "An address of your account was changed."
	case NameChanged:
		return "A name to sign in to your account was changed."
	}
	return "Your account was changed."
}

var factorNames = map[aal.Method]string{
	aal.Password: "password", aal.TOTP: "authenticator app", aal.Lookup: "recovery codes", aal.WebAuthn: "security key",
	aal.Passkey: "passkey", aal.OIDC: "linked login",
}

// list names parts of an account in one line.
func list(p identity.Parts) string {
	var names []string
	for _, a := range p.Authenticators {
		name := factorNames[a.Method]
		if name == "" {
			name = string(a.Method)
		}
		if a.Name != "" {
			name += " “" + plain(a.Name) + "”"
		}
		names = append(names, name)
	}
	for _, a := range p.Addresses {
		names = append(names, plain(a.Value))
	}
	return strings.Join(names, ", ")
}

// plain is a value of somebody's own in one line, and not longer than a name is.
func plain(value string) string {
	value = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, value)
	if r := []rune(value); len(r) > 100 {
		value = string(r[:100]) + "…"
	}
	return value
}
