package oidc

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/amend-go/amend/settings/method"
)

// This file owns the way to a provider, whatever for: to link a login, or to sign in.

// journey is what is kept of a browser that is at a provider.
type journey struct {
	Provider string `json:"provider"`
	Redirect string `json:"redirect"`
	Verifier string `json:"verifier"` // of PKCE (RFC 7636)
	Nonce    string `json:"nonce"`
}

// depart makes the way of a browser to a provider.
func (m *Method) depart(ctx context.Context, p *provider, publicURL string, now time.Time, options []oauth2.AuthCodeOption) (method.Redirect, error) {
	known, err := p.metadata(ctx, now)
	if err != nil {
		return method.Redirect{}, m.unavailable(ctx, p, err)
	}
	j := journey{
		Provider: p.ID, Redirect: publicURL + "/self-service/methods/oidc/callback/" + p.ID,
		Verifier: oauth2.GenerateVerifier(), Nonce: rand.Text(),
	}
	keep, err := json.Marshal(j)
	if err != nil {
		return method.Redirect{}, err
	}
	options = append(options, goidc.Nonce(j.Nonce), oauth2.S256ChallengeOption(j.Verifier))
	return method.Redirect{
		Path: p.ID,
		URL:  func(state string) string { return p.asClient(known, j).AuthCodeURL(state, options...) },
		Memo: keep,
	}, nil
}

// asClient is the host as a client of the provider.
func (p *provider) asClient(known *metadata, j journey) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: known.endpoint, RedirectURL: j.Redirect, Scopes: p.scopes(),
	}
}
