package settings

import (
	"context"
	"errors"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/returnto"
	"github.com/amend-go/amend/settings/store"
)

// attempt is one request under way: what is known of it so far.
type attempt struct {
	req      Request
	endpoint respond.Endpoint
	client   respond.Client
	token    string // the session token presented
	returnTo string // allowed, "" for none
	flowID   string // of the form of an id, "" for none

	session.Current
	validity session.Validity
	flow     flow.Flow
}

// outcome starts an outcome with what is known.
func (s *Service) outcome(a *attempt, kind respond.Kind) respond.Outcome {
	o := respond.Outcome{
		Kind: kind, Endpoint: a.endpoint, Client: a.client, At: s.c.Now(),
		FlowID: a.flowID, ReturnTo: a.returnTo, IdentityID: a.Identity.ID, SessionID: a.Session.ID,
	}
	return o
}

// failed is an outcome with an error for the log.
func (s *Service) failed(a *attempt, kind respond.Kind, err error) *respond.Outcome {
	o := s.outcome(a, kind)
	o.Err = err
	return &o
}

// refused is an outcome with a reason for the client.
func (s *Service) refused(a *attempt, kind respond.Kind, reason string) *respond.Outcome {
	o := s.outcome(a, kind)
	o.Reason = reason
	return &o
}

// arrive judges what can be judged before anything is read: which client,
// is return_to allowed, is there one token.
func (s *Service) arrive(req Request, endpoint respond.Endpoint) (*attempt, *respond.Outcome) {
	a := &attempt{req: req, endpoint: endpoint, client: s.clientBefore(req, endpoint)}
	if id, ok := single(req.Flow); ok && flow.ValidID(id) {
		a.flowID = id
	}
	var one bool
	a.token, one = req.Tokens.Token()
	raw, ok := returnto.Single(req.ReturnTo)
	if ok && raw != "" {
		a.returnTo, ok = s.returnTo.Check(raw)
	}
	switch {
	case !ok:
		return a, s.refused(a, respond.BadReturnTo, "The return_to address is not one this service may lead to.")
	case !one:
		return a, s.refused(a, respond.Ambiguous, respond.ErrorIDs[respond.SessionAmbiguous])
	}
	return a, nil
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
	if a.flow.Dead(s.c.Now()) {
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

// clientBefore is the client while no flow is known.
func (s *Service) clientBefore(req Request, endpoint respond.Endpoint) respond.Client {
	switch endpoint {
	case respond.StartAPI:
		return respond.API
	case respond.Callback: // another site has sent the browser: that is a page
		return respond.Page
	}
	return s.hints(req).Unknown()
}

// clientOf is the client of a known flow: its type settles it.
func (s *Service) clientOf(a *attempt) respond.Client {
	switch {
	case a.flow.Type == flow.API:
		return respond.API
	case a.endpoint == respond.Callback:
		return respond.Page
	}
	return s.hints(a.req).Browser()
}

// judgeSession opens the loaded identity and says what the token is worth. A
// superseded token opens one thing: a submit to the flow that superseded it, or
// the return of a browser to it.
func (s *Service) judgeSession(a *attempt, l store.Loaded, tokenHash string) *respond.Outcome {
	if l.Session == nil || l.Identity == nil {
		return s.failed(a, respond.NoSession, nil)
	}
	i, err := identity.Open(s.ring, *l.Identity)
	if err != nil {
		return s.failed(a, respond.Bug, err)
	}
	validity := session.ValidityOf(*l.Session, i, tokenHash, s.c.Now())
	retry := validity == session.Retrying && (a.endpoint == respond.Submit || a.endpoint == respond.Callback) &&
		a.flowID != "" && a.flowID == i.State.LastChange.Flow
	if validity != session.Valid && !retry {
		return s.failed(a, respond.NoSession, nil)
	}
	a.Current, a.validity = session.Current{Session: *l.Session, Identity: i}, validity
	return nil
}

func (s *Service) judgeLevel(a *attempt) *respond.Outcome {
	if a.Level() < s.required(a.Current) {
		return s.failed(a, respond.LowAAL, nil)
	}
	return nil
}

// showForm is an outcome with the flow as it is. A form that cannot be made whole is
// a bug, but makes no error of a change that is made.
func (s *Service) showForm(ctx context.Context, a *attempt, kind respond.Kind) respond.Outcome {
	f, err := s.form(ctx, a.Current, a.flow)
	if err != nil && kind != respond.Succeeded {
		return *s.failed(a, respond.Bug, err)
	}
	o := s.outcome(a, kind)
	o.Form, o.Err = f, err
	return o
}

// conflict reports whether an error of a store says that a record is not the
// one that was read: it is worth reading again.
func conflict(err error) bool {
	return errors.Is(err, identity.ErrConflict) || errors.Is(err, session.ErrConflict) || errors.Is(err, flow.ErrConflict) ||
		errors.Is(err, session.ErrNotFound) || errors.Is(err, flow.ErrNotFound) || errors.Is(err, identity.ErrNotFound)
}
