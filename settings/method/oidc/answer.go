package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// This file owns what a provider sends back with a browser, and whose login it comes to:
// the same for a login that is linked and for one that somebody signs in by.

// maxCode is the longest code that is taken, in bytes.
const maxCode = 4 << 10

// answer is what a browser has come back with.
type answer struct {
	code   string
	issuer string // the "iss" (RFC 9207), "" if there is none
	named  bool   // there is one
}

// Why an answer is none.
var (
	errCancelled   = errors.New("access_denied")
	errOtherIssuer = errors.New("the answer names another issuer")
	errNoAnswer    = errors.New("the provider reports a failure, or sends no code")
)

// read judges what came back: what it says must be from the provider that the browser was
// sent to (RFC 9700, section 4.4), and what it says of a failure is not repeated.
func (p *provider) read(query url.Values) (answer, error) {
	var a answer
	a.issuer, a.named = parameter(query, "iss")
	if a.named && !p.mayCallItself(a.issuer) {
		return a, errOtherIssuer
	}
	if reason, failed := query["error"]; failed {
		if len(reason) == 1 && cancelled[reason[0]] {
			return a, errCancelled
		}
		return a, errNoAnswer
	}
	if a.code, _ = parameter(query, "code"); a.code == "" || len(a.code) > maxCode {
		return a, errNoAnswer
	}
	return a, nil
}

// cancelled are the errors of a user who did not want to: that of RFC 6749 section
// 4.1.2.1, Apple's, and LinkedIn's two.
var cancelled = map[string]bool{
	"access_denied": true, "user_cancelled_authorize": true, "user_cancelled_login": true,
}

// parameter reads a parameter. Of one that is given more than once, nobody knows
// which is meant: it has no value.
func parameter(query url.Values, name string) (value string, given bool) {
	all := query[name]
	if len(all) == 1 {
		value = all[0]
	}
	return value, len(all) > 0
}

// login is a login at a provider that has just been used.
type login struct {
	Account
	claims   json.RawMessage // all that the provider says of its owner
	provedAt time.Time       // when they proved who they are; zero if it does not say
}

// whose asks the provider who has signed in. Its error is an unconfirmed one, or that of
// a provider that cannot be asked.
func (m *Method) whose(ctx context.Context, p *provider, j journey, a answer, now time.Time) (login, error) {
	known, err := p.metadata(ctx, now)
	if err != nil {
		return login{}, m.unavailable(ctx, p, err)
	}
	if known.namesItself && !a.named {
		return login{}, m.unconfirmed(ctx, p, errors.New("the answer names no issuer, though the metadata announces one (RFC 9207)"))
	}
	client := p.asClient(known, j)
	if client.ClientSecret, err = p.secret(now); err != nil {
		return login{}, err
	}
	var options []oauth2.AuthCodeOption
	if !p.InsecureNoPKCE {
		options = append(options, oauth2.VerifierOption(j.Verifier))
	}
	token, err := client.Exchange(goidc.ClientContext(ctx, p.client), a.code, options...)
	switch {
	case err != nil && refusedBy(err):
		return login{}, m.unconfirmed(ctx, p, err)
	case err != nil:
		return login{}, m.unavailable(ctx, p, err)
	}
	l, err := p.login(ctx, known, token, j.Nonce, now)
	if errors.Is(err, errUnanswered) {
		return login{}, m.unavailable(ctx, p, err)
	}
	if err == nil && a.named && a.issuer != l.Issuer {
		err = errOtherIssuer
	}
	if err != nil {
		return login{}, m.unconfirmed(ctx, p, err)
	}
	return l, nil
}
