package identity

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/jsonrecord"
)

// This file owns what is kept of a change until its hooks were told, and when they are
// told again.

// Event is a committed change, kept in the sealed state until every After hook has taken
// it. A hook that failed is told again by the same Event. It holds no secret.
type Event struct {
	ID      string    `json:"id"`   // the id of the change: the same on every delivery
	Name    string    `json:"name"` // "password.changed"
	Flow    string    `json:"flow"` // "" where no flow made the change: an administrator did
	Session string    `json:"session"`
	Method  string    `json:"method"`
	At      time.Time `json:"at"`

	// Actor is who made the change for the account's user, as settings.WithActor names
	// them: an administrator. "" is the user.
	Actor string `json:"actor,omitempty"`

	// SessionsEnded says that the change has ended the account's sessions, all but
	// KeptSession, which is "" if none was kept. A host that has sessions of its own
	// ends them by it.
	SessionsEnded bool   `json:"sessions_ended,omitempty"`
	KeptSession   string `json:"kept_session,omitempty"`

	// ClientIP is the address that the change came from, as Config.ClientIP tells
	// it; "" if that is not known.
	ClientIP string `json:"client_ip,omitempty"`

	// Added is what the account has now and did not have before the change; Removed is what
	// it had before and has no longer. An address that was changed stands in both: the old
	// one, in Removed, is the one to write to. A password that was replaced stands in
	// neither.
	Added   Parts `json:"added,omitzero"`
	Removed Parts `json:"removed,omitzero"`

	// Attempts is how many deliveries to the hooks were begun before this one.
	Attempts int `json:"attempts,omitempty"`

	// DueAt is when the event is delivered next; zero stands for RedeliverAfter after At.
	// Hooks get it as zero.
	DueAt time.Time `json:"due_at,omitzero"`

	// Mail says which message is to be sent to whom. Only an event of the Outbox has it,
	// and no hook is told of such an event.
	Mail Mail `json:"mail,omitzero"`

	Unknown jsonrecord.Unknown `json:"-"`
}

// Mail is a message without its words, and without the code that it may bring.
type Mail struct {
	Text   int64  `json:"text"`             // the id of its words
	Via    string `json:"via"`              // "email" or "sms"
	To     string `json:"to"`               // the address
	Serial string `json:"serial,omitempty"` // of the PendingAddress whose code it brings

	Unknown jsonrecord.Unknown `json:"-"`
}

// Parts are what a change added to an account, or removed from it.
type Parts struct {
	Authenticators []Authenticator `json:"authenticators,omitempty"`
	Identifiers    []string        `json:"identifiers,omitempty"` // what the user logs in with
	Addresses      []Address       `json:"addresses,omitempty"`

	Unknown jsonrecord.Unknown `json:"-"`
}

// Authenticator is a credential without what proves it: for lists and messages.
type Authenticator struct {
	Method  aal.Method `json:"method"`
	ID      string     `json:"id,omitempty"`      // of the Credential; "" for the password and for a set of recovery codes
	Name    string     `json:"name,omitempty"`    // given by its owner
	AddedAt time.Time  `json:"added_at,omitzero"` // zero for the password
	Left    int        `json:"left,omitempty"`    // recovery codes that are not used yet

	Unknown jsonrecord.Unknown `json:"-"`
}

// Authenticators are the password and the credentials of the identity, in the order of
// aal.All. A set of recovery codes is one authenticator.
func (i Identity) Authenticators() []Authenticator {
	var all []Authenticator
	if i.Has(aal.Password) {
		all = append(all, Authenticator{Method: aal.Password})
	}
	for m, f := range i.State.Factors {
		if m == aal.Lookup {
			if len(f.Credentials) > 0 {
				set := Authenticator{Method: m, AddedAt: f.Credentials[0].AddedAt}
				for _, c := range f.Credentials {
					if !c.Spent {
						set.Left++
					}
				}
				all = append(all, set)
			}
			continue
		}
		for _, c := range f.Credentials {
			all = append(all, Authenticator{Method: m, ID: c.ID, Name: c.Name, AddedAt: c.AddedAt})
		}
	}
	order := aal.All()
	slices.SortStableFunc(all, func(a, b Authenticator) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Method), slices.Index(order, b.Method)), cmp.Compare(a.Method, b.Method))
	})
	return all
}

// sameAuthenticator: one that was replaced has another time.
func sameAuthenticator(a, b Authenticator) bool {
	return a.Method == b.Method && a.ID == b.ID && a.AddedAt.Equal(b.AddedAt)
}

// Missing are the authenticators, identifiers and addresses that i has and from lacks. of
// are the addresses of i, and others those of from.
func (i Identity) Missing(from Identity, of, others []Address) Parts {
	return Parts{
		Authenticators: without(i.Authenticators(), from.Authenticators(), sameAuthenticator),
		Identifiers:    without(i.Identifiers(), from.Identifiers(), func(a, b string) bool { return a == b }),
		Addresses:      without(of, others, func(a, b Address) bool { return a.Via == b.Via && a.Value == b.Value }),
	}
}

func without[T any](all, others []T, same func(a, b T) bool) (left []T) {
	for _, one := range all {
		if !slices.ContainsFunc(others, func(other T) bool { return same(one, other) }) {
			left = append(left, one)
		}
	}
	return left
}

const (
	// MaxEvents is how many events of one account wait at most for hooks that fail.
	// Besides, no event is added while those that wait have more than 8 KiB, because they
	// stand in the account's row.
	MaxEvents     = 20
	maxEventBytes = 8 << 10
)

// AddEvent keeps an event for delivery to the After hooks. It is false, and keeps nothing,
// if too many wait already: see MaxEvents.
func (s *State) AddEvent(e Event) bool { return add(&s.Events, e) }

// AddMail keeps a message for sending, under the same limits as AddEvent.
func (s *State) AddMail(e Event) bool { return add(&s.Outbox, e) }

func add(list *[]Event, e Event) bool {
	if len(*list) >= MaxEvents {
		return false
	}
	if len(*list) > 0 {
		if waiting, err := json.Marshal(*list); err != nil || len(waiting) > maxEventBytes {
			return false
		}
	}
	*list = append(slices.Clip(*list), e)
	return true
}

// RedeliverAfter is how long after a change its event is delivered again, by another
// request or by a sweep, if the request that made the change has not delivered it to all
// hooks.
const RedeliverAfter = time.Minute

// longestWait is the longest time from one attempt to the next.
const longestWait = time.Hour

// due is when the hooks are to be told of an event.
func (e Event) due() time.Time {
	if !e.DueAt.IsZero() {
		return e.DueAt
	}
	return e.At.Add(RedeliverAfter)
}

// DueAt is when the first of the events and messages is due; zero without any.
func (s State) DueAt() (first time.Time) {
	for _, list := range [][]Event{s.Events, s.Outbox} {
		for _, e := range list {
			if due := e.due(); first.IsZero() || due.Before(first) {
				first = due
			}
		}
	}
	return first
}

// IsDue reports whether an event or a message is due.
func (s State) IsDue(now time.Time) bool {
	due := s.DueAt()
	return !due.IsZero() && !due.After(now)
}

// Claim returns the events that are due, and postpones each of them in the state: by a
// minute, then two, four, up to an hour. Whoever succeeds in writing that state delivers
// them, so of several processes only one does. An event that is not removed by Strike is
// due again later.
func (s *State) Claim(now time.Time) (claimed []Event) { return claim(&s.Events, now) }

// ClaimMail is Claim for messages.
func (s *State) ClaimMail(now time.Time) (claimed []Event) { return claim(&s.Outbox, now) }

func claim(list *[]Event, now time.Time) (claimed []Event) {
	*list = slices.Clone(*list)
	for n := range *list {
		e := &(*list)[n]
		if e.due().After(now) {
			continue
		}
		claimed = append(claimed, *e)
		e.DueAt = now.Add(min(longestWait, RedeliverAfter<<min(e.Attempts, 10)))
		e.Attempts++
	}
	return claimed
}

// Strike removes the events that were delivered and the messages that were sent, by their
// ids. It is false if none of the ids was there.
func (s *State) Strike(ids []string) bool {
	struck := false
	for _, list := range []*[]Event{&s.Events, &s.Outbox} {
		before := len(*list)
		*list = slices.DeleteFunc(slices.Clone(*list), func(e Event) bool { return slices.Contains(ids, e.ID) })
		struck = struck || len(*list) < before
	}
	return struck
}

func sameEvent(a, b Event) bool { return reflect.DeepEqual(a, b) }

// clone copies the event and everything it points to.
func (e Event) clone() Event {
	for _, p := range []*Parts{&e.Added, &e.Removed} {
		p.Authenticators, p.Identifiers, p.Addresses = slices.Clone(p.Authenticators), slices.Clone(p.Identifiers), slices.Clone(p.Addresses)
	}
	return e
}
