package method

import (
	"slices"

	"github.com/amend-go/amend/aal"
)

// Profile is the name of the method that changes traits.
const Profile = "profile"

// protocol are the methods of the Kratos settings flow, with the buttons that name
// a method without the field "method"; those that begin or rename something are our own. A method of ours takes its Info from here,
// so that a submit for one that is not offered is told from one for none.
var protocol = []Info{
	{Name: string(aal.Password)},
	{Name: Profile},
	{Name: string(aal.OIDC), Buttons: []string{"link", "unlink"}},
	{Name: string(aal.Lookup), Buttons: []string{"lookup_secret_confirm", "lookup_secret_reveal", "lookup_secret_disable", "lookup_secret_regenerate"}},
	{Name: string(aal.WebAuthn), Buttons: []string{"webauthn_register", "webauthn_remove", "webauthn_rename", "webauthn_begin"}},
	{Name: string(aal.Passkey), Buttons: []string{"passkey_settings_register", "passkey_remove", "passkey_rename", "passkey_begin"}},
	{Name: string(aal.TOTP), Buttons: []string{"totp_unlink", "totp_begin"}},
}

// InfoOf begins the Info of a method: its Name, the Buttons that the protocol has for it,
// and as Fields these buttons and further. For a name that the protocol does not know there
// are no buttons, and the method adds its own.
func InfoOf(name string, further ...string) Info {
	n := slices.IndexFunc(protocol, func(known Info) bool { return known.Name == name })
	info := Info{Name: name}
	if n >= 0 {
		info.Buttons = slices.Clone(protocol[n].Buttons)
	}
	info.Fields = append(slices.Clone(info.Buttons), further...)
	return info
}

// Protocol are the names of all methods of the protocol, whether or not they are offered.
func Protocol() []string {
	names := make([]string, len(protocol))
	for n, known := range protocol {
		names[n] = known.Name
	}
	return names
}
