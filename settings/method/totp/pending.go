package totp

import (
	"slices"
	"strconv"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/method"
)

// This file owns the secret of an app that is not added yet: what it follows from,
// which it was that a form has shown, and what is said to who has scanned one that is
// no more.

// pending is the secret that the form shows. It is of one session and one sign-in,
// until the factor changes. Whoever held the session before its user signed in again
// has seen another one.
func pending(v method.View) []byte {
	serial := v.Identity.State.Factors[aal.TOTP].Serial
	return v.Secrets.Derive(secretSize, "pending", v.Session.ID,
		strconv.FormatUint(serial, 10), strconv.FormatInt(v.Session.AuthenticatedAt.Unix(), 10))
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

// showNew answers a code that waited for a sign-in. Its secret went with that
// sign-in, so the code is not compared: it could be one of the new secret by chance,
// and its user would have an app that shows no right code ever again.
func showNew() method.Result {
	return method.Again{Messages: []ui.Message{ui.Form(ui.NewTOTPSecret())}}
}

// wrongCode answers a code that is not of the secret. The first one in a flow that is
// older than the sign-in may be of the secret that the flow has shown before: an API
// client sends again what was refused for want of that sign-in.
func wrongCode(v method.View) method.Result {
	messages := []ui.Message{ui.On(fieldCode, ui.WrongTOTP())}
	told := slices.ContainsFunc(v.Flow.Messages, func(m ui.Message) bool {
		return m.ID == ui.WrongTOTP().ID || m.ID == ui.NewTOTPSecret().ID
	})
	if !told && v.Flow.IssuedAt.Unix() < v.Session.AuthenticatedAt.Unix() {
		messages = append(messages, ui.Form(ui.NewTOTPSecret()))
	}
	return method.Wrong{Messages: messages}
}
