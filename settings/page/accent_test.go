package page_test

import (
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestLookThatCannotBe(t *testing.T) {
	k := settingstest.New(t)
	for _, c := range []struct {
		name string
		look page.Look
		want string
	}{
		{"a color that cannot be read on white", page.Look{Accent: "#7ab8ff"}, "page: Accent: #7ab8ff on a card (#ffffff) has a contrast of 2.07 to 1, and text needs 4.5"},
		{"one that can just not be read on its own tint", page.Look{Accent: "#767676"}, "page: Accent: #767676 on the page (#f6f7f9) has a contrast of 4.24 to 1, and text needs 4.5"},
		{"a dark color on dark", page.Look{AccentDark: "#2457d6"}, "page: AccentDark: #2457d6 on a card (#171b21) has a contrast of 2.81 to 1, and text needs 4.5"},
		{"the name of a color", page.Look{Accent: "blue"}, `page: Accent: "blue" is not a color like #2457d6`},
		{"more than a color", page.Look{Accent: "#2457d6}body{display:none"}, `page: Accent: "#2457d6}body{display:none" is not a color like #2457d6`},
		{"a logo without words", page.Look{Logo: "/logo.svg"}, "page: Logo: needs a Name, for who does not see it"},
		{"a logo that opens the policy", page.Look{Name: "x", Logo: "https://a.example/x.png; script-src *"}, `page: Logo: "https://a.example/x.png; script-src *" is neither a path nor a URL of http or https, of plain characters`},
		{"a stylesheet of all that a host has", page.Look{Stylesheet: "https://a.example/"}, `page: Stylesheet: "https://a.example/" is neither a path nor a URL of http or https, of plain characters`},
		{"a stylesheet of another host without a scheme", page.Look{Stylesheet: "//a.example/x.css"}, `page: Stylesheet: "//a.example/x.css" is neither a path nor a URL of http or https, of plain characters`},
		{"a home that runs", page.Look{Home: "javascript:alert(1)"}, `page: Home: "javascript:alert(1)" is neither a path nor a URL of http or https, of plain characters`},
		{"a direction", page.Look{Languages: []page.Language{{Tag: "ar", Dir: "right"}}}, `page: Languages[0]: the Dir "right" is neither ltr nor rtl`},
		{"a text that is not closed", page.Look{Languages: []page.Language{{Tag: "de", Texts: map[int64]string{1: "a {b"}}}}, "page: Languages[0]: the text 1: a { without its }"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := page.New(k.Handler, page.Options{Look: c.look})
			require.Error(t, err)
			assert.Equal(t, c.want, err.Error())
			assert.Equal(t, err, page.Write(httptest.NewRecorder(), formOf(nil), page.Options{Look: c.look}))
		})
	}
}

// What can be read is taken, and the text on it is the one of black and white that can
// be read better.
func TestAccents(t *testing.T) {
	for _, c := range []struct{ name, light, dark, want string }{
		{"one for light", "#2457d6", "", "@media not (prefers-color-scheme:dark){:root{--accent:#2457d6;--on-accent:#ffffff;--tint:#ebf0fb}}"},
		{"one for dark", "", "#8fb0ff", "@media (prefers-color-scheme:dark){:root{--accent:#8fb0ff;--on-accent:#000000;--tint:#2a3345}}"},
		{"black", "#000000", "", "@media not (prefers-color-scheme:dark){:root{--accent:#000000;--on-accent:#ffffff;--tint:#e8e8e8}}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := written(t, formOf([]ui.Node{save(ui.Password)}), page.Options{Look: page.Look{Accent: c.light, AccentDark: c.dark}})
			assert.Contains(t, a.body, c.want)
			assert.Contains(t, a.policy, styleSource(a.body))
		})
	}
}

func TestThePolicyFollowsTheLook(t *testing.T) {
	for _, c := range []struct {
		name, logo, sheet, want string
	}{
		{"files of the page's own origin", "/logo.svg", "/app.css", ` 'self'; img-src 'self'$`},
		{"files of another", "https://cdn.example/logo.svg", "https://cdn.example/a/app.css", ` https://cdn\.example/a/app\.css; img-src https://cdn\.example/logo\.svg$`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := written(t, formOf([]ui.Node{save(ui.Password)}), page.Options{Look: page.Look{Name: "Example", Logo: c.logo, Stylesheet: c.sheet}})
			assert.Regexp(t, c.want, a.policy)
			assert.Contains(t, a.body, `<img src="`+c.logo+`" alt="Example" height="32">`)
			assert.Regexp(t, regexp.MustCompile(`</style>\s<link rel="stylesheet" href="`+regexp.QuoteMeta(c.sheet)+`">`), a.body, "it is after ours")
		})
	}
}
