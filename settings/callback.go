package settings

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/method"
)

// This file owns the way back: a browser that a method has sent to another site
// comes with the state it was given, and the change it was sent for goes on.
//
// A browser that was sent away to sign in is handed on to the login page: signin.go.
//
// The browser of an API client is not signed in. Its callback is handed on to where
// a success leads, and the client, which has the session, submits what it got
// there: state, code, error and iss.

const strangeCallback = "This was not begun here, was finished before, or took too long. Go back to the settings and begin again."

// Callback goes on with a change that was begun by sending the browser to another site, now
// that the browser is back: GET /self-service/methods/<method>/callback/<path>. It must be
// the session that began the change.
func (s *Service) Callback(ctx context.Context, req Request, name, path string, query url.Values) respond.Outcome {
	return s.answer(respond.Callback, req, func() *respond.Outcome {
		a := s.attempt(req, respond.Callback)
		offered := s.methods.byName[name]
		state, one := single(query["state"])
		if offered == nil || !one || state == "" {
			return s.refused(a, respond.Forged, strangeCallback)
		}
		if _, signsIn := offered.Method.(method.SignInRedirector); signsIn && strings.HasPrefix(state, signInState) {
			o := s.outcome(a, respond.Redirect)
			o.Method, o.URL = name, s.handSignInOn(path, query)
			return o
		}
		kept, _, err := s.readRedirect(ctx, a.at, name, state)
		switch {
		case errors.Is(err, flow.ErrNotFound):
			return s.refused(a, respond.Forged, strangeCallback)
		case err != nil:
			return s.failed(a, respond.Unavailable, err)
		case kept.Path != path:
			return s.refused(a, respond.Forged, strangeCallback)
		case kept.API:
			o := s.outcome(a, respond.Redirect)
			o.Method, o.URL = name, s.handOn(kept, query)
			return o
		}
		req.Flow = []string{kept.Flow}
		a, stop := s.lookUp(ctx, respond.Callback, req)
		if stop != nil {
			return stop
		}
		if !req.Tokens.ByCookie() {
			return s.refused(a, respond.Forged, "A browser comes back with the cookie of its session.")
		}
		if a.validity == session.Retrying && !kept.Used { // of two at once the other has used it since
			if kept, _, err = s.readRedirect(ctx, a.at, name, state); err != nil && !errors.Is(err, flow.ErrNotFound) {
				return s.failed(a, respond.Unavailable, err)
			}
		}
		sub := &submit{attempt: a, method: offered}
		switch {
		case req.Prefetch: // it looks ahead, and has not come back yet
			return s.showForm(ctx, a, respond.Shown)
		case kept.Used && kept.Session == a.Session.ID && s.madeLast(sub):
			return s.recognised(ctx, sub)
		case a.validity == session.Retrying:
			return s.failed(a, respond.NoSession, nil)
		}
		s.redeliver(ctx, a.Identity)
		o := s.resumeCallback(ctx, sub, state, method.Callback{Path: path, Query: query})
		if o.Kind == respond.Stale || o.Kind == respond.LowAAL {
			return s.notResumed(ctx, sub, "the sign-in is not enough for the change")
		}
		return o
	})
}

// handOn is the URL that the browser of an API client is sent on to: the one that a success
// leads to, with the parameters that the client has to submit.
func (s *Service) handOn(kept away, query url.Values) string {
	u, err := url.Parse(cmp.Or(s.after(kept.ReturnTo, kept.Method), s.c.UIURL))
	if err != nil { // Config and list have been parsed
		return s.c.UIURL
	}
	q := u.Query()
	q.Set("flow", kept.Flow)
	handOver(q, query)
	u.RawQuery = q.Encode()
	return u.String()
}

// callbackFields are what another site sends back with the browser, and what an
// API client submits of it.
var callbackFields = []string{"state", "code", "error", "iss"}

// handOver copies what another site sends back with a browser, and nothing else.
func handOver(to, from url.Values) {
	for _, name := range callbackFields {
		if values, has := from[name]; has {
			to[name] = values
		}
	}
}

// callbackState reports whether a submit of an API client is its browser's callback.
func (sub *submit) callbackState() (state string, ok bool) {
	if _, ok := sub.method.Method.(method.Redirector); !ok || sub.flow.Type != flow.API {
		return "", false
	}
	state, has := sub.fields.String("state")
	return state, has == body.Present && state != ""
}

// callbackQuery is what a submit says its browser came back with.
func (sub *submit) callbackQuery() url.Values {
	query := url.Values{}
	for _, name := range callbackFields {
		if v, has := sub.fields.String(name); has == body.Present {
			query.Set(name, v)
		}
	}
	return query
}

// resumeCallback goes on with a change whose browser comes back. The state is used up
// before anything else is done with it.
func (s *Service) resumeCallback(ctx context.Context, sub *submit, state string, back method.Callback) *respond.Outcome {
	kept, record, err := s.readRedirect(ctx, sub.at, sub.method.Name, state)
	if err == nil && kept.Used {
		err = flow.ErrNotFound
	}
	if err == nil && (kept.Method != sub.method.Name || kept.Flow != sub.flow.ID || kept.Session != sub.Session.ID ||
		kept.Generation != sub.Identity.State.Generation || record.Owner != sub.Identity.ID) {
		return s.refused(sub.attempt, respond.Forged, strangeCallback)
	}
	if err == nil {
		err = s.useRedirect(ctx, state, record, kept)
	}
	switch {
	case errors.Is(err, flow.ErrNotFound) && sub.flow.Type == flow.API:
		return s.invalid(ctx, sub, ui.Form(ui.RefusedAs(ui.ReasonStrangeReturn, strangeCallback, nil)))
	case errors.Is(err, flow.ErrNotFound):
		return s.refused(sub.attempt, respond.Forged, strangeCallback)
	case err != nil:
		return s.failed(sub.attempt, respond.Unavailable, err)
	}
	back.Path, back.Memo, back.Fields = kept.Path, kept.Memo, sub.fields
	redirector := sub.method.Method.(method.Redirector) // callbackState, and redirect before it, have asked
	sub.plan, err = redirector.Callback(s.viewOf(sub.method, sub.attempt), back)
	if err != nil {
		return s.failed(sub.attempt, respond.Bug, fmt.Errorf("callback of %s: %w", sub.method.Name, err))
	}
	sub.plan.RepeatKey = boundedKey(sub.plan.RepeatKey)
	return s.carryOut(ctx, sub)
}

// wasCallback reports whether a submit of an API client repeats a callback whose change is
// made.
func (s *Service) wasCallback(ctx context.Context, sub *submit) bool {
	state, back := sub.callbackState()
	if !back {
		return false
	}
	kept, _, err := s.readRedirect(ctx, sub.at, sub.method.Name, state)
	return err == nil && kept.Used && kept.Flow == sub.flow.ID && kept.Session == sub.Session.ID
}

// callbackOf splits a path of the callback endpoint; ok is false for another.
func callbackOf(path string) (method, rest string, ok bool) {
	after, found := strings.CutPrefix(path, "/self-service/methods/")
	if !found {
		return "", "", false
	}
	method, rest, ok = strings.Cut(after, "/callback/")
	return method, rest, ok && method != "" && rest != "" && !strings.Contains(method, "/") && !strings.Contains(rest, "/")
}
