package method

import (
	"iter"

	"github.com/amend-go/amend/settings/seal"
)

// Secrets derives secrets, so that a method need not store them, and authenticates what it
// stores. Every Secrets is of one method and one identity: what two different ones make is
// never equal.
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

// UnderEachKey gives the view once for each key of the ring, newest first; each has Secrets
// with that key as the newest. A method compares a submit with what each of them gives,
// because the form may have been made by an instance with other keys, or before the keys
// were changed.
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

// Derive gives n bytes, at most 8,160, made of the newest key and the parts (HKDF-SHA256,
// RFC 5869). So the secret or the challenge of an enrolment need not be stored. Under
// another key it gives other bytes: see View.UnderEachKey.
func (s Secrets) Derive(n int, parts ...string) []byte {
	return s.ring.Derive("method", n, s.parts(parts)...)
}

// AppendDerived appends what Derive gives.
func (s Secrets) AppendDerived(out []byte, n int, parts ...string) []byte {
	return s.ring.AppendDerived(out, "method", n, s.parts(parts)...)
}

// MAC authenticates the parts: 32 bytes (HMAC-SHA256) under the newest key.
func (s Secrets) MAC(parts ...string) []byte { return s.ring.MAC("method", s.parts(parts)...) }

// AppendMAC appends the result of MAC to out.
func (s Secrets) AppendMAC(out []byte, parts ...string) []byte {
	return s.ring.AppendMAC(out, "method", s.parts(parts)...)
}

// VerifyMAC reports, in constant time, whether mac is the MAC of the parts under any of the
// keys.
func (s Secrets) VerifyMAC(mac []byte, parts ...string) bool {
	return s.ring.VerifyMAC(mac, "method", s.parts(parts)...)
}
