package password

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// parse reads a stored hash and holds it against the caps. All that it allocates is the parts of a string of at most
// maxHashLen bytes.
func parse(hash string) (stored, error) {
	if len(hash) > maxHashLen || !isGraphic(hash) {
		return nil, ErrUnknownHash
	}
	// "$id$…": the first part is what stands before the first dollar sign, nothing.
	parts := strings.Split(hash, "$")
	if len(parts) < 4 || parts[0] != "" {
		return nil, ErrUnknownHash
	}
	switch id, rest := parts[1], parts[2:]; id {
	case "2a", "2b", "2y":
		return parseBcrypt(hash, rest)
	case "argon2i", "argon2id":
		return parseArgon2(id, rest)
	case "scrypt":
		return parseScrypt(rest)
	case "pbkdf2", "pbkdf2-sha1", "pbkdf2-sha256", "pbkdf2-sha512":
		return parsePBKDF2(id, rest)
	default:
		return nil, ErrUnknownHash
	}
}

// isGraphic is false for spaces, line ends and all else that no hash contains. Go's base64 skips line ends, and a hash
// shall have one spelling.
func isGraphic(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// parameters reads "m=19456,t=2,p=1" for the names m, t, p: all of them, in that order, and no others, as the PHC string
// format has it.
func parameters(s string, names ...string) ([]uint64, bool) {
	fields := strings.Split(s, ",")
	if len(fields) != len(names) {
		return nil, false
	}
	values := make([]uint64, len(names))
	for i, field := range fields {
		digits, ok := strings.CutPrefix(field, names[i]+"=")
		if !ok {
			return nil, false
		}
		if values[i], ok = decimal(digits); !ok {
			return nil, false
		}
	}
	return values, true
}

// decimal reads a number from 1 to 2³²-1 without sign and leading zeros. No parameter of any format may be 0. A number too
// large for that gives the largest one, which is over every cap: it is costly, not unknown.
func decimal(s string) (uint64, bool) {
	if s == "" || s[0] == '0' || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, _ := strconv.ParseUint(s, 10, 32)
	return n, true
}

// saltAndKey decodes the last two parts of a PHC string.
func saltAndKey(parts []string) (salt, key []byte, err error) {
	if len(parts) != 2 {
		return nil, nil, ErrUnknownHash
	}
	salt, okSalt := decode(parts[0])
	key, okKey := decode(parts[1])
	if !okSalt || !okKey || len(salt) < 1 || len(salt) > maxSalt || len(key) < minKeyBytes || len(key) > maxKeyBytes {
		return nil, nil, ErrUnknownHash
	}
	return salt, key, nil
}

// decode reads base64 with or without padding. Passlib writes a dot for the plus sign.
func decode(s string) ([]byte, bool) {
	encoding := base64.RawStdEncoding
	if strings.HasSuffix(s, "=") {
		encoding = base64.StdEncoding
	}
	b, err := encoding.Strict().DecodeString(strings.ReplaceAll(s, ".", "+"))
	return b, err == nil
}
