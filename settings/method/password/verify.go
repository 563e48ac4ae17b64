package password

import (
	"crypto/subtle"
	"errors"
	"math"
	"strings"
)

// What Verify returns for a stored hash that it does not compute. Neither says anything about the password.
var (
	// ErrUnknownHash: the string is in no format that is read here, or it is damaged.
	ErrUnknownHash = errors.New("password: stored hash is of an unknown format, or damaged")
	// ErrHashTooCostly: the format is known, its parameters are above the caps.
	ErrHashTooCostly = errors.New("password: stored hash asks for more work than is allowed")
)

// The caps on what a stored hash may ask for. They are far above every published recommendation, and low enough that a
// string planted in the database costs seconds and not the process.
const (
	maxHashLen  = 512 // bytes of the whole string
	minKeyBytes = 16  // a shorter key is a truncated column, and would be easy to hit by chance
	maxKeyBytes = 128
	maxSalt     = 128 // bytes

	maxArgon2KiB   = 256 << 10
	maxArgon2Time  = 10
	maxArgon2Lanes = math.MaxUint8 // as many as can be computed here: they share the memory and the passes

	maxBcryptCost  = 14
	bcryptMaxBytes = 72      // of a password
	bcryptMemory   = 5 << 10 // bytes: Blowfish's tables

	maxScryptMemory = 256 << 20 // bytes: 128·N·r
	maxScryptWork   = 1 << 30   // bytes: 128·N·r·p
	maxScryptR      = 64
	maxScryptP      = 16

	maxPBKDF2Rounds = 10_000_000 // iterations, times the blocks of output
	pbkdf2Memory    = 2 << 10    // bytes: two hash states and the key
)

// A stored hash, parsed and within the caps.
type stored interface {
	// memory is the bytes that matches takes, for the limiter.
	memory() int64
	matches(password string) (bool, error)
}

// Verify reports whether password is the one that hash was made from. The comparison takes the same time wherever the
// two differ. It reads
//
//	$2a$ $2b$ $2y$                                   bcrypt
//	$argon2id$v=19$m=19456,t=2,p=1$salt$key          and argon2i
//	$scrypt$ln=15,r=8,p=1$salt$key                   ln=32768, as Ory Kratos writes it, is the same
//	$pbkdf2-sha256$i=600000,l=32$salt$key            sha1, sha256, sha512
//	$pbkdf2-sha256$600000$salt$key                   as passlib writes it; $pbkdf2$ is its sha1
//
// with salt and key in base64, padded or not. An error always comes with false: [ErrUnknownHash], or [ErrHashTooCostly]
// before anything is allocated or computed if the hash asks for more than 256 MiB, argon2 t=10 or p=255, bcrypt cost 14,
// or 10 million rounds of PBKDF2.
//
// An empty hash is an identity without a password: no password matches, without an error and without work. A login that
// must not tell such identities from others has to spend that work itself.
//
// A bcrypt hash matches no password of more than 72 bytes, even if one was truncated when the hash was made. A password
// with a NUL in it matches only an argon2 hash: to the other algorithms the NUL is an end or a padding, and they would
// take several passwords for one.
//
// Go's FIPS 140-only mode is not supported: of all these algorithms it allows PBKDF2 with SHA-2 alone.
func Verify(hash, password string) (bool, error) {
	return hashes(nil).verify(hash, password)
}

func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

func hasNUL(password string) bool { return strings.IndexByte(password, 0) >= 0 }

// Standard is a Comparer for the hashes that Verify reads. A host's own Comparer calls it
// after changing the password or the stored string.
type Standard struct{}

func (Standard) Reads(hash string) bool                      { return hash != "" && hashes(nil).readable(hash) == nil }
func (Standard) Memory(hash string) int64                    { return hashes(nil).memory(hash) }
func (Standard) Compare(hash, password string) (bool, error) { return Verify(hash, password) }
