package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// This file owns the middle of a submit: which method is meant, what it plans, what
// the session must meet for that, the counted try, the work, and what follows from
// its result.

// decide plans the change that a submit asks for, and makes it if the session
// may.
func (s *Service) decide(ctx context.Context, sub *submit) *respond.Outcome {
	if o := s.makePlan(sub); o != nil {
		return o
	}
	return s.carryOut(ctx, sub)
}

// chooseMethod finds the method that is asked for.
func (s *Service) chooseMethod(ctx context.Context, sub *submit) *respond.Outcome {
	chosen := s.methods.choose(sub.fields)
	switch {
	case chosen.disabled != "":
		o := s.failed(sub.attempt, respond.Disabled, nil)
		o.Method = chosen.disabled
		return o
	case chosen.method == nil:
		o := s.invalid(ctx, sub, chosen.refused...)
		return o
	}
	sub.method = chosen.method
	if v, has := sub.fields.Object(fieldPayload); has == body.Present {
		// It came from a decoder of JSON, so it can be encoded.
		sub.flow.TransientPayload, _ = json.Marshal(v)
	} else if has == body.WrongType {
		o := s.invalid(ctx, sub, ui.Form(ui.WrongType("object", "another type")))
		return o
	}
	return nil
}

// makePlan plans the change.
func (s *Service) makePlan(sub *submit) *respond.Outcome {
	view := s.viewOf(sub.method, sub.attempt)
	view.Resumed, view.Repeats = sub.resumed, s.madeLast(sub)
	plan, err := sub.method.Plan(view, method.Submission{Fields: sub.fields})
	if err != nil {
		return s.failed(sub.attempt, respond.Bug, fmt.Errorf("plan of %s: %w", sub.method.Name, err))
	}
	if class := plan.Needs.Tries; class != "" && !slices.Contains(sub.method.TryClasses(), class) {
		return s.failed(sub.attempt, respond.Bug, fmt.Errorf("plan of %s: %q is not one of its Info.TryClasses", sub.method.Name, class))
	}
	plan.RepeatKey = boundedKey(plan.RepeatKey)
	sub.plan = plan
	return nil
}

// maxRepeatKey bounds what a repeat key adds to an identity's row.
const maxRepeatKey = 200

func boundedKey(mark string) string {
	return strings.ToValidUTF8(mark[:min(len(mark), maxRepeatKey)], "")
}

// carryOut makes the planned change if the session may make it. The plan's Errors are shown
// without asking for a sign-in first, because they were found without a secret.
func (s *Service) carryOut(ctx context.Context, sub *submit) *respond.Outcome {
	wrong := len(sub.plan.Errors) > 0
	if !wrong || s.c.Behaviour.SignInFirst {
		if o := s.judgeNeeds(sub.attempt, sub.plan.Needs); o != nil {
			return o
		}
	}
	if wrong {
		sub.disclosed = sub.plan.Disclosed
		return s.invalid(ctx, sub, sub.plan.Errors...)
	}
	result, o := s.work(ctx, sub)
	if o != nil {
		return o
	}
	return s.finish(ctx, sub, result)
}

// work does the work of a plan: the try is counted, then the secret compared.
func (s *Service) work(ctx context.Context, sub *submit) (method.Result, *respond.Outcome) {
	factor := sub.plan.Needs.Tries
	var counted counter
	if factor != "" {
		counted = sessionCounter(sub.attempt, factor)
		if o := s.countSubmit(ctx, sub, counted); o != nil {
			return nil, o
		}
	}
	result, err := sub.plan.Do(ctx)
	if _, toCommit := result.(method.Change); toCommit && err == nil && factor != "" {
		sub.tried = []string{counted.key, triesKey(sub.Identity.ID, factor)} // forgiven with the commit
	} else if factor != "" {
		if err := s.settleTry(ctx, sub, counted, result, err); err != nil {
			return nil, s.failed(sub.attempt, respond.Unavailable, err)
		}
	}
	if err != nil {
		return nil, s.notDone(ctx, sub, err)
	}
	return result, nil
}

// settleTry corrects the count of tries once it is known what the counted one
// came to. What failed stays counted: its secret may have been compared.
func (s *Service) settleTry(ctx context.Context, sub *submit, c counter, result method.Result, failed error) error {
	if errors.Is(failed, method.ErrBusy) {
		return s.takeBackTry(ctx, sub.at, c, false)
	}
	if failed != nil {
		return nil
	}
	switch result.(type) {
	case method.Wrong:
		return nil
	case method.Refused:
		return s.takeBackTry(ctx, sub.at, c, false)
	}
	s.forgive(ctx, sub.Identity.ID, c.key, triesKey(sub.Identity.ID, sub.plan.Needs.Tries))
	return nil
}

// finish turns a result into what follows from it.
func (s *Service) finish(ctx context.Context, sub *submit, result method.Result) *respond.Outcome {
	switch r := result.(type) {
	case method.Change:
		o := s.commit(ctx, sub, r)
		s.forgive(ctx, sub.Identity.ID, sub.tried...)
		return o
	case method.Again:
		for name, value := range r.Input {
			if sub.typed() == nil {
				sub.input = map[string]string{}
			}
			sub.input[name] = value
		}
		return s.remembered(ctx, sub, respond.Shown, flow.Continued, r.Messages)
	case method.Wrong:
		return s.invalidBecause(ctx, sub, r.Messages, r.Cause)
	case method.Refused:
		return s.invalidBecause(ctx, sub, r.Messages, r.Cause)
	case method.Unchanged:
		if s.repeats(sub) {
			return s.recognised(ctx, sub)
		}
		if len(r.Messages) == 0 && sub.validity == session.Valid {
			return s.commit(ctx, sub, method.Change{Edit: func(*identity.Identity) error { return nil }})
		}
		return s.invalid(ctx, sub, r.Messages...)
	case method.NoSuchCredential:
		if s.repeats(sub) {
			return s.recognised(ctx, sub)
		}
		o := s.failed(sub.attempt, respond.NotFound, nil)
		o.Method = sub.method.Name
		return o
	case method.Redirect:
		return s.redirect(ctx, sub, r)
	}
	return s.failed(sub.attempt, respond.Bug, fmt.Errorf("%s: result %T", sub.method.Name, result))
}
