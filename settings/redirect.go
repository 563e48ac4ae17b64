package settings

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/method"
)

// This file owns the way to another site. A method may send the browser away with a
// state: random, good once, and only for the session, the flow and the method it was
// made for. A state that somebody else has begun with links nothing here (RFC 6749
// section 10.12, RFC 9700 section 4.7).

// maxMemo is the largest Memo of a Redirect in bytes.
const maxMemo = 8 << 10

// away is what is kept of a browser that was sent away, as it is
// sealed.
type away struct {
	jsonrecord.Head
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

// pendingRedirect names the record of a state that a method's browser was given.
func pendingRedirect(name, state string) pending {
	key := name + ":" + hashed(state)
	return pending{pendingRedirects, key, key}
}

// redirect sends the browser to the URL of a Redirect.
func (s *Service) redirect(ctx context.Context, sub *submit, to method.Redirect) *respond.Outcome {
	if _, ok := sub.method.Method.(method.Redirector); !ok || len(to.Memo) > maxMemo {
		return s.failed(sub.attempt, respond.Bug, fmt.Errorf("%s: a Redirect without a Callback, or with a memo of %d bytes", sub.method.Name, len(to.Memo)))
	}
	kept := away{
		Method: sub.method.Name, Path: to.Path, Flow: sub.flow.ID, Session: sub.Session.ID, Generation: sub.Identity.State.Generation,
		API: sub.flow.Type == flow.API, ReturnTo: sub.flow.ReturnTo, At: sub.at, Memo: to.Memo,
	}
	state := rand.Text()
	switch err := s.createPending(ctx, pendingRedirect(sub.method.Name, state), sub.Identity.ID, kept.At, &kept); {
	case errors.Is(err, errTooLarge):
		return s.failed(sub.attempt, respond.Bug, err)
	case err != nil:
		return s.failed(sub.attempt, respond.Unavailable, err)
	}
	o := s.outcome(sub.attempt, respond.Redirect)
	o.URL, o.Method = to.URL(state), sub.method.Name
	return o
}

// readRedirect finds what is kept of a browser that was sent away with a state. One
// that is too old, or that no key opens, is flow.ErrNotFound.
func (s *Service) readRedirect(ctx context.Context, at time.Time, name, state string) (away, flow.Record, error) {
	var kept away
	r, err := s.readPending(ctx, pendingRedirect(name, state), &kept)
	if err == nil && !pendingRedirects.inTime(kept.At, at) {
		err = flow.ErrNotFound
	}
	return kept, r, err
}

// useRedirect uses a state up: of many that come back with it at once, one goes on.
// The record stays until it expires, to recognise who comes once more.
func (s *Service) useRedirect(ctx context.Context, state string, r flow.Record, kept away) error {
	kept.Used, kept.Memo = true, nil
	return s.rewritePending(ctx, pendingRedirect(kept.Method, state), r, &kept)
}
