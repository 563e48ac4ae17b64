package settings

import (
	"context"
	"errors"
	"fmt"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// This file owns the import of credentials that accounts bring from another system.

// Import gives an account the credentials that it had in another system: authenticator
// apps, recovery codes, security keys, passkeys, linked logins. All of them are one
// write of its row, or none is. What it has already is left alone, so an import may be
// run again. Its password hash, traits and identifiers are columns of the row: create it
// with them, and with the Keys of Service.IdentityKeys.
//
// It is for the day of a move. No session ends by it, no hook hears of it, and nobody is
// asked.
//
// The error is identity.ErrNotFound for an unknown account, identity.ErrDuplicate if a
// security key, a passkey or a linked login is another account's, and
// method.ErrImported, with the reason in its text, for what cannot be taken.
func (s *Service) Import(ctx context.Context, identityID string, credentials ...method.Import) error {
	at := s.c.Now()
	row, err := s.row(ctx, identityID)
	if err != nil {
		return err
	}
	return s.editRow(ctx, row, func(i *identity.Identity) error {
		before := i.Clone()
		for n, c := range credentials {
			o := s.methods.byName[string(c.Method)]
			if o == nil || c.Edit == nil {
				return fmt.Errorf("%w: credential %d: %q is no method here", method.ErrImported, n, c.Method)
			}
			v := method.View{Identity: *i, Now: at, PublicURL: s.c.PublicURL, Secrets: method.SecretsOf(s.ring, o.Name, i.ID), Text: s.c.Text}
			if err := c.Edit(v, i); err != nil {
				return fmt.Errorf("credential %d: %w", n, err)
			}
		}
		d := identity.Diff(before, *i)
		if d.Password || d.Identifiers || d.Traits || d.Forbidden {
			return errors.New("settings: an import has changed more than factors")
		}
		if !d.Credentials() {
			return errAsItIs
		}
		return nil
	})
}
