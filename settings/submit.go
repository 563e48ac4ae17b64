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

// Submit completes a flow: POST /self-service/settings. This is the one way a
// submit goes; every guard stands here, in order, and nothing is written
// before the anti-CSRF check has passed.
func (s *Service) Submit(ctx context.Context, req Request) (o respond.Outcome) {
	defer s.recovered(&o, respond.Submit, req)

	a, refused := s.arrive(req, respond.Submit)
	badReturnTo := refused != nil && refused.Kind == respond.BadReturnTo && s.c.Responses.BadReturnToIsInput
	if refused != nil && !badReturnTo {
		return *refused
	}
	if o := s.admit(ctx, a); o != nil {
		return *o
	}
	sub := &submit{attempt: a}

	fields, problem := body.Decode(req.ContentType, req.ContentEncoding, req.Body, s.c.BodyLimit, s.methods.fields)
	sub.fields = fields
	if a.validity == session.Retrying {
		return s.retry(ctx, sub, problem)
	}
	if problem != nil && problem.Kind != body.Malformed && problem.Kind != body.Empty {
		return s.bodyRefused(a, problem)
	}
	if o := s.judgeForgery(ctx, sub); o != nil {
		return *o
	}
	if a.flow.Gone(a.Identity) {
		return s.over(a, respond.Gone)
	}
	if a.flow.Expired(s.c.Now()) {
		return s.replaced(ctx, sub, problem == nil)
	}
	a.flow.TransientPayload = nil // that of the submit before
	if badReturnTo {
		return s.invalid(ctx, sub, ui.Form(ui.Refused(refused.Reason)))
	}
	switch {
	case problem != nil && problem.Kind == body.Empty, problem == nil && fields.Len() == 0:
		return s.invalid(ctx, sub, ui.Form(ui.NoSuchMethod()), ui.Form(ui.Refused("The body is empty.")))
	case problem != nil:
		return s.invalid(ctx, sub, ui.Form(ui.Refused(problem.Reason)))
	}
	if o := s.chooseMethod(ctx, sub); o != nil {
		return *o
	}
	s.redeliver(ctx, a.Identity)
	if state, back := sub.callbackState(); back {
		return s.resumeCallback(ctx, sub, state, method.Callback{Query: sub.callbackQuery()})
	}
	o = s.decide(ctx, sub)
	if o.Kind == respond.Stale || o.Kind == respond.LowAAL {
		if err := s.pause(ctx, sub); err != nil {
			return *s.failed(a, respond.Unavailable, err)
		}
	}
	return o
}

// bodyRefused answers a body that cannot be read at all.
func (s *Service) bodyRefused(a *attempt, p *body.Error) respond.Outcome {
	kind := respond.TooLarge
	switch p.Kind {
	case body.MediaType:
		kind = respond.WrongMedia
	case body.ReadFailed:
		kind = respond.TooSlow
		if !errors.Is(p, os.ErrDeadlineExceeded) {
			return *s.failed(a, kind, p)
		}
	}
	return *s.refused(a, kind, p.Reason)
}
