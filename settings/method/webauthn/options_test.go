package webauthn_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/webauthn"
)

// Most of the creation options are encoded once for everyone: what stands in a
// form must be what the library would have encoded for this one.
func TestOptionsInAFormAreThoseOfTheLibrary(t *testing.T) {
	credential := func(id, more string) identity.Credential {
		return identity.Credential{ID: id, Data: json.RawMessage(`{"user_handle":"aGFuZGxl","public_key":"cHVibGlj"` + more + `}`), AddedAt: time.Unix(0, 0)}
	}
	names := func(all ...string) (keys []identity.Key) {
		for _, name := range all {
			keys = append(keys, identity.Key{Kind: identity.Identifier, Value: name})
		}
		return keys
	}
	for _, row := range []struct {
		name    string
		keys    []identity.Key
		factors map[aal.Method]identity.Factor
	}{
		{"of somebody who has no credential", names(adaEmail), nil},
		{"of somebody without a name", nil, nil},
		{"of somebody with two names", names("ada", adaEmail), nil},
		{"of a name that JSON must escape", names("</script>\"\\ & \u2028 \x00 \xff ada"), nil},
		{"of somebody who has removed credentials", names(adaEmail), map[aal.Method]identity.Factor{aal.Passkey: {Serial: 7}, aal.WebAuthn: {Serial: 2}}},
		{"of somebody who has some of both methods", names(adaEmail), map[aal.Method]identity.Factor{
			aal.WebAuthn: {Serial: 2, Credentials: []identity.Credential{credential("00ff", ""), credential("abcdef", `,"transports":["usb","nfc"]`)}},
			aal.Passkey:  {Serial: 1, Credentials: []identity.Credential{credential("01", `,"transports":["internal"],"sign_count":3,"backup_eligible":true`)}},
		}},
		{"of somebody whose credential cannot be read", names(adaEmail), map[aal.Method]identity.Factor{
			aal.Passkey: {Serial: 1, Credentials: []identity.Credential{{ID: "01", Data: json.RawMessage(`"?"`)}}},
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			i := identity.Identity{Record: identity.Record{ID: "ada", Keys: row.keys}, State: identity.State{Factors: row.factors}}
			for _, m := range []*webauthn.Method{webauthn.SecurityKeys(site), webauthn.Passkeys(site)} {
				info, err := m.Info()
				require.NoError(t, err)
				secrets, err := method.NewSecrets(info.Name, "ada", bytes.Repeat([]byte("ab"), 16))
				require.NoError(t, err)
				inForm, encoded, err := m.Options(method.View{Identity: i, Secrets: secrets, Flow: flow.Flow{ID: "1"}})
				require.NoError(t, err)
				assert.JSONEq(t, string(encoded), inForm)
			}
		})
	}
}
