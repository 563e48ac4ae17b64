package settings

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// This file owns what a change comes to before it is written: a row that the method has
// edited, judged by what really differs, and by the Before hooks. What a plan declared is
// not trusted.

// prepared is a change worked out for one version of the identity's row.
type prepared struct {
	id         string // of the change
	before     identity.Identity
	after      identity.Identity
	difference identity.Difference
	event      Event
	kept       []identity.Event // the event and messages that stand in the row until they are told
	written    bool             // the row is written
	userAgent  string           // of the session
}

// prepare works the change out for the row that is loaded, and judges what it
// touches.
func (s *Service) prepare(ctx context.Context, sub *submit, change method.Change, id string) (*prepared, *respond.Outcome) {
	p := &prepared{id: id, before: sub.Identity, after: sub.Identity.Clone(), userAgent: sub.Session.UserAgent}
	err := change.Edit(&p.after)
	elsewhere, isConflict := errors.AsType[*method.ConflictError](err)
	switch {
	case isConflict:
		sub.disclosed = elsewhere.Disclosed
		o := s.invalid(ctx, sub, elsewhere.Messages...)
		return nil, o
	case errors.Is(err, method.ErrChanged):
		o := s.invalid(ctx, sub, ui.Form(ui.ChangedElsewhere(nil)))
		return nil, o
	case err != nil:
		return nil, s.failed(sub.attempt, respond.Bug, fmt.Errorf("edit of %s: %w", sub.method.Name, err))
	}
	d := identity.Diff(p.before, p.after)
	p.difference = d
	if d.Forbidden {
		return nil, s.failed(sub.attempt, respond.Bug, fmt.Errorf("edit of %s: changed what no method may", sub.method.Name))
	}
	// A first password is a factor added, and so is the last one a factor gone. Whose names
	// are exchanged may be removed in place of another.
	factors := d.Factors || d.Names || p.before.Has(aal.Password) != p.after.Has(aal.Password)
	if o := s.judgeNeeds(sub.attempt, method.Needs{Privileged: d.Sensitive(), RequiredAAL: factors}); o != nil {
		return nil, o
	}
	if sub.Session.Recovering() && (d.Taken || d.Names || d.Identifiers || d.Pending || s.addressesDiffer(p.before, p.after)) {
		return nil, s.failed(sub.attempt, respond.Stale, nil)
	}
	if sub.resumed && d.Removed {
		return nil, s.remembered(ctx, sub, respond.Shown, flow.Continued, []ui.Message{ui.Form(ui.RemoveAfterAll())})
	}
	if d.Credentials() && identity.LocksOut(p.before, p.after) {
		o := s.invalid(ctx, sub, ui.Form(ui.RefusedAs(ui.ReasonID(ui.LastWay().ID), ui.LastWay().Text, nil)))
		return nil, o
	}
	e := identity.Event{ID: id, Name: change.Event, Flow: sub.flow.ID, Session: sub.Session.ID, Method: sub.method.Name, At: sub.at, ClientIP: sub.req.ClientIP}
	if d.Credentials() {
		p.after.State.Pending = nil
		if !s.c.KeepOtherSessions {
			p.after.State.Generation++
			p.after.State.KeptSession = sub.Session.ID
			e.SessionsEnded, e.KeptSession = true, sub.Session.ID
		}
		p.after.State.LastChange = identity.LastChange{ID: id, Flow: sub.flow.ID, Session: sub.Session.ID, Method: sub.method.Name, At: sub.at, Proved: change.Proved, Form: formOf(sub.fields), RepeatKey: sub.plan.RepeatKey}
	}
	p.event = s.eventOf(p.before, p.after, e)
	if sub.changed, sub.endsOthers = "", d.Credentials() && !s.c.KeepOtherSessions; d.Any() {
		sub.changed = change.Event
		if o := s.allowed(ctx, sub, p.event); o != nil {
			return nil, o
		}
		var err error
		if p.kept, err = s.keep(p.before, &p.after, p.event.Event); err != nil {
			return nil, s.notWritten(ctx, sub, err)
		}
		p.after.UpdatedAt = sub.at
	}
	return p, nil
}

// addressesDiffer reports whether a change touches where an account is reached.
func (s *Service) addressesDiffer(before, after identity.Identity) bool {
	return !slices.Equal(s.addresses(before), s.addresses(after))
}

// allowed asks the Before hooks.
func (s *Service) allowed(ctx context.Context, sub *submit, e Event) *respond.Outcome {
	err := s.askBefore(ctx, e)
	if err == nil {
		return nil
	}
	var no refusal
	if errors.As(err, &no) {
		o := s.invalid(ctx, sub, ui.Form(ui.Refused(no.reason)))
		return o
	}
	return s.notWritten(ctx, sub, err)
}
