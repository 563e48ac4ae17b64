package settings

import (
	"context"
	"slices"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
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

// duplicates are the messages for a change whose keys the store refused: on the field that
// the first of them came from, where the method and the store know which. It is one key,
// because it was one try: a list of names would be told in ten tries.
func (s *Service) duplicates(ctx context.Context, change method.Change, p *prepared) []ui.Message {
	if change.Taken != nil && !s.c.Behaviour.OmitHints {
		if messages := change.Taken(s.ofAnother(ctx, p)); len(messages) > 0 {
			return messages
		}
	}
	return []ui.Message{ui.Form(ui.Duplicate())}
}

// ofAnother is the first key of a change that another account has now, alone or none. A
// store that cannot tell is no error here: the change is refused anyway.
func (s *Service) ofAnother(ctx context.Context, p *prepared) []identity.Key {
	for _, key := range p.after.Keys {
		if slices.Contains(p.before.Keys, key) {
			continue
		}
		if owner, err := s.c.Identities.IdentityOwner(ctx, key); err == nil && owner != p.before.ID {
			return []identity.Key{key}
		}
	}
	return nil
}
