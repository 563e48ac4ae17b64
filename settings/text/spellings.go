package text

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Spellings gives up to three other ways in which programs write a name or an e-mail
// address that is in its form: the domain in Unicode, and each of the two decomposed (NFD)
// or composed (NFC). It gives none for ASCII without punycode. Spellings with invisible or
// full-width characters are not among them, because there is no end of those.
func Spellings(form string) []string {
	shown := form
	if at := strings.LastIndexByte(form, '@'); at >= 0 {
		if domain, err := lookUp.ToUnicode(form[at+1:]); err == nil {
			shown = form[:at+1] + domain
		}
	}
	var others []string
	said := map[string]bool{form: true}
	for _, other := range []string{shown, norm.NFD.String(shown), norm.NFD.String(form)} {
		if !said[other] {
			said[other] = true
			others = append(others, other)
		}
	}
	return others
}
