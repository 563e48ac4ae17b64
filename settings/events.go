package settings

import (
	"errors"

	"github.com/amend-go/amend/settings/identity"
)

// This file owns what an event tells of a change, and how many of them may wait.

// eventOf is the event of a change from before to after. Hooks get copies: what was
// judged is what is written.
func (s *Service) eventOf(before, after identity.Identity, e identity.Event) Event {
	if len(s.c.Before) == 0 && len(s.c.After) == 0 && s.c.Send == nil {
		return Event{Event: e, IdentityID: after.ID}
	}
	then, now := s.addresses(before), s.addresses(after)
	e.Added, e.Removed = after.Missing(before, now, then), before.Missing(after, then, now)
	before, after = before.Clone(), after.Clone()
	return Event{Event: e, IdentityID: after.ID, Before: &before, After: &after}
}

// addresses are where an identity is reached; none where no method knows addresses.
func (s *Service) addresses(i identity.Identity) []identity.Address {
	if s.methods.addressed == nil {
		return nil
	}
	return s.methods.addressed.Addresses(i)
}

// errTooManyEvents is of a change that would be one more that no After hook takes.
var errTooManyEvents = errors.New("settings: too many events of this identity wait for an After hook that fails: nothing is changed until it has taken some")

// keep puts the event of a change, and the messages that follow from it, into the row that
// the change writes. It returns what is to be delivered after the write.
func (s *Service) keep(before identity.Identity, after *identity.Identity, e identity.Event) ([]identity.Event, error) {
	kept, err := s.keepEvent(after, e)
	if err != nil {
		return nil, err
	}
	letters, err := s.keepMail(before, after, e)
	if kept {
		letters = append([]identity.Event{e}, letters...)
	}
	return letters, err
}

// keepEvent puts an event into the row that a change writes, if there are hooks to tell
// of it.
func (s *Service) keepEvent(i *identity.Identity, e identity.Event) (kept bool, err error) {
	if len(s.c.After) == 0 {
		return false, nil
	}
	e.Attempts = 1 // by the request that makes the change
	if !i.State.AddEvent(e) {
		return false, errTooManyEvents
	}
	return true, nil
}
