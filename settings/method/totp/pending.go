package totp

import (
	"strconv"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/method"
)

// This file owns the secret of an app that is not added yet: what it follows from,
// and which it was that a form has shown.

// pending is the secret that the form shows. It is this session's, until the
// factor changes.
func pending(v method.View) []byte {
	serial := v.Identity.State.Factors[aal.TOTP].Serial
	return v.Secrets.Derive(secretSize, "pending", v.Session.ID, strconv.FormatUint(serial, 10))
}

// matchPending finds the secret that a form has shown, under whichever key, by a
// code of it, and the code's step.
func matchPending(v method.View, given string) (secret []byte, step int64, ok bool) {
	for under := range v.UnderEachKey() {
		secret = pending(under)
		if step, ok = match(secret, given, v.Now); ok {
			return secret, step, true
		}
	}
	return nil, 0, false
}
