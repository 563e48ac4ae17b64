package settings

import (
	"context"
	"errors"
	"os"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/method"
)

// This file owns the way of a submit: every guard stands in Submit, in order, and
// nothing is written before the anti-CSRF check has passed, but for the end of the
// sessions of a browser that sends those of two people (guards.go).
//
// Four places run lists of their own, because less or other things stand in the
// way there. A retry (retry.go) repeats a change whose guards were passed, and
// changes nothing. A browser that comes back from another site (callback.go) or
// from a sign-in (pause.go) sends no form: the state, or the pause, stands for
// what the form's token proves. And a commit (commit.go) asks once more, without
// reading anything, what time or a newer row may have changed.

// Submit completes a flow: POST /self-service/settings.
func (s *Service) Submit(ctx context.Context, req Request) respond.Outcome {
	return s.answer(respond.Submit, req, func() *respond.Outcome { return s.submit(ctx, req) })
}

func (s *Service) submit(ctx context.Context, req Request) *respond.Outcome {
	a, stop := s.arrive(ctx, req, respond.Submit) // return_to, one token
	asInput := stop != nil && stop.Kind == respond.BadReturnTo && s.c.Behaviour.BadReturnToIsInput
	if stop != nil && !asInput {
		return stop
	}
	if o := s.admit(ctx, a); o != nil { // session, flow, level, owner
		return o
	}
	sub := &submit{attempt: a}
	problem := s.readBody(sub)
	if a.validity == session.Retrying {
		return s.retry(ctx, sub, problem)
	}
	if o := s.judgeMedia(a, problem); o != nil {
		return o
	}
	o := s.judgeForgery(ctx, sub)
	earlier := o != nil && o.Kind == respond.Expired // a form from before a newer sign-in
	if o != nil && !earlier {
		return o
	}
	if a.flow.Gone(a.Identity) {
		return s.over(a, respond.Gone)
	}
	if earlier || a.flow.Expired(a.at) {
		return s.replaced(ctx, sub, problem == nil)
	}
	a.flow.TransientPayload = nil // that of the submit before
	if asInput {
		return s.invalid(ctx, sub, ui.Form(ui.RefusedAs(ui.ReasonBadReturnTo, stop.Reason, nil)))
	}
	if messages := wrongBody(sub.fields, problem); messages != nil {
		return s.invalid(ctx, sub, messages...)
	}
	if o := s.chooseMethod(ctx, sub); o != nil {
		return o
	}
	s.redeliver(ctx, a.Identity)
	if state, back := sub.callbackState(); back {
		return s.resumeCallback(ctx, sub, state, method.Callback{Query: sub.callbackQuery()})
	}
	o = s.decide(ctx, sub) // plan, needs, tries, work, commit
	switch o.Kind {
	case respond.Stale, respond.LowAAL:
		if err := s.pause(ctx, sub, o); err != nil {
			return s.failed(a, respond.Unavailable, err)
		}
	case respond.Expired: // while the work was done
		return s.replaced(ctx, sub, true)
	}
	return o
}

// readBody reads the fields of a submit, or gives what is wrong with its body. Where
// nothing of it is left, because a middleware has parsed the form, those are the fields.
func (s *Service) readBody(sub *submit) (problem *body.Error) {
	req := sub.req
	sub.fields, problem = body.Decode(req.ContentType, req.ContentEncoding, req.Body, s.c.BodyLimit, s.methods.fields, s.methods.lists...)
	nothing := problem == nil && sub.fields.Len() == 0 || problem != nil && (problem.Kind == body.Empty || problem.Kind == body.Consumed)
	if nothing && (len(req.Parsed) > 0 || req.ParsedFiles) {
		sub.fields, problem = body.DecodeParsed(req.Parsed, req.ParsedFiles, s.c.BodyLimit, s.methods.fields, s.methods.lists...)
	}
	return problem
}

// judgeMedia refuses a body that is not read at all: its size, its media type, its
// time.
func (s *Service) judgeMedia(a *attempt, problem *body.Error) *respond.Outcome {
	if problem == nil {
		return nil
	}
	switch problem.Kind {
	case body.TooLarge:
		return s.refused(a, respond.TooLarge, problem.Reason)
	case body.MediaType:
		return s.refused(a, respond.WrongMedia, problem.Reason)
	case body.Consumed: // by a middleware of the host's: nobody's fault out there
		o := s.failed(a, respond.Bug, problem)
		o.Reason = problem.Reason
		return o
	case body.ReadFailed:
		if !errors.Is(problem, os.ErrDeadlineExceeded) {
			return s.failed(a, respond.TooSlow, problem)
		}
		return s.refused(a, respond.TooSlow, problem.Reason)
	}
	return nil
}

// wrongBody are the messages on the form for a body that has no fields to judge.
func wrongBody(fields body.Fields, problem *body.Error) []ui.Message {
	switch {
	case problem != nil && problem.Kind == body.Empty, problem == nil && fields.Len() == 0:
		return []ui.Message{ui.Form(ui.NoSuchMethod()), ui.Form(ui.Because(ui.ReasonEmptyBody))}
	case problem != nil:
		return []ui.Message{ui.Form(ui.RefusedAs(ui.ReasonUnreadable, problem.Reason, nil))}
	}
	return nil
}
