package session_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
)

// A store may keep a session, or its methods alone, by encoding/json.
func TestASessionAsJSONLosesNothingOfANewerBuild(t *testing.T) {
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	s := session.Session{
		ID: "s", IdentityID: "i", Superseded: session.Superseded{Successor: []byte{1}}, Generation: 3, AuthenticatedAt: at,
		Methods: []session.Completed{{Method: aal.Password, At: at, Unknown: `"later":{"a":[1,"}"]}`}, {Method: aal.OIDC, At: at, Provider: "p"}},
		Extra:   json.RawMessage(`{"later":1}`),
	}
	for name, s := range map[string]session.Session{"one with everything": s, "one with nothing": {}} {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(s)
			require.NoError(t, err)
			var back session.Session
			require.NoError(t, json.Unmarshal(text, &back))
			assert.Equal(t, s, back)
		})
	}
	var reused [1]session.Completed
	reused[0] = s.Methods[0]
	require.NoError(t, json.Unmarshal([]byte(`[{"method":"totp","at":"2030-01-02T03:04:05Z"}]`), &reused))
	assert.Equal(t, session.Completed{Method: aal.TOTP, At: at}, reused[0], "what was there before is gone")
}

// What a newer build keeps of a session and of each method stays, whatever an older
// one does with it; a method that is completed anew begins anew.
func TestASessionIsCarriedOnWithAllThatIsInIt(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	s, _ := session.New(identity.Identity{Record: identity.Record{ID: "i"}}, now, time.Hour, aal.Password, aal.TOTP)
	s.Extra = json.RawMessage(`{"later":1}`)
	s.Methods[0].Unknown, s.Methods[1].Unknown = `"later":1`, `"later":2`

	next, _ := s.Completing(now, aal.TOTP).Renewed()
	assert.Equal(t, s.Extra, next.Extra)
	assert.EqualValues(t, `"later":1`, next.Methods[0].Unknown)
	assert.Empty(t, next.Methods[1].Unknown)

	copied := s.Clone()
	clear(copied.Extra)
	assert.JSONEq(t, `{"later":1}`, string(s.Extra), "a copy is one")
}
