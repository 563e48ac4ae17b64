package settings

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/optimistic"
)

// This file owns the count of wrong tries: what it counts, when it locks, and what
// forgives it.
//
// Tries of one factor of one account count by who tries, so that nobody can lock
// somebody else out. There are three kinds of counts:
//
//   - of a known device, which ten wrong tries make an unknown one (device.go);
//   - of a signed-in session, for what a settings form compares;
//   - of everybody else together: it closes the factor to unknown devices only.
//
// The last two lock after ten, for 15 minutes, and twice as long each time. A right
// proof of the factor forgives everybody's count, whoever gives it; so do Unlock,
// RevokeAll and a recovery. A lost record gives its tries back, and no more.

// The limit of wrong tries (ASVS 5.0 6.3.1, NIST SP 800-63B-4 section 3.2.2).
const (
	maxTries     = 10
	maxRetries   = 32
	retryPrefix  = "retry_"
	firstLock    = 15 * time.Minute
	longestLock  = 24 * time.Hour
	triesKeptFor = 24 * time.Hour // after the last try, or the end of the lock

	// everybodysKeptFor is the same for everybody's count: long, because nine tries a
	// day, every day, are a hundred in a row.
	everybodysKeptFor = 30 * 24 * time.Hour

	// namesKeptFor is the same for what somebody who types a name is told: short,
	// because names that nobody has are counted too, and cannot be kept for long.
	namesKeptFor = 15 * time.Minute

	// tellHostAt is how many wrong tries in a row it takes until the host hears of
	// it: NIST allows no more of one authenticator.
	tellHostAt = 100
)

// counter is one count: its record, and whose that is.
type counter struct {
	key, owner string
	everybody  bool // of all unknown devices together
	nobody     bool // of a name that nobody has
	retries    bool // of submits that repeat a change: many clicks at once are one person
}

// limit is how many wrong tries lock a count.
func (c counter) limit() int {
	if c.retries {
		return maxRetries
	}
	return maxTries
}

// sessionCounter counts what a signed-in session tries.
func sessionCounter(a *attempt, factor string) counter {
	return counter{retries: strings.HasPrefix(factor, retryPrefix), key: triesKey(a.Identity.ID, factor) + ":" + a.Session.ID, owner: a.Identity.ID}
}

// everybodysCounter counts what unknown devices try: of an account by its id, of a
// name that nobody has by a MAC of it, so that no store has what was typed. Without
// either there is no count.
func (s *Service) everybodysCounter(identityID, name, factor string) counter {
	switch {
	case identityID != "":
		return counter{key: triesKey(identityID, factor), owner: identityID, everybody: true}
	case name != "":
		mac := s.ring.MAC("name of nobody", name)
		key := "tries:name." + hex.EncodeToString(mac) + ":" + factor
		return counter{key: key, owner: key, everybody: true, nobody: true} // an owner of its own: a store may bound what one has
	}
	return counter{everybody: true, nobody: true}
}

func triesKey(identityID, factor string) string {
	return "tries:" + indexable(identityID) + ":" + factor
}

// indexable keeps a key within what any store can index, whatever a host's ids look
// like.
func indexable(identityID string) string {
	plain := len(identityID) <= 64
	for _, c := range []byte(identityID) {
		plain = plain && (c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z')
	}
	if plain {
		return identityID
	}
	sum := sha256.Sum256([]byte(identityID))
	return "." + hex.EncodeToString(sum[:])
}

// lock is the rule: ten tries, then 15 minutes, and twice as long each time.
type lock struct {
	Count int       `json:"count,omitempty"` // wrong tries since the last lock
	Locks int       `json:"locks,omitempty"` // how often it was locked
	Until time.Time `json:"until,omitzero"`  // the end of the lock
}

// counting is the lock after one more wrong try.
func (l lock) counting(at time.Time, limit int) lock {
	l.Count++
	if l.Count >= limit {
		l.Count, l.Until = 0, at.Add(min(longestLock, firstLock<<min(l.Locks, 10)))
		l.Locks++
	}
	return l
}

// takenBack is the lock without the last try.
func (l lock) takenBack(at time.Time, limit int) lock {
	switch {
	case l.Count > 0:
		l.Count--
	case at.Before(l.Until):
		l = lock{Count: limit - 1, Locks: l.Locks - 1}
	}
	return l
}

// inARow are the wrong tries since the last right one.
func (l lock) inARow() int { return l.Locks*maxTries + l.Count }

// tries is a count as it is stored.
//
// Everybody's count has the lock twice. The one that holds is kept for a month. The one
// that is Shown to whoever types a name is forgotten after a quarter of an hour, as
// that of a name that nobody has: two names told apart by how long the second lock
// takes would say which of them exists. While the first one still holds and the second
// is over, a proof is wrong whatever it is.
type tries struct {
	jsonrecord.Head
	lock
	Shown lock      `json:"shown,omitzero"`
	Last  time.Time `json:"last,omitzero"` // the last try
}

// shownAt is the Shown lock at a time: none once it is forgotten.
func (t tries) shownAt(at time.Time) lock {
	if !at.Before(later(t.Last, t.Shown.Until).Add(namesKeptFor)) {
		return lock{}
	}
	return t.Shown
}

// verdict is what a count says of a try.
type verdict struct {
	locked time.Duration // above zero: nothing may be compared for so long
	shut   bool          // the proof is wrong whatever it is, and looks like any wrong one
	inARow int           // wrong tries if this is one
}

// judge says whether a try may be compared. named says that it is by somebody who typed a
// name.
func (t tries) judge(at time.Time, named bool) (v verdict) {
	until := t.Until
	if named {
		until = t.shownAt(at).Until
	}
	v.locked = max(0, until.Sub(at))
	v.shut = at.Before(t.Until)
	return v
}

// counting is the count with one more wrong try.
func (t tries) counting(at time.Time, c counter) tries {
	if c.everybody {
		t.Shown = t.shownAt(at).counting(at, c.limit())
	}
	if !at.Before(t.Until) {
		t.lock = t.lock.counting(at, c.limit())
	}
	t.Last = at
	return t
}

// record is the count as it is stored.
func (t tries) record(c counter, version int64) (flow.Record, error) {
	until := later(later(t.Last, t.Until), t.Shown.Until)
	switch {
	case c.nobody:
		until = later(t.Last, t.Shown.Until).Add(namesKeptFor)
	case c.everybody:
		until = until.Add(everybodysKeptFor)
	default:
		until = until.Add(triesKeptFor)
	}
	data, err := jsonrecord.Encode(&t)
	return flow.Record{Key: c.key, Owner: c.owner, Version: version, ExpiresAt: until, Data: data}, err
}

// readTries reads what a record says at a time: nothing after it has expired.
func readTries(r flow.Record, at time.Time) (t tries, err error) {
	if !at.Before(r.ExpiresAt) {
		return tries{}, nil
	}
	if err := jsonrecord.Decode(r.Data, &t); err != nil {
		return tries{}, fmt.Errorf("record %q: %w", r.Key, err)
	}
	if t.Last.IsZero() { // of a build that kept one lock
		t.Shown, t.Last = t.lock, r.ExpiresAt.Add(-triesKeptFor)
	}
	return t, nil
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// lookAtTries reads a count; its record is nil where nothing is counted.
func (s *Service) lookAtTries(ctx context.Context, at time.Time, c counter) (tries, *flow.Record, error) {
	r, err := s.c.Flows.GetFlow(ctx, c.key)
	if errors.Is(err, flow.ErrNotFound) {
		return tries{}, nil, nil
	}
	if err != nil {
		return tries{}, nil, err
	}
	t, err := readTries(r, at)
	return t, &r, err
}

// countTry counts a try before its secret is compared, so that no crash and no
// second instance gives tries for nothing. It begins with the record as it was read,
// nil if nothing was.
func (s *Service) countTry(ctx context.Context, at time.Time, c counter, named bool, r *flow.Record) (v verdict, err error) {
	err = optimistic.Retry(ctx, func() error {
		var t tries
		var version int64
		if r != nil {
			var err error
			if t, err = readTries(*r, at); err != nil {
				return err
			}
			version = r.Version
		}
		if v = t.judge(at, named); v.locked > 0 {
			return nil
		}
		t = t.counting(at, c)
		v.inARow = t.inARow()
		next, err := t.record(c, version)
		if err != nil {
			return err
		}
		if r != nil {
			err = s.c.Flows.UpdateFlow(ctx, next)
		} else {
			err = s.createRecord(ctx, next)
		}
		if err == nil || !lostRace(err) {
			return err
		}
		newer, unread := s.c.Flows.GetFlow(ctx, c.key)
		if unread != nil && !errors.Is(unread, flow.ErrNotFound) { // not found: forgiven meanwhile
			return unread
		}
		if r = &newer; unread != nil {
			r = nil
		}
		return err
	}, flow.ErrConflict, flow.ErrDuplicate, flow.ErrNotFound)
	return v, err
}

// lostRace reports whether a write of a flow record found another one than was read.
func lostRace(err error) bool {
	return errors.Is(err, flow.ErrConflict) || errors.Is(err, flow.ErrDuplicate) || errors.Is(err, flow.ErrNotFound)
}

// forgive deletes counts after a right proof. One that stays is one try, and no reason
// to call a proof wrong, or a change undone.
func (s *Service) forgive(ctx context.Context, identityID string, keys ...string) {
	for _, key := range keys {
		if err := uninterrupted(ctx, func(ctx context.Context) error { return s.c.Flows.DeleteFlow(ctx, key) }); err != nil {
			s.c.Logger.WarnContext(ctx, "a right try stays counted", "identity", identityID, "error", err)
		}
	}
}

// takeBackTry uncounts a try, and opens the lock if this try closed it; shut is what the
// verdict said of that.
func (s *Service) takeBackTry(ctx context.Context, at time.Time, c counter, shut bool) error {
	return optimistic.Retry(ctx, func() error {
		r, err := s.c.Flows.GetFlow(ctx, c.key)
		if errors.Is(err, flow.ErrNotFound) { // forgiven meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		t, err := readTries(r, at)
		if err != nil {
			return err
		}
		before := t
		t.Shown = t.Shown.takenBack(at, c.limit())
		if !shut {
			t.lock = t.lock.takenBack(at, c.limit())
		}
		if t == before {
			return nil
		}
		if r.Data, err = jsonrecord.Encode(&t); err != nil {
			return err
		}
		return s.c.Flows.UpdateFlow(ctx, r)
	}, flow.ErrConflict, flow.ErrNotFound)
}
