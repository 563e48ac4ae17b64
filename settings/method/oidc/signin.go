package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/method"
)

// This file owns signing in by a linked login, as a method.SignInRedirector: what the
// provider is asked for, and what it must say so that it counts as a proof made anew.

// Method sends browsers away to link a login, and to sign in by one.
var _ method.SignInRedirector = (*Method)(nil)

// Sites are the providers.
func (m *Method) Sites() []method.Site {
	sites := make([]method.Site, len(m.providers))
	for n, p := range m.providers {
		sites[n] = p.site()
	}
	return sites
}

func (p *provider) site() method.Site { return method.Site{ID: p.ID, Label: p.label()} }

// BeginSignIn makes the URL that leads to a provider. If b.Again is true, the provider is
// asked to have its user sign in anew, even with an open session there (OpenID Connect Core
// 1.0, section 3.1.2.1).
func (m *Method) BeginSignIn(ctx context.Context, b method.SignInBegin) (method.Redirect, error) {
	p := m.find(b.Site)
	if p == nil {
		return method.Redirect{}, method.ErrWrong
	}
	var options []oauth2.AuthCodeOption
	for name, value := range p.AuthURLParams {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	if b.Again { // in the place of the host's wishes
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return m.depart(ctx, p, b.PublicURL, b.Now, options)
}

// FinishSignIn asks the provider who has signed in.
func (m *Method) FinishSignIn(ctx context.Context, f method.SignInFinish) (method.SiteLogin, error) {
	var j journey
	if err := json.Unmarshal(f.Memo, &j); err != nil {
		return method.SiteLogin{}, err
	}
	p := m.find(f.Site)
	if p == nil || j.Provider != p.ID {
		return method.SiteLogin{}, fmt.Errorf("%w: no such provider any more", method.ErrWrong)
	}
	a, err := p.read(f.Query)
	switch {
	case errors.Is(err, errCancelled):
		return method.SiteLogin{}, method.ErrCancelled
	case err != nil:
		return method.SiteLogin{}, fmt.Errorf("%w: %w", method.ErrWrong, m.failed(ctx, p, err))
	}
	l, err := m.whose(ctx, p, j, a, f.Now)
	if u := (*unconfirmed)(nil); errors.As(err, &u) {
		return method.SiteLogin{}, fmt.Errorf("%w: %w", method.ErrWrong, u)
	}
	if err != nil {
		return method.SiteLogin{}, err
	}
	credential, key := l.Credential()
	return method.SiteLogin{
		Site: p.site(), Issuer: l.Issuer, Subject: l.Subject, Name: l.Name, Claims: l.claims,
		Key: key, Credential: credential, Again: f.Again && p.provedAnew(l, f.Began, f.Now),
	}, nil
}

// authTimeLeeway is how long before the beginning of a sign-in a proof may lie that counts
// as made after it: auth_time is in whole seconds, and two clocks differ.
const authTimeLeeway = 10 * time.Second

// provedAnew reports whether a login was proved after a sign-in had begun. A provider that
// was asked for max_age must say when (OpenID Connect Core 1.0, section 2, auth_time):
// the address that it was asked by went through the hands of who sits at the browser.
func (p *provider) provedAnew(l login, began, now time.Time) bool {
	if l.provedAt.IsZero() {
		return p.InsecureTrustPrompt
	}
	return !l.provedAt.Before(began.Add(-authTimeLeeway)) && !l.provedAt.After(now.Add(aal.FutureSkew))
}
