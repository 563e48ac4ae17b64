package lookup

import (
	"strings"

	"github.com/amend-go/amend/settings/method"
)

const (
	count  = 12 // codes of a set
	length = 13 // characters of a code, of 5 bit each: 65

	// oldLength is that of the codes of an older build, which are still good.
	oldLength = 10
)

// alphabet is Crockford's base 32: it has no i, l, o and u, which are read as
// other characters or make words.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// codesOf makes a set of codes of count*length random bytes.
func codesOf(random []byte) []string {
	codes := make([]string, count)
	for n := range codes {
		var code [length]byte
		for i := range code {
			code[i] = alphabet[random[n*length+i]%32]
		}
		codes[n] = string(code[:])
	}
	return codes
}

// shown is a code as its user keeps it: in groups that are read at a glance.
func shown(code string) string { return code[:5] + "-" + code[5:9] + "-" + code[9:] }

// typedCode is what somebody typed from a piece of paper: as a code that was made here,
// and as one of another system. "" is for what cannot be one.
type typedCode struct{ own, foreign string }

// readTyped reads a code; ok is false for what can be none.
func readTyped(typed string) (c typedCode, ok bool) {
	if own, ok := normal(typed); ok {
		c.own = own
	}
	c.foreign = foreign(typed)
	return c, c != typedCode{}
}

// The shortest code of another system that is taken, and the longest, in characters. Eight
// letters and digits are 41 bit, which the count of wrong tries makes enough.
const minForeign, maxForeign = 8, 64

// foreign is a code of another system: its letters in lower case and its digits, without
// what stands between them; "" for what is too short for one, or has other characters.
func foreign(typed string) string {
	code := strings.ToLower(method.TypedCode(typed))
	if len(code) < minForeign || len(code) > maxForeign || strings.Trim(code, "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	return code
}

// normal is a code as it was made here, of what somebody typed; ok is false for what
// cannot be one.
func normal(typed string) (code string, ok bool) {
	var out []byte
	for _, c := range []byte(method.TypedCode(typed)) {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		switch c {
		case 'o':
			c = '0'
		case 'i', 'l':
			c = '1'
		}
		if strings.IndexByte(alphabet, c) < 0 {
			return "", false
		}
		out = append(out, c)
	}
	return string(out), len(out) == length || len(out) == oldLength
}
