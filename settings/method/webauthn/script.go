package webauthn

import (
	"crypto/sha512"
	_ "embed"
	"encoding/base64"

	"github.com/amend-go/amend/settings/method"
)

// The script has no dependencies and no build step: what is embedded is what is
// served, and what a reader can read.
//
//go:embed webauthn.js
var script []byte

// scriptPath is where it is served, below PublicURL.
const scriptPath = "/.well-known/ory/webauthn.js"

// scriptIntegrity is its hash, as the attribute integrity has it (W3C
// Subresource Integrity).
var scriptIntegrity = func() string {
	sum := sha512.Sum384(script)
	return "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
}()

// Files is the script that the form needs.
func (m *Method) Files() map[string]method.File {
	return map[string]method.File{scriptPath: {ContentType: "text/javascript; charset=utf-8", Body: script}}
}
