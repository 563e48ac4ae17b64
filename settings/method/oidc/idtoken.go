package oidc

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// maxSubject is the longest subject there may be, in bytes (OpenID Connect Core
// 1.0, section 2).
const maxSubject = 255

// account verifies the ID token that came with a token, and reads from it whose
// account it is (OpenID Connect Core 1.0, section 3.1.3.7).
func (p *provider) account(ctx context.Context, known *metadata, token *oauth2.Token, nonce string, now time.Time) (Account, error) {
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return Account{}, errors.New("no ID token came with the token")
	}
	// The keys, the signature by an algorithm with a public key, the issuer, the
	// audience and the time.
	id, err := known.Verifier(&goidc.Config{ClientID: p.ClientID, Now: func() time.Time { return now }}).Verify(ctx, raw)
	if err != nil {
		return Account{}, err
	}
	claims, err := claimsOf(id)
	if err != nil {
		return Account{}, err
	}
	switch by, given := claims["azp"]; {
	case given && text(by) != p.ClientID:
		return Account{}, errors.New("ID token: azp is another client")
	case !given && len(id.Audience) != 1:
		return Account{}, errors.New("ID token: several audiences without azp")
	case nonce == "" || subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1:
		return Account{}, errors.New("ID token: the nonce is another one")
	case id.Subject == "" || len(id.Subject) > maxSubject || !visible(id.Subject):
		return Account{}, fmt.Errorf("ID token: sub must be 1 to %d printable ASCII characters", maxSubject)
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return Account{}, err
		}
	}
	return Account{
		Provider: p.ID, Issuer: p.Issuer, Subject: id.Subject, LinkedAt: now,
		Name: shownName(text(claims["email"]), text(claims["preferred_username"]), text(claims["name"])),
	}, nil
}

// claimsOf are the claims of an ID token, each by its name. A token that names one
// twice is refused: readers differ in which of the two they take (RFC 7519, section
// 4), and where users name claims of their own, they would choose who they are.
func claimsOf(id *goidc.IDToken) (map[string]json.RawMessage, error) {
	var payload json.RawMessage
	if err := id.Claims(&payload); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(payload))
	if _, err := d.Token(); err != nil { // the brace: go-oidc has read an object
		return nil, err
	}
	claims := map[string]json.RawMessage{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if _, twice := claims[name]; twice {
			return nil, errors.New("ID token: a claim stands in it twice")
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		claims[name] = value
	}
	return claims, oneSpelling(claims)
}

// text reads a claim that should be a string, "" if it is none.
func text(claim json.RawMessage) (s string) {
	_ = json.Unmarshal(claim, &s)
	return s
}

// judged are the claims that decide.
var judged = []string{"iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "at_hash"}

// oneSpelling refuses claims that differ from a judged one in case only: to Go's
// decoder "SUB" is "sub" named again.
func oneSpelling(claims map[string]json.RawMessage) error {
	for name := range claims {
		for _, j := range judged {
			if name != j && strings.EqualFold(name, j) {
				return fmt.Errorf("ID token: a claim is spelt like %s, and is not", j)
			}
		}
	}
	return nil
}
