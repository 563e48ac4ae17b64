package settings

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/method"
)

// This file owns what is known of a request under way, the outcomes made of it, and
// which kind of client it is of.

// attempt is one request under way: what is known of it so far.
type attempt struct {
	req      Request
	at       time.Time // when it arrived: every guard judges by it
	endpoint respond.Endpoint
	client   respond.Client
	token    string // the session token presented
	returnTo string // allowed, "" for none
	flowID   string // of the form of an id, "" for none

	session.Current
	validity session.Validity
	flow     flow.Flow
}

// submit is an attempt to complete a flow.
type submit struct {
	*attempt
	fields    body.Fields
	method    *offered
	plan      method.Plan
	input     map[string]string // what may be shown again: see typed
	disclosed []string          // leaves of the traits that its messages tell of
	resumed   bool              // it was paused, and goes on
	tried     []string          // the keys of the counts that a try was right in, until they are forgiven
	naming    naming

	changed    string // the event of the change that is made
	endsOthers bool   // it signs out the owner's other devices
}

// typed is what may be shown again of the fields. Most submits succeed, and show
// nothing again.
func (sub *submit) typed() map[string]string {
	if sub.input == nil && sub.method != nil {
		sub.input = sub.method.echo(sub.fields)
	}
	return sub.input
}

// inputOver is what may be shown again after a submit that was not carried out: its own
// fields, and below them what the flow shows of an earlier step of the same method.
func (sub *submit) inputOver(f flow.Flow) map[string]string {
	if f.Active != sub.method.Name || f.Input == nil {
		return sub.typed()
	}
	input := maps.Clone(f.Input)
	maps.Copy(input, sub.typed())
	return input
}

// attempt begins the attempt of a request.
func (s *Service) attempt(req Request, e respond.Endpoint) *attempt {
	return &attempt{req: req, at: s.c.Now(), endpoint: e, client: s.clientBefore(req, e)}
}

// outcome starts an outcome with what is known.
func (s *Service) outcome(a *attempt, kind respond.Kind) *respond.Outcome {
	return &respond.Outcome{
		Kind: kind, Endpoint: a.endpoint, Client: a.client, At: a.at,
		FlowID: a.flowID, ReturnTo: a.returnTo, IdentityID: a.Identity.ID, SessionID: a.Session.ID,
	}
}

// failed is an outcome with an error for the log. A record that only a newer build may read
// is Unavailable and not a Bug, because another instance can read it.
func (s *Service) failed(a *attempt, kind respond.Kind, err error) *respond.Outcome {
	if errors.Is(err, jsonrecord.ErrNewer) {
		kind = respond.Unavailable
	}
	o := s.outcome(a, kind)
	o.Err = err
	return o
}

// refused is an outcome with a reason for the client.
func (s *Service) refused(a *attempt, kind respond.Kind, reason string) *respond.Outcome {
	o := s.outcome(a, kind)
	o.Reason = reason
	return o
}

// bare is an outcome without a session or an identity.
func (s *Service) bare(kind respond.Kind, e respond.Endpoint) respond.Outcome {
	return respond.Outcome{Kind: kind, Endpoint: e, Client: respond.Script, At: s.c.Now()}
}

// answer runs one operation. A panic in it is a bug's outcome.
func (s *Service) answer(e respond.Endpoint, req Request, run func() *respond.Outcome) (o respond.Outcome) {
	defer func() {
		if p := recover(); p != nil {
			o = respond.Outcome{
				Kind: respond.Bug, Endpoint: e, Client: s.clientBefore(req, e), At: s.c.Now(),
				Err: fmt.Errorf("panic: %v\n%s", p, debug.Stack()),
			}
		}
	}()
	return *run()
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

// clientOfRequest is the client of a request to a route of the host's.
func (s *Service) clientOfRequest(r *http.Request) respond.Client {
	return s.clientBefore(s.requestOf(r), respond.HostRoute)
}

// hints are what the request shows of its client.
func (s *Service) hints(req Request) respond.Hints {
	return respond.Hints{
		Accept: req.Accept, ContentType: req.ContentType, HeaderToken: req.Tokens.ByHeader(), AnyCookie: len(req.Cookies) > 0,
		JSONBodyWantsJSON: s.c.Behaviour.JSONBodyWantsJSON,
	}
}

// log writes one line an outcome: never a token, a value of a field, or a text
// of the client's.
func (s *Service) log(ctx context.Context, o respond.Outcome) {
	l, level := s.c.Logger, levelOf(&o)
	if !l.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 9) // as many as there can be
	attrs = append(attrs, slog.String("outcome", o.Kind.String()), slog.String("endpoint", o.Endpoint.String()), slog.String("client", o.Client.String()))
	flowID := o.FlowID
	if o.Form != nil {
		flowID = o.Form.ID
	}
	for _, a := range []struct{ key, value string }{
		{"flow", flowID}, {"identity", o.IdentityID}, {"session", o.SessionID}, {"method", o.Method}, {"reason", o.Reason},
	} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.key, a.value))
		}
	}
	if o.Err != nil {
		attrs = append(attrs, slog.String("error", o.Err.Error()))
	}
	l.LogAttrs(ctx, level, "settings", attrs...)
}

// levelOf is the level of the line of an outcome. What is at the level debug comes often and
// tells little: a handler of log/slog writes one line at a time, so all requests wait there.
func levelOf(o *respond.Outcome) slog.Level {
	switch o.Kind {
	case respond.Bug:
		return slog.LevelError
	case respond.Unavailable, respond.Overloaded:
		return slog.LevelWarn
	case respond.Done, respond.Shown:
		switch o.Endpoint {
		case respond.Read, respond.Whoami, respond.ListSessions: // nothing was changed or refused
			return slog.LevelDebug
		}
	}
	if o.IdentityID == "" { // anybody can make as many of these as they like
		return slog.LevelDebug
	}
	return slog.LevelInfo
}
