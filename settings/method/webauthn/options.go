package webauthn

import (
	"bytes"
	"encoding/base64"
	"encoding/json"

	"github.com/go-webauthn/webauthn/protocol"

	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/wire"
)

// A form that is read has the creation options of both methods in it, and nearly
// all of them is the same for everyone: that is encoded once. The rest, who and for
// which challenge, is written beside it.

// member is a member of the creation options, with its value where that is the
// same for everyone.
type member struct {
	name  string
	value json.RawMessage
}

// membersOf are the members of the creation options in the order in which the
// relying party's library encodes them.
func (m *Method) membersOf() ([]member, error) {
	creation, _, err := m.beginRegistration(user{handle: []byte("anyone"), name: "anyone"}, make([]byte, 32), []stored{{}})
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(creation.Response)
	if err != nil {
		return nil, err
	}
	var members []member
	d := json.NewDecoder(bytes.NewReader(encoded))
	for _, err = d.Token(); err == nil && d.More(); {
		var each member
		var name json.Token
		if name, err = d.Token(); err == nil {
			each.name, _ = name.(string)
			err = d.Decode(&each.value)
		}
		members = append(members, each)
	}
	return members, err
}

// options are the creation options for an identity with these credentials, as JSON:
// what creation makes, encoded.
func (m *Method) options(v method.View, known []stored) string {
	u := m.userOf(v, known)
	w := wire.Borrow()
	defer w.GiveBack()
	w.BeginObject()
	w.Key("publicKey")
	w.BeginObject()
	for _, each := range m.members {
		switch each.name {
		case "user":
			w.Key("user")
			w.BeginObject()
			w.Field("name", u.name)
			w.Field("displayName", u.name)
			w.Key("id")
			w.Base64(base64.RawURLEncoding, u.handle)
			w.EndObject()
		case "challenge":
			w.Key("challenge")
			w.Base64(base64.RawURLEncoding, appendChallenge(make([]byte, 0, 32), v, m.serial(v.Identity), u.handle))
		case "excludeCredentials":
			if len(known) > 0 {
				w.Key("excludeCredentials")
				w.BeginArray()
				for _, c := range known {
					c.writeDescriptor(w)
				}
				w.EndArray()
			}
		default:
			w.AnyKey(each.name)
			w.Raw(each.value)
		}
	}
	w.EndObject()
	w.EndObject()
	return string(w.Bytes())
}

// writeDescriptor names the credential to a client (section 5.8.3).
func (s stored) writeDescriptor(w *wire.Writer) {
	w.BeginObject()
	w.Field("type", string(protocol.PublicKeyCredentialType))
	w.Key("id")
	w.Base64(base64.RawURLEncoding, s.rawID())
	if len(s.Transports) > 0 {
		w.Key("transports")
		w.BeginArray()
		for _, t := range s.Transports {
			w.String(string(t))
		}
		w.EndArray()
	}
	w.EndObject()
}
