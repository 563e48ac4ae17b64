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
// Where there is none, or nobody, or a stored hash that cannot be read, it compares
// with one that nobody has, at the same cost. A hash that cannot be read is the
// cause that ErrWrong wraps: no password will ever be right, and the host alone can
// do something about it.
func (m *Method) Verify(ctx context.Context, v method.View, p method.Proof) (burn func(*identity.Identity) error, err error) {
	hash, turn := v.Identity.PasswordHash, cmp.Or(v.Identity.ID, rand.Text())
	unreadable := readable(hash)
	comparable := hash != "" && unreadable == nil
	if !comparable {
		if hash, err = m.decoy(); err != nil {
			return nil, err
		}
	}
	var right bool
	err = m.c.Limiter.Do(ctx, turn, memoryOf(hash), func() error {
		var failed error
		right, failed = verifyAny(hash, forms(v.Text, p.Value))
		unreadable = cmp.Or(unreadable, failed)
		return nil
	})
	switch {
	case errors.Is(err, ErrOverloaded):
		return nil, fmt.Errorf("%w: %w", method.ErrBusy, err)
	case err != nil:
		return nil, err
	case unreadable != nil:
		return nil, fmt.Errorf("%w: %w", method.ErrWrong, unreadable)
	case !right || !comparable:
		return nil, method.ErrWrong
	}
	return nil, nil
}
