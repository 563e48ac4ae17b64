package settings_test

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

const (
	contractToLogin   = "303 https://app.example.com/login return_to=https://app.example.com/settings?flow=F"
	contractToRefresh = "https://app.example.com/login refresh=true return_to=https://app.example.com/auth/self-service/settings?flow=F"
	contractToStepUp  = "https://app.example.com/login aal=aal2 return_to=https://app.example.com/auth/self-service/settings?flow=F"
	contractInactive  = "401 error session_inactive"
	contractStale     = `403 error session_refresh_required details={"login":{"refresh":true}} redirect_browser_to=` + contractToRefresh
	contractLowAAL    = `403 error session_aal2_required details={"login":{"aal":"aal2"}} redirect_browser_to=` + contractToStepUp
)

// The ways to have no valid session are all answered alike.
var contractNoSession = []contractRow{
	contractRow{
		name:  "no session, none",
		given: func(w *contractFixture) { w.client = w.Anonymous(w.kind) },
	}.login(),
	contractRow{
		name:  "no session, a token that was never issued",
		given: func(w *contractFixture) { w.client = w.unknownToken() },
	}.login(),
	contractRow{
		name:  "no session, what is no token at all",
		given: func(w *contractFixture) { w.client = w.holding("amd_st_nonsense") },
	}.login(),
	contractRow{
		name:  "no session, revoked since the start of the flow",
		given: func(w *contractFixture) { w.revoke() },
	}.login(),
	contractRow{
		name:   "no session, expired since the start of the flow",
		config: func(c *settings.Config) { c.SessionLifespan = 10 * time.Minute },
		given:  func(w *contractFixture) { w.Clock.Advance(10 * time.Minute) },
	}.login(),
	contractRow{
		name:  "no session, its identity is not active",
		given: func(w *contractFixture) { require.NoError(w.t, w.Store.SetActive(w.t.Context(), w.ada, false)) },
	}.login(),
	contractRow{
		name: "no session, another session has changed the password",
		given: func(w *contractFixture) {
			other := w.SignIn(w.ada, w.kind)
			other.Submit(other.Start(), passwordFields())
		},
	}.login(),
	{
		name:  "no session, and nobody learns whether the flow exists",
		given: func(w *contractFixture) { w.client = w.unknownToken() },
		when: func(w *contractFixture) *settingstest.Answer {
			return w.submitTo("?flow=" + "0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a")
		},
		api:    contractInactive,
		page:   "303 https://app.example.com/login return_to=https://app.example.com/settings?flow=0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a",
		script: contractInactive,
	},
}

func (row contractRow) login() contractRow {
	row.api, row.page, row.script = contractInactive, contractToLogin, contractInactive
	return row
}

// A session that is not fresh or not strong enough.
var contractWeak = []contractRow{
	{
		name:    "older than PrivilegedSessionMaxAge",
		given:   func(w *contractFixture) { w.Clock.Advance(15*time.Minute + 1) },
		written: true,
		api:     contractStale,
		page:    "303 " + contractToRefresh,
		script:  contractStale,
	},
	{
		name: "older than PrivilegedSessionMaxAge, of a change that did not say it needs a recent sign-in",
		given: func(w *contractFixture) {
			w.method.edits(func(i *identity.Identity) error { i.PasswordHash = ""; return nil })
			w.Clock.Advance(15*time.Minute + 1)
		},
		when:    (*contractFixture).submitTest,
		written: true,
		api:     contractStale,
		page:    "303 " + contractToRefresh,
		script:  contractStale,
	},
	{
		name:   "AAL too low",
		given:  func(w *contractFixture) { w.AddFactor(w.ada, aal.TOTP) },
		api:    contractLowAAL,
		page:   "303 " + contractToStepUp,
		script: contractLowAAL,
	},
	{
		name:   "AAL too low, also for a change that needs nothing",
		given:  func(w *contractFixture) { w.AddFactor(w.ada, aal.TOTP) },
		when:   (*contractFixture).submitTest,
		api:    contractLowAAL,
		page:   "303 " + contractToStepUp,
		script: contractLowAAL,
	},
	{
		name:   "AAL too low, for a change that asks for the highest",
		config: func(c *settings.Config) { c.AllowAAL1 = true },
		given: func(w *contractFixture) {
			w.AddFactor(w.ada, aal.TOTP)
			w.method.does(method.Needs{RequiredAAL: true}, method.Change{Event: "test.changed", Edit: settingTraits(contractTraits)}, nil)
		},
		when:    (*contractFixture).submitTest,
		written: true,
		api:     contractLowAAL,
		page:    "303 " + contractToStepUp,
		script:  contractLowAAL,
	},
	{
		name:   "AAL too low, for a change that did not say it removes a factor",
		config: func(c *settings.Config) { c.AllowAAL1 = true },
		given: func(w *contractFixture) {
			w.AddFactor(w.ada, aal.TOTP)
			w.method.edits(func(i *identity.Identity) error { delete(i.State.Factors, aal.TOTP); return nil })
		},
		when:    (*contractFixture).submitTest,
		written: true,
		api:     contractLowAAL,
		page:    "303 " + contractToStepUp,
		script:  contractLowAAL,
	},
}

var contractForbidden = []contractRow{
	contractRow{
		name: "other identity's flow",
		given: func(w *contractFixture) {
			w.client = w.SignIn(w.AddIdentity("eve@example.com", "a horse of another colour"), w.kind)
		},
	}.fails("403", "security_identity_mismatch"),
	contractRow{
		name: "other identity's flow, another one has signed in during the interruption",
		given: func(w *contractFixture) {
			w.Clock.Advance(15*time.Minute + 1)
			w.submit() // needs a recent sign-in
			w.client = w.SignIn(w.AddIdentity("eve@example.com", "a horse of another colour"), w.kind)
		},
		when: func(w *contractFixture) *settingstest.Answer {
			return w.client.Get("/self-service/settings?flow=" + w.flow.ID)
		},
	}.fails("403", "security_identity_mismatch"),
	{
		name: "anti-CSRF check fails, a token that is none",
		when: func(w *contractFixture) *settingstest.Answer {
			return w.client.Submit(w.flow, settingstest.Fields{"method": "password", "password": contractNewPassword, "csrf_token": "wrong"})
		},
		page:   contractToError + "403 security_csrf_violation",
		script: "403 error security_csrf_violation",
	},
	{
		name: "anti-CSRF check fails, a page of another site",
		given: func(w *contractFixture) {
			w.client.Header.Set("Sec-Fetch-Site", "cross-site")
			w.client.Header.Set("Origin", "https://evil.example")
		},
		page:   contractToError + "403 security_csrf_violation",
		script: "403 error security_csrf_violation",
	},
	{
		name: "anti-CSRF check fails, before the fields are judged",
		when: func(w *contractFixture) *settingstest.Answer {
			return w.client.Submit(w.flow, settingstest.Fields{"method": "telepathy", "csrf_token": "wrong"})
		},
		page:   contractToError + "403 security_csrf_violation",
		script: "403 error security_csrf_violation",
	},
	{
		name: "anti-CSRF check does not apply to API flows",
		when: func(w *contractFixture) *settingstest.Answer {
			return w.client.Submit(w.flow, settingstest.Fields{"method": "password", "password": contractNewPassword, "csrf_token": "wrong"})
		},
		changed: passwordChanged,
		api:     contractAPIRotate,
	},
	{
		name:  "an API flow with signs of a browser, an Origin",
		given: func(w *contractFixture) { w.client.Header.Set("Origin", "https://app.example.com") },
		api:   "400 flow show_form 4000001",
	},
	{
		name:  "an API flow with signs of a browser, our cookie",
		given: func(w *contractFixture) { w.client.Header.Set("Cookie", "__Host-amend_session="+w.client.Token) },
		api:   "400 flow show_form 4000001",
	},
	contractRow{
		name: "return_to not allowed, on the submit",
		when: func(w *contractFixture) *settingstest.Answer {
			return w.submitTo("?flow=" + w.flow.ID + "&return_to=https%3A%2F%2Fevil.example%2F")
		},
		then: (*contractFixture).namesReturnTo,
	}.fails("403", "security_identity_mismatch"),
	contractRow{
		name:  "return_to not allowed, before anything else is judged",
		given: func(w *contractFixture) { w.client.Header.Set("Sec-Fetch-Site", "cross-site") },
		when: func(w *contractFixture) *settingstest.Answer {
			return w.submitTo("?return_to=https%3A%2F%2Fevil.example%2F&flow=nonsense")
		},
		then: (*contractFixture).namesReturnTo,
	}.fails("403", "security_identity_mismatch"),
	contractRow{
		name: "return_to not allowed, on the start",
		when: func(w *contractFixture) *settingstest.Answer {
			return w.client.Get(startPath(w.kind) + "?return_to=https%3A%2F%2Fevil.example%2F")
		},
		then: (*contractFixture).namesReturnTo,
	}.fails("400", "security_identity_mismatch"),
	contractRow{
		name: "return_to not allowed, two on the start that differ",
		when: func(w *contractFixture) *settingstest.Answer {
			return w.client.Get(startPath(w.kind) + "?return_to=https%3A%2F%2Fapp.example.com%2Fafter&return_to=https%3A%2F%2Fapp.example.com%2Fafter%2Fx")
		},
		then: (*contractFixture).namesReturnTo,
	}.fails("400", "security_identity_mismatch"),
	{
		name: "the browser must open a URL",
		given: func(w *contractFixture) {
			w.method.does(method.Needs{}, method.Redirect{URL: func(string) string { return "https://github.example/authorize?state=s" }}, nil)
		},
		when:   (*contractFixture).submitTest,
		api:    "422 error browser_location_change_required redirect_browser_to=https://github.example/authorize state=s",
		page:   "303 https://github.example/authorize state=s",
		script: "422 error browser_location_change_required redirect_browser_to=https://github.example/authorize state=s",
	},
}

// namesReturnTo: the id alone does not say what was wrong.
func (w *contractFixture) namesReturnTo(a *settingstest.Answer) {
	w.t.Helper()
	e := a.Error
	if w.kind == respond.Page {
		e = a.Failure()
	}
	assert.Contains(w.t, e.Reason, "return_to")
}
