package settings

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/optimistic"
)

// This file owns the count of wrong tries: what it counts, when it locks, and what
// forgives it.

// The limit of wrong tries of one factor class of one identity, over all its
// flows and sessions and all instances (ASVS 5.0 6.3.1, NIST SP 800-63B-4
// section 3.2.2).
const (
	maxTries     = 10
	maxRetries   = 32 // of a class whose name begins with retryPrefix: many clicks at once are one person
	retryPrefix  = "retry_"
	firstLock    = 15 * time.Minute
	longestLock  = 24 * time.Hour
	triesKeptFor = 24 * time.Hour // after the last try, or the end of the lock
)

// tries is the record of one factor class of one identity.
type tries struct {
	Count int       `json:"count"`           // wrong tries since the last lock or success
	Locks int       `json:"locks,omitempty"` // how often it was locked: the next lock is twice as long
	Until time.Time `json:"until,omitzero"`  // the end of the lock

	last time.Time // the last try, or the end of the lock
}

// triesKey keeps the key within what any store can index, whatever a host's
// ids look like.
func triesKey(identityID, factor string) string {
	plain := len(identityID) <= 64
	for _, c := range []byte(identityID) {
		plain = plain && (c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z')
	}
	if !plain {
		sum := sha256.Sum256([]byte(identityID))
		identityID = "." + hex.EncodeToString(sum[:])
	}
	return "tries:" + identityID + ":" + factor
}

// countTry counts a try before its secret is compared, so that no crash and no
// second instance gives tries for nothing. With locked above zero the factor is
// locked for so long and nothing may be compared.
func (s *Service) countTry(ctx context.Context, at time.Time, identityID, factor string) (locked time.Duration, err error) {
	key := triesKey(identityID, factor)
	// Most factors have no count: to begin one is tried first.
	r, counted := flow.Record{}, false
	err = optimistic.Retry(ctx, func() error {
		var t tries
		if counted {
			if err := json.Unmarshal(r.Data, &t); err != nil {
				return fmt.Errorf("record %q: %w", key, err)
			}
			if !at.Before(r.ExpiresAt) {
				t = tries{}
			}
		}
		if at.Before(t.Until) {
			locked = t.Until.Sub(at)
			return nil
		}
		var err error
		if r, err = t.counting(at, limitOf(factor)).record(key, identityID, r.Version); err != nil {
			return err
		}
		if counted {
			err = s.c.Flows.UpdateFlow(ctx, r)
		} else {
			err = s.c.Flows.CreateFlow(ctx, r)
		}
		if !errors.Is(err, flow.ErrConflict) && !errors.Is(err, flow.ErrDuplicate) && !errors.Is(err, flow.ErrNotFound) {
			return err
		}
		newer, unread := s.c.Flows.GetFlow(ctx, key)
		if unread != nil && !errors.Is(unread, flow.ErrNotFound) { // not found: forgiven meanwhile
			return unread
		}
		r, counted = newer, unread == nil
		return err
	}, flow.ErrConflict, flow.ErrDuplicate, flow.ErrNotFound)
	return locked, err
}

// counting is the count with one more wrong try.
func (t tries) counting(at time.Time, limit int) tries {
	t.Count++
	if t.Count >= limit {
		t.Count, t.Until = 0, at.Add(min(longestLock, firstLock<<min(t.Locks, 10)))
		t.Locks++
	}
	t.last = at
	if t.Until.After(at) {
		t.last = t.Until
	}
	return t
}

// limitOf is how many wrong tries lock a class.
func limitOf(factor string) int {
	if strings.HasPrefix(factor, retryPrefix) {
		return maxRetries
	}
	return maxTries
}

// record is the count as it is stored.
func (t tries) record(key, identityID string, version int64) (flow.Record, error) {
	data, err := json.Marshal(t)
	return flow.Record{Key: key, Owner: identityID, Version: version, ExpiresAt: t.last.Add(triesKeptFor), Data: data}, err
}

// forgiveTries resets the count after a right one.
func (s *Service) forgiveTries(ctx context.Context, identityID, factor string) error {
	return s.c.Flows.DeleteFlow(ctx, triesKey(identityID, factor))
}

// forgiveAfter forgives the try of a change whose commit did not do so: it was
// refused, or its stores have no Backend. A count that stays is one try, and no
// reason to call a change undone.
func (s *Service) forgiveAfter(ctx context.Context, sub *submit) {
	if sub.tried == "" {
		return
	}
	err := uninterrupted(ctx, func(ctx context.Context) error { return s.c.Flows.DeleteFlow(ctx, sub.tried) })
	if err != nil {
		s.c.Logger.WarnContext(ctx, "a right try stays counted", "identity", sub.Identity.ID, "error", err)
	}
}

// takeBackTry makes a counted try uncounted, and opens the lock if it was the
// try that made it one too many.
func (s *Service) takeBackTry(ctx context.Context, at time.Time, identityID, factor string) error {
	key := triesKey(identityID, factor)
	return optimistic.Retry(ctx, func() error {
		r, err := s.c.Flows.GetFlow(ctx, key)
		if errors.Is(err, flow.ErrNotFound) { // forgiven meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		var t tries
		if err := json.Unmarshal(r.Data, &t); err != nil {
			return fmt.Errorf("record %q: %w", key, err)
		}
		switch {
		case t.Count > 0:
			t.Count--
		case at.Before(t.Until):
			t = tries{Count: limitOf(factor) - 1, Locks: t.Locks - 1}
		default:
			return nil
		}
		if r.Data, err = json.Marshal(t); err != nil {
			return err
		}
		return s.c.Flows.UpdateFlow(ctx, r)
	}, flow.ErrConflict, flow.ErrNotFound)
}
