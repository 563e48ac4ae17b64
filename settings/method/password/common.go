package password

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// The 3,000 most common passwords of at least 8 characters, and the 3,000 most common of at least 15, which a policy with
// that minimum needs (ASVS 5.0.0, 6.2.4: those that the policy would let pass). In lower case, sorted. COMMON.md beside the
// files says where they are from, how to build them again, and has the licence (MIT).
var (
	//go:embed common.txt
	commonText string
	//go:embed commonlong.txt
	commonLongText string
)

// The entries share the embedded text; only the slices of 3,000 string headers are built, at the first password judged.
var commonPasswords = sync.OnceValue(func() (lists [][]string) {
	for _, text := range []string{commonText, commonLongText} {
		lists = append(lists, strings.Split(strings.TrimSuffix(text, "\n"), "\n"))
	}
	return lists
})

// isCommon reports whether the whole password is one of the most common ones, in any case. A passphrase that contains a
// common password is not common.
func isCommon(password string) bool {
	folded := fold(password)
	return slices.ContainsFunc(commonPasswords(), func(list []string) bool {
		_, found := slices.BinarySearch(list, folded)
		return found
	})
}
