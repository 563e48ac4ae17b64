package aal

import "time"

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
func Of(methods ...Method) Level {
	var password, one, two, other, standIn, recovered bool
	for _, m := range methods {
		password = password || m == Password
		switch kinds[m] {
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
	switch {
	case two, one && other, password && standIn:
		return AAL2
	case one, recovered:
		return AAL1
	}
	return None
}

// FutureSkew is how far in the future an authentication may lie before it
// counts as not having happened: the clocks of two instances differ a little.
const FutureSkew = 60 * time.Second

// Fresh reports whether an authentication at authenticatedAt is recent enough
// at now for a change that needs one no older than maxAge. Exactly maxAge is
// fresh, a nanosecond more is not; further in the future than FutureSkew is
// not (ASVS 5.0 7.5.1).
func Fresh(now, authenticatedAt time.Time, maxAge time.Duration) bool {
	age := now.Sub(authenticatedAt)
	return age <= maxAge && age >= -FutureSkew
}
