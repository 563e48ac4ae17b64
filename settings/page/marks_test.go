package page_test

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/page"
)

// A provider that people know has a mark, decoration beside its name; another has a
// letter, and no name gets markup into the page.
func TestMarksOfProviders(t *testing.T) {
	for _, c := range []struct {
		name, id, label string
		drawn           bool
	}{
		{"Google", "google", "Google", true},
		{"GitHub, by its label", "gh-2", "GitHub", true},
		{"GitHub, of a linked account", "4f", "GitHub (ada)", true},
		{"Microsoft", "microsoft", "Work", true},
		{"Apple", "apple", "Apple", true},
		{"GitLab", "gitlab", "GitLab", true},
		{"Facebook", "facebook", "Facebook", true},
		{"Discord", "discord", "Discord", true},
		{"LinkedIn", "linkedin", "LinkedIn", true},
		{"Slack", "slack", "Slack", true},
		{"X", "x", "X", true},
		{"Twitter", "twitter", "Twitter", true},
		{"one that only begins like one", "intranet", "Googleplex", false},
		{"markup for a name", "<svg>", "<svg onload=alert(1)>", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &flow.Form{UI: ui.Container{Nodes: []ui.Node{{Group: ui.OIDC, Label: ui.LabelLink(c.label), Attributes: &ui.Input{Name: "link", Type: ui.InputSubmit, Value: c.id}}}}}
			body := written(t, f, page.Options{}).body
			mark := between(t, body, `<span class="mark" aria-hidden="true">`, `</span>`)
			assert.Equal(t, c.drawn, strings.HasPrefix(mark, "<svg "), mark)
			assert.NotContains(t, body, "<svg onload")
			if !c.drawn {
				assert.Len(t, []rune(mark), 1)
				return
			}
			assert.NotContains(t, mark, "style")
			assert.Less(t, len(mark), 400)
			for d := xml.NewDecoder(strings.NewReader(mark)); ; {
				if _, err := d.Token(); err == io.EOF {
					return
				} else {
					require.NoError(t, err)
				}
			}
		})
	}
}
