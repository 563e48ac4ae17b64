package method

import (
	"iter"

	"github.com/amend-go/amend/settings/seal"
)

// Secrets makes what a method need not store, and hashes what it does. All of
// it is of one method and one identity: nothing made for another is ever equal.
type Secrets struct {
	ring     *seal.Keyring
	method   string
	identity string
}

// NewSecrets makes the Secrets of a method for an identity, under the keys of
// a Config: for tests of a method without a Handler.
func NewSecrets(method, identityID string, keys ...[]byte) (Secrets, error) {
	ring, err := seal.New(keys...)
	return Secrets{ring, method, identityID}, err
}

// SecretsOf makes the Secrets of a method for an identity, under the keys of a
// ring.
func SecretsOf(ring *seal.Keyring, method, identityID string) Secrets {
	return Secrets{ring, method, identityID}
}

func (s Secrets) parts(parts []string) []string {
	return append(append(make([]string, 0, 8), s.method, s.identity), parts...) // stays on the stack
}

// UnderEachKey is the view once for each key of the ring, newest first, with Secrets
// whose newest key it is. A form shows what follows from the newest key; what comes
// back may answer a form of another instance, or of before the keys were changed, so
// it is compared with what follows from every key.
func (v View) UnderEachKey() iter.Seq[View] {
	return func(yield func(View) bool) {
		for _, ring := range v.Secrets.ring.UnderEach() {
			under := v
			under.Secrets.ring = ring
			if !yield(under) {
				return
			}
		}
	}
}

// Derive gives n bytes, at most 8,160, that follow from the newest key and the
// parts (HKDF-SHA256, RFC 5869): what is pending, a secret or a challenge,
// stands in no store. Under another key they are others: see View.UnderEachKey.
func (s Secrets) Derive(n int, parts ...string) []byte {
	return s.ring.Derive("method", n, s.parts(parts)...)
}

// AppendDerived appends what Derive gives.
func (s Secrets) AppendDerived(out []byte, n int, parts ...string) []byte {
	return s.ring.AppendDerived(out, "method", n, s.parts(parts)...)
}

// MAC authenticates the parts: 32 bytes (HMAC-SHA256) under the newest key.
func (s Secrets) MAC(parts ...string) []byte { return s.ring.MAC("method", s.parts(parts)...) }

// AppendMAC appends what MAC gives.
func (s Secrets) AppendMAC(out []byte, parts ...string) []byte {
	return s.ring.AppendMAC(out, "method", s.parts(parts)...)
}

// VerifyMAC reports whether a MAC is of these parts under any key, in constant
// time.
func (s Secrets) VerifyMAC(mac []byte, parts ...string) bool {
	return s.ring.VerifyMAC(mac, "method", s.parts(parts)...)
}
