package legacy

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/scrypt"

	"github.com/amend-go/amend/settings/method/password"
)

// Firebase reads the scrypt of Firebase Authentication, written in one string:
//
//	$firescrypt$ln=14,r=8,p=1$salt$hash$separator$key
//
// with ln the project's mem_cost, r its rounds, p=1, and the other four in base64 as `firebase auth:export` and the project's
// password hash parameters have them: passwordSalt, passwordHash, base64_salt_separator, base64_signer_key. It is also how
// Ory Kratos takes them. The last two may be left out, and are then those of this Firebase.
//
// The signer key in a row protects nothing: whoever steals the table has it. Set Key, and leave it out of the rows.
type Firebase struct {
	Separator []byte // the decoded base64_salt_separator, for rows without one
	Key       []byte // the decoded base64_signer_key, for rows without one
}

var _ password.Comparer = Firebase{}

const (
	maxFirebaseMemory = 64 << 20 // bytes: 128·N·r
	maxFirebaseLog    = 19
)

type firebaseHash struct {
	n, r, p                    int
	salt, want, separator, key []byte
}

func (f Firebase) Reads(hash string) bool {
	_, err := f.parse(hash)
	return err == nil
}

func (f Firebase) Memory(hash string) int64 {
	h, err := f.parse(hash)
	if err != nil {
		return 0
	}
	return int64(128 * h.r * (h.n + h.p + 2))
}

// Compare derives a key from the password by scrypt, with which AES-256 in counter mode encrypts the signer key.
func (f Firebase) Compare(hash, pass string) (bool, error) {
	h, err := f.parse(hash)
	if err != nil {
		return false, err
	}
	if strings.Contains(pass, "\x00") {
		return false, nil
	}
	derived, err := scrypt.Key([]byte(pass), append(append([]byte{}, h.salt...), h.separator...), h.n, h.r, h.p, 32)
	if err != nil {
		return false, fmt.Errorf("legacy: firebase: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return false, fmt.Errorf("legacy: firebase: %w", err)
	}
	made := make([]byte, len(h.key))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(made, h.key)
	return equal(made, h.want), nil
}

func (f Firebase) parse(hash string) (h firebaseHash, err error) {
	rest, ok := strings.CutPrefix(hash, "$firescrypt$")
	parts := strings.Split(rest, "$")
	if !ok || len(parts) != 3 && len(parts) != 5 {
		return h, password.ErrUnknownHash
	}
	numbers := make([]int, 3)
	for n, field := range strings.Split(parts[0], ",") {
		if n > 2 {
			return h, password.ErrUnknownHash
		}
		digits, ok := strings.CutPrefix(field, [...]string{"ln=", "r=", "p="}[n])
		if numbers[n], err = strconv.Atoi(digits); !ok || err != nil || numbers[n] < 1 {
			return h, password.ErrUnknownHash
		}
	}
	if numbers[0] > maxFirebaseLog || numbers[1] > 64 || numbers[2] > 4 || 128*numbers[1]<<numbers[0] > maxFirebaseMemory {
		return h, password.ErrHashTooCostly
	}
	if numbers[1] == 0 || numbers[2] == 0 {
		return h, password.ErrUnknownHash
	}
	h = firebaseHash{n: 1 << numbers[0], r: numbers[1], p: numbers[2], separator: f.Separator, key: f.Key}
	fields := []*[]byte{&h.salt, &h.want, &h.separator, &h.key}
	for n, text := range parts[1:] {
		if *fields[n], err = anyBase64(text); err != nil {
			return h, password.ErrUnknownHash
		}
	}
	if len(h.want) == 0 || len(h.key) != len(h.want) {
		return h, password.ErrUnknownHash
	}
	return h, nil
}

// anyBase64 reads the standard and the URL alphabet, padded or not: exports have both.
func anyBase64(text string) ([]byte, error) {
	return base64.RawStdEncoding.Strict().DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "=")))
}
