package settings

import (
	"context"

	"github.com/amend-go/amend/respond"
)

// This file owns the count of names that were found to be taken. Whoever has an account
// could change to one name after another, and learn which ones others have. So each such
// change is counted as a try of the account before it is written, and stays counted only if
// the name is taken. Ten of them lock the change of names, as in tries.go.

// triesTaken is the class of those tries.
const triesTaken = "taken"

// naming is what a submit that changes what its user signs in with has come to.
type naming struct {
	counted bool
	taken   bool
}

// countName counts a change of identifiers, once for a submit, or refuses it while the
// count is locked.
func (s *Service) countName(ctx context.Context, sub *submit, p *prepared) *respond.Outcome {
	if !p.difference.Identifiers || sub.naming.counted {
		return nil
	}
	if o := s.countSubmit(ctx, sub, takenCounter(sub)); o != nil {
		return o
	}
	sub.naming.counted = true
	return nil
}

// settleName takes the try back unless the name was taken.
func (s *Service) settleName(ctx context.Context, sub *submit) {
	if !sub.naming.counted || sub.naming.taken {
		return
	}
	err := uninterrupted(ctx, func(ctx context.Context) error { return s.takeBackTry(ctx, sub.at, takenCounter(sub), false) })
	if err != nil {
		s.c.Logger.WarnContext(ctx, "a free name stays counted", "identity", sub.Identity.ID, "error", err)
	}
}

func takenCounter(sub *submit) counter {
	return counter{key: triesKey(sub.Identity.ID, triesTaken), owner: sub.Identity.ID}
}
