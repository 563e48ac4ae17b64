package settings

import (
	"context"
	"errors"
	"fmt"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
)

// A double click, or a submit sent again because its answer was lost, asks for
// a change that was just made, with a token that the change has superseded. It
// is recognised: the answer is the first one's, with the same new token, and
// nothing is written a second time.

// retry handles a submit with a superseded token. It opens one thing: the very
// change that superseded it. Anything else has no session.
func (s *Service) retry(ctx context.Context, sub *submit, problem *body.Problem) respond.Outcome {
	none := *s.failed(sub.attempt, respond.NoSession, nil)
	if problem != nil || sub.flow.Expired(s.c.Now()) {
		return none
	}
	if sub.method = s.methods.choose(sub.fields).method; sub.method == nil || !s.repeats(sub) {
		return none
	}
	if o := s.makePlan(sub); o != nil {
		return *o
	}
	if len(sub.plan.Errors) > 0 {
		return none
	}
	result, o := s.work(ctx, sub)
	if o != nil {
		return *o
	}
	if _, same := result.(Unchanged); !same {
		return none
	}
	return s.recognised(ctx, sub)
}

// repeats reports whether a submit may be the repeated one of the last
// credential change: same flow, same session, same method, and the client does
// not hold the token that followed, or its rotation never happened.
func (s *Service) repeats(sub *submit) bool {
	last := sub.Identity.State.LastChange
	return last.ID != "" && last.Flow == sub.flow.ID && last.Session == sub.Session.ID && last.Method == sub.method.Name &&
		(sub.standing == session.Retrying || sub.Session.Change != last.ID)
}

// recognised is the success of a change that was made before. What the first
// submit may not have come to is mended: the session's rotation, the flow's
// success.
func (s *Service) recognised(ctx context.Context, sub *submit) respond.Outcome {
	var token string
	err := store(ctx, func(ctx context.Context) error {
		var err error
		if token, err = s.rotate(ctx, sub.attempt, sub.Identity.State, ""); err != nil {
			return err
		}
		return s.settleFlow(ctx, sub)
	})
	if err != nil {
		return *s.failed(sub.attempt, respond.Unavailable, err)
	}
	return s.succeeded(ctx, sub, token)
}

// rotate carries the session over to the last credential change, which it
// made, if that has not happened yet, and gives the token it has since. proved
// is the factor the change added to the session, if any.
func (s *Service) rotate(ctx context.Context, a *attempt, owner identity.State, proved aal.Method) (string, error) {
	for range 5 {
		if a.Session.Change == owner.LastChange.ID {
			return a.Session.Successor(s.ring)
		}
		next := a.Session
		if proved != "" {
			next = next.Completing(s.c.Now(), proved)
		}
		next, token := next.RotatedFor(owner.LastChange.ID, owner.Generation, s.ring, s.c.Now())
		err := s.c.Sessions.UpdateSession(ctx, next)
		if err == nil {
			next.Version++
			a.Session = next
			return token, nil
		}
		if !errors.Is(err, session.ErrConflict) {
			return "", err
		}
		if a.Session, err = s.c.Sessions.GetSession(ctx, session.Hash(a.token)); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("rotate: %w", session.ErrConflict)
}

// settleFlow writes the success into the flow, if it does not stand there yet.
func (s *Service) settleFlow(ctx context.Context, sub *submit) error {
	if sub.flow.State == flow.Success && sub.flow.Generation == sub.Identity.State.Generation {
		return nil
	}
	return s.updateFlow(ctx, sub.attempt, func(f flow.Flow) (flow.Flow, error) { return s.finished(sub, f, sub.Identity.State.Generation) })
}

// finished is the flow after a success, of its owner's generation since.
func (s *Service) finished(sub *submit, f flow.Flow, generation uint64) (flow.Flow, error) {
	f.TransientPayload, f.Generation = sub.flow.TransientPayload, generation
	return f.After(flow.Finished, sub.method.Name, []ui.Message{ui.Form(ui.Saved())}, nil)
}

// succeeded is the outcome of a change that is made. token is the session's
// token from now on, "" if it stays the one presented.
func (s *Service) succeeded(ctx context.Context, sub *submit, token string) respond.Outcome {
	o := s.shown(ctx, sub.attempt, respond.Succeeded)
	o.Method = sub.method.Name
	o.Rotated = token != "" && token != sub.token
	if o.Token = token; token == "" {
		o.Token = sub.token
	}
	o.TokenExpires = sub.Session.ExpiresAt
	o.After = s.after(sub)
	return o
}

// after is where a page goes: the flow's return_to, if the list still allows
// it, the method's after-URL, the general one, or "" for the settings page.
func (s *Service) after(sub *submit) string {
	if to := s.stillAllowed(sub.flow.ReturnTo); to != "" {
		return to
	}
	if to := s.c.AfterURLs[sub.method.Name]; to != "" {
		return to
	}
	return s.c.AfterURL
}
