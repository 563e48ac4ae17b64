package settingstest

import (
	"encoding/json"
	"errors"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
)

// Snapshot is everything that a refused submit must leave as it was: the identity with its
// opened state, its sessions with their versions, and its counts of wrong tries, including
// those of its sessions. factors are the classes of the counts, by default all that the
// Config's methods have. Two equal snapshots mean that nothing was written, not even the
// same content again. It reads Store, whatever a test has put before Store.
func (k *Kit) Snapshot(identityID string, factors ...string) string {
	k.T.Helper()
	if len(factors) == 0 {
		for _, m := range k.Config.Methods {
			info, err := m.Info()
			if err != nil {
				k.T.Fatal(err)
			}
			factors = append(factors, info.TryClasses()...)
		}
	}
	row := k.Identity(identityID)
	row.SealedState = nil // it is opened beside
	sessions, err := k.Store.ListSessions(k.T.Context(), identityID)
	if err != nil {
		k.T.Fatal(err)
	}
	dump := struct {
		Identity identity.Identity
		Sessions map[string]session.Session
		Tries    map[string]string
	}{row, map[string]session.Session{}, map[string]string{}}
	for _, s := range sessions {
		dump.Sessions[s.ID] = s
	}
	var keys []string
	for _, factor := range factors {
		key := "tries:" + identityID + ":" + factor
		keys = append(keys, key)
		for _, s := range sessions {
			keys = append(keys, key+":"+s.ID)
		}
	}
	for _, key := range keys {
		switch r, err := k.Store.GetFlow(k.T.Context(), key); {
		case err == nil:
			dump.Tries[key] = string(r.Data) + " until " + r.ExpiresAt.String()
		case !errors.Is(err, flow.ErrNotFound):
			k.T.Fatal(err)
		}
	}
	out, err := json.MarshalIndent(dump, "", "\t")
	if err != nil {
		k.T.Fatal(err)
	}
	return string(out)
}
