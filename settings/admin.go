package settings

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/optimistic"
	"github.com/amend-go/amend/settings/store"
)

// This file owns what an administrator changes of an account. Each change is one
// compare-and-swap of the identity's row: the edit, the end of all sessions and the
// event are in it together. Who may administer is the host's to decide before it calls.

// ErrLastWay is returned for a removal that would leave an account without a way to sign
// in. AllowLastWay permits it.
var ErrLastWay = errors.New("settings: the last way to sign in")

var errNoActor = errors.New("settings: nobody is named who does this: see WithActor")

type (
	actorKey   struct{}
	lastWayKey struct{}
)

// WithActor names who changes accounts with this ctx, such as an administrator by their id:
// "help desk: 17". Their events carry the name. SetPassword, RemoveFactor, RemoveFactors,
// EndSessions and Erase fail without one.
func WithActor(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// AllowLastWay gives a ctx with which RemoveFactor and RemoveFactors may remove an
// account's last way to sign in: for somebody who has lost the only passkey, and then gets
// a recovery session.
func AllowLastWay(ctx context.Context) context.Context {
	return context.WithValue(ctx, lastWayKey{}, true)
}

// SetPassword sets the password of an account, in place of the one it has or as its
// first, and ends all of its sessions. The password is judged as one that its user sets:
// what the policy refuses is a *method.RefusedError with the reason, ErrBusy says that
// there was no room to hash it. The event is "password.changed". An unknown identity is
// identity.ErrNotFound; an error of a Before hook comes as it is.
func (s *Service) SetPassword(ctx context.Context, identityID, password string) error {
	o := s.methods.byName[string(aal.Password)]
	if o == nil {
		return errors.New("settings: there is no method password here")
	}
	setter, ok := o.Method.(method.Setter)
	if !ok {
		return fmt.Errorf("settings: %T sets nothing for others", o.Method)
	}
	if actorOf(ctx) == "" { // before the hash
		return errNoActor
	}
	i, err := s.row(ctx, identityID)
	if err != nil {
		return err
	}
	at := s.c.Now()
	edit, err := setter.Set(ctx, s.viewOf(o, &attempt{at: at, Current: s.sessions.Current(session.Session{}, i, at)}), password)
	if err != nil {
		return err
	}
	return s.administer(ctx, identityID, administration{event: "password.changed", method: o.Name, edit: edit})
}

// RemoveFactor removes a credential of an account, by the ID that Identity lists, or all
// credentials of the method for "", and ends all of its sessions. The method may be any,
// also aal.Password and one that is not offered here. The event is "<method>.removed". The
// error is identity.ErrNotFound for an unknown account or credential, and ErrLastWay for
// the last way to sign in, unless ctx is of AllowLastWay.
func (s *Service) RemoveFactor(ctx context.Context, identityID string, m aal.Method, credentialID string) error {
	return s.administer(ctx, identityID, administration{event: string(m) + ".removed", method: string(m), edit: func(i *identity.Identity) error {
		return s.drop(i, m, credentialID)
	}})
}

// RemoveFactors removes all credentials that an account has of some methods, and ends all
// of its sessions. After the loss of a phone give it aal.TOTP and aal.WebAuthn, and
// aal.Passkey if the phone had passkeys; recovery codes may stay, because alone they oblige
// nobody. The event is "factors.removed", even if there was nothing to remove. The errors
// are those of RemoveFactor.
func (s *Service) RemoveFactors(ctx context.Context, identityID string, methods ...aal.Method) error {
	if len(methods) == 0 {
		return errors.New("settings: RemoveFactors of no method")
	}
	return s.administer(ctx, identityID, administration{event: "factors.removed", edit: func(i *identity.Identity) error {
		for _, m := range methods {
			if err := s.drop(i, m, ""); err != nil && !errors.Is(err, identity.ErrNotFound) {
				return err
			}
		}
		return nil
	}})
}

// EndSessions ends all sessions of an account, at once in every instance, as
// Sessions.RevokeAll does, with the event "sessions.ended". No Before hook is asked.
func (s *Service) EndSessions(ctx context.Context, identityID string) error {
	return s.administer(ctx, identityID, administration{event: "sessions.ended", unasked: true, edit: func(*identity.Identity) error { return nil }})
}

// administration is a change of an administrator.
type administration struct {
	event, method string
	edit          func(*identity.Identity) error
	unasked       bool // no Before hook may refuse it
	erases        bool // also the last way to sign in
}

func actorOf(ctx context.Context) string {
	actor, _ := ctx.Value(actorKey{}).(string)
	return actor
}

// administer makes an administrator's change, and then unlocks what wrong tries have
// closed, as Sessions.RevokeAll does.
func (s *Service) administer(ctx context.Context, identityID string, a administration) error {
	e := identity.Event{ID: uuid.NewString(), Name: a.event, Method: a.method, Actor: actorOf(ctx), SessionsEnded: true}
	if e.Actor == "" {
		return errNoActor
	}
	i, err := s.row(ctx, identityID)
	if err != nil {
		return err
	}
	allowed, _ := ctx.Value(lastWayKey{}).(bool)
	allowed = allowed || a.erases
	var made Event
	var kept []identity.Event
	err = uninterrupted(ctx, func(ctx context.Context) error {
		return s.editRow(ctx, i, func(i *identity.Identity) (err error) {
			before := i.Clone()
			if err := a.edit(i); err != nil {
				return err
			}
			if !allowed && identity.LocksOut(before, *i) {
				return ErrLastWay
			}
			e.At = s.c.Now()
			i.EndSessions()
			i.UpdatedAt = e.At
			made = s.eventOf(before, *i, e)
			if !a.unasked {
				if err := s.askBefore(ctx, made); err != nil {
					return err
				}
			}
			kept, err = s.keep(before, i, made.Event)
			return err
		})
	})
	if err != nil {
		s.c.Logger.WarnContext(ctx, "an administrator's change is not made", "event", e.Name, "identity", identityID, "actor", e.Actor, "error", err)
		return err
	}
	if !a.erases {
		s.noteEvent(ctx, identityID, made.Event, "")
	}
	s.tellAfter(ctx, identityID, kept)
	// A command may end with this call, and with it what is still being written.
	_ = uninterrupted(ctx, func(ctx context.Context) error { return s.noted(ctx, identityID) })
	if err := s.Unlock(ctx, identityID); err != nil {
		s.c.Logger.WarnContext(ctx, "what wrong tries have closed stays closed", "identity", identityID, "error", err)
	}
	return nil
}

// drop takes a credential out of an identity, with its keys.
func (s *Service) drop(i *identity.Identity, m aal.Method, id string) error {
	dropped := false
	if o := s.methods.byName[string(m)]; o != nil && id != "" {
		if d, ok := o.Method.(method.Dropper); ok {
			dropped = d.Drop(i, id)
		} else {
			dropped = i.Drop(m, id)
		}
	} else if m == aal.OIDC && id != "" { // which of its keys goes only the method knows
		return errors.New("settings: one of several linked logins can be removed only where the method oidc is offered")
	} else {
		dropped = i.Drop(m, id)
	}
	if !dropped {
		return fmt.Errorf("no such credential: %w", identity.ErrNotFound)
	}
	return nil
}

const eventErased = "account.erased"

// Erase deletes what is kept of an account here: password, factors, linked logins and
// their keys, sessions, the activity, and what is in the sealed state, but for a count
// that keeps sessions of before from coming to life. Then the After hooks are told of
// "account.erased"; and once they have taken it, each of the three stores that is a
// store.Eraser deletes the rest: flow records, and the identity itself. In a store that
// is none, flow records go as they expire, after a month at most, and the identity's row
// with its traits, names and addresses is the host's to delete, after the call.
//
// It may be called again if it fails. An unknown identity is identity.ErrNotFound.
func (s *Service) Erase(ctx context.Context, identityID string) error {
	err := s.administer(ctx, identityID, administration{event: eventErased, erases: true, edit: func(i *identity.Identity) error {
		i.PasswordHash = ""
		i.Keys = slices.DeleteFunc(slices.Clone(i.Keys), func(k identity.Key) bool { return k.Kind != identity.Identifier })
		i.State = identity.State{Generation: i.State.Generation, Events: i.State.Events, Outbox: i.State.Outbox}
		return nil
	}})
	if err != nil {
		return err
	}
	if err := s.forgetActivity(ctx, identityID); err != nil {
		return err
	}
	if len(s.c.After) == 0 {
		return s.eraseRest(ctx, identityID)
	}
	return s.deleteSessions(ctx, identityID) // the rest waits for the hooks
}

// eraseRest deletes what the stores keep of an account, after it was erased and the hooks
// were told. An account that has a way to sign in again was begun anew, and is not deleted.
func (s *Service) eraseRest(ctx context.Context, identityID string) error {
	return optimistic.Retry(ctx, func() error { return s.eraseRow(ctx, identityID) }, identity.ErrConflict)
}

// eraseRow deletes what the stores keep of an account, or returns identity.ErrConflict if
// its row is no longer the one that was read.
func (s *Service) eraseRow(ctx context.Context, identityID string) error {
	i, err := s.row(ctx, identityID)
	switch {
	case errors.Is(err, identity.ErrNotFound):
	case err != nil:
		return err
	case len(i.Methods()) > 0:
		return nil
	}
	if err := s.deleteSessions(ctx, identityID); err != nil {
		return err
	}
	if err := s.Unlock(ctx, identityID); err != nil {
		return err
	}
	for _, one := range []any{s.c.Flows, s.c.Sessions, s.c.Identities} {
		if e, ok := store.As[store.Eraser](one); ok {
			if err := e.EraseIdentity(ctx, identityID, i.Version); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) deleteSessions(ctx context.Context, identityID string) error {
	all, err := s.c.Sessions.ListSessions(ctx, identityID)
	if err != nil {
		return err
	}
	for _, one := range all {
		if err := s.c.Sessions.DeleteSession(ctx, identityID, one.ID); err != nil {
			return err
		}
	}
	return nil
}
