package totp

import (
	"context"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/method"
)

// Verify compares a code for settings.Service.Verify. What it returns uses up
// the code's time step, and with it all steps before; it is what refuses a code
// of a step that is used up.
func (m *Method) Verify(_ context.Context, v method.View, p method.Proof) (func(*identity.Identity) error, error) {
	app := enrolled(v.Identity)
	if app == nil || !wellFormed(p.Value) {
		return nil, method.ErrWrong
	}
	kept, err := read(*app)
	if err != nil {
		return nil, err
	}
	step, ok := match(kept.Secret, p.Value, v.Now)
	if !ok {
		return nil, method.ErrWrong
	}
	return burn(app.ID, step), nil
}

// burn marks a step of an app as used. A row that has another app by now, or
// where the step is used up, has no use for the code.
func burn(id string, step int64) func(*identity.Identity) error {
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
		kept.Used = step
		app.Data, err = jsonrecord.Encode(&kept)
		return err
	}
}

var _ method.Verifier = (*Method)(nil)
