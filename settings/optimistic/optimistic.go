// Package optimistic repeats a change of a stored record until no other writer was faster. It is internal to Amend: its
// stores compare and swap, and this is the one loop around them.
package optimistic

import (
	"context"
	"errors"
)

// maxTries bounds how often a change is tried. Every conflict means that another
// change was written, so in 64 tries 64 others were.
const maxTries = 64

// Retry calls try until its error is nil or none of conflicts, and returns that error. try
// must read the record anew each time. If ctx is done between two calls, Retry returns the
// error of ctx; after 64 calls it returns the last conflict.
func Retry(ctx context.Context, try func() error, conflicts ...error) error {
	var err error
	for range maxTries {
		if err = try(); !isAny(err, conflicts) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return err
}

func isAny(err error, targets []error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
