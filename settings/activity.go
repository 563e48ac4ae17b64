package settings

import (
	"cmp"
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

	// maxNoting is of how many accounts one process writes at once; further ones' are lost.
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

// add puts an entry in front.
func (a *activity) add(one identity.Activity) {
	a.List = append([]identity.Activity{one}, a.List...)
	for len(a.List) > maxActivity {
		a.shorten()
	}
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

// noting is what a process is writing down, by account.
type noting struct {
	mu       sync.Mutex
	accounts map[string]*notes
}

// notes are the entries of one account that wait to be written, all in one write. They
// are shortened as the record is: whoever changes their account without end takes no more
// room than that, and nobody else's.
type notes struct {
	activity
	ctx     context.Context // of the newest
	waiting chan struct{}   // is closed when they are written; nil for none
	writing chan struct{}   // the same, of those that are being written
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
	var end chan struct{}
	if n := s.noting.accounts[identityID]; n != nil {
		if end = n.waiting; end == nil {
			end = n.writing
		}
	}
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

// note writes an entry down, beside its caller. One goroutine writes those of an account:
// those of one process do not race.
func (s *Service) note(ctx context.Context, identityID string, one identity.Activity) {
	if !s.c.KeepActivity {
		return
	}
	s.noting.mu.Lock()
	defer s.noting.mu.Unlock()
	n, isWritten := s.noting.accounts[identityID]
	if !isWritten {
		if len(s.noting.accounts) >= maxNoting {
			s.c.Logger.WarnContext(ctx, "an entry of the activity is lost: too many are being written", "identity", identityID, "event", one.Event)
			return
		}
		n = &notes{}
		if s.noting.accounts == nil {
			s.noting.accounts = map[string]*notes{}
		}
		s.noting.accounts[identityID] = n
	}
	n.ctx = ctx
	n.add(one)
	if n.waiting == nil {
		n.waiting = make(chan struct{})
	}
	if !isWritten {
		go s.writeNotes(identityID, n)
	}
}

// writeNotes writes what waits of an account until nothing does.
func (s *Service) writeNotes(identityID string, n *notes) {
	for {
		s.noting.mu.Lock()
		if n.waiting == nil {
			delete(s.noting.accounts, identityID)
			s.noting.mu.Unlock()
			return
		}
		ctx, list := n.ctx, n.List
		n.List, n.writing, n.waiting = nil, n.waiting, nil
		s.noting.mu.Unlock()
		var err error
		panicked := noPanic(func() { // which no handler of HTTP catches here
			err = uninterrupted(ctx, func(ctx context.Context) error { return s.addActivity(ctx, identityID, list) })
		})
		if err = cmp.Or(panicked, err); err != nil {
			for _, one := range list {
				s.c.Logger.WarnContext(ctx, "an entry of the activity is lost", "identity", identityID, "event", one.Event, "error", err)
			}
		}
		close(n.writing)
	}
}

// noteEvent notes a change that is committed.
func (s *Service) noteEvent(ctx context.Context, identityID string, e identity.Event, userAgent string) {
	s.note(ctx, identityID, identity.Activity{Event: e.Name, At: e.At, Actor: e.Actor, UserAgent: userAgent, ClientIP: e.ClientIP})
}

// addActivity puts entries, newest first, into the record of an account. What no key opens
// is begun anew; what only a newer build may read stays.
func (s *Service) addActivity(ctx context.Context, identityID string, list []identity.Activity) error {
	p := activityOf(identityID)
	return optimistic.Retry(ctx, func() error {
		var kept activity
		r, err := s.readPending(ctx, p, &kept)
		if err != nil && !errors.Is(err, flow.ErrNotFound) {
			return err
		}
		isNew := r.Key == ""
		at := s.c.Now()
		kept.List = kept.since(at)
		for _, one := range slices.Backward(list) {
			kept.add(one)
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
