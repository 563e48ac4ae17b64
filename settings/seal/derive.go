package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"
)

// Derive gives n bytes, at most 8,160, that depend on nothing but the newest key, the
// purpose and the parts.
func (r *Keyring) Derive(purpose string, n int, parts ...string) []byte {
	return r.AppendDerived(make([]byte, 0, n), purpose, n, parts...)
}

// AppendDerived appends what Derive gives.
func (r *Keyring) AppendDerived(out []byte, purpose string, n int, parts ...string) []byte {
	m := r.keys[0].macs.get()
	defer r.keys[0].macs.put(m)
	m.text = prefixed(prefixed(m.text, "derive", purpose), parts...)
	return m.expand(out, n)
}

// MAC authenticates the parts for one purpose under the newest key: 32 bytes.
func (r *Keyring) MAC(purpose string, parts ...string) []byte {
	return r.AppendMAC(make([]byte, 0, sha256.Size), purpose, parts...)
}

// AppendMAC appends the result of MAC to out.
func (r *Keyring) AppendMAC(out []byte, purpose string, parts ...string) []byte {
	m := r.keys[0].macs.get()
	defer r.keys[0].macs.put(m)
	return append(out, m.of(purpose, parts)...)
}

// VerifyMAC reports whether mac was made for this purpose and these parts by
// any key of the ring. It takes the same time wherever a wrong value differs.
func (r *Keyring) VerifyMAC(mac []byte, purpose string, parts ...string) bool {
	ok := false
	for _, k := range r.keys {
		m := k.macs.get()
		if hmac.Equal(mac, m.of(purpose, parts)) {
			ok = true
		}
		k.macs.put(m)
	}
	return ok
}

// macs are HMACs of one key that are ready to be used again: half of the cost of
// a short one is to take in the key.
type macs struct{ pool sync.Pool }

func newMACs(key []byte) *macs {
	return &macs{sync.Pool{New: func() any { return &mac{Hash: hmac.New(sha256.New, key)} }}}
}

// mac is an HMAC, with room for what goes in and what comes out.
type mac struct {
	hash.Hash
	text []byte
	sum  [sha256.Size]byte
}

func (p *macs) get() *mac { return p.pool.Get().(*mac) }

// maxKept is how much room for what goes in is kept, in bytes. Few are longer.
const maxKept = 1 << 10

// put takes back an HMAC, which forgets what it was of.
func (p *macs) put(m *mac) {
	if cap(m.text) > maxKept {
		return
	}
	clear(m.text[:cap(m.text)])
	clear(m.sum[:])
	m.text = m.text[:0]
	m.Reset()
	p.pool.Put(m)
}

// of is the HMAC of the parts, until the next one is made.
func (m *mac) of(purpose string, parts []string) []byte {
	m.text = prefixed(prefixed(m.text, "mac", purpose), parts...)
	m.Write(m.text)
	return m.Sum(m.sum[:0])
}

// expand appends n bytes of HKDF-Expand (RFC 5869 section 2.3) of text. That of crypto/hkdf takes
// in the key anew each time; a form derives five values.
func (m *mac) expand(out []byte, n int) []byte {
	if n > 255*sha256.Size {
		panic("seal: derived values have at most 8,160 bytes")
	}
	var block []byte
	for i := byte(1); n > 0; i++ {
		m.Reset()
		m.Write(block)
		m.text = append(m.text, i)
		m.Write(m.text)
		m.text = m.text[:len(m.text)-1]
		block = m.Sum(m.sum[:0])
		part := block[:min(n, len(block))]
		out, n = append(out, part...), n-len(part)
	}
	return out
}

// expand is HKDF-Expand for what a key itself needs.
func (p *macs) expand(info []byte, n int) []byte {
	m := p.get()
	defer p.put(m)
	m.text = append(m.text, info...)
	return m.expand(make([]byte, 0, n), n)
}
