package page

import (
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// Look is what all pages of a host have in common: settings, login and errors. The zero
// value is an English page in the library's own colors, for light and dark.
type Look struct {
	// Name is that of the product: it stands in the header and in titles. "" shows none.
	Name string

	// Home is where the name in the header leads: a path, or a URL of http or https.
	// "" is no link.
	Home string

	// Logo is a picture in the place of the Name, which is its text for who does not
	// see it: a path, or a URL of http or https. It is 32 pixels high. The policy of the
	// pages allows this one picture.
	Logo string

	// Accent is the color of buttons and links on a device that is set to light, and
	// AccentDark on one that is set to dark: "#2457d6". The text of a button is black or
	// white, whichever is easier to read on it. "" is the library's blue.
	Accent, AccentDark string

	// Stylesheet is one of the host's, loaded after ours: a path, or a URL of http or
	// https. The policy allows this one. Its fonts and pictures it does not allow.
	Stylesheet string

	// Style is more CSS, after the page's own. Its colors are custom properties: see
	// style.css. What it does to their contrast nobody checks.
	Style template.CSS

	// Header and Footer are the host's HTML before and after the page's own part. The
	// page's policy lets no script, style attribute or picture of theirs through.
	Header, Footer template.HTML

	// Languages are those that the page is offered in. A reader gets the one of Choose,
	// or else the one that their browser asks for (RFC 9110, Accept-Language), or else
	// the first. nil is English(); the module settings/page/lang has more.
	Languages []Language

	// Choose gives the Tag of the language for a request, from a cookie or a setting of the
	// account. "", or a tag that is not among Languages, leaves it to the browser's
	// Accept-Language, as a nil Choose does.
	Choose func(*http.Request) string
}

// look is a Look that was checked, with what follows from it.
type look struct {
	Look
	css   template.CSS
	sheet string        // the query that names it
	Inner template.HTML // the style element, byte for byte as the policy has it
}

// wrong is an error of a field.
func wrong(field, format string, a ...any) error {
	return fmt.Errorf("page: %s: %w", field, fmt.Errorf(format, a...))
}

// A URL that becomes a source of the policy has none of the characters that end a
// source, or that a policy reads otherwise than a URL.
var (
	ownPath = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(/[A-Za-z0-9._~@+-]+)+/?$|^/$`) })
	pageURL = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(https?:/)?/[A-Za-z0-9-._~:/?#\[\]@!$&()*+,;=%]*$`)
	})
)

// prepared checks the Look and fills in its defaults. more is CSS of a page of its own. The error names the field.
func (l Look) prepared(more template.CSS) (*look, error) {
	if l.Languages == nil {
		l.Languages = []Language{English()}
	}
	for i, language := range l.Languages {
		if err := language.check(); err != nil {
			return nil, fmt.Errorf("page: Languages[%d]: %w", i, err)
		}
	}
	for _, f := range []struct {
		name, value string
		form        []*regexp.Regexp
	}{
		{"Home", l.Home, []*regexp.Regexp{pageURL()}},
		{"Logo", l.Logo, []*regexp.Regexp{ownPath(), scriptURL()}},
		{"Stylesheet", l.Stylesheet, []*regexp.Regexp{ownPath(), scriptURL()}},
	} {
		ok := f.value == ""
		for _, form := range f.form {
			ok = ok || form.MatchString(f.value)
		}
		if !ok || strings.HasPrefix(f.value, "//") {
			return nil, wrong(f.name, "%q is neither a path nor a URL of http or https, of plain characters", f.value)
		}
	}
	if l.Logo != "" && l.Name == "" {
		return nil, wrong("Logo", "needs a Name, for who does not see it")
	}
	accents, err := l.accents()
	if err != nil {
		return nil, err
	}
	css := style() + more + accents + l.Style
	made := &look{Look: l, css: css, Inner: template.HTML("<style>" + css + "</style>")}
	made.sheet = made.styleQuery()
	return made, nil
}
