package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

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
		return refused(ui.ReasonProviderGone), nil
	}
	if other, given := r.Fields.String("link"); given != body.Absent && other != p.ID || r.Fields.Has("unlink") {
		return refused(ui.ReasonOtherChange), nil
	}
	a, err := p.read(r.Query)
	switch {
	case errors.Is(err, errOtherIssuer):
		return refused(ui.ReasonOtherProvider), nil
	case errors.Is(err, errCancelled):
		return refusedAs(p.said(ui.ReasonSignInCancelled)), nil
	case err != nil:
		return refusedAs(p.said(ui.ReasonNotConfirmed)), nil
	}
	return method.Plan{Needs: needs, Do: func(ctx context.Context) (method.Result, error) {
		l, err := m.whose(ctx, p, j, a, v.Now)
		if u := (*unconfirmed)(nil); errors.As(err, &u) {
			return method.Refused{Messages: []ui.Message{ui.Form(p.said(ui.ReasonNotConfirmed))}, Cause: u}, nil
		}
		if err != nil {
			return nil, err
		}
		return p.linking(v, l.Account), nil
	}}, nil
}

// said is a reason with the words for the provider in it.
func (p *provider) said(reason ui.ReasonID) ui.Text {
	return ui.RefusedAs(reason, strings.ReplaceAll(ui.Reasons()[reason], "{provider}", p.label()), map[string]any{"provider": p.label()})
}

// linking is the change that links an account. Nothing else is looked for by it:
// if it is somebody else's, the store says so when the key is written, and to no
// one but who has just signed in there.
//
// It proves nothing to the session: a first factor is what the session has, and
// what the provider says of its own factors is not ours to count.
func (p *provider) linking(v method.View, a Account) method.Result {
	if has(v.Identity, a) {
		return method.Unchanged{Messages: refused(ui.ReasonLinkedAlready).Errors}
	}
	if !p.takes(accounts(v.Identity)) {
		return method.Refused{Messages: refused(ui.ReasonAnotherLinked).Errors}
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
