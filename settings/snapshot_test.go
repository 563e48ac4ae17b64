package settings_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/settingstest"
)

// snapshotFactors are the factor classes whose tries a snapshot looks for: those
// of the protocol, and "test" for the methods that tests bring along.
var snapshotFactors = []string{"password", "totp", "lookup_secret", "webauthn", "test"}

// snapshot is everything that a submit which is refused must leave as it was:
// the identity with its opened state (credentials, factors, generation, events),
// its sessions, its counts of wrong tries. Two equal snapshots mean that nothing
// of it was written, not even with the same content: versions are part of it.
// It reads the kit's memory store, whatever a test has put before it.
func snapshot(t *testing.T, kit *settingstest.Kit, identityID string) string {
	t.Helper()
	row := kit.Identity(identityID)
	row.SealedState = nil // it is opened beside
	sessions, err := kit.Store.ListSessions(t.Context(), identityID)
	require.NoError(t, err)
	dump := struct {
		Identity identity.Identity
		Sessions map[string]session.Session
		Tries    map[string]string
	}{row, map[string]session.Session{}, map[string]string{}}
	for _, s := range sessions {
		dump.Sessions[s.ID] = s
	}
	for _, factor := range snapshotFactors {
		key := "tries:" + identityID + ":" + factor
		switch r, err := kit.Store.GetFlow(t.Context(), key); {
		case err == nil:
			dump.Tries[key] = string(r.Data) + " until " + r.ExpiresAt.String()
		case !errors.Is(err, flow.ErrNotFound):
			require.NoError(t, err)
		}
	}
	out, err := json.MarshalIndent(dump, "", "\t")
	require.NoError(t, err)
	return string(out)
}
