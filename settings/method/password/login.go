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
// A wrong answer tells nothing else and takes as long for any account. Where there is no
// account or no password, and for a stored hash that cannot be read, it makes a comparison
// with the hash of a password that nobody has: see pace.
//
// burn rewrites the stored hash if Config.Rehash says so, and is nil otherwise.
func (m *Method) Verify(ctx context.Context, v method.View, p method.Proof) (burn func(*identity.Identity) error, err error) {
	c := &comparison{Method: m, stored: v.Identity.PasswordHash, proof: p, forms: forms(v.Text, p.Value)}
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
	if err := m.pace.hold(ctx, c.began, len(c.forms)); err != nil {
		return nil, err
	}
	return nil, c.wrong
}

// comparison is one password that is compared.
type comparison struct {
	*Method
	stored string // "" where there is no password, or nobody
	proof  method.Proof
	forms  []string // of the password

	shut  bool // it is wrong whatever it is
	began time.Time
	right bool
	wrong error  // why not
	fresh string // a new hash of a right one, if the stored one is to be replaced
}

// inTurn counts the try and makes the comparison when its turn has come. It takes the
// same room whatever is stored. Who is known keeps nobody waiting, and may be counted
// before.
func (c *comparison) inTurn(ctx context.Context, identityID string) error {
	turn := c.proof.Turn()
	name := cmp.Or(turn.Name, identityID, rand.Text())
	memory := max(c.hashes.memory(c.stored), c.c.Writer.Memory())
	count := func() error { return c.count(ctx) }
	if !turn.Known {
		return c.c.Limiter.DoUnknown(ctx, name, c.proof.Source.IP, memory, count, c.make)
	}
	if err := count(); err != nil {
		return err
	}
	return c.c.Limiter.Do(ctx, name, memory, c.make)
}

// count counts the try.
func (c *comparison) count(ctx context.Context) error {
	err := c.proof.Count(ctx)
	if errors.Is(err, method.ErrWrong) {
		c.shut = true
		return nil
	}
	return err
}

// make compares.
func (c *comparison) make() error {
	decoy, err := c.decoy()
	if err != nil {
		return err
	}
	hash, unread := c.stored, c.hashes.readable(c.stored)
	if hash == "" || unread != nil {
		hash = decoy
	}
	c.began = time.Now()
	_, right, failed := matching(c.forms, func(form string) (bool, error) {
		began := time.Now()
		right, err := c.hashes.verify(hash, form)
		c.saw(hash, form, time.Since(began))
		return right, err
	})
	switch unread = cmp.Or(unread, failed); {
	case unread != nil:
		c.wrong = fmt.Errorf("%w: %w: %w", method.ErrWrong, method.ErrUnreadable, unread)
	case !right || c.shut || c.stored == "":
		c.wrong = method.ErrWrong
	default:
		c.right = true
	}
	if c.right && c.replaces(c.stored, decoy) {
		// One that the writer cannot hash, too long for it, keeps the hash it has.
		c.fresh, _ = c.c.Writer.Hash(c.forms[0])
	}
	return nil
}
