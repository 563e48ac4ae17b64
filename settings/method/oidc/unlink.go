package oidc

import (
	"context"
	"slices"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// planUnlink takes an account away. What is not linked is found so by Do: it may
// be the submit of before, sent again.
func (m *Method) planUnlink(v method.View, value string) method.Plan {
	all := accounts(v.Identity)
	named := slices.DeleteFunc(slices.Clone(all), func(l linked) bool { return value != l.Provider && value != l.address() })
	mark := "unlink " + value
	switch len(named) {
	case 0:
		return method.Plan{RepeatKey: mark, Do: func(context.Context) (method.Result, error) {
			if len(all) == 0 {
				return method.NoSuchCredential{}, nil
			}
			return method.Unchanged{Messages: []ui.Message{ui.Form(ui.Because(ui.ReasonLoginNotLinked))}}, nil
		}}
	case 1:
	default:
		return refused(ui.ReasonWhichLogin)
	}
	gone := named[0]
	change := method.Change{
		Event: "oidc.unlinked",
		Edit: func(i *identity.Identity) error {
			if !unlink(i, gone) {
				return method.ErrChanged
			}
			return nil
		},
		Already: func(_ context.Context, i identity.Identity) (bool, error) {
			return !slices.ContainsFunc(accounts(i), func(l linked) bool { return l.id == gone.id }), nil
		},
	}
	return method.Plan{RepeatKey: mark, Needs: needs, Do: func(context.Context) (method.Result, error) { return change, nil }}
}
