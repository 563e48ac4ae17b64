package method

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTyped is how much of what somebody types as a code is looked at, in bytes.
const maxTyped = 128

// TypedCode gives a one-time code in the form in which it was made, from what somebody
// typed or pasted. Digits of any script (Arabic-Indic, Persian, Devanagari, full-width)
// become 0 to 9, full-width letters plain ones, and spaces, hyphens, dashes and invisible
// characters are left out. Anything else stays, upper and lower case too, for the method to
// refuse. What is not UTF-8, or is longer than 128 bytes, gives "".
func TypedCode(typed string) string {
	if len(typed) > maxTyped || !utf8.ValidString(typed) {
		return ""
	}
	return strings.Map(ascii, typed)
}

// ascii is a character of a code as ASCII has it, -1 for one that only separates
// others.
func ascii(r rune) rune {
	const fullWidth = '！' - '!' // the forms of ASCII that are as wide as a Chinese character
	switch {
	case '！' <= r && r <= '～':
		return ascii(r - fullWidth)
	case unicode.IsSpace(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Pd, r), r == '\u2212': // the minus sign
		return -1
	case unicode.Is(unicode.Nd, r):
		return '0' + digit(r)
	}
	return r
}

// digit is the value of a decimal digit. Unicode has the ten of a script in a row,
// from zero on (The Unicode Standard, section 4.6), and so begins every range of
// its table of digits with a zero.
func digit(r rune) rune {
	for _, few := range unicode.Nd.R16 {
		if rune(few.Lo) <= r && r <= rune(few.Hi) {
			return (r - rune(few.Lo)) % 10
		}
	}
	for _, few := range unicode.Nd.R32 {
		if rune(few.Lo) <= r && r <= rune(few.Hi) {
			return (r - rune(few.Lo)) % 10
		}
	}
	return 0 // no digit
}
