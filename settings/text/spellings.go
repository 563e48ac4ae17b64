package text

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Spellings are the other ways in which programs write a name or an e-mail address that
// is in its form: the domain in Unicode, and each of the two composed and in pieces (NFC,
// NFD). There are up to three, and none for what is ASCII without punycode. Spellings
// with characters that are not seen, or of another width, are without number, and not
// among them.
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
