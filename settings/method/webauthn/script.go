package webauthn

import (
	"crypto/sha512"
	_ "embed"
	"encoding/base64"
	"sync"

	"github.com/amend-go/amend/settings/method"
)

// The script has no dependencies and no build step: what is embedded is what is
// served, and what a reader can read.
//
//go:embed webauthn.js
var script []byte

// ScriptPath is where the Handler serves the script of forms and logins, below PublicURL: for a page of a
// host's own, which loads it by
//
//	<script src="{PublicURL}/.well-known/ory/webauthn.js" integrity="{Integrity()}" crossorigin="anonymous" defer></script>
//
// The nodes of a flow have the same in their node of the type script.
const ScriptPath = "/.well-known/ory/webauthn.js"

// Integrity is the hash of the script as the attribute integrity has it (W3C Subresource Integrity).
func Integrity() string { return scriptIntegrity() }

var scriptIntegrity = sync.OnceValue(func() string {
	sum := sha512.Sum384(script)
	return "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
})

// Files is the script that the form needs.
func (m *Method) Files() map[string]method.File {
	return map[string]method.File{ScriptPath: {ContentType: "text/javascript; charset=utf-8", Body: script}}
}
