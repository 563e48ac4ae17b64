package page

import (
	"slices"
	"strings"

	"github.com/amend-go/amend/flow/ui"
)

// This file owns what is said of a change that was made: the flow has its event.

// eventWords are the sentences by the name of the event.
var eventWords = map[string]int64{
	"password.changed": 7010300, "profile.changed": 7010301, "totp.added": 7010302, "totp.removed": 7010303,
	"lookup_secret.confirmed": 7010304, "lookup_secret.disabled": 7010305, "webauthn.added": 7010306, "webauthn.removed": 7010307,
	"webauthn.renamed": textKeyRenamed, "passkey.renamed": textPasskeyRenamed,
	"passkey.added": 7010308, "passkey.removed": 7010309, "oidc.linked": 7010310, "oidc.unlinked": 7010311,
	"address.pending": textAddressWaits, "address.canceled": 7010313, "address.verified": 7010314,
}

// nodeWaiting begins the names of the nodes that tell of an address that waits.
const nodeWaiting = "address_pending_"

// told is a message as the page says it: the success of a change tells which one it
// was, and that an address is not in use yet.
func (v *view) told(t ui.Text) string {
	if t.ID != ui.Saved().ID {
		return v.say(t)
	}
	if id, known := eventWords[v.changed]; known {
		t = sentence(id)
	}
	said := v.say(t)
	if v.waits() && (v.changed == "profile.changed" || v.changed == "") { // "" is a form sent again: nothing was left to do
		said += " " + v.say(sentence(textAddressWaits))
	}
	if v.endedOthers {
		said += " " + v.say(sentence(textOthersEnd))
	}
	return said
}

// saves reports whether what was asked for is in effect now: an address that waits is not.
func (v *view) saves(t ui.Text) bool {
	return t.Type == ui.Success && v.changed != "address.pending"
}

// waits reports whether the form asks for the code of an address.
func (v *view) waits() bool {
	return slices.ContainsFunc(v.form.UI.Nodes, func(n ui.Node) bool { return strings.HasPrefix(n.Name(), nodeWaiting) })
}
