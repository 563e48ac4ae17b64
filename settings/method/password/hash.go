package password

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// What a Writer's Hash returns for a password that its format cannot hold. A [Policy] that knows the Writer's MaxBytes
// refuses such passwords before they are hashed.
var (
	ErrTooLongForHash = errors.New("password: more bytes than the hash format reads")
	ErrNULForHash     = errors.New("password: a NUL byte, where the hash format ends a password")
)

// Writer hashes new passwords. Its methods may be called at the same time.
//
// A Writer of a host's own must write what [Verify] reads, or nobody can sign in afterwards.
type Writer interface {
	// Hash returns the hash to store, with a new random salt. Equal passwords give different hashes.
	Hash(password string) (string, error)
	// Memory is how many bytes one Hash takes while it runs. The [Limiter] plans with it.
	Memory() int64
	// MaxBytes is 0 if the format holds any password. Otherwise the format reads a C string of that many bytes, and Hash
	// refuses what is longer (ErrTooLongForHash) or has a NUL in it (ErrNULForHash); it never truncates.
	MaxBytes() int
	// Check says what is wrong with the Writer's parameters: too weak to protect, or too costly to be verified again.
	// It is meant for start-up.
	Check() error
}

// The strings that Argon2id writes have a salt and a key of these lengths (RFC 9106, section 4).
const (
	saltBytes = 16
	keyBytes  = 32
)

// Argon2id is the default Writer. Its zero value is 19 MiB, 2 passes, 1 thread: the first choice of the OWASP Password
// Storage Cheat Sheet for servers without memory to spare. It writes the PHC string
//
//	$argon2id$v=19$m=19456,t=2,p=1$<16-byte salt>$<32-byte key>
//
// with both parts in unpadded base64.
type Argon2id struct {
	MemoryKiB uint32 // KiB; 0 is 19456 (19 MiB), at most 262144 (256 MiB)
	Time      uint32 // passes over the memory; 0 is 2, at most 10
	Threads   uint8  // 0 is 1, at most 4
}

var _ Writer = Argon2id{}

func (a Argon2id) withDefaults() Argon2id {
	return Argon2id{
		MemoryKiB: cmp.Or(a.MemoryKiB, 19*1024),
		Time:      cmp.Or(a.Time, 2),
		Threads:   cmp.Or(a.Threads, 1),
	}
}

// Hash fails only if Check does.
func (a Argon2id) Hash(password string) (string, error) {
	if err := a.Check(); err != nil {
		return "", err
	}
	return a.withDefaults().hash(password), nil
}

func (a Argon2id) hash(password string) string {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails: the process ends if the system has no randomness
	key := argon2.IDKey([]byte(password), salt, a.Time, a.MemoryKiB, a.Threads, keyBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, a.MemoryKiB, a.Time, a.Threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// Memory is MemoryKiB in bytes.
func (a Argon2id) Memory() int64 { return int64(a.withDefaults().MemoryKiB) << 10 }

// MaxBytes is 0: Argon2id reads every byte of a password.
func (a Argon2id) MaxBytes() int { return 0 }

// The pairs that the OWASP Password Storage Cheat Sheet calls equal in strength. More of both is always fine.
var owaspArgon2id = []struct{ memoryKiB, time uint32 }{
	{46 * 1024, 1}, {19 * 1024, 2}, {12 * 1024, 3}, {9 * 1024, 4}, {7 * 1024, 5},
}

// Check refuses parameters below all of OWASP's pairs (46 MiB with 1 pass, 19 MiB with 2, 12 MiB with 3, 9 MiB with 4,
// 7 MiB with 5) and above what Verify accepts.
func (a Argon2id) Check() error {
	a = a.withDefaults()
	if a.MemoryKiB > maxArgon2KiB || a.Time > maxArgon2Time || a.Threads > maxArgon2Threads {
		return fmt.Errorf("password: Argon2id with m=%d KiB, t=%d, p=%d is more than Verify accepts (m=%d, t=%d, p=%d)",
			a.MemoryKiB, a.Time, a.Threads, maxArgon2KiB, maxArgon2Time, maxArgon2Threads)
	}
	for _, pair := range owaspArgon2id {
		if a.MemoryKiB >= pair.memoryKiB && a.Time >= pair.time {
			return nil
		}
	}
	return fmt.Errorf("password: Argon2id with m=%d KiB, t=%d is too weak; take m=19456, t=2 or more", a.MemoryKiB, a.Time)
}

// Bcrypt is the Writer for an app whose other parts compare with bcrypt. Cost 0 is 12; 10 to 14 are allowed.
//
// Bcrypt reads 72 bytes and stops at a NUL. Other libraries truncate there without a word; this Writer refuses the
// password instead, and a Policy with MaxBytes 72 tells the user why. For passwords of characters outside ASCII 72 bytes
// are few: 18 emoji, 24 Chinese characters.
func Bcrypt(cost int) Writer { return bcryptWriter(cmp.Or(cost, 12)) }

type bcryptWriter int

func (w bcryptWriter) Hash(password string) (string, error) {
	if err := w.Check(); err != nil {
		return "", err
	}
	if len(password) > bcryptMaxBytes {
		return "", ErrTooLongForHash
	}
	if hasNUL(password) {
		return "", ErrNULForHash
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), int(w))
	if err != nil {
		return "", fmt.Errorf("password: bcrypt: %w", err)
	}
	return string(hash), nil
}

func (w bcryptWriter) Memory() int64 { return bcryptMemory }
func (w bcryptWriter) MaxBytes() int { return bcryptMaxBytes }

func (w bcryptWriter) Check() error {
	if w < 10 || w > maxBcryptCost {
		return fmt.Errorf("password: Bcrypt cost %d, want 10 to %d", int(w), maxBcryptCost)
	}
	return nil
}
