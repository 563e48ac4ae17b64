package page

import (
	"crypto/rand"
	"crypto/sha512"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"net/http"
)

// This file owns the page's one script of its own, which does what a page can do
// without: it shows a password, copies codes, says why a security key did not work. It
// is served beside the page by its hash, and kept by browsers for a year. The policy
// lets it through by a nonce, because the page does not know its own origin.

//go:embed page.js
var script []byte

var (
	scriptSum       = sha512.Sum384(script)
	scriptQuery     = "script=" + hex.EncodeToString(scriptSum[:8])
	scriptIntegrity = "sha384-" + base64.StdEncoding.EncodeToString(scriptSum[:])
)

// withScript loads it.
func (f *frame) withScript() { f.Static, f.Nonce = "?"+scriptQuery, rand.Text() }

// Integrity is its hash, as the attribute has it.
func (f *frame) Integrity() string { return scriptIntegrity }

func serveScript(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	_, _ = w.Write(script) // a reader that has gone away
}
