package password

import (
	"context"
	"errors"
	"fmt"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

var _ method.Setter = (*Method)(nil)

// Set implements method.Setter: a password that an administrator sets has to pass the
// policy and the breach check like any other.
func (m *Method) Set(ctx context.Context, v method.View, value string) (func(*identity.Identity) error, error) {
	wanted, refused := mapped(v.Text, value)
	if refused == nil {
		refused = m.refusal(v, wanted)
	}
	if refused == nil && m.c.Breaches != nil {
		breached, err := m.c.Breaches.Breached(ctx, wanted)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: %w", method.ErrBusy, err)
		case breached:
			text := ui.PasswordBreached()
			refused = &text
		}
	}
	if refused != nil {
		return nil, &method.RefusedError{Text: *refused}
	}
	var hash string
	err := m.c.Limiter.Do(ctx, v.Identity.ID, m.c.Writer.Memory(), func() (err error) {
		hash, err = m.c.Writer.Hash(wanted)
		return err
	})
	switch {
	case errors.Is(err, ErrOverloaded):
		return nil, fmt.Errorf("%w: %w", method.ErrBusy, err)
	case err != nil:
		return nil, err
	}
	return func(i *identity.Identity) error {
		i.PasswordHash = hash
		return nil
	}, nil
}
