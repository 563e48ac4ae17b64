package lookup

import (
	"context"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// Verify compares a code for settings.Service.Verify. The edit that it returns uses the
// code up.
func (*Method) Verify(_ context.Context, v method.View, p method.Proof) (func(*identity.Identity) error, error) {
	code, ok := readTyped(p.Value)
	if !ok {
		return nil, method.ErrWrong
	}
	burn := func(i *identity.Identity) error {
		c := find(v.Secrets, i, code)
		if c == nil {
			return method.ErrWrong
		}
		c.Spent = true
		return nil
	}
	if find(v.Secrets, &v.Identity, code) == nil {
		return nil, method.ErrWrong
	}
	return burn, nil
}

// find is the unused credential of a code, nil without one. All unused ones are
// compared, so that the time it takes says nothing of which it is.
func find(secrets method.Secrets, i *identity.Identity, code typedCode) *identity.Credential {
	var found *identity.Credential
	all := i.State.Factors[aal.Lookup].Credentials
	for n := range all {
		if !all[n].Spent && matches(secrets, all[n], code) {
			found = &all[n]
		}
	}
	return found
}

var _ method.Verifier = (*Method)(nil)
