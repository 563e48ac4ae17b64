package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Prefix starts every session token.
const Prefix = "amd_st_"

const (
	routeBytes  = 2  // derived from the identity's id, so that a sharded store can route a token
	randomBytes = 32 // 256 bits (ASVS 5.0 7.2.3 asks for 128)
)

var tokenLength = len(Prefix) + base64.RawURLEncoding.EncodedLen(routeBytes+randomBytes)

// NewToken makes a session token for an identity.
func NewToken(identityID string) string {
	var raw [routeBytes + randomBytes]byte
	route := Route(identityID)
	copy(raw[:], route[:])
	rand.Read(raw[routeBytes:])
	return Prefix + base64.RawURLEncoding.EncodeToString(raw[:])
}

// Route is two bytes that stand in every token of an identity: a part of a hash of its id.
// A store may place sessions by them. RouteOf reads them from a token.
func Route(identityID string) [2]byte {
	sum := sha256.Sum256([]byte("amend route\x00" + identityID))
	return [2]byte(sum[:routeBytes])
}

// RouteOf reads the route from a token. ok is false if the text does not have the form of a
// token.
func RouteOf(token string) (route [2]byte, ok bool) {
	if !WellFormed(token) {
		return route, false
	}
	raw, _ := base64.RawURLEncoding.DecodeString(token[len(Prefix):]) // WellFormed has decoded it
	return [2]byte(raw[:routeBytes]), true
}

// WellFormed reports whether s has the form of a session token. A text that has not is
// never looked up in a store.
func WellFormed(s string) bool {
	if len(s) != tokenLength || !strings.HasPrefix(s, Prefix) {
		return false
	}
	var raw [routeBytes + randomBytes]byte
	n, err := base64.RawURLEncoding.Strict().Decode(raw[:], []byte(s[len(Prefix):]))
	return err == nil && n == len(raw)
}

// Hash is what is stored of a token: its SHA-256 in hex. A token has 256
// random bits, so it needs no slow hash.
func Hash(token string) string {
	var in, text [2 * sha256.Size]byte // they stay on the stack, unlike conversions
	sum := sha256.Sum256(append(in[:0], token...))
	hex.Encode(text[:], sum[:])
	return string(text[:])
}
