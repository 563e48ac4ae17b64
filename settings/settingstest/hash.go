package settingstest

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"golang.org/x/crypto/argon2"

	"github.com/amend-go/amend/settings/method/password"
)

// FastHash writes password hashes in microseconds, for tests: argon2id with 8 KiB
// and one pass, which password.Verify reads. Whoever steals such a hash has the
// password as fast, so no program but a test may use it.
func FastHash() password.Writer { return fastHash{} }

type fastHash struct{}

const fastMemory = 8 // KiB

func (fastHash) Hash(pass string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=1,p=1$%s$%s", argon2.Version, fastMemory, b64(salt),
		b64(argon2.IDKey([]byte(pass), salt, 1, fastMemory, 1, 32))), nil
}

func (fastHash) Memory() int64 { return fastMemory << 10 }
func (fastHash) MaxBytes() int { return 0 }
func (fastHash) Check() error  { return nil }
