package settings

import (
	"context"
	"errors"
	"net/http"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/method"
)

// This file owns the POSTs that the settings page takes at UIURL: they end sessions. A form
// cannot send DELETE, so the form's token takes the place of Sec-Fetch-Site, which the
// endpoints about sessions ask for; all other guards are theirs.

// The buttons of its forms. One is pressed.
const (
	fieldSignOut    = "sign_out"       // true: end this session
	fieldEndSession = "end_session"    // the id of another one
	fieldEndOthers  = "other_sessions" // "end": all others
)

var endingFields = []string{fieldCSRF, fieldSignOut, fieldEndSession, fieldEndOthers}

// EndSessions answers a POST at UIURL?flow=, with the csrf_token of that flow's form and
// one of these: sign_out=true ends the session of the request, and leads to the login;
// end_session=<id> and other_sessions=end end one of the user's other sessions and all
// of them, as DELETE /sessions does, and lead back to the page, whose flow then says so.
// They need the same level and recent sign-in: without it the browser is led to a login
// that leads back to the page, and nothing has ended.
func (h *Handler) EndSessions(w http.ResponseWriter, r *http.Request) {
	req := h.newRequest(w, r, "flow")
	signOut := false
	o := h.Service.answer(respond.Submit, req, func() *respond.Outcome { return h.Service.end(r.Context(), req, &signOut) })
	if b, ok := req.Body.(*patientBody); ok {
		b.finish()
	}
	o.Client = respond.Page
	if signOut {
		if err := h.Sessions.End(w, r); err != nil { // the browser forgets the token all the same
			o = h.Service.bare(respond.Unavailable, respond.Submit)
			o.Client, o.Err = respond.Page, err
		}
	}
	h.answer(w, r, o)
}

// end judges what is asked for and ends other sessions. signOut is set where the
// session of the request itself is to end, which Sessions.End does.
func (s *Service) end(ctx context.Context, req Request, signOut *bool) *respond.Outcome {
	req.ReturnTo = nil // means nothing here
	a, refused := s.arrive(ctx, req, respond.Submit)
	if refused != nil {
		return refused
	}
	if refused := s.admit(ctx, a); refused != nil {
		return refused
	}
	if a.validity != session.Valid { // a token that was superseded is for the change that superseded it
		return s.failed(a, respond.NoSession, nil)
	}
	a.client = respond.Page
	fields, problem := body.Decode(req.ContentType, req.ContentEncoding, req.Body, s.c.BodyLimit, endingFields)
	if o := s.judgeMedia(a, problem); o != nil {
		return o
	}
	switch why, earlier := s.forged(req, fields, a.Session, a.flow.ID); {
	case a.flow.Type != flow.Browser:
		return s.refused(a, respond.Forged, "A page ends sessions with a flow of a browser.")
	case earlier:
		return s.over(a, respond.Expired)
	case why != "":
		return s.refused(a, respond.Forged, why)
	}
	out, _ := fields.String(fieldSignOut)
	id, one := fields.String(fieldEndSession)
	others, _ := fields.String(fieldEndOthers)
	switch {
	case problem == nil && out == "true" && one == body.Absent && others == "":
		*signOut = true
		return s.outcome(a, respond.NoSession)
	case problem != nil || out != "" || (one == body.Present) == (others == "end"):
		return s.showMessage(ctx, a, ui.NoSuchMethod())
	}
	if refused := s.mayRevoke(a); refused != nil {
		return refused
	}
	var n int
	var err error
	if one == body.Present {
		if n = 1; id == a.Session.ID {
			return s.showMessage(ctx, a, ui.NoSuchMethod())
		}
		err = s.sessions.Revoke(ctx, a.Identity, id)
	} else {
		n, err = s.sessions.RevokeOthers(ctx, a.Current)
	}
	switch {
	case errors.Is(err, session.ErrNotFound): // it has ended by itself, or was never theirs
		return s.showMessage(ctx, a, ui.SessionsEnded(0))
	case err != nil:
		return s.failed(a, respond.Unavailable, err)
	}
	return s.showMessage(ctx, a, ui.SessionsEnded(n))
}

// showMessage leads back to the settings page with a message on its form. Everything else
// in the flow stays as the last submit left it.
func (s *Service) showMessage(ctx context.Context, a *attempt, t ui.Text) *respond.Outcome {
	err := s.updateFlow(ctx, a, func(f flow.Flow) (flow.Flow, error) {
		f.Messages, f.Changed = []ui.Message{ui.Form(t)}, ""
		return f, nil
	})
	if err != nil {
		return s.failed(a, respond.Unavailable, err)
	}
	o := s.outcome(a, respond.Shown)
	o.FlowID = a.flow.ID
	return o
}

// mayRevoke is what ending sessions of others asks of a session: the level of the
// account in any case, and a recent sign-in. A stolen password must not end the owner's
// sessions.
func (s *Service) mayRevoke(a *attempt) *respond.Outcome {
	switch {
	case !a.Suffices():
		return s.failed(a, respond.LowAAL, nil)
	case a.Session.Recovering():
		return s.failed(a, respond.Stale, nil)
	}
	return s.judgeNeeds(a, method.Needs{Privileged: !s.c.Behaviour.LenientSessions})
}
