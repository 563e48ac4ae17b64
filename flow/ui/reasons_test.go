package ui_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/wire"
)

// A reason is kept with its flow, and clients get what they always got.
func TestAReasonIsKeptAndNotSent(t *testing.T) {
	for _, c := range []struct {
		name string
		text ui.Text
		sent string
	}{
		{"a sentence", ui.Because(ui.ReasonNotEmpty), `{"id":4000001,"text":"This must not be empty.","type":"error","context":{"reason":"This must not be empty."}}`},
		{"one with a value", ui.RefusedAs(ui.ReasonNotConfirmed, "Acme did not.", map[string]any{"provider": "Acme"}), `{"id":4000001,"text":"Acme did not.","type":"error","context":{"reason":"Acme did not."}}`},
		{"of a password", ui.PasswordRefusedAs(ui.ReasonPasswordCommon, "it is common."), `{"id":4000005,"text":"This password cannot be used: it is common.","type":"error","context":{"reason":"it is common."}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := wire.New(64)
			c.text.WriteJSON(w)
			assert.Equal(t, c.sent, strings.TrimSpace(string(w.Bytes())))
			kept, err := json.Marshal(c.text)
			require.NoError(t, err)
			var read ui.Text
			require.NoError(t, json.Unmarshal(kept, &read))
			assert.Equal(t, c.text, read)
		})
	}
}

// Whoever adds a refusal in free words leaves readers of other languages with English. The
// one that stays is a host's own, of settings.Refuse.
func TestNoReasonIsFreeEnglish(t *testing.T) {
	read := 0
	require.NoError(t, filepath.WalkDir("../../settings", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		read++
		free := strings.ReplaceAll(string(source), "ui.Refused(no.reason)", "")
		assert.NotContains(t, free, "ui.Refused(", path)
		assert.NotContains(t, free, "ui.PasswordRefused(", path)
		return err
	}))
	assert.Greater(t, read, 100)
}
