package page

import (
	"crypto/rand"
	"crypto/sha512"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"net/http"
)

// This file owns the two files that the settings page has beside itself: its one script
// of its own, which does what a page can do without (it shows a password, copies codes,
// says why a security key did not work), and its style. Both are named by their hash in
// the query of the page's own URL, and kept by browsers for a year. The policy lets them
// through by a nonce, because the page does not know its own origin.

//go:embed page.js
var script []byte

var (
	scriptSum       = sha512.Sum384(script)
	scriptQuery     = "script=" + hex.EncodeToString(scriptSum[:8])
	scriptIntegrity = "sha384-" + base64.StdEncoding.EncodeToString(scriptSum[:])
)

// withFiles loads them.
func (f *frame) withFiles() {
	f.Static, f.Sheet, f.Nonce = "?"+scriptQuery, "?"+f.sheet, rand.Text()
}

// Integrity is the hash of the script, as the attribute has it.
func (f *frame) Integrity() string { return scriptIntegrity }

// styleQuery names the style of a look.
func (l *look) styleQuery() string {
	sum := sha512.Sum384([]byte(l.css))
	return "style=" + hex.EncodeToString(sum[:8])
}

// serveFile answers a request for one of the files, if it is one.
func (l *look) serveFile(w http.ResponseWriter, query string) bool {
	var kind string
	var file []byte
	switch query {
	case scriptQuery:
		kind, file = "text/javascript; charset=utf-8", script
	case l.sheet:
		kind, file = "text/css; charset=utf-8", []byte(l.css)
	default:
		return false
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	_, _ = w.Write(file) // a reader that has gone away
	return true
}
