package lang_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/page/lang"
)

// Every sentence of the pages, and every label and message of the methods, by its id.
func everyID(t *testing.T) map[int64]string {
	t.Helper()
	ids := page.English().Texts
	files, err := filepath.Glob("../../../flow/ui/*s.go") // labels and messages
	require.NoError(t, err)
	for _, file := range append(files, "../loginwords.go") {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile(`(?:text|label|said)\((\d{7}),`).FindAllSubmatch(source, -1) {
			id, err := strconv.ParseInt(string(found[1]), 10, 64)
			require.NoError(t, err)
			if _, has := ids[id]; !has {
				ids[id] = ""
			}
		}
	}
	require.Greater(t, len(ids), 180)
	return ids
}

var placeholder = regexp.MustCompile(`\{(\w+)`)

func TestALanguageSaysEverything(t *testing.T) {
	for _, l := range []page.Language{lang.German(), lang.Arabic()} {
		t.Run(l.Tag, func(t *testing.T) {
			ids := everyID(t)
			for id, english := range ids {
				said, has := l.Texts[id]
				assert.True(t, has && said != "", "%d is missing: %s", id, english)
				for _, name := range placeholder.FindAllStringSubmatch(english, -1) {
					assert.Contains(t, said, name[0], "%d loses a value: %s", id, english)
				}
			}
			for id := range l.Texts {
				_, there := ids[id]
				assert.True(t, there || id/10000 == 105, "%d is nobody's", id)
			}
			l.Texts[7010001] = "x"
			assert.NotEqual(t, "x", lang.German().Texts[7010001], "each host has a copy of its own")
		})
	}
}

// A refusal whose id stands for many is said by its reason; a host's own stays as it is.
func TestReasonsAreSaid(t *testing.T) {
	form := &flow.Form{UI: ui.Container{Messages: []ui.Text{
		ui.Because(ui.ReasonNotEmpty),
		ui.RefusedAs(ui.ReasonNotConfirmed, "Acme did not confirm.", map[string]any{"provider": "Acme"}),
		ui.RefusedAs(ui.ReasonKeyKnown, "This passkey is known.", map[string]any{"passkey": 1.0}), // a number as a store gives it back
		ui.RefusedAs(ui.ReasonKeyKnown, "This security key is known.", map[string]any{"passkey": 0}),
		ui.PasswordRefusedAs(ui.ReasonPasswordCommon, "it is one of the most common ones."),
		ui.Refused("Our office is closed."),
	}}}
	for _, c := range []struct {
		language page.Language
		said     []string
	}{
		{page.English(), []string{"This must not be empty.", "Acme did not confirm.", "This passkey is known.", "it is one of the most common ones.", "Our office is closed."}},
		{lang.German(), []string{"Das darf nicht leer sein.", "Acme hat die Anmeldung nicht bestätigt", "Dieser Passkey gehört schon", "Dieser Sicherheitsschlüssel gehört schon", "Es ist eines der häufigsten.", "Our office is closed."}},
		{lang.Arabic(), []string{"لا يجوز أن يكون هذا فارغًا.", "\u2068Acme\u2069", "مفتاح المرور هذا", "مفتاح الأمان هذا", "الأكثر شيوعًا", "Our office is closed."}},
	} {
		t.Run(c.language.Tag, func(t *testing.T) {
			w := httptest.NewRecorder()
			require.NoError(t, page.Write(w, form, page.Options{Look: page.Look{Languages: []page.Language{c.language}}}))
			for _, said := range c.said {
				assert.Contains(t, w.Body.String(), said)
			}
		})
	}
}

func TestDatesAndNumbers(t *testing.T) {
	at := time.Date(2026, 3, 9, 23, 0, 0, 0, time.UTC)
	assert.Equal(t, "9. März 2026", lang.German().Date(at))
	assert.Equal(t, "9 مارس 2026", lang.Arabic().Date(at))
	for n, want := range map[int64]string{0: "zero", 1: "one", 2: "two", 3: "few", 10: "few", 11: "many", 99: "many", 100: "other", 102: "other", 103: "few", 111: "many"} {
		assert.Equal(t, want, lang.Arabic().Plural(n), n)
	}
}
