package settings

import (
	"context"
	"time"

	"github.com/amend-go/amend/respond"
)

// This file owns the deletion of what has expired.

// sweepEvery is how many new rows there are to one small sweep, and sweepStep how much that deletes of each kind: more than was made meanwhile.
const (
	sweepEvery = 64
	sweepStep  = 3 * sweepEvery
)

// sweepNowAndThen keeps stores from growing where nobody calls Sweep.
func (s *Service) sweepNowAndThen(ctx context.Context) {
	if s.created.Add(1)%sweepEvery != 0 {
		return
	}
	_, err := s.c.Flows.DeleteExpiredFlows(ctx, s.c.Now(), sweepStep)
	if err == nil {
		_, err = s.c.Sessions.DeleteExpiredSessions(ctx, s.c.Now(), sweepStep)
	}
	if err != nil {
		s.c.Logger.WarnContext(ctx, "sweep", "error", err)
	}
}

// Sweep deletes what has expired, in small steps, until nothing is left or ctx
// is done. Wherever a row is made some of it is deleted, now and then; a host that wants
// the room back at once, or that stops and starts often, calls this. Expired
// records are refused anyway.
func (s *Service) Sweep(ctx context.Context) error {
	ctx, end := s.observe(ctx, operationSweep)
	err := s.sweep(ctx)
	o := s.plain(respond.Done, respond.AnyEndpoint)
	if err != nil {
		o.Kind, o.Err = respond.Unavailable, err
	}
	end(o)
	return err
}

func (s *Service) sweep(ctx context.Context) error {
	for _, sweep := range []func(context.Context, time.Time, int) (int, error){s.c.Flows.DeleteExpiredFlows, s.c.Sessions.DeleteExpiredSessions} {
		for {
			n, err := sweep(ctx, s.c.Now(), sweepStep)
			if err != nil {
				return err
			}
			if n < sweepStep {
				break
			}
		}
	}
	return nil
}
