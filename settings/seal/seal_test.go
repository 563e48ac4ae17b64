package seal_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/seal"
)

func ring(t testing.TB, keys ...[]byte) *seal.Keyring {
	t.Helper()
	r, err := seal.New(keys...)
	require.NoError(t, err)
	return r
}

func TestNewRefusesWhatIsNoKey(t *testing.T) {
	k := seal.NewKey()
	for name, keys := range map[string][][]byte{
		"no key at all":      {},
		"a short key":        {k[:31]},
		"a long key":         {append(bytes.Clone(k), 1)},
		"an empty key":       {{}},
		"all zero":           {make([]byte, 32)},
		"the same key twice": {k, k},
		"a bad old key":      {k, k[:5]},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := seal.New(keys...)
			require.Error(t, err)
			assert.Nil(t, r)
		})
	}
}

func TestSealedRecordOpensOnlyAsItWasSealed(t *testing.T) {
	r := ring(t, seal.NewKey())
	bound := seal.Binding{Purpose: "p", Owner: "o", IdentityID: "i"}
	sealed := r.Seal(bound, []byte("secret"))
	plain, err := r.Open(bound, sealed)
	require.NoError(t, err)
	assert.Equal(t, "secret", string(plain))
	assert.NotContains(t, string(sealed), "secret")
	assert.NotEqual(t, sealed, r.Seal(bound, []byte("secret")), "two seals of one text differ")

	for name, b := range map[string]seal.Binding{
		"another purpose":                {Purpose: "q", Owner: "o", IdentityID: "i"},
		"another owner":                  {Purpose: "p", Owner: "x", IdentityID: "i"},
		"another identity":               {Purpose: "p", Owner: "o", IdentityID: "x"},
		"fields shifted by one":          {Purpose: "po", Owner: "", IdentityID: "i"},
		"the zero binding":               {},
		"owner and identity change seat": {Purpose: "p", Owner: "i", IdentityID: "o"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.Open(b, sealed)
			assert.ErrorIs(t, err, seal.ErrOpen)
		})
	}
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		_, err := r.Open(bound, broken)
		require.ErrorIs(t, err, seal.ErrOpen, "byte %d flipped", i)
		_, err = r.Open(bound, sealed[:i])
		require.ErrorIs(t, err, seal.ErrOpen, "cut at %d", i)
	}
}

func TestKeysRotate(t *testing.T) {
	older, newer := seal.NewKey(), seal.NewKey()
	b := seal.Binding{Purpose: "p"}
	before := ring(t, older)
	sealed, mac := before.Seal(b, []byte("x")), before.MAC("m", "a", "b")

	after := ring(t, newer, older)
	plain, err := after.Open(b, sealed)
	require.NoError(t, err, "an old key still opens")
	assert.Equal(t, "x", string(plain))
	assert.True(t, after.VerifyMAC(mac, "m", "a", "b"))

	_, err = before.Open(b, after.Seal(b, []byte("y")))
	assert.ErrorIs(t, err, seal.ErrOpen, "the newest key seals")
	_, err = ring(t, newer).Open(b, sealed)
	assert.ErrorIs(t, err, seal.ErrOpen, "a removed key opens nothing")
	assert.False(t, ring(t, newer).VerifyMAC(mac, "m", "a", "b"))
}

func TestDerivedValuesAreSeparate(t *testing.T) {
	k := seal.NewKey()
	r := ring(t, k)
	assert.Equal(t, r.Derive("p", 20, "a"), ring(t, k).Derive("p", 20, "a"), "every instance derives the same")
	assert.Len(t, r.Derive("p", 20, "a"), 20)
	seen := map[string]string{}
	for name, v := range map[string][]byte{
		"derive p a":  r.Derive("p", 32, "a"),
		"derive q a":  r.Derive("q", 32, "a"),
		"derive p b":  r.Derive("p", 32, "b"),
		"derive p ab": r.Derive("p", 32, "a", "b"),
		"derive pa":   r.Derive("pa", 32),
		"mac p a":     r.MAC("p", "a"),
		"mac p a b":   r.MAC("p", "a", "b"),
		"mac p ab":    r.MAC("p", "ab"),
		"mac pa":      r.MAC("pa"),
		"other key":   ring(t, seal.NewKey()).Derive("p", 32, "a"),
	} {
		assert.NotContains(t, seen, string(v), "%s equals %s", name, seen[string(v)])
		seen[string(v)] = name
	}
	assert.False(t, r.VerifyMAC(nil, "p", "a"))
	assert.False(t, r.VerifyMAC(r.MAC("p", "a")[:31], "p", "a"))
}

// An error means no result, and what opens was sealed: sealing it again opens
// to the same text.
func FuzzOpen(f *testing.F) {
	r, err := seal.New(bytes.Repeat([]byte("0123456789abcdef"), 2))
	require.NoError(f, err)
	b := seal.Binding{Purpose: "fuzz"}
	f.Add([]byte{})
	f.Add(r.Seal(b, nil))
	f.Add(r.Seal(b, []byte("hello")))
	f.Add(r.Seal(seal.Binding{Purpose: "other"}, []byte("hello")))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		plain, err := r.Open(b, sealed)
		if err != nil {
			require.Nil(t, plain)
			return
		}
		again, err := r.Open(b, r.Seal(b, plain))
		require.NoError(t, err)
		require.Equal(t, plain, again)
	})
}

// Each key of a ring has its turn as the newest, the newest first, and all still
// open and verify.
func TestUnderEachKey(t *testing.T) {
	newer, older, oldest := seal.NewKey(), seal.NewKey(), seal.NewKey()
	r := ring(t, newer, older, oldest)
	sealed, mac := r.Seal(seal.Binding{}, []byte("text")), r.MAC("p", "a")
	each := r.UnderEach()
	require.Len(t, each, 3)
	for n, key := range [][]byte{newer, older, oldest} {
		assert.Equal(t, ring(t, key).Derive("p", 32, "a"), each[n].Derive("p", 32, "a"))
		_, err := each[n].Open(seal.Binding{}, sealed)
		assert.NoError(t, err)
		assert.True(t, each[n].VerifyMAC(mac, "p", "a"))
	}
	assert.Equal(t, ring(t, newer).Derive("p", 32, "a"), r.Derive("p", 32, "a"), "the ring itself is as it was")
}
