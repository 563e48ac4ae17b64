package settings

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/jsonrecord"
)

// This file owns changes that need a newer sign-in. One is paused while its user
// signs in again, and goes on when the browser comes back.
//
// What was typed is kept sealed, in one record a flow. It belongs to the browser
// that typed it, which the pausing answer gives a random cookie, and to nobody else:
// who held the session for a moment must not have their change made by the sign-in
// of its owner. The flow's row names the one pause that counts, so that taking it up
// is one compare-and-swap of that row: it happens once, and a new submit ends it.

// paused is a paused change, as it is sealed.
type paused struct {
	jsonrecord.Head
	ID         string          `json:"id"`     // the flow's row names it
	Cookie     string          `json:"cookie"` // the hash of the cookie's value
	Method     string          `json:"method"`
	Generation uint64          `json:"generation"`
	At         time.Time       `json:"at"`
	Fields     json.RawMessage `json:"fields"`
}

// pendingChange names the record of a flow's paused change.
func pendingChange(flowID string) pending {
	return pending{pendingChanges, "paused:" + flowID, flowID}
}

// pause keeps a submit of a browser for after the login that its outcome asks
// for, and has the outcome set the cookie that takes it up. A submit that cannot be
// kept is only refused: its user fills in the form again. An API client keeps its own
// body.
func (s *Service) pause(ctx context.Context, sub *submit, o *respond.Outcome) error {
	if sub.flow.Type != flow.Browser {
		return nil
	}
	fields, err := sub.fields.Encode(fieldCSRF)
	if err != nil {
		return err
	}
	id, secret := rand.Text(), rand.Text()
	err = s.putPending(ctx, pendingChange(sub.flow.ID), sub.Identity.ID, sub.at, &paused{
		ID: id, Cookie: hashed(secret), Method: sub.method.Name, Generation: sub.Identity.State.Generation, At: sub.at, Fields: fields,
	})
	switch {
	case errors.Is(err, errTooLarge):
		return nil
	case err != nil:
		return err
	}
	err = s.updateFlow(ctx, sub.attempt, func(f flow.Flow) (flow.Flow, error) {
		f, err := f.After(flow.Paused, sub.method.Name, nil, sub.inputOver(f))
		f.Paused = id
		return f, err
	})
	if err == nil {
		o.Cookies = s.begunCookies(begunPause, sub.req.Pauses, sub.flow.ID, sub.flow.ID+"."+secret, pendingChanges.lifetime)
	}
	return err
}

// Resume brings a browser back to its flow after a login: GET /self-service/settings. If
// the login was asked for by a change that waits, and this is the browser that began it,
// the change is made; nothing else is changed. Resume never leads to a login, so a login
// page that sends signed-in users straight back makes no loop.
func (s *Service) Resume(ctx context.Context, req Request) respond.Outcome {
	return s.answer(respond.Resume, req, func() *respond.Outcome { return s.resume(ctx, req) })
}

func (s *Service) resume(ctx context.Context, req Request) *respond.Outcome {
	a, stop := s.lookUp(ctx, respond.Resume, req)
	if stop != nil {
		return stop
	}
	if a.flow.Paused == "" || !req.Tokens.ByCookie() || !req.navigates() {
		return s.showForm(ctx, a, respond.Shown)
	}
	sub := &submit{attempt: a, resumed: true}
	p, err := s.readPaused(ctx, a.flow)
	switch {
	case errors.Is(err, flow.ErrNotFound):
		return s.notResumed(ctx, sub, "no such pause, or its time is over")
	case err != nil:
		return s.failed(a, respond.Unavailable, err)
	case !s.begunHere(req, p, a.flow.ID):
		return s.notResumed(ctx, sub, "paused in another browser")
	case p.Generation != a.Identity.State.Generation || !a.Session.AuthenticatedAt.After(p.At) || !pendingChanges.inTime(p.At, a.at):
		return s.notResumed(ctx, sub, "not signed in since, or too late")
	}
	if sub.fields, err = body.Decoded(p.Fields); err != nil {
		return s.failed(a, respond.Bug, err)
	}
	taken, err := s.claimPause(ctx, a)
	if err != nil {
		return s.failed(a, respond.Unavailable, err)
	}
	if !taken {
		return s.showForm(ctx, a, respond.Shown)
	}
	o := s.chooseMethod(ctx, sub)
	if o == nil {
		o = s.decide(ctx, sub)
	}
	if o.Kind == respond.Stale || o.Kind == respond.LowAAL {
		o = s.notResumed(ctx, sub, "the sign-in is not enough for the change")
	}
	o.Cookies = append(o.Cookies, respond.Cookie{Name: s.begunName(begunPause, a.flow.ID)})
	return o
}

// navigates reports whether a browser goes to a page by this request, or a script of
// that page asks: an image, a frame or a look ahead takes nothing up (W3C Fetch
// Metadata). A sign-in at a provider comes back from another site, and that is fine.
func (r Request) navigates() bool {
	switch {
	case r.Prefetch:
		return false
	case r.FetchDest == "empty":
		return r.FetchSite == "same-origin"
	}
	return r.FetchDest == "" || r.FetchDest == "document"
}

// begunHere reports whether the browser of a request is the one that paused a change.
func (s *Service) begunHere(req Request, p paused, flowID string) bool {
	name := s.begunName(begunPause, flowID)
	return slices.ContainsFunc(req.Pauses, func(c respond.Cookie) bool {
		id, secret, _ := strings.Cut(c.Value, ".")
		return c.Name == name && id == flowID && subtle.ConstantTimeCompare([]byte(hashed(secret)), []byte(p.Cookie)) == 1
	})
}

// Waiting is a change that waits for its user to sign in again.
type Waiting struct {
	FlowID, IdentityID string
	Method             string // of the change: "password"
	Since              time.Time
}

// Waiting gives the change that goes on after a login in this browser, so that a login page
// in this process can say what the sign-in will do. It is false if there is none, and if
// the store fails.
func (s *Service) Waiting(r *http.Request) (Waiting, bool) {
	var last Waiting
	for _, c := range s.begunCookiesOf(begunPause, r) {
		flowID, _, _ := strings.Cut(c.Value, ".")
		if !flow.ValidID(flowID) {
			continue
		}
		f, err := s.readFlow(r.Context(), flowID)
		if err != nil || f.Paused == "" {
			continue
		}
		p, err := s.readPaused(r.Context(), f)
		if err != nil || !s.begunHere(Request{Pauses: []respond.Cookie{c}}, p, flowID) || !pendingChanges.inTime(p.At, s.c.Now()) {
			continue
		}
		if p.At.After(last.Since) {
			last = Waiting{FlowID: flowID, IdentityID: f.IdentityID, Method: p.Method, Since: p.At}
		}
	}
	return last, last.FlowID != ""
}

// readPaused opens the paused change of a flow. The error is flow.ErrNotFound if there is
// none, or if the flow's row names another one.
func (s *Service) readPaused(ctx context.Context, f flow.Flow) (p paused, err error) {
	_, err = s.readPending(ctx, pendingChange(f.ID), &p)
	if err == nil && p.ID != f.Paused {
		err = flow.ErrNotFound
	}
	return p, err
}

// claimPause uses up a pause before its change is made, so that of two tabs that come back
// only one goes on.
func (s *Service) claimPause(ctx context.Context, a *attempt) (bool, error) {
	next := a.flow
	next.Paused = ""
	r, err := next.Record()
	if err != nil {
		return false, err
	}
	switch err := s.c.Flows.UpdateFlow(ctx, r); {
	case errors.Is(err, flow.ErrConflict):
		return false, nil
	case err != nil:
		return false, err
	}
	next.Version++
	a.flow = next
	s.deleteUsed(ctx, pendingChange(a.flow.ID).key)
	return true, nil
}

// notResumed leads back to the form, which says what is missing and shows again the fields
// that are no secret. why is for the log.
func (s *Service) notResumed(ctx context.Context, sub *submit, why string) *respond.Outcome {
	said := slices.ContainsFunc(sub.flow.Messages, func(m ui.Message) bool { return m.ID == ui.SignInAgain().ID })
	if said {
		return s.showForm(ctx, sub.attempt, respond.Shown)
	}
	err := s.updateFlow(ctx, sub.attempt, func(f flow.Flow) (flow.Flow, error) {
		keep := f.Paused
		f, err := f.After(flow.Paused, f.Active, []ui.Message{ui.Form(ui.SignInAgain())}, f.Input)
		f.Paused = keep
		return f, err
	})
	if err != nil {
		return s.failed(sub.attempt, respond.Unavailable, err)
	}
	o := s.showForm(ctx, sub.attempt, respond.Shown)
	o.Err = errors.Join(o.Err, errors.New("paused change not taken up: "+why))
	return o
}
