package aal

import (
	"slices"
	"time"
)

// Level is an authenticator assurance level. Levels are ordered: a higher one
// satisfies every requirement a lower one does.
type Level uint8

const (
	None Level = iota // nothing proved
	AAL1              // one factor
	AAL2              // two distinct factors
)

// String is the level as it stands on the wire: "aal0", "aal1", "aal2".
func (l Level) String() string {
	switch l {
	case AAL1:
		return "aal1"
	case AAL2:
		return "aal2"
	}
	return "aal0"
}

// Of is the level that a set of completed methods proves.
//
//   - AAL2: a passkey (it verifies its user); or password, oidc or code
//     together with totp or webauthn; or password together with a recovery
//     code.
//   - AAL1: any first factor, or an account recovery, alone.
//   - None: second factors alone, unknown methods, nothing.
//
// Using one method twice proves no more than once.
func Of(methods ...Method) Level { return prove(false, methods) }

// Repairing is the level that a set of completed methods proves for the repair of
// an account: as Of, but an account recovery counts for the password that it is
// there to replace. {code_recovery, totp} repairs at AAL2, and is AAL1 for
// everything else.
func Repairing(methods ...Method) Level { return prove(true, methods) }

func prove(repair bool, methods []Method) Level {
	var password, one, two, other, standIn, recovered bool
	for _, m := range methods {
		password = password || m == Password
		switch kindOf(m) {
		case first:
			one = true
		case both:
			two = true
		case second:
			other = true
		case backup:
			standIn = true
		case recovery:
			recovered = true
		}
	}
	if repair && recovered {
		password, one = true, true
	}
	switch {
	case two, one && other, password && standIn:
		return AAL2
	case one, recovered:
		return AAL1
	}
	return None
}

// Required is the level that an account requires of its sessions: AAL2 if one of its
// methods obliges the account and its methods can reach AAL2 together, else AAL1. have are
// the methods of the account, and the first factors that its host keeps.
//
// TOTP and WebAuthn (an authenticator app, a security key) oblige; oblige lists further
// methods that do. A passkey does not, though it reaches AAL2 alone, so that adding one
// locks nobody out who signs in by password. Recovery codes do not, because they only stand
// in for another second factor.
func Required(have []Method, oblige ...Method) Level {
	obliged := slices.ContainsFunc(have, func(m Method) bool { return kindOf(m) == second || slices.Contains(oblige, m) })
	if obliged && Repairing(have...) >= AAL2 {
		return AAL2
	}
	return AAL1
}

// FutureSkew is how far in the future an authentication may lie and still count. It allows
// for clocks of two instances that differ a little; what lies further ahead counts as not
// having happened.
const FutureSkew = 60 * time.Second

// Fresh reports whether an authentication at authenticatedAt is recent enough
// at now for a change that needs one no older than maxAge. Exactly maxAge is
// fresh, a nanosecond more is not; further in the future than FutureSkew is
// not (ASVS 5.0 7.5.1).
func Fresh(now, authenticatedAt time.Time, maxAge time.Duration) bool {
	age := now.Sub(authenticatedAt)
	return age <= maxAge && age >= -FutureSkew
}
