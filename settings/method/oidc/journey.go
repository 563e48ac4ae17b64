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
	if p.OAuth2 == nil {
		options = append(options, goidc.Nonce(j.Nonce))
	}
	if !p.InsecureNoPKCE {
		options = append(options, oauth2.S256ChallengeOption(j.Verifier))
	}
	if p.FormPost {
		options = append(options, oauth2.SetAuthURLParam("response_mode", "form_post"))
	}
	return method.Redirect{
		Path: p.ID,
		URL:  func(state string) string { return p.asClient(known, j).AuthCodeURL(state, options...) },
		Memo: keep,
	}, nil
}

// PostsForm reports whether a provider sends the browser back by a POST
// (Provider.FormPost).
func (m *Method) PostsForm(path string) bool {
	p := m.find(path)
	return p != nil && p.FormPost
}

// asClient is the host as a client of the provider, without its secret.
func (p *provider) asClient(known *metadata, j journey) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, Endpoint: known.endpoint, RedirectURL: j.Redirect, Scopes: p.scopes(),
	}
}
