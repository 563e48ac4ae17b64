package oidc

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"golang.org/x/oauth2"
)

// This file owns providers that speak OAuth 2.0 only. There is no ID token: whose login it
// is, the provider says when it is asked with the access token. That token came straight
// from it, for a code that only this client and this browser could use, so nobody else's
// token can be put in its place.

// OAuth2 has the URLs of a provider that publishes no metadata.
type OAuth2 struct {
	AuthURL  string // where the user signs in
	TokenURL string // where the code is good
	UserURL  string // where the user is named: a JSON object, for GET with the token

	// Subject is the member of the user's JSON object that names the account and never
	// changes: a whole number, or a text. "" is "id". Do not use a user name: if its owner
	// takes another, somebody else can get it.
	Subject string

	// Names are members of that object whose value can name the account to its owner; the
	// first that is present is shown.
	Names []string
}

func (p Provider) checkOAuth2() error {
	if p.OAuth2 == nil {
		return nil
	}
	if p.Discovery != "" || p.ofTenants() || p.InsecureNoNonce {
		return errors.New("OAuth2 has no metadata, no tenants and no nonce")
	}
	for name, at := range map[string]string{"AuthURL": p.OAuth2.AuthURL, "TokenURL": p.OAuth2.TokenURL, "UserURL": p.OAuth2.UserURL} {
		if u, err := url.Parse(at); err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || !p.trusts(u) {
			return fmt.Errorf("OAuth2.%s %q is no https URL", name, at)
		}
	}
	return nil
}

// endpoints is what metadata would say.
func (p Provider) endpoints() *metadata {
	return &metadata{endpoint: oauth2.Endpoint{AuthURL: p.OAuth2.AuthURL, TokenURL: p.OAuth2.TokenURL, AuthStyle: authStyle(p, nil)}}
}

// errUnanswered is of a provider that does not say who its user is now.
var errUnanswered = errors.New("the user's address does not answer")

// user asks whose token it is.
func (p *provider) user(ctx context.Context, token *oauth2.Token, now time.Time) (login, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.OAuth2.UserURL, nil)
	if err != nil {
		return login{}, err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Authorization", "Bearer "+token.AccessToken)
	res, err := p.client.Do(r)
	if err != nil {
		return login{}, fmt.Errorf("%w: %w", errUnanswered, err)
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests:
		return login{}, fmt.Errorf("%w: %s", errUnanswered, res.Status)
	case res.StatusCode != http.StatusOK:
		return login{}, fmt.Errorf("the user's address answered %s", res.Status)
	}
	said, err := io.ReadAll(res.Body)
	if err != nil {
		return login{}, fmt.Errorf("%w: %w", errUnanswered, err)
	}
	if !json.Valid(said) {
		return login{}, errors.New("the user's address answered no JSON")
	}
	claims, err := claimsOf(said)
	if err != nil {
		return login{}, fmt.Errorf("the user's address: %w", err)
	}
	subject := idOf(claims[cmp.Or(p.OAuth2.Subject, "id")])
	if err := checkSubject(subject); err != nil {
		return login{}, fmt.Errorf("the user's address: %w", err)
	}
	if err := p.required(claims); err != nil {
		return login{}, err
	}
	var names []string
	for _, name := range p.OAuth2.Names {
		names = append(names, text(claims[name]))
	}
	return login{
		Account: Account{Provider: p.ID, Issuer: p.Issuer, Subject: subject, LinkedAt: now, Name: shownName(names...)},
		claims:  said,
	}, nil
}

// wholeNumber has one spelling for each number: 7 is not 7.0, 07 or 7e0.
var wholeNumber = regexp.MustCompile(`^[1-9][0-9]{0,19}$`)

// idOf reads an id, "" if it is none.
func idOf(claim json.RawMessage) string {
	if wholeNumber.Match(claim) {
		return string(claim)
	}
	return text(claim)
}
