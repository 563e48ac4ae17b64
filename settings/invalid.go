package settings

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/method"
)

// This file owns what a submit gets that changed nothing: messages on its form, and
// what the flow remembers of it.

// invalid shows the form again with messages, and remembers them.
func (s *Service) invalid(ctx context.Context, sub *submit, messages ...ui.Message) *respond.Outcome {
	return s.remembered(ctx, sub, respond.Invalid, flow.Refused, messages)
}

// invalidBecause is invalid with a cause for the log; nil if there is no more to say
// than the messages do.
func (s *Service) invalidBecause(ctx context.Context, sub *submit, messages []ui.Message, cause error) *respond.Outcome {
	o := s.invalid(ctx, sub, messages...)
	o.Err = errors.Join(o.Err, cause)
	return o
}

// waiting is the outcome of a submit that may be sent again later. The flow of a page gets
// the message.
func (s *Service) waiting(ctx context.Context, sub *submit, kind respond.Kind, wait time.Duration, message ui.Text, cause error) *respond.Outcome {
	o := s.failed(sub.attempt, kind, cause)
	if sub.validity == session.Valid {
		// Nothing was done, so the step before is still the last one.
		if sub.method != nil {
			sub.input = sub.inputOver(sub.flow)
		}
		o = s.remembered(ctx, sub, kind, flow.Refused, []ui.Message{ui.Form(message)})
	}
	if o.Kind == kind {
		o.RetryAfter, o.Err = wait, cause
	}
	return o
}

// overloaded is the outcome of a submit whose work has no room. It is written into the flow
// only if the answer does not show it (a page's redirect): an overloaded process must not
// write to a store for each submit that it refuses.
func (s *Service) overloaded(ctx context.Context, sub *submit, cause error) *respond.Outcome {
	const wait = 2 * time.Second
	if sub.req.WantsForm || !s.respond.Table.ShowsError(respond.Overloaded, sub.client, sub.endpoint) {
		return s.waiting(ctx, sub, respond.Overloaded, wait, ui.Busy(), cause)
	}
	o := s.failed(sub.attempt, respond.Overloaded, cause)
	o.RetryAfter, o.Method = wait, sub.method.Name
	return o
}

// remembered writes the result of a submit into its flow, and shows the form.
func (s *Service) remembered(ctx context.Context, sub *submit, kind respond.Kind, on flow.Event, messages []ui.Message) *respond.Outcome {
	name := ""
	if sub.method != nil {
		name = sub.method.Name
	}
	err := s.updateFlow(ctx, sub.attempt, func(f flow.Flow) (flow.Flow, error) {
		f.TransientPayload = sub.flow.TransientPayload
		if on == flow.Refused && sub.method != nil && sub.method.Traits {
			s.rememberDisclosed(&f, sub.Identity, sub.disclosed)
		} else {
			s.remember(&f, sub.Identity)
		}
		return f.After(on, name, messages, sub.typed())
	})
	if err != nil {
		o := s.failed(sub.attempt, respond.Unavailable, err)
		o.Method = name
		return o
	}
	o := s.showForm(ctx, sub.attempt, kind)
	o.Method = name
	return o
}

// notDone answers work of a method that failed.
func (s *Service) notDone(ctx context.Context, sub *submit, err error) *respond.Outcome {
	switch {
	case errors.Is(err, method.ErrBusy):
		return s.overloaded(ctx, sub, err)
	case ctx.Err() != nil: // the client has gone away
		return s.failed(sub.attempt, respond.Unavailable, err)
	}
	return s.failed(sub.attempt, respond.Bug, fmt.Errorf("%s: %w", sub.method.Name, err))
}

// notWritten is the outcome of a change that a store or a hook did not accept. The flow of
// a page gets a message that nothing was changed, if the flow can be written.
func (s *Service) notWritten(ctx context.Context, sub *submit, cause error) *respond.Outcome {
	return s.waiting(ctx, sub, respond.Unavailable, 0, ui.Busy(), cause)
}
