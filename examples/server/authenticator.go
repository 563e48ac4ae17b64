package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
)

// softKey is a security key, or a passkey, in software: ES256 without a counter.
// It is what a user would have in hand, of the keys that the demo API plants.
type softKey struct {
	id, userHandle []byte
	pkcs8          []byte
}

// register answers creation options as a browser on an origin would, with a new
// key (Web Authentication Level 3, sections 6.5 and 8.7).
func register(options, origin string) (softKey, string, error) {
	var asked struct {
		PublicKey struct {
			Challenge string
			RP        struct{ ID string }
			User      struct{ ID string }
		}
	}
	if err := json.Unmarshal([]byte(options), &asked); err != nil {
		return softKey{}, "", err
	}
	handle, err := base64.RawURLEncoding.DecodeString(asked.PublicKey.User.ID)
	if err != nil {
		return softKey{}, "", err
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return softKey{}, "", err
	}
	key := softKey{id: make([]byte, 32), userHandle: handle}
	rand.Read(key.id)
	if key.pkcs8, err = x509.MarshalPKCS8PrivateKey(private); err != nil {
		return softKey{}, "", err
	}
	point, err := private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return softKey{}, "", err
	}
	client, err := json.Marshal(map[string]any{"type": "webauthn.create", "challenge": asked.PublicKey.Challenge, "origin": origin, "crossOrigin": false})
	if err != nil {
		return softKey{}, "", err
	}
	response, err := json.Marshal(map[string]any{
		"id": base64.RawURLEncoding.EncodeToString(key.id), "rawId": base64.RawURLEncoding.EncodeToString(key.id), "type": "public-key",
		"response": map[string]any{
			"clientDataJSON":    base64.RawURLEncoding.EncodeToString(client),
			"attestationObject": base64.RawURLEncoding.EncodeToString(attestation(asked.PublicKey.RP.ID, key.id, point)),
		},
	})
	return key, string(response), err
}

// attestation is an attestation object without an attestation, in CBOR
// (RFC 8949): {"fmt": "none", "attStmt": {}, "authData": …}.
func attestation(rpID string, id, point []byte) []byte {
	const presentVerifiedAttested = 0x01 | 0x04 | 0x40
	rp := sha256.Sum256([]byte(rpID))
	cose := slices.Concat( // {1: 2, 3: -7, -1: 1, -2: x, -3: y}: RFC 9053 section 7.1.1
		[]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01},
		[]byte{0x21, 0x58, 32}, point[1:33],
		[]byte{0x22, 0x58, 32}, point[33:65])
	data := slices.Concat(rp[:], []byte{presentVerifiedAttested}, make([]byte, 4+16), // no counter, no model
		binary.BigEndian.AppendUint16(nil, uint16(len(id))), id, cose)
	return slices.Concat([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"), []byte{byte(len(data))}, data)
}
