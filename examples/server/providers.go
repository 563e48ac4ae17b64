package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/method/oidc"
)

// addProvider reads a value of -oidc. No error of it has the secret in it.
func (o *options) addProvider(v string) error {
	name, rest, ok := strings.Cut(v, "=")
	parts := strings.SplitN(rest, ",", 4)
	if !ok || len(parts) < 3 {
		return errors.New("-oidc: want NAME=ISSUER,CLIENT_ID,CLIENT_SECRET or NAME=ISSUER,CLIENT_ID,CLIENT_SECRET,LABEL")
	}
	p := oidc.Provider{ID: name, Issuer: parts[0], ClientID: parts[1], ClientSecret: parts[2], PublicClient: parts[2] == "", Scopes: []string{"email"}}
	if len(parts) == 4 {
		p.Label = parts[3]
	}
	o.providers = append(o.providers, p)
	return nil
}

// logins is the method "oidc".
func logins(providers []oidc.Provider, log *slog.Logger) *oidc.Method {
	return oidc.New(oidc.Config{Providers: providers, OnFailure: func(ctx context.Context, provider string, err error) {
		log.WarnContext(ctx, "no login", "provider", provider, "error", err)
	}})
}

// checkProviders is the error of providers that can never confirm a sign-in as
// they are configured. One that does not answer now may do so later: the log says
// so.
func (a *app) checkProviders(ctx context.Context) error {
	logins, ok := find(a.offered, aal.OIDC).(*oidc.Method)
	if !ok {
		return nil
	}
	err := logins.Check(ctx)
	if err == nil || errors.Is(err, oidc.ErrIssuer) {
		return err
	}
	a.log.WarnContext(ctx, "a provider cannot be asked", "error", err)
	return nil
}
