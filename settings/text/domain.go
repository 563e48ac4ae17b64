package text

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// lookUp is how a browser finds a domain: UTS 46, with the names that IDNA 2008 has.
// ß is a letter of its own.
var lookUp = idna.New(
	idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(),
	idna.ValidateLabels(true), idna.StrictDomainName(true), idna.VerifyDNSLength(true),
)

// Domain gives the ASCII form (punycode) of the domain of an e-mail address, in lower case.
// A domain in ASCII is not checked. One beyond ASCII that is not a valid domain name is an
// error.
func Domain(typed string) (string, error) {
	ascii, err := lookUp.ToASCII(typed)
	switch {
	case isASCII(typed) && err != nil:
		return strings.ToLower(typed), nil
	case err != nil || !utf8.ValidString(typed):
		return "", errNoDomain
	}
	return ascii, nil
}

func isASCII(s string) bool {
	for n := range len(s) {
		if s[n] >= 0x80 {
			return false
		}
	}
	return true
}
