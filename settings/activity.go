package settings

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/optimistic"
)

// This file owns the activity of an account: the last changes of it, for its owner to
// recognise. It is one record in the flow store, and may be lost: a change neither fails
// nor waits because of it. So an entry is written beside the answer, after the commit of
// the change that it tells of.

const (
	maxActivity      = 20
	activityKeptFor  = 90 * 24 * time.Hour
	eventDeviceAdded = "device.added" // a whole sign-in on a device that is new

	// activityPatience is how long a reader waits for entries that are being written.
	activityPatience = 5 * time.Second

	// maxNoting is how many entries one process writes at once; further ones are lost.
	maxNoting = 256
)

// ErrActivityNotKept is the error of Service.Activity without Config.KeepActivity.
var ErrActivityNotKept = errors.New("settings: no activity is kept: see Config.KeepActivity")

var keptActivity = pendingKind{"activity", activityKeptFor}

// activity is the record: newest first.
type activity struct {
	jsonrecord.Head
	List []identity.Activity `json:"activity"`
}

// since is what of it is still kept.
func (a activity) since(now time.Time) []identity.Activity {
	return slices.DeleteFunc(a.List, func(one identity.Activity) bool { return now.Sub(one.At) >= activityKeptFor })
}

// shorten takes away the oldest entry of the kind that there is most of: who has changed
// a password must not be able to push that out by saving the profile twenty times.
func (a *activity) shorten() {
	count, oldest := map[string]int{}, map[string]int{}
	for i, one := range a.List {
		count[one.Event]++
		oldest[one.Event] = i
	}
	drop := len(a.List) - 1
	for event, i := range oldest {
		if most := count[a.List[drop].Event]; count[event] > most || count[event] == most && i > drop {
			drop = i
		}
	}
	a.List = slices.Delete(a.List, drop, drop+1)
}

func activityOf(identityID string) pending {
	key := "activity:" + indexable(identityID)
	return pending{keptActivity, key, key}
}

// noting is what a process is writing down: by account the end of its last entry.
type noting struct {
	mu    sync.Mutex
	count int
	ends  map[string]chan struct{}
}

// Activity is what was done with an account, newest first: its last 20 changes within
// 90 days, and sign-ins on new devices; where there were more, some of each kind. It waits
// for what this process is writing of it, five seconds at most, so that who has just made
// a change finds it. It is empty for an account that nobody
// has, or of which nothing is known, and ErrActivityNotKept without Config.KeepActivity.
func (s *Service) Activity(ctx context.Context, identityID string) ([]identity.Activity, error) {
	if !s.c.KeepActivity {
		return nil, ErrActivityNotKept
	}
	patient, cancel := context.WithTimeout(ctx, activityPatience)
	defer cancel()
	if err := s.noted(patient, identityID); err != nil && ctx.Err() != nil {
		return nil, err
	}
	var kept activity
	if _, err := s.readPending(ctx, activityOf(identityID), &kept); err != nil && !errors.Is(err, flow.ErrNotFound) {
		return nil, err
	}
	return kept.since(s.c.Now()), nil
}

// noted waits until what this process has begun to write of an account is written.
func (s *Service) noted(ctx context.Context, identityID string) error {
	s.noting.mu.Lock()
	end := s.noting.ends[identityID]
	s.noting.mu.Unlock()
	if end == nil {
		return nil
	}
	select {
	case <-end:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// note writes an entry down, beside its caller. One account's entries are written one
// after the other: those of one process do not race.
func (s *Service) note(ctx context.Context, identityID string, one identity.Activity) {
	if !s.c.KeepActivity {
		return
	}
	n, end := &s.noting, make(chan struct{})
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.count >= maxNoting {
		s.c.Logger.WarnContext(ctx, "an entry of the activity is lost: too many are being written", "identity", identityID, "event", one.Event)
		return
	}
	if n.ends == nil {
		n.ends = map[string]chan struct{}{}
	}
	before := n.ends[identityID]
	n.count++
	n.ends[identityID] = end
	go func() {
		if before != nil {
			<-before
		}
		err := uninterrupted(ctx, func(ctx context.Context) error { return s.addActivity(ctx, identityID, one) })
		if err != nil {
			s.c.Logger.WarnContext(ctx, "an entry of the activity is lost", "identity", identityID, "event", one.Event, "error", err)
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		n.count--
		if n.ends[identityID] == end {
			delete(n.ends, identityID)
		}
		close(end)
	}()
}

// noteEvent notes a change that is committed.
func (s *Service) noteEvent(ctx context.Context, identityID string, e identity.Event, userAgent string) {
	s.note(ctx, identityID, identity.Activity{Event: e.Name, At: e.At, Actor: e.Actor, UserAgent: userAgent, ClientIP: e.ClientIP})
}

// addActivity puts an entry into the record of an account. What no key opens is begun
// anew; what only a newer build may read stays.
func (s *Service) addActivity(ctx context.Context, identityID string, one identity.Activity) error {
	p := activityOf(identityID)
	return optimistic.Retry(ctx, func() error {
		var kept activity
		r, err := s.readPending(ctx, p, &kept)
		if err != nil && !errors.Is(err, flow.ErrNotFound) {
			return err
		}
		isNew := r.Key == ""
		at := s.c.Now()
		kept.List = append([]identity.Activity{one}, kept.since(at)...)
		for len(kept.List) > maxActivity {
			kept.shorten()
		}
		r.Key, r.Owner, r.ExpiresAt = p.key, identityID, at.Add(activityKeptFor)
		for {
			if r, err = s.sealed(p, r, &kept); err != nil {
				return err
			}
			if len(r.Data) <= flow.MaxData {
				break
			}
			if kept.shorten(); len(kept.List) == 0 {
				return errTooLarge
			}
		}
		if isNew {
			return s.createRecord(ctx, r)
		}
		return s.c.Flows.UpdateFlow(ctx, r)
	}, flow.ErrConflict, flow.ErrDuplicate, flow.ErrNotFound)
}

// forgetActivity deletes what is kept of an account that is erased.
func (s *Service) forgetActivity(ctx context.Context, identityID string) error {
	if err := uninterrupted(ctx, func(ctx context.Context) error { return s.noted(ctx, identityID) }); err != nil {
		return err
	}
	return s.c.Flows.DeleteFlow(ctx, activityOf(identityID).key)
}
