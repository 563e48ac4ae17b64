package settings

import (
	"context"
	"errors"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
)

// replaced answers a submit to an expired flow with the one fresh flow in its
// place. The first such submit makes it; what it typed, secrets aside, stands
// in it already.
func (s *Service) replaced(ctx context.Context, sub *submit, readable bool) respond.Outcome {
	expired := sub.flow
	for range 5 {
		if expired.ReplacedBy != "" {
			return s.replacement(ctx, sub, expired)
		}
		active := ""
		if readable {
			if chosen := s.methods.choose(sub.fields).method; chosen != nil {
				active, sub.input = chosen.Name, chosen.echo(sub.fields)
			}
		}
		fresh := expired.Replacement(s.c.Now(), s.c.Lifespan, sub.Identity, active, sub.input)
		// What was typed was typed over what the expired flow showed.
		if fresh.Rendered = expired.Rendered; len(sub.input) == 0 {
			s.remember(&fresh, sub.Identity)
		}
		if err := s.createFlow(ctx, &fresh); err != nil {
			return *s.failed(sub.attempt, respond.Unavailable, err)
		}
		marked := expired
		marked.ReplacedBy = fresh.ID
		r, err := marked.Record()
		if err != nil {
			return *s.failed(sub.attempt, respond.Bug, err)
		}
		switch err := s.c.Flows.UpdateFlow(ctx, r); {
		case err == nil:
			return s.expiredTo(ctx, sub, expired, fresh)
		case !errors.Is(err, flow.ErrConflict):
			return *s.failed(sub.attempt, respond.Unavailable, err)
		}
		// Another submit was first: its fresh flow is the one, ours goes.
		if err := s.c.Flows.DeleteFlow(ctx, flow.Key(fresh.ID)); err != nil {
			return *s.failed(sub.attempt, respond.Unavailable, err)
		}
		if expired, err = s.readFlow(ctx, expired.ID); err != nil {
			return *s.failed(sub.attempt, respond.Unavailable, err)
		}
	}
	return *s.failed(sub.attempt, respond.Unavailable, flow.ErrConflict)
}

// replacement answers a repeated submit to an expired flow.
func (s *Service) replacement(ctx context.Context, sub *submit, expired flow.Flow) respond.Outcome {
	fresh, err := s.readFlow(ctx, expired.ReplacedBy)
	switch {
	case errors.Is(err, flow.ErrNotFound), err == nil && (fresh.Expired(s.c.Now()) || fresh.Gone(sub.Identity)):
		o := s.outcome(sub.attempt, respond.Gone)
		o.ExpiredAt = expired.ExpiresAt
		return o
	case err != nil:
		return *s.failed(sub.attempt, respond.Unavailable, err)
	}
	return s.expiredTo(ctx, sub, expired, fresh)
}

func (s *Service) expiredTo(ctx context.Context, sub *submit, expired, fresh flow.Flow) respond.Outcome {
	sub.flow = fresh
	o := s.showForm(ctx, sub.attempt, respond.Expired)
	if o.Kind == respond.Expired {
		o.ExpiredAt, o.UseFlow = expired.ExpiresAt, fresh.ID
	}
	return o
}
