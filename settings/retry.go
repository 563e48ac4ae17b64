package settings

import (
	"context"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/method"
)

// This file owns the retry of a change: a double click, or a submit that is sent again
// because its answer was lost. It comes with a token that the change has superseded. It
// gets the first answer again, with the same new token, and nothing is written a second
// time.
//
// The new token is worth the session, and the superseded one may have been stolen. So a
// retry must show what a thief does not have: the exact form token that the change was sent
// with or, from a client that sends none, a secret of the change. Guessing that is counted
// as a try.

// retry handles a submit with a superseded token. It opens one thing: the very
// change that superseded it. Anything else has no session.
func (s *Service) retry(ctx context.Context, sub *submit, problem *body.Error) *respond.Outcome {
	none := s.failed(sub.attempt, respond.NoSession, nil)
	if problem != nil || sub.flow.Expired(sub.at) || s.judgeForgery(ctx, sub) != nil {
		return none
	}
	if sub.method = s.methods.choose(sub.fields).method; sub.method == nil || !s.madeLast(sub) {
		return none
	}
	if s.wasCallback(ctx, sub) {
		return s.recognised(ctx, sub)
	}
	// What the change needs was asked of its first submit; this one will change
	// nothing.
	if o := s.makePlan(sub); o != nil {
		return o
	}
	if len(sub.plan.Errors) > 0 || !s.repeats(sub) {
		return none
	}
	sameForm := sub.Identity.State.LastChange.Form != "" && sub.Identity.State.LastChange.Form == formOf(sub.fields)
	if !sameForm {
		sub.plan.Needs.Tries = retryPrefix + sub.method.Name // in a class of its own: it locks no login
	}
	result, o := s.work(ctx, sub)
	if o != nil {
		return o
	}
	switch r := result.(type) {
	case method.Unchanged:
		if sameForm || r.Proved {
			return s.recognised(ctx, sub)
		}
	case method.NoSuchCredential:
		if sameForm {
			return s.recognised(ctx, sub)
		}
	}
	return none
}
