package settings

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/body"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/seal"
)

// A method may send the browser to another site, which sends it back with the
// state it was given. The state is random and names a sealed record; it is good
// once, and only for the session, the flow and the method it was made for: a
// state that somebody else has begun with links nothing here (RFC 6749 section
// 10.12, RFC 9700 section 4.7).
//
// The browser of an API client is not signed in. Its return is handed on to the
// flow's return_to, and the client, which has the session, submits what it got
// there: state, code, error and iss.

// redirectLifetime is how long a browser may be away.
const redirectLifetime = 15 * time.Minute

// maxMemo is the largest Memo of a Redirect in bytes.
const maxMemo = 8 << 10

// pendingRedirect is what is kept of a browser that was sent away, as it is
// sealed.
type pendingRedirect struct {
	Method     string    `json:"method"`
	Path       string    `json:"path"` // of the callback, where the browser is to come back
	Flow       string    `json:"flow"`
	Session    string    `json:"session"`
	Generation uint64    `json:"generation"`
	API        bool      `json:"api,omitempty"`
	ReturnTo   string    `json:"return_to,omitempty"` // of an API client's flow
	At         time.Time `json:"at"`
	Memo       []byte    `json:"keep,omitempty"`
	Used       bool      `json:"used,omitempty"` // it has come back
}

func redirectKey(method, state string) string {
	sum := sha256.Sum256([]byte(state))
	return method + ":" + hex.EncodeToString(sum[:])
}

func redirectBinding(key, identityID string) seal.Binding {
	return seal.Binding{Purpose: "away", Owner: key, IdentityID: identityID}
}

// redirect sends the browser to the URL of a Redirect.
func (s *Service) redirect(ctx context.Context, sub *submit, to method.Redirect) respond.Outcome {
	if _, ok := sub.method.Method.(method.Redirector); !ok || len(to.Memo) > maxMemo {
		return *s.failed(sub.attempt, respond.Bug, fmt.Errorf("%s: a Redirect without a Callback, or with a memo of %d bytes", sub.method.Name, len(to.Memo)))
	}
	kept := pendingRedirect{
		Method: sub.method.Name, Path: to.Path, Flow: sub.flow.ID, Session: sub.Session.ID, Generation: sub.Identity.State.Generation,
		API: sub.flow.Type == flow.API, ReturnTo: s.after(sub), At: s.c.Now(), Memo: to.Memo,
	}
	state := rand.Text()
	r := flow.Record{Key: redirectKey(sub.method.Name, state), Owner: sub.Identity.ID, ExpiresAt: kept.At.Add(redirectLifetime)}
	err := s.sealRedirect(&r, kept)
	if err != nil {
		return *s.failed(sub.attempt, respond.Bug, err)
	}
	if err := s.c.Flows.CreateFlow(ctx, r); err != nil {
		return *s.failed(sub.attempt, respond.Unavailable, err)
	}
	o := s.outcome(sub.attempt, respond.Redirect)
	o.URL, o.Method = to.URL(state), sub.method.Name
	return o
}

// sealRedirect puts what is kept into its record.
func (s *Service) sealRedirect(r *flow.Record, kept pendingRedirect) error {
	plain, err := json.Marshal(kept)
	if err == nil {
		r.Data = s.ring.Seal(redirectBinding(r.Key, r.Owner), plain)
	}
	return err
}

// readRedirect finds what is kept of a browser that was sent away with a state. One
// that is too old, or that no key opens, is flow.ErrNotFound.
func (s *Service) readRedirect(ctx context.Context, method, state string) (pendingRedirect, flow.Record, error) {
	r, err := s.c.Flows.GetFlow(ctx, redirectKey(method, state))
	if err != nil {
		return pendingRedirect{}, r, err
	}
	plain, err := s.ring.Open(redirectBinding(r.Key, r.Owner), r.Data)
	if err != nil {
		return pendingRedirect{}, r, flow.ErrNotFound
	}
	var kept pendingRedirect
	if err := json.Unmarshal(plain, &kept); err != nil {
		return pendingRedirect{}, r, err
	}
	if !s.c.Now().Before(kept.At.Add(redirectLifetime)) { // sealed, unlike the record's own time
		return pendingRedirect{}, r, flow.ErrNotFound
	}
	return kept, r, nil
}

// useRedirect uses a state up: of many that come back with it at once, one goes on.
// The record stays until it expires, to recognise who comes once more.
func (s *Service) useRedirect(ctx context.Context, r flow.Record, kept pendingRedirect) error {
	kept.Used, kept.Memo = true, nil
	if err := s.sealRedirect(&r, kept); err != nil {
		return err
	}
	err := s.c.Flows.UpdateFlow(ctx, r)
	if errors.Is(err, flow.ErrConflict) {
		return flow.ErrNotFound
	}
	return err
}

const strangeCallback = "This was not begun here, was finished before, or took too long. Go back to the settings and begin again."

// Callback takes a browser back that a method has sent away:
// GET /self-service/methods/<method>/callback/<path>. It goes on with the change
// that was begun, for the session that began it.
func (s *Service) Callback(ctx context.Context, req Request, name, path string, query url.Values) (o respond.Outcome) {
	defer s.recovered(&o, respond.Callback, req)
	a := &attempt{req: req, endpoint: respond.Callback, client: s.clientBefore(req, respond.Callback)}
	offered := s.methods.byName[name]
	state, one := single(query["state"])
	if offered == nil || !one || state == "" {
		return *s.refused(a, respond.Forged, strangeCallback)
	}
	kept, _, err := s.readRedirect(ctx, name, state)
	switch {
	case errors.Is(err, flow.ErrNotFound):
		return *s.refused(a, respond.Forged, strangeCallback)
	case err != nil:
		return *s.failed(a, respond.Unavailable, err)
	case kept.Path != path:
		return *s.refused(a, respond.Forged, strangeCallback)
	case kept.API:
		o := s.outcome(a, respond.Redirect)
		o.Method, o.URL = name, s.handOn(kept, query)
		return o
	}
	req.Flow = []string{kept.Flow}
	a, stop := s.lookUp(ctx, respond.Callback, req)
	if stop != nil {
		return *stop
	}
	if !req.Tokens.ByCookie() {
		return *s.refused(a, respond.Forged, "A browser comes back with the cookie of its session.")
	}
	sub := &submit{attempt: a, method: offered}
	switch {
	case req.Prefetch: // it looks ahead, and has not come back yet
		return s.showForm(ctx, a, respond.Shown)
	case kept.Used && kept.Session == a.Session.ID && s.madeLast(sub):
		return s.recognised(ctx, sub)
	case a.validity == session.Retrying:
		return *s.failed(a, respond.NoSession, nil)
	}
	s.redeliver(ctx, a.Identity)
	o = s.resumeCallback(ctx, sub, state, method.Callback{Path: path, Query: query})
	if o.Kind == respond.Stale || o.Kind == respond.LowAAL {
		return s.notResumed(ctx, sub, "the sign-in is not enough for the change")
	}
	return o
}

// handOn is where the browser of an API client goes on to: the flow's return_to,
// or where a page would go, with what the client has to submit.
func (s *Service) handOn(kept pendingRedirect, query url.Values) string {
	target := s.stillAllowed(kept.ReturnTo)
	if target == "" {
		target = s.c.AfterURL
	}
	if target == "" {
		target = s.c.UIURL
	}
	u, err := url.Parse(target)
	if err != nil { // Config and list have been parsed
		return s.c.UIURL
	}
	q := u.Query()
	q.Set("flow", kept.Flow)
	for _, name := range callbackFields {
		if values, has := query[name]; has {
			q[name] = values
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// callbackFields are what another site sends back with the browser, and what an
// API client submits of it.
var callbackFields = []string{"state", "code", "error", "iss"}

// callbackState reports whether a submit of an API client is its browser's return.
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
func (s *Service) resumeCallback(ctx context.Context, sub *submit, state string, back method.Callback) respond.Outcome {
	kept, record, err := s.readRedirect(ctx, sub.method.Name, state)
	if err == nil && kept.Used {
		err = flow.ErrNotFound
	}
	if err == nil && (kept.Method != sub.method.Name || kept.Flow != sub.flow.ID || kept.Session != sub.Session.ID ||
		kept.Generation != sub.Identity.State.Generation || record.Owner != sub.Identity.ID) {
		return *s.refused(sub.attempt, respond.Forged, strangeCallback)
	}
	if err == nil {
		err = s.useRedirect(ctx, record, kept)
	}
	switch {
	case errors.Is(err, flow.ErrNotFound) && sub.flow.Type == flow.API:
		return s.invalid(ctx, sub, ui.Form(ui.Refused(strangeCallback)))
	case errors.Is(err, flow.ErrNotFound):
		return *s.refused(sub.attempt, respond.Forged, strangeCallback)
	case err != nil:
		return *s.failed(sub.attempt, respond.Unavailable, err)
	}
	back.Path, back.Memo, back.Fields = kept.Path, kept.Memo, sub.fields
	returner := sub.method.Method.(method.Redirector) // callbackState, and sendAway before it, have asked
	sub.plan, err = returner.Callback(s.viewOf(sub.method, sub.Current, sub.flow), back)
	if err != nil {
		return *s.failed(sub.attempt, respond.Bug, fmt.Errorf("return of %s: %w", sub.method.Name, err))
	}
	sub.plan.RepeatKey = boundedKey(sub.plan.RepeatKey)
	return s.carryOut(ctx, sub)
}

// wasCallback reports whether a submit of an API client is the repeated one of a
// return that was made.
func (s *Service) wasCallback(ctx context.Context, sub *submit) bool {
	state, back := sub.callbackState()
	if !back {
		return false
	}
	kept, _, err := s.readRedirect(ctx, sub.method.Name, state)
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
