package main_test

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// planted is what the demo API gives for a credential.
type planted struct {
	Secret   string
	Codes    []string
	Password string

	CredentialID string `json:"credential_id"`
	UserHandle   string `json:"user_handle"`
	PrivateKey   []byte `json:"private_key"`
	RPID         string `json:"rp_id"`
	Origin       string
}

// plant gives an identity a credential. more is further JSON of the request.
func (p *process) plant(id, method string) (made planted) {
	p.t.Helper()
	p.script().json(p.at+"/demo/identities/"+id+"/credentials", fmt.Sprintf(`{"method":%q}`, method)).decode(201, &made)
	return made
}

// code is the code of an authenticator app, so many steps of 30 seconds from
// now (RFC 6238).
func (d planted) code(t testing.TB, steps int64) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(d.Secret)
	require.NoError(t, err)
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(time.Now().Unix()/30+steps)))
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[sum[19]&0xf:])&0x7fffffff)%1_000_000)
}

// answer is what a browser sends of a security key or passkey that is asked by
// request options (Web Authentication Level 3, section 6.3.3).
func (d planted) answer(t testing.TB, options string) string {
	t.Helper()
	var asked struct {
		PublicKey struct{ Challenge, RPID string }
	}
	require.NoError(t, json.Unmarshal([]byte(options), &asked))
	require.Equal(t, d.RPID, asked.PublicKey.RPID)
	client, err := json.Marshal(map[string]any{"type": "webauthn.get", "challenge": asked.PublicKey.Challenge, "origin": d.Origin, "crossOrigin": false})
	require.NoError(t, err)
	site := sha256.Sum256([]byte(d.RPID))
	const presentVerified = 0x01 | 0x04
	data := append(site[:], presentVerified, 0, 0, 0, 0)

	private, err := x509.ParsePKCS8PrivateKey(d.PrivateKey)
	require.NoError(t, err)
	clientHash := sha256.Sum256(client)
	signed := sha256.Sum256(append(data, clientHash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, private.(*ecdsa.PrivateKey), signed[:])
	require.NoError(t, err)
	text := base64.RawURLEncoding.EncodeToString
	response, err := json.Marshal(map[string]any{"id": d.CredentialID, "rawId": d.CredentialID, "type": "public-key", "response": map[string]string{
		"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature), "userHandle": d.UserHandle,
	}})
	require.NoError(t, err)
	return string(response)
}
