package settings

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/seal"
)

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
