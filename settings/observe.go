package settings

import (
	"context"
	"errors"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/method"
)

// This file owns the calls of Config.Observe.

// What Config.Observe calls the operations that are no endpoint.
const (
	operationVerify = "verify"
	operationSweep  = "sweep"
)

// observe begins an operation: what it does runs under the context, and end is called once
// with what came of it. A panic of the host's stays out of the request.
func (s *Service) observe(ctx context.Context, operation string) (observed context.Context, end func(respond.Outcome)) {
	if s.c.Observe == nil {
		return ctx, unobserved
	}
	guarded := func(call func()) {
		if err := noPanic(call); err != nil {
			s.c.Logger.ErrorContext(ctx, "Observe", "error", err)
		}
	}
	guarded(func() { observed, end = s.c.Observe(ctx, operation) })
	if observed == nil {
		observed = ctx
	}
	hosts := end
	if hosts == nil {
		return observed, unobserved
	}
	return observed, func(o respond.Outcome) { guarded(func() { hosts(o) }) }
}

func unobserved(respond.Outcome) {}

// verified is what came of a proof, for Config.Observe.
func (s *Service) verified(p Proof, identityID string, err error) respond.Outcome {
	o := respond.Outcome{Kind: respond.Done, At: s.c.Now(), Method: string(p.Method), IdentityID: identityID, Err: err}
	var locked *LockedError
	switch {
	case err == nil:
	case errors.Is(err, method.ErrWrong):
		o.Kind, o.Err = respond.Invalid, nil
	case errors.As(err, &locked):
		o.Kind, o.Err, o.RetryAfter = respond.TooManyTries, nil, locked.RetryAfter
	case errors.Is(err, method.ErrBusy):
		o.Kind = respond.Overloaded
	default:
		o.Kind = respond.Unavailable
	}
	return o
}
