package settings

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// This file owns the host's hooks: Before may refuse a change, After hears of it at
// least once, because what was not told stands in the identity's row.

// Event is a change of an account, for hooks: who changed what, where and when.
type Event struct {
	// Event has the id of the change, its name, what it added and removed, whether
	// sessions ended by it, and who made it. All of it is kept until every After hook
	// was told.
	identity.Event

	// IdentityID is the id of the account.
	IdentityID string

	// Before and After are the account around the change, for Before hooks. An After
	// hook, which may be told again much later, has neither.
	Before, After *identity.Identity
}

// refusal is the error of Refuse.
type refusal struct{ reason string }

func (r refusal) Error() string { return "refused: " + r.reason }

// Refuse gives the error by which a Before hook refuses a change. The user is shown reason.
func Refuse(reason string) error { return refusal{reason} }

// LogEvents is an After hook that writes one line for each change.
func LogEvents(l *slog.Logger) func(context.Context, Event) error {
	return func(ctx context.Context, e Event) error {
		l.InfoContext(ctx, "account changed", "event", e.Name, "change", e.ID, "identity", e.IdentityID,
			"flow", e.Flow, "session", e.Session, "method", e.Method, "actor", e.Actor, "at", e.At)
		return nil
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

// tellAfter runs the After hooks for events that were just committed, sends their
// messages, and strikes from the identity's row what was taken. The rest is told again.
func (s *Service) tellAfter(ctx context.Context, identityID string, events []identity.Event) {
	if len(events) > 0 {
		s.tellAll(ctx, identityID, events)
	}
}

// tellAll tells events and sends messages, one after the other, and strikes those that
// were taken, also if there was no time for all of them.
func (s *Service) tellAll(ctx context.Context, identityID string, events []identity.Event) {
	var told []string
	err := uninterrupted(ctx, func(ctx context.Context) error {
		for _, e := range events {
			if err := ctx.Err(); err != nil {
				return err
			}
			if e.Mail.To != "" {
				if err := s.send(ctx, identityID, e); err != nil {
					s.c.Logger.ErrorContext(ctx, "a message is not sent", "event", e.Name, "message", e.ID, "identity", identityID, "attempts", e.Attempts+1, "error", err)
					continue
				}
				told = append(told, e.ID)
				continue
			}
			if err := s.tell(ctx, Event{Event: e, IdentityID: identityID}); err != nil {
				s.c.Logger.ErrorContext(ctx, "after hook", "event", e.Name, "change", e.ID, "identity", identityID, "attempts", e.Attempts+1, "error", err)
				continue
			}
			if e.Name == eventErased {
				if err := s.eraseRest(ctx, identityID); err != nil {
					return err // the event stays, and the rest is erased when it is told again
				}
			}
			told = append(told, e.ID)
		}
		return nil
	})
	err = errors.Join(err, uninterrupted(ctx, func(ctx context.Context) error { return s.strikeEvents(ctx, identityID, told) }))
	if err != nil {
		s.c.Logger.WarnContext(ctx, "events will be told again", "identity", identityID, "error", err)
	}
}

// tell tells every hook of an event, also those after one that fails: whoever ends
// sessions must not depend on who sends mail.
func (s *Service) tell(ctx context.Context, e Event) error {
	e.DueAt = time.Time{}
	var failed error
	for _, hook := range s.c.After {
		panicked := noPanic(func() { failed = errors.Join(failed, hook(ctx, e)) })
		failed = errors.Join(failed, panicked)
	}
	return failed
}

func (s *Service) strikeEvents(ctx context.Context, identityID string, told []string) error {
	if len(told) == 0 {
		return nil
	}
	i, err := s.row(ctx, identityID)
	if errors.Is(err, identity.ErrNotFound) { // the account is gone, with what it had to tell
		return nil
	}
	if err != nil {
		return err
	}
	return s.editRow(ctx, i, func(i *identity.Identity) error {
		if !i.State.Strike(told) {
			return errAsItIs
		}
		return nil
	})
}

// tells reports whether changes are to be delivered to anybody: to hooks, or by messages.
func (s *Service) tells() bool { return len(s.c.After) > 0 || s.c.Send != nil }

// redeliver delivers the due events and messages of an identity: those that a process left
// when it died, and those that were not taken. Without hooks, events stay in the row, and
// without Send, messages do: another process may have them.
func (s *Service) redeliver(ctx context.Context, i identity.Identity) {
	if !s.tells() || !i.State.IsDue(s.c.Now()) {
		return
	}
	var claimed []identity.Event
	err := uninterrupted(ctx, func(ctx context.Context) error {
		return s.editRow(ctx, i, func(i *identity.Identity) error {
			claimed = nil
			if len(s.c.After) > 0 {
				claimed = i.State.Claim(s.c.Now())
			}
			if s.c.Send != nil {
				claimed = append(claimed, i.State.ClaimMail(s.c.Now())...)
			}
			if len(claimed) == 0 { // somebody else tells them
				return errAsItIs
			}
			return nil
		})
	})
	if err != nil {
		s.c.Logger.WarnContext(ctx, "events will be told again", "identity", i.ID, "error", err)
		return
	}
	s.tellAll(ctx, i.ID, claimed)
}

// deliverDue tells the hooks what is due of any identity, if the store can say of which.
// A row that cannot be read is passed over, and stays due.
func (s *Service) deliverDue(ctx context.Context) error {
	due, ok := store.As[store.Due](s.c.Identities)
	if !ok || !s.tells() {
		return nil
	}
	seen := map[string]bool{}
	for limit := sweepStep; ; {
		ids, err := due.DueIdentities(ctx, s.c.Now(), limit)
		if err != nil {
			return err
		}
		before := len(seen)
		for _, id := range ids {
			if seen[id] {
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			seen[id] = true
			if err := s.deliver(ctx, id); err != nil {
				s.c.Logger.ErrorContext(ctx, "events of an identity cannot be told", "identity", id, "error", err)
			}
		}
		switch {
		case len(ids) < limit:
			return nil
		case len(seen) == before: // all of these stay due: look past them
			limit *= 2
		}
	}
}

// deliver delivers what is due of one identity. If the row's DueAt says that something is
// due, but no event is (a build that does not know DueAt has delivered it), the DueAt is
// corrected.
func (s *Service) deliver(ctx context.Context, id string) error {
	i, err := s.row(ctx, id)
	switch {
	case errors.Is(err, identity.ErrNotFound):
		return nil
	case err != nil:
		return err
	case i.State.IsDue(s.c.Now()):
		s.redeliver(ctx, i)
		return nil
	}
	return s.editRow(ctx, i, func(i *identity.Identity) error {
		if i.DueAt.Equal(i.State.DueAt()) {
			return errAsItIs
		}
		return nil
	})
}
