package webauthn_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// Whatever a client answers, its challenge is not ours: it is refused, nothing
// panics, and nothing is a bug.
func FuzzAnswersToNoChallenge(f *testing.F) {
	honest := newDevice(f).create(`{"rp":{"id":"example.com"},"user":{"id":"YQ"},"challenge":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`)
	var r struct {
		RawID    string
		Response struct{ ClientDataJSON, AttestationObject string }
	}
	require.NoError(f, json.Unmarshal([]byte(honest), &r))
	f.Add(unbase64(f, r.RawID), unbase64(f, r.Response.ClientDataJSON), unbase64(f, r.Response.AttestationObject))
	require.NoError(f, json.Unmarshal([]byte(unattested(f, honest, nil)), &r))
	f.Add(unbase64(f, r.RawID), unbase64(f, r.Response.ClientDataJSON), unbase64(f, r.Response.AttestationObject))
	f.Fuzz(func(t *testing.T, id, client, object []byte) {
		encode := base64.RawURLEncoding.EncodeToString
		answer, err := json.Marshal(map[string]any{
			"id": encode(id), "rawId": encode(id), "type": "public-key",
			"response": map[string]any{"clientDataJSON": encode(client), "attestationObject": encode(object)},
		})
		require.NoError(t, err)
		for _, v := range variants {
			result, err := newDesk(t, v, settings.NewKey()).submit(t, string(answer))
			require.NoError(t, err)
			require.IsType(t, method.Refused{}, result)
		}
	})
}

// A login page passes on what anybody sends.
func FuzzProofs(f *testing.F) {
	d := newDevice(f)
	f.Add(d.get(`{"challenge":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","rpId":"example.com"}`))
	f.Add("{}")
	f.Fuzz(func(t *testing.T, value string) {
		m := newDesk(t, passkeys, settings.NewKey()).m
		key, ok := m.Answers(settings.Proof{Value: value})
		require.Equal(t, ok, key != identity.Key{})
	})
}
