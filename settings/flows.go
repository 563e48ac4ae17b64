package settings

import (
	"context"
	"errors"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/optimistic"
)

// This file owns reading and writing flows. An update is repeated on newer records:
// the last submit is the one that counts.

// createFlow stores a new flow.
func (s *Service) createFlow(ctx context.Context, f *flow.Flow) error {
	r, err := f.Record()
	if err != nil {
		return err
	}
	f.Version = 1
	return s.createRecord(ctx, r)
}

// createRecord stores a new flow record of any kind. Where rows are made, expired ones
// are deleted.
func (s *Service) createRecord(ctx context.Context, r flow.Record) error {
	s.sweepNowAndThen(ctx)
	return s.c.Flows.CreateFlow(ctx, r)
}

func (s *Service) readFlow(ctx context.Context, id string) (flow.Flow, error) {
	r, err := s.c.Flows.GetFlow(ctx, flow.Key(id))
	if err != nil {
		return flow.Flow{}, err
	}
	return flow.Parse(r)
}

// updateFlow changes the flow of an attempt, also if another request has
// changed it meanwhile: the last submit is the one that counts.
func (s *Service) updateFlow(ctx context.Context, a *attempt, change func(flow.Flow) (flow.Flow, error)) error {
	f := a.flow
	return optimistic.Retry(ctx, func() error {
		next, err := change(f)
		if err != nil {
			return err
		}
		r, err := next.Record()
		if err != nil {
			return err
		}
		err = s.c.Flows.UpdateFlow(ctx, r)
		if err == nil {
			next.Version++
			a.flow = next
			return nil
		}
		if errors.Is(err, flow.ErrConflict) {
			newer, unread := s.readFlow(ctx, f.ID)
			if unread != nil {
				return unread
			}
			f = newer
		}
		return err
	}, flow.ErrConflict)
}

// deleteUsed deletes a record that nobody can use any more. It only takes room, so it
// is no error if that fails: it expires.
func (s *Service) deleteUsed(ctx context.Context, key string) {
	if err := s.c.Flows.DeleteFlow(ctx, key); err != nil {
		s.c.Logger.DebugContext(ctx, "a used record stays until it expires", "error", err)
	}
}
