package settings

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/optimistic"
	"github.com/amend-go/amend/settings/store"
)

// This file owns the write. A change is prepared for the row as it is now (prepare.go),
// and written by one compare-and-swap.

// toldNow delivers the event of a committed change to the After hooks, sends its messages,
// and notes it in the account's activity.
func (s *Service) toldNow(ctx context.Context, p *prepared) {
	if p.difference.Any() {
		s.noteEvent(ctx, p.after.ID, p.event.Event, p.userAgent)
	}
	s.tellAfter(ctx, p.after.ID, p.kept)
}

// commit makes a change. What a plan declared is not trusted: what really
// differs decides what the session must meet, whether others end and whether
// the token rotates. A conflict judges and edits again on the newer row; the
// hash or network call before is never repeated.
//
// The work before may have taken long. So each round reads the time, and what
// depends on it, whether session, flow and sign-in are still in their time, is
// judged again right before the write, without reading anything.
func (s *Service) commit(ctx context.Context, sub *submit, change method.Change) *respond.Outcome {
	id := uuid.NewString()
	last := sub.Identity.State.LastChange.ID
	var o *respond.Outcome
	err := optimistic.Retry(ctx, func() error {
		sub.at = s.c.Now()
		if o = s.judgeAgain(sub); o != nil {
			return nil
		}
		var p *prepared
		if p, o = s.prepare(ctx, sub, change, id); o != nil {
			return nil
		}
		if o = s.countName(ctx, sub, p); o != nil {
			return nil
		}
		token, err := s.write(ctx, sub, change, p)
		if err == nil {
			s.toldNow(ctx, p)
			o = s.succeeded(ctx, sub, token)
			return nil
		}
		o = s.afterFailure(ctx, sub, change, p, last, err)
		if o == nil {
			return identity.ErrConflict
		}
		return nil
	}, identity.ErrConflict)
	s.settleName(ctx, sub)
	if err != nil {
		return s.notWritten(ctx, sub, fmt.Errorf("commit: %w", err))
	}
	return o
}

// afterFailure answers a write that did not succeed, or gives nil if the change is
// to be tried on the newer row. last is the credential change that was the last
// one before.
func (s *Service) afterFailure(ctx context.Context, sub *submit, change method.Change, p *prepared, last string, err error) *respond.Outcome {
	if errors.Is(err, identity.ErrDuplicate) {
		sub.naming.taken = true
		return s.invalid(ctx, sub, s.duplicates(ctx, change, p)...)
	}
	if o := s.reload(ctx, sub, p); o != nil {
		return o
	}
	switch now := sub.Identity.State.LastChange; {
	case p.written && sub.validity == session.Invalid:
		s.toldNow(ctx, p)
		return s.succeededWithoutSession(ctx, sub)
	case p.written:
		s.toldNow(ctx, p)
		return s.succeededOnRow(ctx, sub, p.difference.Credentials())
	case !conflict(err):
		return s.notWritten(ctx, sub, err)
	case now.ID != last && now.Session == sub.Session.ID:
		return s.lostRace(ctx, sub, change)
	}
	return nil
}

// write commits a prepared change. It gives the session's new token, "" if it
// was not rotated.
func (s *Service) write(ctx context.Context, sub *submit, change method.Change, p *prepared) (token string, err error) {
	row, err := p.after.Seal(s.ring)
	if err != nil {
		return "", err
	}
	finished, err := s.finished(sub, sub.flow, p.after)
	if err != nil {
		return "", err
	}
	flowRow, err := finished.Record()
	if err != nil {
		return "", err
	}
	writes := store.Commit{Flow: &flowRow, Drop: sub.tried}
	if p.difference.Any() {
		writes.Identity = &row
	}
	next := sub.Session.CaughtUp(sub.Identity.State.LastChange)
	if change.Proved != "" {
		next, writes.Session = next.Completing(sub.at, change.Proved), &next
	}
	if p.difference.Credentials() {
		next, token = s.carriedOver(sub.attempt, next, p.id, p.after.State.Generation)
		writes.Session = &next
	}
	if writes.Session == nil {
		writes.IfSession = &sub.Session
	}
	if err := uninterrupted(ctx, func(ctx context.Context) error { return s.writeAll(ctx, writes, p) }); err != nil {
		return "", err
	}
	if s.c.Backend != nil {
		sub.tried = nil
	}
	finished.Version++
	sub.flow = finished
	if writes.Identity != nil {
		p.after.Version++
		sub.Identity = p.after
	}
	if writes.Session != nil {
		next.Version++
		sub.Session = next
	}
	return token, nil
}

// writeAll writes everything at once if the stores can. If they cannot, the
// identity comes first and decides, because everything that must not come apart
// stands in its row: after that the change is made, whatever becomes of session
// and flow.
func (s *Service) writeAll(ctx context.Context, w store.Commit, p *prepared) error {
	if s.c.Backend != nil {
		return s.c.Backend.Commit(ctx, w)
	}
	if w.Identity != nil {
		if err := s.c.Identities.UpdateIdentity(ctx, *w.Identity); err != nil {
			return err
		}
		p.written = true
	}
	if w.Session != nil {
		if err := s.c.Sessions.UpdateSession(ctx, *w.Session); err != nil {
			return err
		}
	}
	return s.c.Flows.UpdateFlow(ctx, *w.Flow)
}

// reload reads session, identity and flow again after a commit that did not
// succeed, and finds out if the identity's row is written all the same. The
// session may be one that has just been rotated by another submit.
func (s *Service) reload(ctx context.Context, sub *submit, p *prepared) *respond.Outcome {
	hash := session.Hash(sub.token)
	var l store.Loaded
	err := uninterrupted(ctx, func(ctx context.Context) (err error) {
		l, err = s.load(ctx, hash, flow.Key(sub.flow.ID))
		return err
	})
	if err != nil {
		return s.failed(sub.attempt, respond.Unavailable, err)
	}
	sub.validity = session.Invalid
	if l.Session != nil && l.Identity != nil {
		c, err := s.sessions.Open(*l.Session, *l.Identity)
		if err != nil {
			return s.failed(sub.attempt, respond.Bug, err)
		}
		sub.Current, sub.validity = c.At(sub.at), session.ValidityOf(c.Session, c.Identity, hash, sub.at)
		s.shareTraits(sub.attempt)
		// A store that could not tell may have written.
		p.written = p.written || c.Identity.State.LastChange.ID == p.id
	}
	switch {
	case sub.validity == session.Invalid && p.written:
		sub.Identity = p.after
		return nil
	case sub.validity == session.Invalid:
		return s.failed(sub.attempt, respond.NoSession, nil)
	case l.Flow == nil && p.written: // a flow may be lost; a change that is made stays one
		return nil
	case l.Flow == nil:
		return s.failed(sub.attempt, respond.NoFlow, nil)
	}
	payload := sub.flow.TransientPayload
	if sub.flow, err = flow.Parse(*l.Flow); err != nil {
		return s.failed(sub.attempt, respond.Bug, err)
	}
	sub.flow.TransientPayload = payload
	return nil
}

// lostRace answers a change that was overtaken by another one of the same session. If the
// other was the same change, it is a success; otherwise the user must look at the form
// again.
func (s *Service) lostRace(ctx context.Context, sub *submit, change method.Change) *respond.Outcome {
	if change.Already != nil && s.repeats(sub) {
		same, err := change.Already(ctx, sub.Identity)
		switch {
		case err != nil:
			return s.notDone(ctx, sub, err)
		case same:
			return s.recognised(ctx, sub)
		}
	}
	return s.invalid(ctx, sub, ui.Form(ui.ChangedElsewhere(nil)))
}
