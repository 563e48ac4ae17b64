package settings

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/optimistic"
)

// This file owns what a change that is made comes to: its answer, the flow's success,
// the session's new token; and the same for a submit that repeats the last change.

// succeeded is the outcome of a change that is made. token is the session's
// token from now on, "" if it stays the one presented.
func (s *Service) succeeded(ctx context.Context, sub *submit, token string) *respond.Outcome {
	o := s.showForm(ctx, sub.attempt, respond.Succeeded)
	o.Method = sub.method.Name
	o.Rotated = token != "" && token != sub.token
	if o.Token = token; token == "" {
		o.Token = sub.token
	}
	o.TokenExpires = sub.Session.ExpiresAt
	if sub.req.SaveToken != nil && o.Client != respond.API {
		sub.req.SaveToken(o.Token, sub.Session)
	}
	o.After = s.after(sub.flow.ReturnTo, sub.method.Name)
	return o
}

// after is where a success leads a browser: the flow's return_to, if the list still allows
// it, the method's after-URL, the general one, or "" for the settings page.
func (s *Service) after(returnTo, method string) string {
	return cmp.Or(s.stillAllowed(returnTo), s.c.AfterURLs[method], s.c.AfterURL)
}

// finished is the flow after a success, with the owner as the change left them.
func (s *Service) finished(sub *submit, f flow.Flow, owner identity.Identity) (flow.Flow, error) {
	f.TransientPayload, f.Generation = sub.flow.TransientPayload, owner.State.Generation
	s.remember(&f, owner)
	messages := []ui.Message{ui.Form(ui.Saved())}
	if sub.resumed {
		messages = append(messages, ui.Form(ui.TakenUp(sub.method.Name)))
	}
	f, err := f.After(flow.Finished, sub.method.Name, messages, nil)
	f.Changed, f.EndedOthers = sub.changed, sub.endsOthers
	return f, err
}

// succeededWithoutSession is the success of a change whose session ended right after its row
// was written. The change is made, and its user must know; of the session
// nothing is carried over.
func (s *Service) succeededWithoutSession(ctx context.Context, sub *submit) *respond.Outcome {
	finished, err := s.finished(sub, sub.flow, sub.Identity)
	if err != nil {
		return s.failed(sub.attempt, respond.Bug, err)
	}
	sub.flow = finished
	return s.succeeded(ctx, sub, "")
}

// recognised is the success of a submit that repeats a credential change.
func (s *Service) recognised(ctx context.Context, sub *submit) *respond.Outcome {
	return s.succeededOnRow(ctx, sub, true)
}

// madeLast reports whether the last credential change was made by this session
// with this flow and method, and either the client holds the token that the
// change superseded, or the rotation never happened, or the client keeps its token and
// the change was made within session.RetryWindow.
func (s *Service) madeLast(sub *submit) bool {
	last := sub.Identity.State.LastChange
	if last.ID == "" || last.Flow != sub.flow.ID || last.Session != sub.Session.ID || last.Method != sub.method.Name {
		return false
	}
	carriedOver := sub.Session.Change == last.ID
	if carriedOver && sub.validity == session.Valid && s.keepsToken(sub.attempt) && sub.Session.Superseded.TokenHash == "" {
		return sub.at.Before(last.At.Add(session.RetryWindow))
	}
	return (sub.validity == session.Retrying) == carriedOver
}

// repeats reports whether a planned submit may be the repeated one of the last
// credential change.
func (s *Service) repeats(sub *submit) bool {
	return s.madeLast(sub) && sub.Identity.State.LastChange.RepeatKey == sub.plan.RepeatKey
}

// succeededOnRow is the success of a change whose identity row is committed. It makes the
// two writes that follow, if they are not made yet: the session's rotation, and the flow's
// success. If one fails, the error is logged and the next request repairs it. Only if
// nobody can tell which token the client is to go on with, the outcome is Unavailable, and
// the client must ask again.
func (s *Service) succeededOnRow(ctx context.Context, sub *submit, credentials bool) *respond.Outcome {
	var token string
	err := uninterrupted(ctx, func(ctx context.Context) error {
		var errs [2]error
		if credentials {
			if token, errs[0] = s.rotate(ctx, sub.attempt, sub.Identity.State); token == "" {
				return errs[0]
			}
		}
		errs[1] = s.settleFlow(ctx, sub)
		return errors.Join(errs[:]...)
	})
	if credentials && token == "" {
		return s.failed(sub.attempt, respond.Unavailable, err)
	}
	o := s.succeeded(ctx, sub, token)
	o.Err = errors.Join(o.Err, err)
	return o
}

// keepsToken reports whether the client of an attempt goes on with the token it has.
func (s *Service) keepsToken(a *attempt) bool {
	return s.c.Behaviour.KeepAPIToken && a.flow.Type == flow.API
}

// carriedOver is a session after a credential change that it has made, with its new
// token, "" where the client keeps the one it has.
func (s *Service) carriedOver(a *attempt, of session.Session, change string, generation uint64) (session.Session, string) {
	if s.keepsToken(a) {
		return of.CarriedOver(change, generation), ""
	}
	return of.RotatedFor(change, generation, s.ring, a.at)
}

// rotate carries the session over to the last credential change, which it made, unless that
// has happened already. It returns the session's token since then. If there is an error
// beside a token, the session still has its old one.
func (s *Service) rotate(ctx context.Context, a *attempt, owner identity.State) (string, error) {
	token, hash := a.token, session.Hash(a.token)
	err := optimistic.Retry(ctx, func() error {
		if a.Session.TokenHash != hash { // rotated, for this change or for a newer one of this session
			var err error
			token, err = a.Session.Successor(s.ring)
			return err
		}
		if s.keepsToken(a) && a.Session.Change == owner.LastChange.ID {
			return nil
		}
		next, fresh := s.carriedOver(a, a.Session.CaughtUp(owner.LastChange), owner.LastChange.ID, owner.Generation)
		err := s.c.Sessions.UpdateSession(ctx, next)
		if err == nil {
			next.Version++
			a.Session, token = next, cmp.Or(fresh, token)
			return nil
		}
		stored, unread := s.c.Sessions.GetSession(ctx, hash)
		if unread != nil {
			token = ""
			return fmt.Errorf("%w, after: %v", unread, err)
		}
		// A store that could not tell may have written all the same.
		if a.Session = stored; stored.TokenHash != hash {
			return session.ErrConflict
		}
		return err
	}, session.ErrConflict)
	return token, err
}

// settleFlow writes the success into the flow, if it is not there yet. If that fails, the
// answer says it all the same.
func (s *Service) settleFlow(ctx context.Context, sub *submit) error {
	if sub.flow.State == flow.Success && sub.flow.Generation == sub.Identity.State.Generation {
		return nil
	}
	err := s.updateFlow(ctx, sub.attempt, func(f flow.Flow) (flow.Flow, error) { return s.finished(sub, f, sub.Identity) })
	if err != nil {
		finished, failed := s.finished(sub, sub.flow, sub.Identity)
		if failed != nil {
			return errors.Join(err, failed)
		}
		sub.flow = finished
	}
	return err
}
