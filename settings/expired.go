package settings

import (
	"context"
	"errors"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/optimistic"
)

// This file owns what a submit to an expired flow gets: one fresh flow in its place,
// the same one for every repeat.

// replaced answers a submit to an expired flow with the one fresh flow in its
// place. The first such submit makes it; what it typed, secrets aside, stands
// in it already.
func (s *Service) replaced(ctx context.Context, sub *submit, readable bool) *respond.Outcome {
	expired := sub.flow
	var o *respond.Outcome
	err := optimistic.Retry(ctx, func() error {
		if expired.ReplacedBy != "" {
			o = s.replacement(ctx, sub, expired)
			return nil
		}
		fresh := s.replacementOf(sub, expired, readable)
		if err := s.createFlow(ctx, &fresh); err != nil {
			return err
		}
		marked := expired
		marked.ReplacedBy = fresh.ID
		r, err := marked.Record()
		if err != nil {
			o = s.failed(sub.attempt, respond.Bug, err)
			return nil
		}
		if err = s.c.Flows.UpdateFlow(ctx, r); err == nil {
			o = s.expiredTo(ctx, sub, expired, fresh)
			return nil
		}
		if !errors.Is(err, flow.ErrConflict) {
			return err
		}
		// Another submit was first: its fresh flow is the one, ours goes.
		if err := s.c.Flows.DeleteFlow(ctx, flow.Key(fresh.ID)); err != nil {
			return err
		}
		newer, unread := s.readFlow(ctx, expired.ID)
		if unread != nil {
			return unread
		}
		expired = newer
		return err
	}, flow.ErrConflict)
	if err != nil {
		return s.failed(sub.attempt, respond.Unavailable, err)
	}
	return o
}

// replacementOf makes the fresh flow, with what was typed if that could be read.
func (s *Service) replacementOf(sub *submit, expired flow.Flow, readable bool) flow.Flow {
	active := ""
	if readable {
		if chosen := s.methods.choose(sub.fields).method; chosen != nil {
			active, sub.input = chosen.Name, chosen.echo(sub.fields)
		}
	}
	fresh := expired.Replacement(sub.at, s.c.Lifespan, sub.Identity, active, sub.input)
	// What was typed was typed over what the expired flow showed.
	if fresh.Rendered = expired.Rendered; len(sub.input) == 0 {
		s.remember(&fresh, sub.Identity)
	}
	return fresh
}

// replacement answers a repeated submit to an expired flow.
func (s *Service) replacement(ctx context.Context, sub *submit, expired flow.Flow) *respond.Outcome {
	fresh, err := s.readFlow(ctx, expired.ReplacedBy)
	switch {
	case errors.Is(err, flow.ErrNotFound), err == nil && (fresh.Expired(sub.at) || fresh.Gone(sub.Identity)):
		o := s.outcome(sub.attempt, respond.Gone)
		o.ExpiredAt = endOf(expired, sub.at)
		return o
	case err != nil:
		return s.failed(sub.attempt, respond.Unavailable, err)
	}
	return s.expiredTo(ctx, sub, expired, fresh)
}

func (s *Service) expiredTo(ctx context.Context, sub *submit, expired, fresh flow.Flow) *respond.Outcome {
	sub.flow = fresh
	o := s.showForm(ctx, sub.attempt, respond.Expired)
	if o.Kind == respond.Expired {
		o.ExpiredAt, o.UseFlow = endOf(expired, sub.at), fresh.ID
	}
	return o
}

// endOf is when a flow expired: at its time, or when a newer sign-in was found to have
// ended it.
func endOf(expired flow.Flow, at time.Time) time.Time {
	if at.Before(expired.ExpiresAt) {
		return at
	}
	return expired.ExpiresAt
}
