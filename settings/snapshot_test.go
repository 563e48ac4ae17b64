package settings_test

import (
	"testing"

	"github.com/amend-go/amend/settings/settingstest"
)

// snapshot is the kit's, with the class of tries that these tests' own method
// counts.
func snapshot(t *testing.T, kit *settingstest.Kit, identityID string) string {
	t.Helper()
	return kit.Snapshot(identityID, "password", "totp", "lookup_secret", "webauthn", "test")
}
