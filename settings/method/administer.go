package method

import (
	"context"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
)

// This file owns what administrators ask of a method.

// Setter is an optional interface of a Method whose credential an administrator can set:
// see Service.SetPassword.
type Setter interface {
	Method

	// Set judges a value as if its user set it, without the current one, and returns the
	// edit that sets it in whatever row. The error is a *RefusedError for a value that
	// cannot be taken, and ErrBusy if there was no room for the work; any other error is
	// for the log.
	Set(ctx context.Context, v View, value string) (edit func(*identity.Identity) error, err error)
}

// Dropper is an optional interface of a Method whose credentials have keys that are not
// equal to their IDs.
type Dropper interface {
	Method

	// Drop removes the credential with an ID from i, and its keys, as
	// identity.Identity.Drop does. It is false if there is none.
	Drop(i *identity.Identity, credentialID string) bool
}

// RefusedError is the error of a Setter for a value that the method refuses. Its Error says
// why, to whoever typed the value.
type RefusedError struct{ Text ui.Text }

func (r *RefusedError) Error() string { return r.Text.Text }
