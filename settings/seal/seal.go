package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// ErrOpen is returned for a record that no key of the ring opens: tampered
// with, cut, made for another purpose or owner, or by a key that is gone.
var ErrOpen = errors.New("seal: record does not open")

// keyIDSize is the length of the key's id before the nonce. Four bytes tell
// the keys of one ring apart; the Poly1305 tag decides.
const keyIDSize = 4

// NewKey makes a random key. Keep it where secrets are kept: whoever has it
// can open every sealed record.
func NewKey() []byte {
	k := make([]byte, KeySize)
	rand.Read(k)
	return k
}

// Binding says what a record is for. Every field is part of the additional
// data, so a record opens only under the binding it was sealed with.
type Binding struct {
	Purpose    string // for example "identity-state"
	Owner      string // the flow or session it belongs to, if any
	IdentityID string // the identity it belongs to, if any
}

func (b Binding) bytes() []byte {
	return prefixed(make([]byte, 0, 128), b.Purpose, b.Owner, b.IdentityID)
}

// prefixed appends parts, so that no two lists of parts give the same bytes.
func prefixed(out []byte, parts ...string) []byte {
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = append(out, p...)
	}
	return out
}

// Keyring holds the keys of an installation, newest first. It is safe for
// concurrent use.
type Keyring struct {
	keys []key
}

type key struct {
	id   [keyIDSize]byte
	aead cipher.AEAD
	macs *macs // of the HKDF pseudorandom key that all derivations start from
}

// New makes a keyring: the first key seals, all of them open. Each key is
// exactly KeySize bytes; at least one is needed and no two may be equal. The
// keys are copied.
func New(keys ...[]byte) (*Keyring, error) {
	if len(keys) == 0 {
		return nil, errors.New("seal: no key")
	}
	r := &Keyring{}
	for i, raw := range keys {
		if len(raw) != KeySize {
			return nil, fmt.Errorf("seal: key %d is %d bytes long, want %d", i, len(raw), KeySize)
		}
		if weak(raw) {
			return nil, fmt.Errorf("seal: key %d is not random: all its bytes are equal", i)
		}
		prk, err := hkdf.Extract(sha256.New, raw, []byte("amend/v1"))
		if err != nil {
			return nil, fmt.Errorf("seal: key %d: %w", i, err)
		}
		k := key{macs: newMACs(prk)}
		copy(k.id[:], k.macs.expand([]byte("key id"), keyIDSize))
		if k.aead, err = chacha20poly1305.NewX(k.macs.expand([]byte("seal"), chacha20poly1305.KeySize)); err != nil {
			return nil, fmt.Errorf("seal: key %d: %w", i, err)
		}
		for j, other := range r.keys {
			if other.id == k.id {
				return nil, fmt.Errorf("seal: keys %d and %d are the same", j, i)
			}
		}
		r.keys = append(r.keys, k)
	}
	return r, nil
}

// weak catches the key nobody meant: a zeroed or repeated byte.
func weak(raw []byte) bool {
	for _, b := range raw {
		if b != raw[0] {
			return false
		}
	}
	return true
}

// Seal encrypts plaintext under the newest key. The result is 44 bytes longer:
// key id, nonce, ciphertext, tag.
func (r *Keyring) Seal(b Binding, plaintext []byte) []byte {
	k := r.keys[0]
	out := make([]byte, keyIDSize+chacha20poly1305.NonceSizeX, keyIDSize+chacha20poly1305.NonceSizeX+len(plaintext)+chacha20poly1305.Overhead)
	copy(out, k.id[:])
	rand.Read(out[keyIDSize:])
	return k.aead.Seal(out, out[keyIDSize:], plaintext, b.bytes())
}

// Open decrypts what Seal made with the same binding under any key of the ring. It returns
// ErrOpen for anything else.
func (r *Keyring) Open(b Binding, sealed []byte) ([]byte, error) {
	const head = keyIDSize + chacha20poly1305.NonceSizeX
	if len(sealed) < head+chacha20poly1305.Overhead {
		return nil, ErrOpen
	}
	for _, k := range r.keys {
		if [keyIDSize]byte(sealed[:keyIDSize]) != k.id {
			continue
		}
		plain, err := k.aead.Open(nil, sealed[keyIDSize:head], sealed[head:], b.bytes())
		if err != nil {
			return nil, ErrOpen
		}
		return plain, nil
	}
	return nil, ErrOpen
}
