package page

import "github.com/amend-go/amend/flow/ui"

// This file owns what is said of a change that was made: the flow has its event.

// eventWords are the sentences by the name of the event.
var eventWords = map[string]int64{
	"password.changed": 7010300, "profile.changed": 7010301, "totp.added": 7010302, "totp.removed": 7010303,
	"lookup_secret.confirmed": 7010304, "lookup_secret.disabled": 7010305, "webauthn.added": 7010306, "webauthn.removed": 7010307,
	"passkey.added": 7010308, "passkey.removed": 7010309, "oidc.linked": 7010310, "oidc.unlinked": 7010311,
}

// told is a message as the page says it: the success of a change tells which one it
// was.
func (v *view) told(t ui.Text) string {
	id, known := eventWords[v.changed]
	if t.ID != ui.Saved().ID || !known {
		return v.say(t)
	}
	said := v.say(sentence(id))
	if v.endedOthers {
		said += " " + v.say(sentence(textOthersEnd))
	}
	return said
}
