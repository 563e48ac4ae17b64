package settings_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// decodeInto reads JSON that must be there.
func decodeInto(t *testing.T, raw []byte, to any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(raw, to), "%s", raw)
}
