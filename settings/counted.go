package settings

import (
	"context"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
)

// This file owns the try of a submit: it is counted before its work, and refused while
// the count is locked.

// countSubmit counts a try of a submit, or refuses it while the count is locked.
func (s *Service) countSubmit(ctx context.Context, sub *submit, c counter) *respond.Outcome {
	v, err := s.countTry(ctx, sub.at, c, false, nil)
	switch {
	case err != nil:
		return s.failed(sub.attempt, respond.Unavailable, err)
	case v.locked > 0:
		return s.waiting(ctx, sub, respond.TooManyTries, v.locked, ui.TooManyTries(v.locked), nil)
	}
	return nil
}
