package legacy

import (
	"strconv"
	"strings"

	"github.com/go-crypt/crypt/algorithm"
	"github.com/go-crypt/crypt/algorithm/md5crypt"
	"github.com/go-crypt/crypt/algorithm/shacrypt"

	"github.com/amend-go/amend/settings/method/password"
)

// maxCryptRounds is the most rounds that are computed: a second or two, and several times what any system writes by
// default (Linux 5,000, passlib 656,000).
const maxCryptRounds = 5_000_000

// Crypt reads crypt(3) strings: $1$ (MD5), $5$ (SHA-256) and $6$ (SHA-512), with up to 5 million rounds, as in /etc/shadow,
// by `openssl passwd` and by PHP's crypt. A string for bcrypt is read by password.Verify.
type Crypt struct{}

var _ password.Comparer = Crypt{}

func (Crypt) Reads(hash string) bool {
	_, err := parseCrypt(hash)
	return err == nil
}

func (Crypt) Memory(string) int64 { return sumMemory }

func (Crypt) Compare(hash, password string) (bool, error) {
	digest, err := parseCrypt(hash)
	if err != nil {
		return false, err
	}
	// To crypt(3) a password ends at a NUL, and what follows would not count.
	if strings.Contains(password, "\x00") {
		return false, nil
	}
	return digest.MatchAdvanced(password)
}

func parseCrypt(hash string) (algorithm.Digest, error) {
	parts := strings.Split(hash, "$")
	if len(parts) < 4 || len(parts) > 5 || parts[0] != "" {
		return nil, password.ErrUnknownHash
	}
	sum := parts[len(parts)-1]
	switch id := parts[1]; {
	case id == "1" && len(parts) == 4 && len(sum) == 22 && len(parts[2]) <= 8:
		return md5crypt.Decode(hash)
	case id == "5" && len(sum) == 43, id == "6" && len(sum) == 86:
		if len(parts) == 5 {
			rounds, ok := strings.CutPrefix(parts[2], "rounds=")
			n, err := strconv.Atoi(rounds)
			if !ok || err != nil {
				return nil, password.ErrUnknownHash
			}
			if n > maxCryptRounds {
				return nil, password.ErrHashTooCostly
			}
		}
		if len(parts[len(parts)-2]) > 16 {
			return nil, password.ErrUnknownHash
		}
		return shacrypt.Decode(hash)
	}
	return nil, password.ErrUnknownHash
}
