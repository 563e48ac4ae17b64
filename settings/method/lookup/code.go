package lookup

import "strings"

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

// maxTyped is how much of what somebody types is looked at.
const maxTyped = 64

// normal is a code as it was made, of what somebody typed from a piece of
// paper; ok is false for what cannot be a code.
func normal(typed string) (code string, ok bool) {
	if len(typed) > maxTyped {
		return "", false
	}
	var out []byte
	for _, c := range []byte(typed) {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		switch c {
		case ' ', '-':
			continue
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
