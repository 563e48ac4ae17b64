package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// submit is an attempt to complete a flow.
type submit struct {
	*attempt
	fields    body.Fields
	method    *offered
	plan      method.Plan
	input     map[string]string // what may be shown again
	disclosed []string          // leaves of the traits that its messages tell of
	tried     string            // the key of the count of a try that was right, until the count is forgiven
}

// Submit completes a flow: POST /self-service/settings. This is the one way a
// submit goes; every guard stands here, in order, and nothing is written
// before the anti-CSRF check has passed.
func (s *Service) Submit(ctx context.Context, req Request) (o respond.Outcome) {
	defer s.recovered(&o, respond.Submit, req)

	a, refused := s.arrive(req, respond.Submit)
	badReturnTo := refused != nil && refused.Kind == respond.BadReturnTo && s.c.Responses.BadReturnToIsInput
	if refused != nil && !badReturnTo {
		return *refused
	}
	if o := s.admit(ctx, a); o != nil {
		return *o
	}
	sub := &submit{attempt: a}

	fields, problem := body.Decode(req.ContentType, req.ContentEncoding, req.Body, s.c.BodyLimit, s.methods.fields, s.methods.lists...)
	sub.fields = fields
	if a.validity == session.Retrying {
		return s.retry(ctx, sub, problem)
	}
	if problem != nil && problem.Kind != body.Malformed && problem.Kind != body.Empty {
		return s.bodyRefused(a, problem)
	}
	if o := s.judgeForgery(ctx, sub); o != nil {
		return *o
	}
	if a.flow.Gone(a.Identity) {
		return s.over(a, respond.Gone)
	}
	if a.flow.Expired(s.c.Now()) {
		return s.replaced(ctx, sub, problem == nil)
	}
	a.flow.TransientPayload = nil // that of the submit before
	if badReturnTo {
		return s.invalid(ctx, sub, ui.Form(ui.Refused(refused.Reason)))
	}
	switch {
	case problem != nil && problem.Kind == body.Empty, problem == nil && fields.Len() == 0:
		return s.invalid(ctx, sub, ui.Form(ui.NoSuchMethod()), ui.Form(ui.Refused("The body is empty.")))
	case problem != nil:
		return s.invalid(ctx, sub, ui.Form(ui.Refused(problem.Reason)))
	}
	if o := s.chooseMethod(ctx, sub); o != nil {
		return *o
	}
	s.redeliver(ctx, a.Identity)
	if state, back := sub.callbackState(); back {
		return s.resumeCallback(ctx, sub, state, method.Callback{Query: sub.callbackQuery()})
	}
	o = s.decide(ctx, sub)
	if o.Kind == respond.Stale || o.Kind == respond.LowAAL {
		if err := s.pause(ctx, sub); err != nil {
			return *s.failed(a, respond.Unavailable, err)
		}
	}
	return o
}

// decide plans the change that a submit asks for, and makes it if the session
// may.
func (s *Service) decide(ctx context.Context, sub *submit) respond.Outcome {
	if o := s.makePlan(sub); o != nil {
		return *o
	}
	return s.carryOut(ctx, sub)
}

// carryOut makes the change that is planned, if the session may.
func (s *Service) carryOut(ctx context.Context, sub *submit) respond.Outcome {
	if o := s.judgeNeeds(sub.attempt, sub.plan.Needs); o != nil {
		return *o
	}
	if len(sub.plan.Errors) > 0 {
		sub.disclosed = sub.plan.Disclosed
		return s.invalid(ctx, sub, sub.plan.Errors...)
	}
	result, o := s.work(ctx, sub)
	if o != nil {
		return *o
	}
	return s.finish(ctx, sub, result)
}

// makePlan plans the change.
func (s *Service) makePlan(sub *submit) *respond.Outcome {
	plan, err := sub.method.Plan(s.viewOf(sub.method, sub.Current, sub.flow), method.Submission{Fields: sub.fields})
	if err != nil {
		return s.failed(sub.attempt, respond.Bug, fmt.Errorf("plan of %s: %w", sub.method.Name, err))
	}
	if class := plan.Needs.Tries; class != "" && !slices.Contains(sub.method.TryClasses(), class) {
		return s.failed(sub.attempt, respond.Bug, fmt.Errorf("plan of %s: %q is not one of its Info.TryClasses", sub.method.Name, class))
	}
	plan.RepeatKey = boundedKey(plan.RepeatKey)
	sub.plan = plan
	return nil
}

// maxRepeatKey bounds what a repeat key adds to an identity's row.
const maxRepeatKey = 200

func boundedKey(mark string) string {
	return strings.ToValidUTF8(mark[:min(len(mark), maxRepeatKey)], "")
}

// bodyRefused answers a body that cannot be read at all.
func (s *Service) bodyRefused(a *attempt, p *body.Error) respond.Outcome {
	kind := respond.TooLarge
	switch p.Kind {
	case body.MediaType:
		kind = respond.WrongMedia
	case body.ReadFailed:
		kind = respond.TooSlow
		if !errors.Is(p, os.ErrDeadlineExceeded) {
			return *s.failed(a, kind, p)
		}
	}
	return *s.refused(a, kind, p.Reason)
}

// judgeForgery keeps requests out that the user did not mean to make. A flow
// of a browser needs proof. A flow of an API client needs none, because no
// browser can send its token; so what shows signs of a browser is refused, and
// nothing is remembered of it.
func (s *Service) judgeForgery(ctx context.Context, sub *submit) *respond.Outcome {
	a := sub.attempt
	if a.flow.Type == flow.Browser {
		if why := s.forged(a.req, sub.fields, a.Session.ID, a.flow.ID); why != "" {
			return s.refused(a, respond.Forged, why)
		}
		return nil
	}
	if !s.fromBrowser(a.req) {
		return nil
	}
	a.flow.Messages = []ui.Message{ui.Form(ui.Refused("A flow of an API client takes no cookie of a session and no Origin header. Start a browser flow instead."))}
	o := s.showForm(ctx, a, respond.Invalid)
	return &o
}

// fromBrowser reports whether a request of an API client looks like one that a
// browser was made to send.
func (s *Service) fromBrowser(req Request) bool {
	if req.Tokens.ByCookie() || req.Origin != "" {
		return true
	}
	return s.c.Responses.StrictAPI && slices.ContainsFunc(req.Cookies, func(name string) bool {
		return !strings.HasPrefix(name, "__cf") && !strings.HasPrefix(name, "_cf") && !strings.HasPrefix(name, "cf_")
	})
}

// chooseMethod finds the method that is asked for.
func (s *Service) chooseMethod(ctx context.Context, sub *submit) *respond.Outcome {
	chosen := s.methods.choose(sub.fields)
	switch {
	case chosen.disabled != "":
		o := s.failed(sub.attempt, respond.Disabled, nil)
		o.Method = chosen.disabled
		return o
	case chosen.method == nil:
		o := s.invalid(ctx, sub, chosen.refused...)
		return &o
	}
	sub.method = chosen.method
	sub.input = chosen.method.echo(sub.fields)
	if v, has := sub.fields.Object(fieldPayload); has == body.Present {
		// It came from a decoder of JSON, so it can be encoded.
		sub.flow.TransientPayload, _ = json.Marshal(v)
	} else if has == body.WrongType {
		o := s.invalid(ctx, sub, ui.Form(ui.WrongType("object", "another type")))
		return &o
	}
	return nil
}

// judgeNeeds asks the session for what a change needs.
func (s *Service) judgeNeeds(a *attempt, n method.Needs) *respond.Outcome {
	if n.Privileged && !aal.Fresh(s.c.Now(), a.Session.AuthenticatedAt, s.c.PrivilegedSessionMaxAge) {
		return s.failed(a, respond.Stale, nil)
	}
	if n.HighestAAL && !s.c.AllowFactorChangeAtAAL1 && a.Level() < a.Highest() {
		return s.failed(a, respond.LowAAL, nil)
	}
	return nil
}

// work does the work of a plan: the try is counted, then the secret compared.
func (s *Service) work(ctx context.Context, sub *submit) (method.Result, *respond.Outcome) {
	factor := sub.plan.Needs.Tries
	if factor != "" {
		locked, err := s.countTry(ctx, sub.Identity.ID, factor)
		if err != nil {
			return nil, s.failed(sub.attempt, respond.Unavailable, err)
		}
		if locked > 0 {
			return nil, s.waiting(ctx, sub, respond.TooManyTries, locked, ui.TooManyTries(locked), nil)
		}
	}
	result, err := sub.plan.Do(ctx)
	if _, toCommit := result.(method.Change); toCommit && err == nil && factor != "" {
		sub.tried = triesKey(sub.Identity.ID, factor) // forgiven with the commit
	} else if factor != "" {
		if err := s.settleTry(ctx, sub.Identity.ID, factor, result, err); err != nil {
			return nil, s.failed(sub.attempt, respond.Unavailable, err)
		}
	}
	if err != nil {
		return nil, s.notDone(ctx, sub, err)
	}
	return result, nil
}

// settleTry corrects the count of tries once it is known what the counted one
// came to. What failed stays counted: its secret may have been compared.
func (s *Service) settleTry(ctx context.Context, identityID, factor string, result method.Result, failed error) error {
	if errors.Is(failed, method.ErrBusy) {
		return s.takeBackTry(ctx, identityID, factor)
	}
	if failed != nil {
		return nil
	}
	switch result.(type) {
	case method.Wrong:
		return nil
	case method.Refused:
		return s.takeBackTry(ctx, identityID, factor)
	}
	return s.forgiveTries(ctx, identityID, factor)
}

// notDone answers work of a method that failed.
func (s *Service) notDone(ctx context.Context, sub *submit, err error) *respond.Outcome {
	switch {
	case errors.Is(err, method.ErrBusy):
		return s.waiting(ctx, sub, respond.Overloaded, 2*time.Second, ui.Busy(), err)
	case ctx.Err() != nil: // the client has gone away
		return s.failed(sub.attempt, respond.Unavailable, err)
	}
	return s.failed(sub.attempt, respond.Bug, fmt.Errorf("%s: %w", sub.method.Name, err))
}

// finish turns a result into what follows from it.
func (s *Service) finish(ctx context.Context, sub *submit, result method.Result) respond.Outcome {
	switch r := result.(type) {
	case method.Change:
		o := s.commit(ctx, sub, r)
		s.forgiveAfter(ctx, sub)
		return o
	case method.Again:
		for name, value := range r.Input {
			if sub.input == nil {
				sub.input = map[string]string{}
			}
			sub.input[name] = value
		}
		return s.remembered(ctx, sub, respond.Shown, flow.Continued, nil)
	case method.Wrong:
		return s.invalid(ctx, sub, r.Messages...)
	case method.Refused:
		o := s.invalid(ctx, sub, r.Messages...)
		o.Err = errors.Join(o.Err, r.Cause)
		return o
	case method.Unchanged:
		if s.repeats(sub) {
			return s.recognised(ctx, sub)
		}
		if len(r.Messages) == 0 && sub.validity == session.Valid {
			return s.commit(ctx, sub, method.Change{Edit: func(*identity.Identity) error { return nil }})
		}
		return s.invalid(ctx, sub, r.Messages...)
	case method.NoSuchCredential:
		if s.repeats(sub) {
			return s.recognised(ctx, sub)
		}
		o := s.failed(sub.attempt, respond.NotFound, nil)
		o.Method = sub.method.Name
		return *o
	case method.Redirect:
		return s.redirect(ctx, sub, r)
	}
	return *s.failed(sub.attempt, respond.Bug, fmt.Errorf("%s: result %T", sub.method.Name, result))
}

// invalid shows the form again with messages, and remembers them.
func (s *Service) invalid(ctx context.Context, sub *submit, messages ...ui.Message) respond.Outcome {
	return s.remembered(ctx, sub, respond.Invalid, flow.Refused, messages)
}

// waiting is the outcome of a submit that may be tried again later. A page
// finds the message in its flow.
func (s *Service) waiting(ctx context.Context, sub *submit, kind respond.Kind, wait time.Duration, message ui.Text, cause error) *respond.Outcome {
	o := *s.failed(sub.attempt, kind, cause)
	if sub.validity == session.Valid {
		// Nothing was done, so the step before is still the last one.
		if sub.method != nil && sub.flow.Active == sub.method.Name {
			if input := maps.Clone(sub.flow.Input); input != nil {
				maps.Copy(input, sub.input)
				sub.input = input
			}
		}
		o = s.remembered(ctx, sub, kind, flow.Refused, []ui.Message{ui.Form(message)})
	}
	if o.Kind == kind {
		o.RetryAfter, o.Err = wait, cause
	}
	return &o
}

// remembered writes what a submit came to into its flow, and shows it.
func (s *Service) remembered(ctx context.Context, sub *submit, kind respond.Kind, on flow.Event, messages []ui.Message) respond.Outcome {
	name := ""
	if sub.method != nil {
		name = sub.method.Name
	}
	err := s.updateFlow(ctx, sub.attempt, func(f flow.Flow) (flow.Flow, error) {
		f.TransientPayload = sub.flow.TransientPayload
		if on == flow.Refused && sub.method != nil && sub.method.Traits {
			s.rememberDisclosed(&f, sub.Identity, sub.disclosed)
		} else {
			s.remember(&f, sub.Identity)
		}
		return f.After(on, name, messages, sub.input)
	})
	if err != nil {
		o := s.failed(sub.attempt, respond.Unavailable, err)
		o.Method = name
		return *o
	}
	o := s.showForm(ctx, sub.attempt, kind)
	o.Method = name
	return o
}

// updateFlow changes the flow of an attempt, also if another request has
// changed it meanwhile: the last submit is the one that counts.
func (s *Service) updateFlow(ctx context.Context, a *attempt, change func(flow.Flow) (flow.Flow, error)) error {
	f := a.flow
	for range 5 {
		next, err := change(f)
		if err != nil {
			return err
		}
		r, err := next.Record()
		if err != nil {
			return err
		}
		err = s.c.Flows.UpdateFlow(ctx, r)
		if err == nil {
			next.Version++
			a.flow = next
			return nil
		}
		if !errors.Is(err, flow.ErrConflict) {
			return err
		}
		if r, err = s.c.Flows.GetFlow(ctx, r.Key); err != nil {
			return err
		}
		if f, err = flow.Parse(r); err != nil {
			return err
		}
	}
	return fmt.Errorf("update flow: %w", flow.ErrConflict)
}
