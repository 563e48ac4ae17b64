package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// maxCode is the longest code that is taken, in bytes.
const maxCode = 4 << 10

// Callback judges what a provider has sent back with the browser: what it says must
// be from the provider that the browser was sent to (RFC 9700, section 4.4), and
// what it says of a failure is not repeated.
func (m *Method) Callback(v method.View, r method.Callback) (method.Plan, error) {
	var j journey
	if err := json.Unmarshal(r.Memo, &j); err != nil {
		return method.Plan{}, err
	}
	p := m.find(j.Provider)
	if p == nil {
		return refused("There is no such provider any more."), nil
	}
	if other, given := r.Fields.String("link"); given != body.Absent && other != p.ID || r.Fields.Has("unlink") {
		return refused("The form asks for another change than the one that was begun."), nil
	}
	issuer, named := parameter(r.Query, "iss")
	if named && issuer != p.Issuer {
		return refused("The answer came from another provider, and nothing was linked. You can begin again."), nil
	}
	if reason, failed := r.Query["error"]; failed {
		if len(reason) == 1 && reason[0] == "access_denied" {
			return refused(fmt.Sprintf("The sign-in at %s was cancelled, and nothing was linked.", p.label())), nil
		}
		return refused(p.notConfirmed()), nil
	}
	code, _ := parameter(r.Query, "code")
	if code == "" || len(code) > maxCode {
		return refused(p.notConfirmed()), nil
	}
	return method.Plan{Needs: needs, Do: func(ctx context.Context) (method.Result, error) {
		return m.exchange(ctx, v, p, j, code, named)
	}}, nil
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

// exchange asks the provider who has signed in, and links that account.
func (m *Method) exchange(ctx context.Context, v method.View, p *provider, j journey, code string, named bool) (method.Result, error) {
	known, err := p.metadata(ctx, v.Now)
	if err != nil {
		return nil, m.unavailable(ctx, p, err)
	}
	if known.namesItself && !named {
		return m.unconfirmed(ctx, p, errors.New("the answer names no issuer, though the metadata announces one (RFC 9207)")), nil
	}
	token, err := p.asClient(known, j).Exchange(goidc.ClientContext(ctx, p.client), code, oauth2.VerifierOption(j.Verifier))
	switch {
	case err != nil && refusedBy(err):
		return m.unconfirmed(ctx, p, err), nil
	case err != nil:
		return nil, m.unavailable(ctx, p, err)
	}
	account, err := p.account(ctx, known, token, j.Nonce, v.Now)
	if err != nil {
		return m.unconfirmed(ctx, p, err), nil
	}
	return p.linking(v, account), nil
}

// refusedBy reports whether a provider has refused a code, rather than failed.
func refusedBy(err error) bool {
	e := (*oauth2.RetrieveError)(nil)
	return errors.As(err, &e) && e.Response.StatusCode < 500 && e.Response.StatusCode != 429
}

// linking is the change that links an account. Nothing else is looked for by it:
// if it is somebody else's, the store says so when the key is written, and to no
// one but who has just signed in there.
//
// It proves nothing to the session: a first factor is what the session has, and
// what the provider says of its own factors is not ours to count.
func (p *provider) linking(v method.View, a Account) method.Result {
	if has(v.Identity, a) {
		return method.Unchanged{Messages: refused("This login is already linked to your account.").Errors}
	}
	if !p.takes(accounts(v.Identity)) {
		return method.Refused{Messages: refused("Another login at this provider is already linked to your account.").Errors}
	}
	return method.Change{
		Event: "oidc.linked",
		Edit: func(i *identity.Identity) error {
			if has(*i, a) || !p.takes(accounts(*i)) {
				return method.ErrChanged
			}
			link(i, a)
			return nil
		},
		Already: func(_ context.Context, i identity.Identity) (bool, error) { return has(i, a), nil },
	}
}
