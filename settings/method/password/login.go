package password

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// Verify implements method.Verifier: it compares a password for a login page.
// Where there is none, or nobody, it compares with one that nobody has, at the
// same cost.
func (m *Method) Verify(ctx context.Context, v method.View, p method.Proof) (burn func(*identity.Identity) error, err error) {
	hash, turn := v.Identity.PasswordHash, cmp.Or(v.Identity.ID, rand.Text())
	if hash == "" {
		if hash, err = m.decoy(); err != nil {
			return nil, err
		}
	}
	var right bool
	err = m.c.Limiter.Do(ctx, turn, memoryOf(hash), func() (err error) {
		right, err = Verify(hash, p.Value)
		return err
	})
	switch {
	case errors.Is(err, ErrOverloaded):
		return nil, fmt.Errorf("%w: %w", method.ErrBusy, err)
	case err != nil:
		return nil, err
	case !right || v.Identity.PasswordHash == "":
		return nil, method.ErrWrong
	}
	return nil, nil
}
