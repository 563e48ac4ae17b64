package settings

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/returnto"
	"github.com/amend-go/amend/settings/store"
)

// This file owns the guards: session, flow, level, owner, forgery, and what a change
// needs. Each gives the outcome that stops the request, or nil.

// arrive judges what can be judged before session and flow are read: which client,
// is return_to allowed, is there one token.
func (s *Service) arrive(ctx context.Context, req Request, endpoint respond.Endpoint) (*attempt, *respond.Outcome) {
	a := s.attempt(req, endpoint)
	if id, ok := single(req.Flow); ok && flow.ValidID(id) {
		a.flowID = id
	}
	raw, ok := returnto.Single(req.ReturnTo)
	if ok && raw != "" {
		a.returnTo, ok = s.returnTo.Check(raw)
	}
	stop := s.pick(ctx, a)
	if !ok && (stop == nil || stop.Kind == respond.Ambiguous) {
		stop = s.refused(a, respond.BadReturnTo, "The return_to address is not one this service may lead to.")
	}
	return a, stop
}

// pick finds the one token of a request. If a browser sends the sessions of several
// identities, these end: see session.EndContradiction.
func (s *Service) pick(ctx context.Context, a *attempt) *respond.Outcome {
	token, err := s.sessions.Pick(ctx, a.req.Tokens)
	switch {
	case errors.Is(err, session.ErrAmbiguous):
		clear, err := s.sessions.EndContradiction(ctx, a.req.Tokens)
		if err != nil {
			return s.failed(a, respond.Unavailable, err)
		}
		o := s.refused(a, respond.Ambiguous, respond.ErrorIDs[respond.SessionAmbiguous])
		o.ForgetToken = clear
		return o
	case err != nil:
		return s.failed(a, respond.Unavailable, err)
	}
	a.token = token
	return nil
}

// admit finds session and flow, and judges all that depends on them alone:
// session, flow, level, owner. Without a session nobody learns whether a flow
// exists.
func (s *Service) admit(ctx context.Context, a *attempt) *respond.Outcome {
	if !session.WellFormed(a.token) {
		return s.failed(a, respond.NoSession, nil)
	}
	hash := session.Hash(a.token)
	l, err := s.load(ctx, hash, flow.Key(a.flowID))
	if err != nil {
		return s.failed(a, respond.Unavailable, err)
	}
	if o := s.judgeSession(a, l, hash); o != nil {
		return o
	}
	s.sessions.Touch(ctx, a.Session)
	if a.endpoint == respond.StartAPI || a.endpoint == respond.StartBrowser {
		return s.judgeLevel(a)
	}
	switch {
	case a.flowID == "":
		return s.failed(a, respond.NoFlowGiven, nil)
	case l.Flow == nil:
		return s.failed(a, respond.NoFlow, nil)
	}
	if a.flow, err = flow.Parse(*l.Flow); err != nil {
		return s.failed(a, respond.Bug, err)
	}
	if a.flow.Dead(a.at) {
		return s.failed(a, respond.NoFlow, nil)
	}
	a.client = s.clientOf(a)
	// A retry is answered as the change it repeats, whose level was judged. The
	// change itself may have lowered that of its session.
	if a.validity != session.Retrying {
		if o := s.judgeLevel(a); o != nil {
			return o
		}
	}
	if a.flow.IdentityID != a.Identity.ID {
		return s.failed(a, respond.Mismatch, nil)
	}
	return nil
}

// judgeSession opens the loaded identity and says what the token is worth. A
// superseded token opens one thing: a submit to the flow that superseded it, or
// a callback to it.
func (s *Service) judgeSession(a *attempt, l store.Loaded, tokenHash string) *respond.Outcome {
	if l.Session == nil || l.Identity == nil {
		return s.failed(a, respond.NoSession, nil)
	}
	c, err := s.sessions.Open(*l.Session, *l.Identity)
	if err != nil {
		return s.failed(a, respond.Bug, err)
	}
	validity := session.ValidityOf(c.Session, c.Identity, tokenHash, a.at)
	retry := validity == session.Retrying && (a.endpoint == respond.Submit || a.endpoint == respond.Callback) &&
		a.flowID != "" && a.flowID == c.Identity.State.LastChange.Flow
	if validity != session.Valid && !retry {
		return s.failed(a, respond.NoSession, nil)
	}
	a.Current, a.validity = c.At(a.at), validity
	s.shareTraits(a)
	return nil
}

// judgeLevel asks for the level that the account requires.
func (s *Service) judgeLevel(a *attempt) *respond.Outcome {
	if !s.c.AllowAAL1 && !a.Suffices() {
		return s.failed(a, respond.LowAAL, nil)
	}
	return nil
}

// judgeForgery keeps requests out that the user did not mean to make. A flow
// of a browser needs proof. A flow of an API client needs none, because no
// browser can send its token; so what shows signs of a browser is refused, and
// nothing is remembered of it.
//
// A form that was rendered before its user signed in again is no forgery, and no
// longer good: its outcome is that of an expired flow.
func (s *Service) judgeForgery(ctx context.Context, sub *submit) *respond.Outcome {
	a := sub.attempt
	if a.flow.Type == flow.Browser {
		switch why, earlier := s.forged(a.req, sub.fields, a.Session, a.flow.ID); {
		case earlier:
			return s.over(a, respond.Expired)
		case why != "":
			return s.refused(a, respond.Forged, why)
		}
		return nil
	}
	if !s.fromBrowser(a.req) {
		return nil
	}
	a.flow.Messages = []ui.Message{ui.Form(ui.Because(ui.ReasonTwoFlowCookies))}
	return s.showForm(ctx, a, respond.Invalid)
}

// fromBrowser reports whether a request of an API client looks like one that a
// browser was made to send.
func (s *Service) fromBrowser(req Request) bool {
	if req.Tokens.ByCookie() || req.Origin != "" {
		return true
	}
	return s.c.Behaviour.RefuseAPICookies && slices.ContainsFunc(req.Cookies, func(name string) bool {
		return !strings.HasPrefix(name, "__cf") && !strings.HasPrefix(name, "_cf") && !strings.HasPrefix(name, "cf_")
	})
}

// judgeAgain runs, before a write, the guards whose answer time or a newer row may
// have changed.
func (s *Service) judgeAgain(sub *submit) *respond.Outcome {
	switch {
	case session.ValidityOf(sub.Session, sub.Identity, session.Hash(sub.token), sub.at) != session.Valid:
		return s.failed(sub.attempt, respond.NoSession, nil)
	case sub.flow.Gone(sub.Identity):
		return s.over(sub.attempt, respond.Gone)
	case sub.flow.Expired(sub.at):
		return s.over(sub.attempt, respond.Expired)
	}
	if o := s.judgeLevel(sub.attempt); o != nil {
		return o
	}
	return s.judgeNeeds(sub.attempt, sub.plan.Needs)
}

// lookUp finds the flow of a GET request, if it is there to be shown.
func (s *Service) lookUp(ctx context.Context, endpoint respond.Endpoint, req Request) (*attempt, *respond.Outcome) {
	req.ReturnTo = nil // means nothing here
	a, refused := s.arrive(ctx, req, endpoint)
	if refused != nil {
		return a, refused
	}
	if refused := s.admit(ctx, a); refused != nil {
		return a, refused
	}
	switch {
	case a.flow.Gone(a.Identity):
		return a, s.over(a, respond.Gone)
	case a.flow.Expired(a.at):
		return a, s.over(a, respond.Expired)
	}
	return a, nil
}

// over is the outcome for a flow that has expired, where nothing may be written. It names
// the fresh flow only if there is one already. A flow that is gone has none, because the
// fresh one would be gone too.
func (s *Service) over(a *attempt, kind respond.Kind) *respond.Outcome {
	o := s.outcome(a, kind)
	if a.flow.Expired(a.at) {
		o.ExpiredAt = a.flow.ExpiresAt
	}
	if kind == respond.Expired {
		o.UseFlow = a.flow.ReplacedBy
	}
	return o
}
