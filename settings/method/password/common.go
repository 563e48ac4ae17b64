package password

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// The 3,000 most common passwords of at least 8 characters (ASVS 5.0.0, 6.2.4), in lower case, sorted. COMMON.md beside
// the file says where they are from, how to build the file again, and has the licence (MIT).
//
//go:embed common.txt
var commonText string

// The entries share the embedded text; only the slice of 3,000 string headers is built, at the first password judged.
var commonPasswords = sync.OnceValue(func() []string {
	return strings.Split(strings.TrimSuffix(commonText, "\n"), "\n")
})

// isCommon reports whether the whole password is one of the most common ones, in any case. A passphrase that contains a
// common password is not common.
func isCommon(password string) bool {
	_, found := slices.BinarySearch(commonPasswords(), fold(password))
	return found
}
