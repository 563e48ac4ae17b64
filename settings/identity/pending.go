package identity

import (
	"slices"
	"time"

	"github.com/amend-go/amend/settings/jsonrecord"
)

// This file owns addresses that wait for their owner to show that they are theirs.

// PendingAddress is an address that the account's owner has typed and not yet proved. Until
// they prove it, the address that it replaces stays in the traits. Its code is stored
// nowhere: it is made of the Config's keys, the identity, the address and the Serial.
type PendingAddress struct {
	Field string `json:"field"` // the dotted path of the trait
	Via   string `json:"via"`   // "email" or "sms"
	Value string `json:"value"`

	// Old is the address that Value replaces; "" if Value is added. If both are equal, an
	// address that the account has is to be verified.
	Old string `json:"old,omitempty"`

	// Serial is random, and new with each code.
	Serial string    `json:"serial"`
	CodeAt time.Time `json:"code_at"`

	// Generation is that of the State when the address became pending. A later change of a
	// credential raises the State's and so cancels the address, even if a build made it
	// that knows nothing of pending addresses.
	Generation uint64 `json:"generation,omitempty"`

	Unknown jsonrecord.Unknown `json:"-"`
}

// CodeLifetime is how long the code of a pending address can be used.
const CodeLifetime = 15 * time.Minute

// Expired reports whether the code is too old.
func (p PendingAddress) Expired(now time.Time) bool { return !now.Before(p.CodeAt.Add(CodeLifetime)) }

// Verifies reports whether the account has the address already, so that its code only
// verifies it.
func (p PendingAddress) Verifies() bool { return p.Old == p.Value }

// Address gives the pending address as an Address.
func (p PendingAddress) Address() Address {
	return Address{Via: p.Via, Value: p.Value, Verifiable: true}
}

func (p PendingAddress) is(a Address) bool { return p.Via == a.Via && p.Value == a.Value }

// withPending are addresses with those that are pending and not among them.
func (i Identity) withPending(addresses []Address) []Address {
	for _, p := range i.State.Pending {
		if !slices.ContainsFunc(addresses, p.is) {
			addresses = append(slices.Clip(addresses), p.Address())
		}
	}
	return addresses
}

// dropCanceled takes out what was pending before the last change of a credential.
func (s *State) dropCanceled() {
	s.Pending = slices.DeleteFunc(s.Pending, func(p PendingAddress) bool { return p.Generation != s.Generation })
	if len(s.Pending) == 0 {
		s.Pending = nil
	}
}

// MaxPending is how many addresses of an account are pending at most. One more takes the
// place of the oldest.
const MaxPending = 5

// Codes that are sent for one account, at most: so many a day, and one a minute.
const (
	codesADay   = 3
	codeEvery   = time.Minute
	codesWithin = 24 * time.Hour
)

// NextCode is how long the account must wait before n further codes may be sent to it; zero
// if they may be sent now.
func (s State) NextCode(now time.Time, n int) time.Duration {
	n = min(max(n, 1), codesADay)
	var recent []time.Time
	for _, at := range s.CodesAt {
		if at.After(now.Add(-codesWithin)) {
			recent = append(recent, at)
		}
	}
	if len(recent) == 0 {
		return 0
	}
	next := recent[len(recent)-1].Add(codeEvery)
	if over := len(recent) + n - codesADay; over > 0 {
		if freed := recent[over-1].Add(codesWithin); freed.After(next) {
			next = freed
		}
	}
	return max(0, next.Sub(now))
}

// Await makes an address pending with the code of its Serial. It replaces a pending address
// of the same trait that has the same Value or the same Old. If there are more than
// MaxPending then, the oldest is dropped.
func (s *State) Await(p PendingAddress) {
	s.Pending = slices.DeleteFunc(slices.Clone(s.Pending), func(q PendingAddress) bool {
		return q.Field == p.Field && (q.Value == p.Value || q.Old == p.Old && p.Old != "")
	})
	p.Generation = s.Generation
	if s.Pending = append(s.Pending, p); len(s.Pending) > MaxPending {
		s.Pending = s.Pending[1:]
	}
}

// CountCode records that a code is sent now. NextCode counts it.
func (s *State) CountCode(now time.Time) {
	s.CodesAt = append(slices.Clone(s.CodesAt), now)
	s.CodesAt = s.CodesAt[max(0, len(s.CodesAt)-codesADay):]
}
