package method

import (
	"context"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
)

// This file owns what administrators ask of a method.

// Setter is a Method whose credential an administrator sets: see Service.SetPassword.
type Setter interface {
	Method

	// Set judges a value as one that its user sets, asks for no current one, and makes
	// the edit that sets it, whatever a newer row has. What cannot be taken is a
	// *RefusedError, ErrBusy says that there was no room for the work; any other error
	// is for the log.
	Set(ctx context.Context, v View, value string) (edit func(*identity.Identity) error, err error)
}

// Dropper is a Method whose credentials have keys of another form than their IDs.
type Dropper interface {
	Method

	// Drop takes the credential of an ID out, with its keys: see identity.Drop. It is
	// false if there is none.
	Drop(i *identity.Identity, credentialID string) bool
}

// RefusedError is the error of a Setter for a value that cannot be taken. Error says why,
// in words for whoever has typed it.
type RefusedError struct{ Text ui.Text }

func (r *RefusedError) Error() string { return r.Text.Text }
