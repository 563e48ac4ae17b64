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
// one style, the host's own files, and the pictures and scripts that the form has.
//
// There is no form-action in it, on purpose. Chromium holds that directive
// against every redirect that follows a form, and a submit may well lead to
// another origin: to a login, to a return_to, to the site of a linked login,
// which redirects on as it likes. A list that allows all of these keeps nobody
// from anything. Where the forms lead is the library's own PublicURL, and no
// markup gets into the page that could have another.
func (f *frame) policy() string {
	p := []string{"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"}
	styles := "style-src " + hashOf(f.css)
	if f.Sheet != "" {
		styles = "style-src 'nonce-" + f.Nonce + "'"
	}
	if f.Stylesheet != "" {
		styles += " " + f.source(f.Stylesheet)
	}
	p = append(p, styles)
	var pictures []string
	if f.pictures {
		pictures = append(pictures, "data:")
	}
	if f.Logo != "" {
		pictures = append(pictures, f.source(f.Logo))
	}
	if len(pictures) > 0 {
		p = append(p, "img-src "+strings.Join(pictures, " "))
	}
	var scripts []string
	for _, s := range f.Scripts {
		scripts = append(scripts, s.Src)
	}
	if f.Static != "" {
		scripts = append(scripts, "'nonce-"+f.Nonce+"'")
	}
	if len(scripts) > 0 {
		p = append(p, "script-src "+strings.Join(scripts, " "))
	}
	return strings.Join(p, "; ")
}

// source is a file as the policy names it. A path of the page's own origin has no name
// there but 'self': which origin that is the page does not know.
func (f *frame) source(file string) string {
	if strings.HasPrefix(file, "/") {
		return "'self'"
	}
	return file
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
