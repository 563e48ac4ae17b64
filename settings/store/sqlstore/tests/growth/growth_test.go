package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryStoreGrows(t *testing.T) {
	for name, store := range map[string]string{
		"memory":     "memory",
		"SQLite":     "sqlite:" + filepath.Join(t.TempDir(), "growth.db"),
		"PostgreSQL": os.Getenv("AMEND_POSTGRES"),
	} {
		t.Run(name, func(t *testing.T) {
			if store == "" {
				t.Skip("AMEND_POSTGRES is not set: no server to test with")
			}
			var out strings.Builder
			require.NoError(t, run(t.Context(), &out, store, "10,100", 20))
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			require.Len(t, lines, 3, out.String())
			assert.Contains(t, lines[1], "2 swept", "of 10 forms and 10 sessions, each tenth")
			assert.Contains(t, lines[2], "18 swept", "of the 90 that were added")
		})
	}
}

func TestSizesThatDoNotGrow(t *testing.T) {
	for _, list := range []string{"", "0", "-1", "10,10", "10,9", "x", "10,"} {
		_, err := parseSizes(list)
		assert.Error(t, err, list)
	}
}

func TestAFileThatIsThereIsNotTouched(t *testing.T) {
	file := filepath.Join(t.TempDir(), "accounts.db")
	require.NoError(t, os.WriteFile(file, []byte("mine"), 0o600))
	_, err := open(t.Context(), "sqlite:"+file)
	require.Error(t, err)
	_, err = open(t.Context(), "redis://")
	require.Error(t, err)
}
