package page

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"regexp"
	"strings"
	"sync"
)

// policy is the page's Content-Security-Policy (CSP Level 3): nothing but its
// one style, and the pictures and scripts that the form has.
//
// There is no form-action in it, on purpose. Chromium holds that directive
// against every redirect that follows a form, and a submit may well lead to
// another origin: to a login, to a return_to, to the site of a linked login,
// which redirects on as it likes. A list that allows all of these keeps nobody
// from anything. Where the forms lead is the library's own PublicURL, and no
// markup gets into the page that could have another.
func (v *view) policy() string {
	p := []string{"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "style-src " + hashOf(v.css)}
	if v.pictures {
		p = append(p, "img-src data:")
	}
	if len(v.Scripts) > 0 {
		sources := "script-src"
		for _, s := range v.Scripts {
			sources += " " + s.Src
		}
		p = append(p, sources)
	}
	return strings.Join(p, "; ")
}

// hashOf lets an inline style through.
func hashOf(css template.CSS) string {
	sum := sha256.Sum256([]byte(css))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Compiled when the first page is shown, and not whenever a program starts.
var (
	pictureURL = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/]+=*$`)
	})

	// A link leads to a page, or opens an authenticator app.
	linkURL = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(https?|otpauth)://[A-Za-z0-9-._~:/?#\[\]@!$&'()*+,;=%]+$`)
	})

	// A script's URL becomes a source of the policy, so it has none of the
	// characters that end a source, or that a policy reads otherwise than a URL.
	scriptURL = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~@+-]+)+$`)
	})

	integrity = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^sha(256|384|512)-[A-Za-z0-9+/]+=*$`)
	})
)
