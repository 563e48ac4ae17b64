package page

import (
	"html/template"
	"strings"

	"github.com/amend-go/amend/settings/method"
)

// This file owns the marks of providers: shapes of our own, by which people find a login
// they know, in the color of the text around. Each is decoration beside the provider's
// name. Any other provider has its first letter.

// markOf is the mark of a provider by its ID, or by the words for it: "google", "GitHub",
// "GitHub (ada)".
func markOf(names ...string) template.HTML {
	for _, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		before, _, _ := strings.Cut(name, " (")
		before, _, _ = strings.Cut(before, ":")
		if drawn, has := marks[before]; has {
			return drawn
		}
	}
	return ""
}

// MarkOf is the mark on a site's button, a letter for a site that we have none of.
func (v *loginView) MarkOf(s method.Site) template.HTML {
	if drawn := markOf(s.ID, s.Label); drawn != "" {
		return drawn
	}
	return template.HTML(template.HTMLEscapeString(initial(s.Label)))
}

var marks = map[string]template.HTML{
	"google":    line(`M16 5a7.5 7.5 0 1 0 1.5 5H11`),
	"github":    shape(`M3 2l4.5 2.2q2.5-.5 5 0L17 2q1 3 .5 5 1.5 3 0 6-2.5 4.5-7.5 4.5T2.5 13q-1.5-3 0-6Q2 5 3 2zm3.5 8a1.5 2 0 1 0 .01 0zm7 0a1.5 2 0 1 0 .01 0z`),
	"microsoft": shape(`M2 2h7.5v7.5H2zm8.5 0H18v7.5h-7.5zM2 10.5h7.5V18H2zm8.5 0H18V18h-7.5z`),
	"apple":     shape(`M10 6.5c2.5-1.5 7-1 7 3.5 0 4-3 8.5-5 8.5-1 0-1-.5-2-.5s-1 .5-2 .5c-2 0-5-4.5-5-8.5 0-4.5 4.5-5 7-3.5zM10 5c0-2.5 1.5-4 3.5-4.5C13.5 3 12.5 4.5 10 5z`),
	"gitlab":    shape(`M10 18.5L1 11.5 4 2l3 6.5h6L16 2l3 9.5z`),
	"facebook":  shape(`M8 19v-7H5V9h3V7c0-4 2-5.5 7-5v3c-3 0-3.5 0-3.5 2v2H15l-.5 3h-3v7z`),
	"discord":   shape(`M5 4q5-2 10 0 3.5 5 3.5 11-2 2-4.5 2l-1-2H7l-1 2q-2.5 0-4.5-2Q1.5 9 5 4zm2.2 5a1.7 2 0 1 0 .01 0zm5.6 0a1.7 2 0 1 0 .01 0z`),
	"linkedin":  shape(`M2 8h3v10H2zm1.5-6a2 2 0 1 1-.01 0zm4 6h3v1.5C12.5 6.5 18 7 18 12v6h-3v-5.5c0-3-4.5-3-4.5 0V18h-3z`),
	"slack":     line(`M7.5 2.5L6 17.5M14 2.5l-1.5 15M3 7h15M2 13h15`),
	"x":         line(`M3 3l14 14M17 3L3 17`),
	"twitter":   line(`M3 3l14 14M17 3L3 17`),
}

func shape(path string) template.HTML {
	return drawing(`fill="currentColor" fill-rule="evenodd"`, path)
}

func line(path string) template.HTML {
	return drawing(`fill="none" stroke="currentColor" stroke-width="2.8"`, path)
}

func drawing(how, path string) template.HTML {
	return template.HTML(`<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" ` + how + `><path d="` + path + `"/></svg>`)
}
