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

// late is how long after its end an ID token is taken: clocks differ, and the
// nonce makes it good for this one sign-in anyway. That leaves four minutes before
// its beginning, of the five that the library allows.
const late = time.Minute

// login is whose login a token is of.
func (p *provider) login(ctx context.Context, known *metadata, token *oauth2.Token, nonce string, now time.Time) (login, error) {
	if p.OAuth2 != nil {
		return p.user(ctx, token, now)
	}
	return p.idToken(ctx, known, token, nonce, now)
}

// idToken verifies the ID token that came with a token, and reads from it whose login it
// is (OpenID Connect Core 1.0, section 3.1.3.7).
func (p *provider) idToken(ctx context.Context, known *metadata, token *oauth2.Token, nonce string, now time.Time) (login, error) {
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return login{}, errors.New("no ID token came with the token")
	}
	// The keys, the signature by an algorithm with a public key, the issuer, the
	// audience and the time.
	then := func() time.Time { return now.Add(-late) }
	id, err := known.Verifier(&goidc.Config{ClientID: p.ClientID, Now: then, SkipIssuerCheck: p.ofTenants()}).Verify(ctx, raw)
	if err != nil {
		return login{}, err
	}
	var payload json.RawMessage
	if err := id.Claims(&payload); err != nil {
		return login{}, err
	}
	claims, err := claimsOf(payload)
	if err == nil {
		err = oneSpelling(claims)
	}
	if err != nil {
		return login{}, err
	}
	issuer, err := p.issuedBy(id, raw, text(claims["tid"]), known.keyIssuers)
	if err != nil {
		return login{}, err
	}
	if err := p.required(claims); err != nil {
		return login{}, err
	}
	_, nonced := claims["nonce"]
	switch by, given := claims["azp"]; {
	case given && text(by) != p.ClientID:
		return login{}, errors.New("ID token: azp is another client")
	case !given && len(id.Audience) != 1:
		return login{}, errors.New("ID token: several audiences without azp")
	case !nonced && p.InsecureNoNonce:
	case nonce == "" || subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1:
		return login{}, errors.New("ID token: the nonce is another one")
	}
	if err := checkSubject(id.Subject); err != nil {
		return login{}, fmt.Errorf("ID token: %w", err)
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return login{}, err
		}
	}
	return login{
		Account: Account{
			Provider: p.ID, Issuer: issuer, Subject: id.Subject, LinkedAt: now,
			Name: shownName(text(claims["email"]), text(claims["preferred_username"]), text(claims["name"])),
		},
		claims: payload, provedAt: seconds(claims["auth_time"]),
	}, nil
}

func checkSubject(subject string) error {
	if subject == "" || len(subject) > maxSubject || !visible(subject) {
		return fmt.Errorf("the subject must be 1 to %d printable ASCII characters", maxSubject)
	}
	return nil
}

// required refuses claims that are not those of RequireClaims.
func (p Provider) required(claims map[string]json.RawMessage) error {
	for name, value := range p.RequireClaims {
		if given, has := claims[name]; !has || text(given) != value {
			return fmt.Errorf("the claim %s is not the one that is required", name)
		}
	}
	return nil
}

// seconds reads a claim that should be a time, zero if it is none (RFC 7519, section 2).
func seconds(claim json.RawMessage) time.Time {
	var n float64
	if json.Unmarshal(claim, &n) != nil || n <= 0 || n > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(n), 0)
}

// claimsOf are the claims of an object, each by its name. One that names a claim
// twice is refused: readers differ in which of the two they take (RFC 7519, section
// 4), and where users name claims of their own, they would choose who they are.
func claimsOf(object []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if brace, err := d.Token(); err != nil || brace != json.Delim('{') {
		return nil, errors.New("no object of claims")
	}
	claims := map[string]json.RawMessage{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if _, twice := claims[name]; twice {
			return nil, errors.New("a claim stands twice")
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		claims[name] = value
	}
	return claims, nil
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
