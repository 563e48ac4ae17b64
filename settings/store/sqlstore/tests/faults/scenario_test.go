package faults_test

import (
	"cmp"
	"crypto/rand"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/settingstest"
)

// step is a part of what the user does.
type step struct {
	name     string
	event    string // of the change that it makes; "" for none
	password bool   // the change is a new password
	form     bool   // the form that it leaves is the next step's
	bare     bool   // what is sent holds no secret: sent again by an API client, with the token that it superseded, it gets no session

	// do does it, or does it again. It reports whether it was acknowledged.
	do func(w *fixture) bool
}

// scenario is what the user does, one step after the other.
func scenario() []step {
	return []step{
		{name: "a name", event: "profile.changed", do: func(w *fixture) bool {
			return w.submit(settingstest.Fields{"method": "profile", "traits": map[string]any{"email": w.user.Email, "name": "Ada"}})
		}},
		{name: "a new password", event: "password.changed", password: true, do: (*fixture).changePassword},
		{name: "an authenticator app", event: "totp.added", do: (*fixture).addApp},
		{name: "recovery codes are made", form: true, do: (*fixture).makeCodes},
		{name: "recovery codes are confirmed", event: "lookup_secret.confirmed", bare: true, do: (*fixture).confirmCodes},
		{name: "a sign-in with a recovery code", do: func(w *fixture) bool { return w.signIn(aal.Lookup, w.nextCode) }},
		{name: "a sign-in with the app", do: func(w *fixture) bool { return w.signIn(aal.TOTP, w.nextTOTP) }},
		{name: "another password", event: "password.changed", password: true, do: (*fixture).changePassword},
		{name: "the app is removed", event: "totp.removed", bare: true, do: func(w *fixture) bool {
			return w.submit(settingstest.Fields{"totp_unlink": true})
		}},
		{name: "a sign-in with another recovery code", do: func(w *fixture) bool { return w.signIn(aal.Lookup, w.nextCode) }},
		{name: "the end"},
	}
}

// How many steps are done when these are.
const afterTheFirstPassword, afterTheCodes = 2, 5

func (w *fixture) step() step { return w.steps[w.user.Done] }

// over reports whether there is nothing left to do.
func (w *fixture) over() bool { return w.step().do == nil }

// attempt does the next step once, and takes it down if it is acknowledged.
func (w *fixture) attempt() (done bool) {
	s := w.step()
	w.cause = nil
	w.unanswered, w.user.Doubt, w.overtook, w.shutOut = w.user.Doubt, true, false, false
	if s.password {
		w.user.Wanted = cmp.Or(w.user.Wanted, newPassword())
	}
	w.saved()
	done = s.do(w) || w.overtook
	if !done && w.unsure() && w.shutOut {
		// The change is made, and the session that made it does not get in. Who signs in
		// sees that it is made.
		done = w.signInWithWhatIsLeft()
	}
	if done {
		w.acknowledged()
	}
	return done
}

// unsure reports whether the step was sent before, and its change is made.
func (w *fixture) unsure() bool { return w.unanswered && w.made() }

// again does the step that is under way once more, while its first request is
// waiting.
func (w *fixture) again() {
	w.overtaken = true
	if w.step().do(w) {
		w.overtook = true
	}
}

func (w *fixture) acknowledged() {
	s := w.step()
	if s.password {
		w.user.Password, w.user.Wanted = w.user.Wanted, ""
	}
	if s.event != "" {
		w.user.Changes = append(w.user.Changes, s.event)
	}
	if !s.form {
		w.user.Flow = ""
	}
	w.user.Doubt, w.overtaken = false, false
	w.user.Done++
	w.saved()
}

// insist does a step, now that nothing is in the way.
func (w *fixture) insist() {
	w.t.Helper()
	if !w.attempt() {
		w.violated("it is not done, though nothing is in the way any more: %v", w.cause)
	}
	w.holds()
	if w.t.Failed() {
		w.t.FailNow()
	}
	w.advance(betweenSteps)
}

// betweenSteps is long enough for the next code of an app, also where clocks are
// a minute apart.
const betweenSteps = 91 * time.Second

// goOnToTheEnd does the rest of the scenario with nothing in the way, and lets
// every event be told.
func (w *fixture) goOnToTheEnd() {
	w.t.Helper()
	for !w.over() {
		w.insist()
	}
	w.advance(time.Minute)
	require.True(w.t, w.openForm(), "a form")
	if left := w.identity().State.Events; len(left) > 0 {
		w.violated("events that are never told: %v", left)
	}
	w.holds()
}

// openForm opens a form, unless one is open.
func (w *fixture) openForm() bool {
	w.t.Helper()
	if w.user.Flow != "" {
		return true
	}
	a := w.client.Get("/self-service/settings/api")
	if !w.answered(a) {
		return false
	}
	w.user.Flow = a.Flow.ID
	w.saved()
	return true
}

// submit sends the form that is open.
func (w *fixture) submit(fields settingstest.Fields) bool {
	w.t.Helper()
	if !w.openForm() {
		return false
	}
	before := w.client.Token
	a := w.client.Submit(&settingstest.Flow{ID: w.user.Flow}, fields)
	w.token(before)
	return w.answered(a)
}

func newPassword() string { return "correct horse " + rand.Text() }

func (w *fixture) changePassword() bool {
	return w.submit(settingstest.Fields{"method": "password", "password": w.user.Wanted})
}

// addApp sends the first code of an app, and the same one again.
func (w *fixture) addApp() bool {
	if !w.openForm() {
		return false
	}
	if w.user.Secret == "" {
		a := w.client.Read(w.user.Flow)
		if !w.answered(a) {
			return false
		}
		shown := contextOf(a.Flow, "totp_secret_key")
		if shown == nil && w.overtaken {
			return false // it is added
		}
		w.user.Secret = shown["secret"].(string)
		w.kit.SecretAtRest("totp secret", w.user.Secret)
		w.saved()
	}
	code := w.codeNow()
	if !w.submit(settingstest.Fields{"method": "totp", "totp_code": code}) {
		return false
	}
	w.user.Accepted[code] += 0 // it added the app, and is good for nothing else
	return true
}

func (w *fixture) makeCodes() bool {
	w.t.Helper()
	if !w.submit(settingstest.Fields{"lookup_secret_regenerate": true}) {
		return false
	}
	a := w.client.Read(w.user.Flow)
	if !w.answered(a) {
		return false
	}
	w.user.Codes = nil
	shown := contextOf(a.Flow, "lookup_secret_codes")
	require.NotNil(w.t, shown, "the codes are shown")
	for _, c := range shown["secrets"].([]any) {
		code := c.(map[string]any)["text"].(string)
		w.kit.SecretAtRest("recovery code", code)
		w.user.Codes = append(w.user.Codes, code)
	}
	require.Len(w.t, w.user.Codes, 12)
	w.saved()
	return true
}

// confirmCodes says that the codes are kept. The form of a submit that could not
// be done shows them no more: they are made again, and are the same.
func (w *fixture) confirmCodes() bool {
	confirm := settingstest.Fields{"lookup_secret_confirm": true}
	if w.unanswered {
		kept := w.user.Codes
		if a := w.client.Read(w.user.Flow); a.Flow != nil && contextOf(a.Flow, "lookup_secret_codes") == nil && !w.made() {
			if !w.makeCodes() {
				return false
			}
			require.Equal(w.t, kept, w.user.Codes)
		}
	}
	return w.submit(confirm)
}

// contextOf is the context of the text of a node.
func contextOf(f *settingstest.Flow, id string) map[string]any {
	for _, n := range f.UI.Nodes {
		if n.Name() == id {
			return n.Attributes["text"].(map[string]any)["context"].(map[string]any)
		}
	}
	return nil
}
