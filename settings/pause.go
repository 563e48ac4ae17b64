package settings

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/body"
)

// A change that needs a newer sign-in is paused while its user signs in again,
// and goes on when the browser comes back. What was typed is kept sealed. The
// flow's row names the one pause that counts, so that taking it up is one
// compare-and-swap of that row: it happens once, and a new submit ends it.

// paused is a paused change, as it is sealed.
type paused struct {
	Session    string          `json:"session"`
	Generation uint64          `json:"generation"`
	At         time.Time       `json:"at"`
	Fields     json.RawMessage `json:"fields"`
}

// pendingChange names the record of a flow's paused change.
func pendingChange(f flow.Flow, id string) pending {
	return pending{pendingChanges, "paused:" + id, f.ID + " " + id}
}

// pause keeps a submit of a browser for after the login that its outcome asks
// for. A submit that cannot be kept is only refused: its user fills in the form
// again. An API client keeps its own body.
func (s *Service) pause(ctx context.Context, sub *submit) error {
	if sub.flow.Type != flow.Browser {
		return nil
	}
	fields, err := sub.fields.Encode(fieldCSRF)
	if err != nil {
		return err
	}
	id := uuid.NewString()
	err = s.createPending(ctx, pendingChange(sub.flow, id), sub.Identity.ID, sub.at, paused{
		Session: sub.Session.ID, Generation: sub.Identity.State.Generation, At: sub.at, Fields: fields,
	})
	switch {
	case errors.Is(err, errTooLarge):
		return nil
	case err != nil:
		return err
	}
	return s.updateFlow(ctx, sub.attempt, func(f flow.Flow) (flow.Flow, error) {
		f.Paused = id
		return f, nil
	})
}

// Resume comes back to a flow after a login: GET /self-service/settings. It
// goes on with the change that the login was asked for, if everything fits, and
// changes nothing else. It never leads to a login again, so that a login page
// that sends signed-in users straight back makes no loop.
func (s *Service) Resume(ctx context.Context, req Request) respond.Outcome {
	return s.answer(respond.Resume, req, func() *respond.Outcome {
		a, stop := s.lookUp(ctx, respond.Resume, req)
		if stop != nil {
			return stop
		}
		if a.flow.Paused == "" || req.Prefetch || !req.Tokens.ByCookie() {
			return s.showForm(ctx, a, respond.Shown)
		}
		sub := &submit{attempt: a}
		p, err := s.readPaused(ctx, a.flow)
		switch {
		case errors.Is(err, flow.ErrNotFound):
			return s.notResumed(ctx, sub, "no such pause, or its time is over")
		case err != nil:
			return s.failed(a, respond.Unavailable, err)
		}
		if p.Session != a.Session.ID || p.Generation != a.Identity.State.Generation || !a.Session.AuthenticatedAt.After(p.At) ||
			!pendingChanges.inTime(p.At, a.at) {
			return s.notResumed(ctx, sub, "not signed in since by the same session, or too late")
		}
		if sub.fields, err = body.Decoded(p.Fields); err != nil {
			return s.failed(a, respond.Bug, err)
		}
		taken, err := s.takeUp(ctx, a)
		if err != nil {
			return s.failed(a, respond.Unavailable, err)
		}
		if !taken {
			return s.showForm(ctx, a, respond.Shown)
		}
		if o := s.chooseMethod(ctx, sub); o != nil {
			return o
		}
		o := s.decide(ctx, sub)
		if o.Kind == respond.Stale || o.Kind == respond.LowAAL {
			return s.notResumed(ctx, sub, "the sign-in is not enough for the change")
		}
		return o
	})
}

// readPaused opens the paused change of a flow. One that is not there, or past
// its time, is flow.ErrNotFound.
func (s *Service) readPaused(ctx context.Context, f flow.Flow) (p paused, err error) {
	_, err = s.readPending(ctx, pendingChange(f, f.Paused), &p)
	return p, err
}

// takeUp burns a pause before its change is made: of two tabs that come back,
// one takes it up.
func (s *Service) takeUp(ctx context.Context, a *attempt) (bool, error) {
	id := a.flow.Paused
	next := a.flow
	next.Paused = ""
	r, err := next.Record()
	if err != nil {
		return false, err
	}
	switch err := s.c.Flows.UpdateFlow(ctx, r); {
	case errors.Is(err, flow.ErrConflict):
		return false, nil
	case err != nil:
		return false, err
	}
	next.Version++
	a.flow = next
	s.tidy(ctx, pendingChange(a.flow, id).key)
	return true, nil
}

// notResumed leads back to the form, which says what is missing; why is for the
// log.
func (s *Service) notResumed(ctx context.Context, sub *submit, why string) *respond.Outcome {
	said := slices.ContainsFunc(sub.flow.Messages, func(m ui.Message) bool { return m.ID == ui.SignInAgain().ID })
	if said {
		return s.showForm(ctx, sub.attempt, respond.Shown)
	}
	err := s.updateFlow(ctx, sub.attempt, func(f flow.Flow) (flow.Flow, error) {
		keep := f.Paused
		f, err := f.After(flow.Paused, f.Active, []ui.Message{ui.Form(ui.SignInAgain())}, f.Input)
		f.Paused = keep
		return f, err
	})
	if err != nil {
		return s.failed(sub.attempt, respond.Unavailable, err)
	}
	o := s.showForm(ctx, sub.attempt, respond.Shown)
	o.Err = errors.Join(o.Err, errors.New("paused change not taken up: "+why))
	return o
}
