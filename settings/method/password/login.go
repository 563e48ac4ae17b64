package password

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// Verify implements method.Verifier: it compares a password for a login page.
//
// Whoever asks learns nothing but that a password is right. Where there is no
// account or no password, the comparison is with one that nobody has, and a wrong
// answer takes as long as it would for any account: see pace. A stored hash that
// cannot be read is a wrong password.
//
// What it returns rewrites the hash, if Config.Rehash says so.
func (m *Method) Verify(ctx context.Context, v method.View, p method.Proof) (burn func(*identity.Identity) error, err error) {
	c := &comparison{Method: m, stored: v.Identity.PasswordHash, proof: p}
	err = c.inTurn(ctx, v.Identity.ID)
	switch {
	case errors.Is(err, ErrOverloaded):
		return nil, fmt.Errorf("%w: %w", method.ErrBusy, err)
	case err != nil:
		return nil, err
	case c.right && c.fresh != "":
		return rewritten(c.stored, c.fresh), nil
	case c.right:
		return nil, nil
	}
	if err := m.pace.hold(ctx, c.began); err != nil {
		return nil, err
	}
	return nil, c.wrong
}

// comparison is one password that is compared.
type comparison struct {
	*Method
	stored string // "" where there is no password, or nobody
	proof  method.Proof

	began time.Time
	right bool
	wrong error  // why not
	fresh string // a new hash of a right one, if the stored one is to be replaced
}

// inTurn makes the comparison when its turn has come. It takes the same room
// whatever is stored.
func (c *comparison) inTurn(ctx context.Context, identityID string) error {
	turn := c.proof.Turn()
	name := cmp.Or(turn.Name, identityID, rand.Text())
	memory := max(memoryOf(c.stored), c.c.Writer.Memory())
	work := func() error { return c.make(ctx) }
	if turn.Known {
		return c.c.Limiter.Do(ctx, name, memory, work)
	}
	return c.c.Limiter.DoUnknown(ctx, name, c.proof.Source.IP, memory, work)
}

// make counts the try and compares.
func (c *comparison) make(ctx context.Context) error {
	decoy, err := c.decoy()
	if err != nil {
		return err
	}
	refused := c.proof.Count(ctx)
	if refused != nil && !errors.Is(refused, method.ErrWrong) {
		return refused
	}
	hash := cmp.Or(c.stored, decoy)
	c.began = time.Now()
	right, unread := Verify(hash, c.proof.Value)
	c.pace.saw(hash, c.proof.Value, time.Since(c.began))
	switch {
	case unread != nil:
		c.wrong = fmt.Errorf("%w: %w: %w", method.ErrWrong, method.ErrUnreadable, unread)
	case !right || refused != nil || c.stored == "":
		c.wrong = method.ErrWrong
	default:
		c.right = true
	}
	if c.right && c.c.Rehash.replaces(c.stored, decoy) {
		// One that the writer cannot hash, too long for it, keeps the hash it has.
		c.fresh, _ = c.c.Writer.Hash(c.proof.Value)
	}
	return nil
}
