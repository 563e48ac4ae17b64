package legacy

import (
	"crypto"
	_ "crypto/md5" // what a host names has to be linked in
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/subtle"
	"encoding/hex"

	"github.com/amend-go/amend/settings/method/password"
)

// sumMemory is what computing one sum takes, in bytes.
const sumMemory = 2 << 10

// Unsalted reads the bare sum of a password in hexadecimal, in either case: crypto.MD5,
// crypto.SHA1, crypto.SHA256 or crypto.SHA512. A string whose length is not that of the sum
// is not read. Such sums are guessed fast, so use it only for a column that has them.
type Unsalted crypto.Hash

var _ password.Comparer = Unsalted(crypto.MD5)

func (u Unsalted) Reads(hash string) bool {
	sum, err := hex.DecodeString(hash)
	return err == nil && len(sum) == crypto.Hash(u).Size()
}

func (Unsalted) Memory(string) int64 { return sumMemory }

func (u Unsalted) Compare(hash, password string) (bool, error) {
	want, err := hex.DecodeString(hash)
	return err == nil && sumIs(crypto.Hash(u), want, password), err
}

// Salted reads a sum of a salt and a password, put together as a host's old code did.
type Salted struct {
	// Sum is the algorithm: crypto.SHA256 and so on.
	Sum crypto.Hash

	// Split takes a stored hash apart. ok is false for a hash that is not of this kind,
	// such as one that the Writer writes.
	Split func(hash string) (salt string, sum []byte, ok bool)

	// Join gives the text that the sum is made of; nil is the salt followed by the
	// password.
	Join func(salt, password string) string
}

var _ password.Comparer = Salted{}

func (s Salted) Reads(hash string) bool {
	_, sum, ok := s.Split(hash)
	return ok && len(sum) == s.Sum.Size()
}

func (Salted) Memory(string) int64 { return sumMemory }

func (s Salted) Compare(hash, password string) (bool, error) {
	salt, want, _ := s.Split(hash)
	text := salt + password
	if s.Join != nil {
		text = s.Join(salt, password)
	}
	return sumIs(s.Sum, want, text), nil
}

// sumIs compares a sum with that of a text. No text has an empty one.
func sumIs(h crypto.Hash, want []byte, parts ...string) bool {
	sum := h.New()
	for _, part := range parts {
		sum.Write([]byte(part))
	}
	return equal(sum.Sum(nil), want)
}

func equal(a, b []byte) bool { return len(b) > 0 && subtle.ConstantTimeCompare(a, b) == 1 }
