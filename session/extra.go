package session

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
)

// This file owns what a session says of itself in Extra, the part that no store has a
// column for: how it has gone on since it began.

// extra are the members of Extra that this build knows.
type extra struct {
	jsonrecord.Head

	// SignedInAt is the last time that every factor which the account required was
	// proved, within the privileged age: MaxAge counts from it.
	SignedInAt time.Time `json:"signed_in_at,omitzero"`

	// EarlierIDs are ids that the session had before such sign-ins, newest first, and
	// last the one it began with.
	EarlierIDs []string `json:"earlier_ids,omitempty"`

	// IdleUntil ends the session if it is not used before; zero is never.
	IdleUntil time.Time `json:"idle_until,omitzero"`

	// KeptFor is how long each sign-in of the session lasts, where its user has asked to
	// be kept signed in.
	KeptFor time.Duration `json:"kept_for,omitempty"`
}

// extras reads Extra. What cannot be read was found by Open.
func (s Session) extras() (x extra) {
	if len(s.Extra) > 0 {
		_ = jsonrecord.Decode(s.Extra, &x)
	}
	return x
}

// with is the session with another Extra.
func (s Session) with(change func(*extra)) Session {
	x := s.extras()
	change(&x)
	if text, err := jsonrecord.Encode(&x); err == nil { // a struct of times and texts can be encoded
		s.Extra = text
	}
	return s
}

// Open makes a Current of a session and the row of its identity, as a store has found them.
// Its errors are for the log; jsonrecord.ErrNewer says that only a newer build may read one
// of the two.
func (m *Sessions) Open(s Session, r identity.Record) (Current, error) {
	if len(s.Extra) > 0 {
		if err := jsonrecord.Decode(s.Extra, new(extra)); err != nil {
			return Current{}, fmt.Errorf("session %q: extra: %w", s.ID, err)
		}
	}
	i, err := identity.Open(m.c.Ring, r)
	return m.Current(s, i, m.c.Now()), err
}

// SignedInAt is the last time at which every factor that the account required was proved,
// within PrivilegedAge of each other. MaxAge counts from it.
func (s Session) SignedInAt() time.Time {
	if at := s.extras().SignedInAt; !at.IsZero() {
		return at
	}
	return s.IssuedAt // of an older build
}

// signedIn is the session after a whole sign-in.
func (s Session) signedIn(now time.Time) Session {
	return s.with(func(x *extra) { x.SignedInAt = now })
}

// EarlierIDs are the ids that the session had before newer sign-ins, newest first; the last
// one is the id that it began with. A form that was made under one of them counts as
// expired, and not as forged.
func (s Session) EarlierIDs() []string { return s.extras().EarlierIDs }

// FirstID is the id that the session began with. It stays the same through newer sign-ins,
// for what must outlive them.
func (s Session) FirstID() string {
	if all := s.EarlierIDs(); len(all) > 0 {
		return all[len(all)-1]
	}
	return s.ID
}

// maxEarlier is how many earlier ids a session remembers.
const maxEarlier = 4

// SignedInAgain is the session after a whole sign-in. It gets a new id; the old one is kept
// in EarlierIDs.
func (s Session) SignedInAgain(now time.Time) Session {
	earlier := append([]string{s.ID}, s.EarlierIDs()...)
	if len(earlier) > maxEarlier { // the newest, and the very first
		earlier = append(slices.Clone(earlier[:maxEarlier-1]), earlier[len(earlier)-1])
	}
	s.ID, s.Version = uuid.NewString(), 0
	return s.with(func(x *extra) { x.SignedInAt, x.EarlierIDs = now, earlier })
}

// idleUntil is when the session ends if it is not used before; zero is never.
func (s Session) idleUntil() time.Time {
	if !bytes.Contains(s.Extra, []byte("idle_until")) { // asked with every request
		return time.Time{}
	}
	return s.extras().IdleUntil
}

// idle reports whether the session was not used for too long.
func (s Session) idle(now time.Time) bool {
	until := s.idleUntil()
	return !until.IsZero() && !now.Before(until)
}

// usableUntil is the session that ends then if it is not used before.
func (s Session) usableUntil(until time.Time) Session {
	return s.with(func(x *extra) { x.IdleUntil = until })
}
