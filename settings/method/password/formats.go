package password

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
	"math/bits"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// bcryptHash is a whole $2a$, $2b$ or $2y$ string: two digits of cost, 22 characters of salt, 31 of key. The three differ
// in bugs of the libraries that named them, not in what they compute.
type bcryptHash string

func parseBcrypt(whole string, parts []string) (stored, error) {
	const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	if len(parts) != 2 || len(parts[0]) != 2 || len(parts[1]) != 53 || strings.Trim(parts[1], alphabet) != "" {
		return nil, ErrUnknownHash
	}
	cost, ok := decimal(strings.TrimPrefix(parts[0], "0"))
	if !ok || cost < uint64(bcrypt.MinCost) {
		return nil, ErrUnknownHash
	}
	if cost > maxBcryptCost {
		return nil, ErrHashTooCostly
	}
	return bcryptHash(whole), nil
}

func (h bcryptHash) memory() int64 { return bcryptMemory }

func (h bcryptHash) matches(password string) (bool, error) {
	if len(password) > bcryptMaxBytes || hasNUL(password) {
		return false, nil
	}
	switch err := bcrypt.CompareHashAndPassword([]byte(h), []byte(password)); {
	case err == nil:
		return true, nil
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return false, nil
	default:
		return false, ErrUnknownHash
	}
}

// argon2Hash is version 19 (1.3) of RFC 9106. Version 16 computes something else; argon2d is not made for passwords.
type argon2Hash struct {
	derive    func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte
	memoryKiB uint32
	time      uint32
	threads   uint8
	salt, key []byte
}

func parseArgon2(id string, parts []string) (stored, error) {
	if len(parts) != 4 || parts[0] != "v=19" {
		return nil, ErrUnknownHash
	}
	values, ok := parameters(parts[1], "m", "t", "p")
	if !ok {
		return nil, ErrUnknownHash
	}
	m, t, p := values[0], values[1], values[2]
	if m > maxArgon2KiB || t > maxArgon2Time || p > maxArgon2Lanes {
		return nil, ErrHashTooCostly
	}
	salt, key, err := saltAndKey(parts[2:])
	if err != nil {
		return nil, err
	}
	if m < 8*p || len(salt) < 8 { // RFC 9106, section 3.1
		return nil, ErrUnknownHash
	}
	h := argon2Hash{argon2.IDKey, uint32(m), uint32(t), uint8(p), salt, key}
	if id == "argon2i" {
		h.derive = argon2.Key
	}
	return h, nil
}

func (h argon2Hash) memory() int64 { return int64(h.memoryKiB) << 10 }

func (h argon2Hash) matches(password string) (bool, error) {
	key := h.derive([]byte(password), h.salt, h.time, h.memoryKiB, h.threads, uint32(len(h.key)))
	return equal(key, h.key), nil
}

// scryptHash is RFC 7914.
type scryptHash struct {
	n, r, p   int
	salt, key []byte
}

func parseScrypt(parts []string) (stored, error) {
	if len(parts) != 3 {
		return nil, ErrUnknownHash
	}
	values, ok := parameters(parts[0], "ln", "r", "p")
	if !ok {
		return nil, ErrUnknownHash
	}
	n, r, p := values[0], values[1], values[2]
	// ln is the logarithm of N. Ory Kratos writes N itself, which is never as small as a logarithm.
	switch {
	case n < 64:
		n = 1 << n
	case bits.OnesCount64(n) != 1:
		return nil, ErrUnknownHash
	}
	// Each is small once its own cap has held, so that the products do not overflow.
	if n > maxScryptMemory/128 || r > maxScryptR || p > maxScryptP ||
		128*n*r > maxScryptMemory || 128*n*r*p > maxScryptWork {
		return nil, ErrHashTooCostly
	}
	salt, key, err := saltAndKey(parts[1:])
	if err != nil {
		return nil, err
	}
	return scryptHash{int(n), int(r), int(p), salt, key}, nil
}

// N blocks of 128·r bytes, p blocks to mix, two to mix them in.
func (h scryptHash) memory() int64 { return 128 * int64(h.r) * int64(h.n+h.p+2) }

func (h scryptHash) matches(password string) (bool, error) {
	if hasNUL(password) {
		return false, nil
	}
	key, err := scrypt.Key([]byte(password), h.salt, h.n, h.r, h.p, len(h.key))
	if err != nil {
		return false, ErrUnknownHash
	}
	return equal(key, h.key), nil
}

// pbkdf2Hash is RFC 8018 with HMAC.
type pbkdf2Hash struct {
	hash       func() hash.Hash
	iterations int
	salt, key  []byte
}

func parsePBKDF2(id string, parts []string) (stored, error) {
	if len(parts) != 3 {
		return nil, ErrUnknownHash
	}
	var iterations, length uint64 // length 0: not said
	if n, ok := decimal(parts[0]); ok {
		iterations = n
	} else if values, ok := parameters(parts[0], "i", "l"); ok {
		iterations, length = values[0], values[1]
	} else if values, ok := parameters(parts[0], "i"); ok {
		iterations = values[0]
	} else {
		return nil, ErrUnknownHash
	}
	salt, key, err := saltAndKey(parts[1:])
	if err != nil {
		return nil, err
	}
	if length != 0 && length != uint64(len(key)) {
		return nil, ErrUnknownHash
	}
	h := pbkdf2Hash{salt: salt, key: key}
	blockSize := 0
	switch id {
	case "pbkdf2", "pbkdf2-sha1":
		h.hash, blockSize = sha1.New, sha1.Size
	case "pbkdf2-sha256":
		h.hash, blockSize = sha256.New, sha256.Size
	case "pbkdf2-sha512":
		h.hash, blockSize = sha512.New, sha512.Size
	}
	// A key longer than one output of the hash repeats the whole work for each further block.
	if blocks := (len(key) + blockSize - 1) / blockSize; iterations*uint64(blocks) > maxPBKDF2Rounds {
		return nil, ErrHashTooCostly
	}
	h.iterations = int(iterations)
	return h, nil
}

func (h pbkdf2Hash) memory() int64 { return pbkdf2Memory }

func (h pbkdf2Hash) matches(password string) (bool, error) {
	if hasNUL(password) {
		return false, nil
	}
	key, err := pbkdf2.Key(h.hash, password, h.salt, h.iterations, len(h.key))
	if err != nil { // only in FIPS 140-only mode, which refuses SHA-1 and short salts
		return false, fmt.Errorf("password: %w", err)
	}
	return equal(key, h.key), nil
}
