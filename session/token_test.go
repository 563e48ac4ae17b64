package session_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/session"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func TestTokenIs256RandomBits(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		token := session.NewToken("42")
		require.Regexp(t, `^amd_st_[A-Za-z0-9_-]{46}$`, token)
		require.True(t, session.WellFormed(token))
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, "amd_st_"))
		require.NoError(t, err)
		random := string(raw[2:])
		require.Len(t, random, 32)
		require.False(t, seen[random])
		seen[random] = true
	}
}

// Only what has exactly the form of a token is looked up.
func TestWhatIsNoToken(t *testing.T) {
	token := session.NewToken("42")
	last := strings.IndexByte(alphabet, token[len(token)-1])
	spare := token[:len(token)-1] + string(alphabet[last+1]) // the last character has four bits to spare
	for name, s := range map[string]string{
		"nothing":                      "",
		"the prefix alone":             "amd_st_",
		"a character short":            token[:len(token)-1],
		"a character long":             token + "A",
		"twice":                        token + token,
		"without its prefix":           token[7:],
		"without its prefix, as long":  "AAAAAAA" + token[7:],
		"another prefix":               "ory_st_" + token[7:],
		"a prefix in capitals":         "AMD_ST_" + token[7:],
		"a prefix with a capital":      "Amd_st_" + token[7:],
		"padded":                       token + "=",
		"padded, as long":              token[:len(token)-1] + "=",
		"bits to spare that are set":   spare,
		"a space before":               " " + token,
		"a space after":                token + " ",
		"a newline after":              token + "\n",
		"a newline inside, as long":    token[:20] + "\n" + token[21:],
		"two newlines inside, as long": token[:20] + "\r\n" + token[22:],
		"the other base64 alphabet":    token[:20] + "+/" + token[22:],
		"a percent sign":               token[:20] + "%41" + token[23:],
		"NUL":                          token[:20] + "\x00" + token[21:],
		"a character of two bytes":     token[:20] + "é" + token[22:],
		"quoted":                       `"` + token[1:len(token)-1] + `"`,
	} {
		t.Run(name, func(t *testing.T) {
			assert.False(t, session.WellFormed(s))
			route, ok := session.RouteOf(s)
			assert.False(t, ok)
			assert.Zero(t, route)
		})
	}
	require.True(t, session.WellFormed(token), "the token itself is one")
}

// A sharded store routes by it: it is the same in every token of an identity
// and may never change, or tokens that are out there find nothing.
func TestRouteIsStable(t *testing.T) {
	assert.Equal(t, [2]byte{0x7b, 0x15}, session.Route("42"))
	for range 10 {
		route, ok := session.RouteOf(session.NewToken("42"))
		require.True(t, ok)
		assert.Equal(t, session.Route("42"), route)
	}
	assert.NotEqual(t, session.Route("42"), session.Route("43"))
}

func TestHashIsSHA256(t *testing.T) {
	assert.Equal(t, "9cea43503828e5db60f34042802292c9f646ac70e795ed530534e64a0b033a55", session.Hash("amd_st_"))
	assert.NotEqual(t, session.Hash("amd_st_a"), session.Hash("amd_st_A"))
}

// What is well-formed is the one way to write its bits.
func FuzzWellFormed(f *testing.F) {
	f.Add("")
	f.Add("amd_st_")
	f.Add("amd_st_" + strings.Repeat("A", 46))
	f.Add("amd_st_" + strings.Repeat("A", 45) + "B")
	f.Add("amd_st_" + strings.Repeat("_", 44) + "\r\n")
	f.Add(session.NewToken("42"))
	f.Fuzz(func(t *testing.T, s string) {
		route, ok := session.RouteOf(s)
		require.Equal(t, session.WellFormed(s), ok)
		if !ok {
			require.Zero(t, route)
			return
		}
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(s, "amd_st_"))
		require.NoError(t, err)
		require.Len(t, raw, 34)
		require.Equal(t, s, "amd_st_"+base64.RawURLEncoding.EncodeToString(raw))
		require.Equal(t, route[:], raw[:2])
		require.False(t, session.WellFormed(s+"A"))
		require.False(t, session.WellFormed(s[1:]))
	})
}
