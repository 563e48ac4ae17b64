package totp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/method"
)

// ErrMalformed is joined to the method.ErrWrong of a proof that does not have six digits,
// so that a login page can say that. It tells nothing of the account.
var ErrMalformed = errors.New("totp: a code has six digits")

// Verify compares a code for settings.Service.Verify. The edit that it returns uses up the
// code's time step and all steps before, and is ErrWrong if the step is used up already.
func (m *Method) Verify(_ context.Context, v method.View, p method.Proof) (func(*identity.Identity) error, error) {
	given, ok := readTyped(p.Value)
	if !ok {
		return nil, fmt.Errorf("%w: %w", method.ErrWrong, ErrMalformed)
	}
	app := enrolled(v.Identity)
	if app == nil {
		return nil, method.ErrWrong
	}
	kept, err := read(*app)
	if err != nil {
		return nil, err
	}
	step, ok := match(kept.Secret, given, v.Now)
	if !ok {
		return nil, method.ErrWrong
	}
	return burn(app.ID, step, v.Now), nil
}

// burn marks a step of an app as used, and when it was. A row that has another app by now, or
// where the step is used up, has no use for the code.
func burn(id string, step int64, at time.Time) func(*identity.Identity) error {
	return func(i *identity.Identity) error {
		app := enrolled(*i)
		if app == nil || app.ID != id {
			return method.ErrWrong
		}
		kept, err := read(*app)
		if err != nil {
			return err
		}
		if step <= kept.Used {
			return method.ErrWrong
		}
		kept.Used, app.LastUsedAt = step, at
		app.Data, err = jsonrecord.Encode(&kept)
		return err
	}
}

var _ method.Verifier = (*Method)(nil)
