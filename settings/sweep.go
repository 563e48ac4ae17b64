package settings

import (
	"context"
	"time"

	"github.com/amend-go/amend/respond"
)

// This file owns Sweep: the deletion of expired rows, and the delivery of events and
// messages that are due.

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

// Sweep deletes what has expired, in small steps, and then tells the After hooks what
// they have not taken yet, until nothing is left to do or ctx is done. Wherever a row is
// made some of what has expired is deleted, now and then; expired records are refused
// anyway. Events of a user who does not come back are told by Sweep alone, and only if
// Config.Identities is a store.Due: call it every few minutes, with a ctx that ends. Any
// number of processes may at once.
//
// A hook that fails is no error of Sweep: it is logged, and told again after a minute,
// two, four, up to an hour.
func (s *Service) Sweep(ctx context.Context) error {
	ctx, end := s.observe(ctx, operationSweep)
	err := s.sweep(ctx)
	o := s.bare(respond.Done, respond.AnyEndpoint)
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
	return s.deliverDue(ctx)
}
