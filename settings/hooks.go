package settings

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/amend-go/amend/settings/identity"
)

// This file owns the host's hooks: Before may refuse a change, After hears of it at
// least once, because what is not told yet stands in the identity's row.

// Event is a change of an account, for hooks: who changed what, where and when.
type Event struct {
	// Event has the id of the change, the same on every delivery; its name,
	// "password.changed"; flow, session, method and time.
	identity.Event

	// IdentityID is the id of the account.
	IdentityID string

	// KeptSession is the session that outlives a credential change, "" if none
	// was ended by it.
	KeptSession string

	// ClientIP is the address that the change came from, as Config.ClientIP tells
	// it. Like the next two it is not kept for a later delivery.
	ClientIP string

	// Before and After are the account around the change. Both are nil when an
	// After hook is called again later: only what the embedded Event has is
	// kept for that.
	Before, After *identity.Identity
}

// refusal is the error of Refuse.
type refusal struct{ reason string }

func (r refusal) Error() string { return "refused: " + r.reason }

// Refuse makes the error of a Before hook that refuses a change, with a reason
// that its user is shown.
func Refuse(reason string) error { return refusal{reason} }

// LogEvents is an After hook that writes one line for each change.
func LogEvents(l *slog.Logger) func(context.Context, Event) {
	return func(ctx context.Context, e Event) {
		l.InfoContext(ctx, "account changed", "event", e.Name, "change", e.ID, "identity", e.IdentityID,
			"flow", e.Flow, "session", e.Session, "method", e.Method, "at", e.At)
	}
}

// askBefore runs the Before hooks until one refuses.
func (s *Service) askBefore(ctx context.Context, e Event) (err error) {
	panicked := noPanic(func() {
		for _, hook := range s.c.Before {
			if err = hook(ctx, e); err != nil {
				return
			}
		}
	})
	if panicked != nil {
		return fmt.Errorf("before hook: %w", panicked)
	}
	return err
}

// noPanic calls a function of the host's; a panic in it is an error.
func noPanic(call func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	call()
	return nil
}

// tellAfter runs the After hooks for committed events and then strikes them
// from the identity's row. What is not struck is told again: at least once.
func (s *Service) tellAfter(ctx context.Context, events []Event) {
	if len(events) == 0 {
		return
	}
	err := uninterrupted(ctx, func(ctx context.Context) error {
		var told []string
		for _, e := range events {
			if err := s.tell(ctx, e); err != nil {
				s.c.Logger.ErrorContext(ctx, "after hook", "event", e.Name, "change", e.ID, "error", err)
				continue
			}
			told = append(told, e.ID)
		}
		return s.strikeEvents(ctx, events[0].IdentityID, told)
	})
	if err != nil {
		s.c.Logger.WarnContext(ctx, "events will be delivered again", "identity", events[0].IdentityID, "error", err)
	}
}

func (s *Service) tell(ctx context.Context, e Event) error {
	return noPanic(func() {
		for _, hook := range s.c.After {
			hook(ctx, e)
		}
	})
}

func (s *Service) strikeEvents(ctx context.Context, identityID string, told []string) error {
	if len(told) == 0 {
		return nil
	}
	i, err := s.row(ctx, identityID)
	if err != nil {
		return err
	}
	return s.editRow(ctx, i, func(i *identity.Identity) error {
		before := len(i.State.Events)
		i.State.Events = slices.DeleteFunc(i.State.Events, func(e identity.Event) bool { return slices.Contains(told, e.ID) })
		if len(i.State.Events) == before {
			return errAsItIs
		}
		return nil
	})
}

// redeliverAfter is how long a committed change waits for the request that
// made it to tell its hooks, before another request does.
const redeliverAfter = time.Minute

// redeliver tells the hooks what a process that died has left untold.
func (s *Service) redeliver(ctx context.Context, i identity.Identity) {
	var late []Event
	for _, e := range i.State.Events {
		if s.c.Now().Sub(e.At) >= redeliverAfter {
			late = append(late, Event{Event: e, IdentityID: i.ID})
		}
	}
	s.tellAfter(ctx, late)
}
