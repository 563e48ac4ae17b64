package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// Callback goes on with linking a login after the provider has sent the browser back.
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
	a, err := p.read(r.Query)
	switch {
	case errors.Is(err, errOtherIssuer):
		return refused("The answer came from another provider, and nothing was linked. You can begin again."), nil
	case errors.Is(err, errCancelled):
		return refused(fmt.Sprintf("The sign-in at %s was cancelled, and nothing was linked.", p.label())), nil
	case err != nil:
		return refused(p.notConfirmed()), nil
	}
	return method.Plan{Needs: needs, Do: func(ctx context.Context) (method.Result, error) {
		l, err := m.whose(ctx, p, j, a, v.Now)
		if u := (*unconfirmed)(nil); errors.As(err, &u) {
			return method.Refused{Messages: []ui.Message{ui.Form(ui.Refused(p.notConfirmed()))}, Cause: u}, nil
		}
		if err != nil {
			return nil, err
		}
		return p.linking(v, l.Account), nil
	}}, nil
}

func (p *provider) notConfirmed() string {
	return fmt.Sprintf("%s did not confirm the sign-in, and nothing was linked. You can begin again.", p.label())
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
