package settings

import (
	"context"
	"errors"
	"fmt"

	"github.com/amend-go/amend/flow"
)

// createFlow stores a new flow.
func (s *Service) createFlow(ctx context.Context, f *flow.Flow) error {
	r, err := f.Record()
	if err != nil {
		return err
	}
	f.Version = 1
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
	for range 5 {
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
		if !errors.Is(err, flow.ErrConflict) {
			return err
		}
		if r, err = s.c.Flows.GetFlow(ctx, r.Key); err != nil {
			return err
		}
		if f, err = flow.Parse(r); err != nil {
			return err
		}
	}
	return fmt.Errorf("update flow: %w", flow.ErrConflict)
}

// burn uses a record up: of many that try at once, one has it.
func (s *Service) burn(ctx context.Context, r flow.Record) error {
	r.Data = nil
	err := s.c.Flows.UpdateFlow(ctx, r)
	if errors.Is(err, flow.ErrConflict) {
		return flow.ErrNotFound
	}
	if err == nil {
		s.tidy(ctx, r.Key)
	}
	return err
}

// tidy deletes a record that nobody can use any more. It only takes room, so it
// is no error if that fails: it expires.
func (s *Service) tidy(ctx context.Context, key string) {
	if err := s.c.Flows.DeleteFlow(ctx, key); err != nil {
		s.c.Logger.DebugContext(ctx, "a used record stays until it expires", "error", err)
	}
}
