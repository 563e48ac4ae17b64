package oidc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// This file owns a client secret that the host signs.

// AppleSecret is the key by which Apple recognises the host. A ClientSecret is made from it
// for each request and is good for minutes, so it never expires; a secret that a host makes
// by hand expires after at most six months.
type AppleSecret struct {
	TeamID string // 10 letters and digits, of the developer account
	KeyID  string // 10 letters and digits, of the key
	Key    []byte // the file AuthKey_<KeyID>.p8 as Apple gave it: PEM with a P-256 key
}

// secretLifetime is how long a secret is good for; secretEarlier is how far its beginning
// lies back, as Apple's clock is another one.
const (
	secretLifetime = 5 * time.Minute
	secretEarlier  = time.Minute
)

func (a *AppleSecret) check() error {
	if a == nil {
		return nil
	}
	if a.TeamID == "" || a.KeyID == "" {
		return errors.New("AppleSecret needs a TeamID and a KeyID")
	}
	_, err := a.key()
	return err
}

func (a *AppleSecret) key() (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(a.Key)
	if block == nil {
		return nil, errors.New("AppleSecret.Key is no PEM; it is the text of the .p8 file")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("AppleSecret.Key has no P-256 key in PKCS #8")
	}
	return key, nil
}

// sign makes a secret: a JWT by ES256 for the issuer.
func (a *AppleSecret) sign(clientID, issuer string, now time.Time) (string, error) {
	key, err := a.key()
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: a.KeyID}}, nil)
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"iss": a.TeamID, "sub": clientID, "aud": issuer, "iat": now.Add(-secretEarlier).Unix(), "exp": now.Add(secretLifetime).Unix(),
	})
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// secret is what the host shows to the provider.
func (p *provider) secret(now time.Time) (string, error) {
	if p.AppleSecret == nil {
		return p.ClientSecret, nil
	}
	return p.AppleSecret.sign(p.ClientID, p.Issuer, now)
}
