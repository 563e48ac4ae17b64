package session

import (
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
)

// This file owns what a valid session may be asked: its level, the level its
// account requires, and what its user has to prove before the two meet.

// Current is a valid session with its identity, at the time it was found.
type Current struct {
	Session  Session
	Identity identity.Identity

	at     time.Time
	oblige []aal.Method // those of the Config
}

// Current makes a Current of a session, its identity and a time, for a caller that has read
// the two itself. FromToken does it for a token.
func (m *Sessions) Current(s Session, i identity.Identity, at time.Time) Current {
	return Current{Session: s, Identity: i, at: at, oblige: m.c.Oblige}
}

// At is the same session as it is judged at another time.
func (c Current) At(now time.Time) Current {
	c.at = now
	return c
}

// Level is the assurance level of the session now.
func (c Current) Level() aal.Level { return c.Session.Level(c.Identity) }

// Required is the level that the account requires of its sessions: see
// aal.Required.
func (c Current) Required() aal.Level {
	return c.Identity.Required(c.oblige, c.Session.appendCompleted(make([]aal.Method, 0, 8))...)
}

// Suffices reports whether the session has the level that its account requires. A session
// of an account recovery, which Session.Recovering tells, suffices if a second factor is
// proved too, or if the account requires none.
func (c Current) Suffices() bool { return c.proves(c.completed()) >= c.Required() }

// completed are the methods of the session, with what its own last change proved.
func (c Current) completed() []Completed {
	return c.Session.CaughtUp(c.Identity.State.LastChange).Methods
}

// proves is the level of completed methods, for repairs in a recovery session.
func (c Current) proves(completed []Completed, more ...aal.Method) aal.Level {
	methods := append(make([]aal.Method, 0, 8), more...)
	for _, m := range completed {
		methods = append(methods, m.Method)
	}
	if c.Session.Recovering() {
		return c.Identity.Repairing(methods...)
	}
	return c.Identity.Level(methods...)
}

// Missing are the methods that the account has and of which any one, completed now, brings
// the session to the level that the account requires: what a second login page may ask for.
// It is nil for a session that has that level.
func (c Current) Missing() []aal.Method {
	if c.Suffices() {
		return nil
	}
	var missing []aal.Method
	completed := c.completed()
	for _, m := range aal.All() {
		if c.Identity.Has(m) && c.proves(completed, m) >= c.Required() {
			missing = append(missing, m)
		}
	}
	return missing
}

// Stale are the methods that the user must prove again before a change that wants every
// factor of the required level to be proved within age. Among first factors any one will
// do, and among second ones too. Stale is nil if enough of them are fresh. For a session of
// password and totp it is {totp} if only the totp is older than age, and {password, totp}
// if both are.
func (c Current) Stale(age time.Duration) []aal.Method {
	all := c.completed()
	if c.allFresh(all, age) { // as in most forms
		return nil
	}
	fresh := make([]Completed, 0, 8) // stays on the stack
	var stale []Completed
	for _, m := range all {
		if aal.Fresh(c.at, m.At, age) {
			fresh = append(fresh, m)
		} else {
			stale = append(stale, m)
		}
	}
	required := min(c.Required(), c.proves(all))
	var again []aal.Method
	for reached := c.proves(fresh); reached < required; reached = c.proves(fresh) {
		var raising []Completed
		for _, m := range stale {
			if c.proves(fresh, m.Method) > reached {
				raising, again = append(raising, m), append(again, m.Method)
			}
		}
		if len(raising) == 0 {
			break
		}
		fresh = append(fresh, raising...)
	}
	return again
}

func (c Current) allFresh(all []Completed, age time.Duration) bool {
	for _, m := range all {
		if !aal.Fresh(c.at, m.At, age) {
			return false
		}
	}
	return true
}
