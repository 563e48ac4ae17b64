package seal_test

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/seal"
)

const fixedKey = "0123456789abcdef0123456789abcdef"

// What stands in users' rows, and what their apps were shown, must follow from
// the key as it always has.
func TestWhatWasMadeBeforeIsTheSame(t *testing.T) {
	r := ring(t, []byte(fixedKey))
	record, err := base64.StdEncoding.DecodeString("aLPuyQU3p9nM4splVe7mAF42o32iI+71Cwff3ewS91KwCefPy9BLQuxtRIdblHGXFgGKNPE8ob1Lz2G1")
	require.NoError(t, err)
	plain, err := r.Open(seal.Binding{Purpose: "identity-state", IdentityID: "ada"}, record)
	require.NoError(t, err)
	assert.Equal(t, `{"generation":1}`, string(plain))
	assert.Equal(t, "3db3cf106ebd5a2fc4f926d9727ed310fe2dbdf379e232d3ed1ba348bb955dcacda42e4d7494e93b", hex.EncodeToString(r.Derive("method", 40, "totp", "ada")))
	assert.Equal(t, "f97afdf23209cf116a540067021ae06efc4d912ebd3d6edca0cd8af8c5ce69fb", hex.EncodeToString(r.MAC("csrf", "a", "b")))
}

// inBytes are parts as one text: each after its length.
func inBytes(parts ...string) (text []byte) {
	for _, p := range parts {
		text = append(binary.BigEndian.AppendUint32(text, uint32(len(p))), p...)
	}
	return text
}

// Go's own HKDF and HMAC come to the same, by turns, at once, and after values
// of any length.
func TestDerivedValuesAreThoseOfTheStandard(t *testing.T) {
	r := ring(t, []byte(fixedKey))
	prk, err := hkdf.Extract(sha256.New, []byte(fixedKey), []byte("amend/v1"))
	require.NoError(t, err)
	var all sync.WaitGroup
	for _, part := range []string{"", "a", strings.Repeat("long ", 1000), "a\x00b"} {
		for _, n := range []int{0, 1, 20, 31, 32, 33, 64, 100, 8160} {
			all.Go(func() {
				want, err := hkdf.Expand(sha256.New, prk, string(inBytes("derive", "purpose", part, "ada")), n)
				assert.NoError(t, err)
				assert.Equal(t, want, r.Derive("purpose", n, part, "ada"), "%d bytes", n)

				h := hmac.New(sha256.New, prk)
				h.Write(inBytes("mac", "purpose", part, "ada"))
				mac := r.MAC("purpose", part, "ada")
				assert.Equal(t, h.Sum(nil), mac)
				assert.True(t, r.VerifyMAC(mac, "purpose", part, "ada"))
				assert.False(t, r.VerifyMAC(mac, "purpose", part, "bob"))
			})
		}
	}
	all.Wait()
	assert.Panics(t, func() { r.Derive("purpose", 8161) })
}

// What was derived is its caller's: nothing that is derived later changes it.
func TestDerivedValuesStayWhatTheyAre(t *testing.T) {
	r := ring(t, []byte(fixedKey))
	secret, mac := r.Derive("purpose", 20, "ada"), r.MAC("purpose", "ada")
	before := slices.Concat(secret, mac)
	for range 10 {
		r.Derive("purpose", 20, "bob")
		r.MAC("purpose", "bob")
		r.VerifyMAC(mac, "purpose", "bob")
	}
	assert.Equal(t, before, slices.Concat(secret, mac))
}
