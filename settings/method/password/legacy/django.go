package legacy

import (
	"crypto"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/amend-go/amend/settings/method/password"
)

// Django reads what Django's hashers write: pbkdf2_sha256, pbkdf2_sha1, argon2, bcrypt, bcrypt_sha256, scrypt, and the old
// sha1 and md5 with a salt. They are computed, and bounded, by password.Verify. An unusable password ("!…") is none; store
// an empty hash for it. Unsalted sums are for [Unsalted].
type Django struct{}

var _ password.Comparer = Django{}

func (Django) Reads(hash string) bool {
	if _, _, _, ok := djangoSum(hash); ok {
		return true
	}
	phc, _ := djangoPHC(hash)
	return password.Standard{}.Reads(phc)
}

func (Django) Memory(hash string) int64 {
	phc, _ := djangoPHC(hash)
	return max(sumMemory, password.Standard{}.Memory(phc))
}

func (Django) Compare(hash, pass string) (bool, error) {
	if h, salt, sum, ok := djangoSum(hash); ok {
		return sumIs(h, sum, salt, pass), nil
	}
	phc, prepare := djangoPHC(hash)
	if phc == "" {
		return false, password.ErrUnknownHash
	}
	return password.Verify(phc, prepare(pass))
}

// djangoSum takes a salted sum apart.
func djangoSum(hash string) (h crypto.Hash, salt string, sum []byte, ok bool) {
	kind, rest, _ := strings.Cut(hash, "$")
	switch kind {
	case "sha1":
		h = crypto.SHA1
	case "md5":
		h = crypto.MD5
	default:
		return 0, "", nil, false
	}
	salt, text, _ := strings.Cut(rest, "$")
	sum, err := hex.DecodeString(text)
	return h, salt, sum, err == nil && len(sum) == h.Size()
}

// djangoPHC rewrites a hash of Django's as password.Verify reads it, and says what is done with the password before; phc
// is "" for what it does not know.
func djangoPHC(hash string) (phc string, prepare func(string) string) {
	kind, rest, _ := strings.Cut(hash, "$")
	parts := strings.Split(rest, "$")
	asIs := func(pass string) string { return pass }
	unpadded := func(text string) string { return strings.TrimRight(text, "=") }
	spelled := func(salt string) string { return base64.RawStdEncoding.EncodeToString([]byte(salt)) }
	switch {
	case kind == "pbkdf2_sha256" && len(parts) == 3:
		return "$pbkdf2-sha256$i=" + parts[0] + ",l=32$" + spelled(parts[1]) + "$" + unpadded(parts[2]), asIs
	case kind == "pbkdf2_sha1" && len(parts) == 3:
		return "$pbkdf2-sha1$i=" + parts[0] + ",l=20$" + spelled(parts[1]) + "$" + unpadded(parts[2]), asIs
	case kind == "scrypt" && len(parts) == 5: // N, salt, r, p, key
		return "$scrypt$ln=" + parts[0] + ",r=" + parts[2] + ",p=" + parts[3] + "$" + spelled(parts[1]) + "$" + unpadded(parts[4]), asIs
	case kind == "argon2":
		return "$" + rest, asIs
	case kind == "bcrypt":
		return rest, asIs
	case kind == "bcrypt_sha256":
		return rest, func(pass string) string {
			sum := crypto.SHA256.New()
			sum.Write([]byte(pass))
			return hex.EncodeToString(sum.Sum(nil))
		}
	}
	return "", asIs
}
