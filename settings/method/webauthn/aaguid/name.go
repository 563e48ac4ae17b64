package aaguid

import (
	_ "embed"
	"encoding/hex"
	"strings"
	"sync"
)

// NAMES.md says where names.txt comes from. Each line is an AAGUID, a space and a name.
//
//go:embed names.txt
var names string

var byID = sync.OnceValue(func() map[[16]byte]string {
	all := make(map[[16]byte]string, strings.Count(names, "\n"))
	for line := range strings.Lines(names) {
		id, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		raw, _ := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
		if len(raw) == 16 {
			all[[16]byte(raw)] = name
		}
	}
	return all
})

// Name is what an authenticator is called, "Apple Passwords" or "YubiKey 5 Series with
// NFC"; "" for one that is not on the list, and for 16 zeros, which tell nothing.
func Name(aaguid [16]byte) string { return byID()[aaguid] }
