package storetest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/storetest"
)

var noon = storetest.Noon

// sloppy is the simplest store there is, maps under one lock, with one flaw:
// "" for none. What a flaw does stands where has asks for it.
type sloppy struct {
	flaw string

	mu         sync.Mutex
	flows      map[string]flow.Record
	sessions   map[string]session.Session
	identities map[string]identity.Record
	used       map[string]bool // keys and hashes that were ever taken
	wasDue     map[string]bool // identities that were ever due
	broken     bool            // a call was refused
	busy       bool            // a list was read
	cache      map[string]store.Loaded
	had        map[string]session.Session // by every hash it had

	racing atomic.Int32
	met    sync.WaitGroup
}

func newSloppy(flaw string) *sloppy {
	s := &sloppy{
		flaw: flaw, flows: map[string]flow.Record{}, sessions: map[string]session.Session{},
		identities: map[string]identity.Record{}, used: map[string]bool{}, wasDue: map[string]bool{}, cache: map[string]store.Loaded{}, had: map[string]session.Session{},
	}
	s.met.Add(2)
	return s
}

func (s *sloppy) has(flaw string) bool { return s.flaw == flaw }

var errBroken = errors.New("sloppy: connection is in a failed transaction")

// begin begins a call, with the lock held.
func (s *sloppy) begin(ctx context.Context) error {
	s.mu.Lock()
	if s.broken {
		return errBroken
	}
	if s.has("ignores the context") {
		return nil
	}
	return ctx.Err()
}

// end ends a call, and is its error.
func (s *sloppy) end(err error) error {
	if err != nil && s.has("breaks when it refuses") {
		s.broken = true
	}
	return err
}

// gap is where a store that checks and writes in two steps lets others in. The
// first two calls meet in it, so the race is there each time.
func (s *sloppy) gap(flaw string) {
	if s.has(flaw) && s.racing.Add(1) <= 2 {
		s.mu.Unlock()
		s.met.Done()
		s.met.Wait()
		s.mu.Lock()
	}
}

// folded is a name as a store with the flaw compares it.
func (s *sloppy) folded(flaw, name string) string {
	if s.has(flaw) {
		return strings.TrimRight(strings.ToLower(name), " ")
	}
	return name
}

// in is a value on its way in, out on its way out.
func in[R any](s *sloppy, r R, clone func(R) R) R {
	if s.has("keeps the caller's bytes") {
		return r
	}
	return clone(r)
}

func out[R any](s *sloppy, r R, clone func(R) R) R {
	if s.has("hands out its own bytes") {
		return r
	}
	return clone(r)
}

// time is a time as it is kept.
func (s *sloppy) time(t time.Time) time.Time {
	switch {
	case s.has("drops the time zone"):
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	case s.has("keeps whole seconds"):
		return t.Truncate(time.Second)
	case s.has("keeps 1970 for no time") && t.IsZero():
		return time.Unix(0, 0)
	}
	return t
}

// due reports whether a record has expired for a sweep.
func (s *sloppy) due(expiresAt, now time.Time) bool {
	switch {
	case s.has("sweeps what expires now with the next sweep"):
		return expiresAt.Before(now)
	case s.has("sweeps a little early"):
		return !expiresAt.After(now.Add(time.Millisecond))
	case s.has("reads the clock of a time and not its zone"):
		_, offset := now.Zone()
		return !expiresAt.After(now.Add(time.Duration(offset) * time.Second))
	}
	return !expiresAt.After(now)
}

func (s *sloppy) hides(expiresAt time.Time) bool {
	return s.has("hides what is expired") && !expiresAt.After(noon)
}

// sweep deletes what is due.
func (s *sloppy) sweep(limit int, due []string, remove func(string)) int {
	if s.has("sweeps all at once") {
		limit = len(due)
	}
	slices.Sort(due)
	s.gap("deletes and counts in two steps")
	due = due[:min(limit, len(due))]
	for _, name := range due {
		remove(name)
	}
	if s.has("does not say how many it swept") {
		return 0
	}
	return len(due)
}

// stale compares versions.
func (s *sloppy) stale(stored, given int64) bool {
	switch {
	case s.has("compares no version"):
		return false
	case s.has("refuses older versions only"):
		return given < stored
	}
	return given != stored
}
