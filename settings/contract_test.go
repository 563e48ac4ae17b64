package settings_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// The documented contract of POST /self-service/settings over HTTP, cell by
// cell: TestContract/<outcome>/<client>. How a cell is written: see line. What
// is checked around each cell: see run.
func TestContract(t *testing.T) {
	for _, row := range slices.Concat(contractSuccess, contractInvalid, contractExpired, contractNoSession, contractWeak, contractForbidden, contractDefault) {
		t.Run(row.name, func(t *testing.T) {
			for kind, want := range map[respond.Client]string{respond.API: row.api, respond.Page: row.page, respond.Script: row.script} {
				if want != "" {
					t.Run(kind.String(), func(t *testing.T) { row.run(t, kind, want) })
				}
			}
		})
	}
}

const (
	contractToUI      = "303 https://app.example.com/settings flow=F"
	contractToError   = "303 https://app.example.com/error id=… ⇒ "
	contractAPIRotate = "200 flow success 1050001 continue_with=set_ory_session_token:NEW session_token=NEW"
	contractAfter     = "https://app.example.com/after a=b"
)

var contractSuccess = []contractRow{
	{
		name:    "success",
		changed: passwordChanged,
		api:     contractAPIRotate,
		page:    contractToUI + " cookie=NEW ⇒ success 1050001",
		script:  "200 flow success 1050001 continue_with=redirect_browser_to:https://app.example.com/settings flow=F cookie=NEW",
	},
	{
		name: "success, return_to of the flow",
		config: func(c *settings.Config) {
			contractAfterURLs(c, "https://app.example.com/other", "https://app.example.com/general")
		},
		start:   "?return_to=https%3A%2F%2Fapp.example.com%2Fafter%3Fa%3Db",
		changed: passwordChanged,
		api:     contractAPIRotate,
		page:    "303 " + contractAfter + " cookie=NEW",
		script:  "200 flow success 1050001 continue_with=redirect_browser_to:" + contractAfter + " cookie=NEW",
	},
	{
		name: "success, after-URL of the method",
		config: func(c *settings.Config) {
			contractAfterURLs(c, "https://app.example.com/other", "https://app.example.com/general")
		},
		changed: passwordChanged,
		api:     contractAPIRotate,
		page:    "303 https://app.example.com/other cookie=NEW",
		script:  "200 flow success 1050001 continue_with=redirect_browser_to:https://app.example.com/other cookie=NEW",
	},
	{
		name:    "success, after-URL",
		config:  func(c *settings.Config) { c.AfterURL = "https://app.example.com/general" },
		changed: passwordChanged,
		api:     contractAPIRotate,
		page:    "303 https://app.example.com/general cookie=NEW",
		script:  "200 flow success 1050001 continue_with=redirect_browser_to:https://app.example.com/general cookie=NEW",
	},
	{
		name: "success, the after-URL of another method is not this one's",
		config: func(c *settings.Config) {
			c.AfterURLs = map[string]string{"test": "https://app.example.com/other"}
		},
		changed: passwordChanged,
		api:     contractAPIRotate,
		page:    contractToUI + " cookie=NEW ⇒ success 1050001",
		script:  "200 flow success 1050001 continue_with=redirect_browser_to:https://app.example.com/settings flow=F cookie=NEW",
	},
	{
		name:    "success, a return_to that is not allowed any more is not emitted",
		start:   "?return_to=https://app.example.com/after",
		given:   func(w *contractFixture) { w.serve(func(c *settings.Config) { c.AllowReturnTo = nil }) },
		changed: passwordChanged,
		api:     contractAPIRotate,
		page:    contractToUI + " cookie=NEW ⇒ success 1050001",
		script:  "200 flow success 1050001 continue_with=redirect_browser_to:https://app.example.com/settings flow=F cookie=NEW",
		then: func(w *contractFixture, _ *settingstest.Answer) {
			assert.Empty(w.t, w.client.Read(w.flow.ID).Flow.ReturnTo)
		},
	},
	{
		name: "success, return_to on the submit is checked and never used",
		when: func(w *contractFixture) *settingstest.Answer {
			return w.submitTo("?flow=" + w.flow.ID + "&return_to=https%3A%2F%2Fapp.example.com%2Fafter")
		},
		changed: passwordChanged,
		api:     contractAPIRotate,
		page:    contractToUI + " cookie=NEW ⇒ success 1050001",
		script:  "200 flow success 1050001 continue_with=redirect_browser_to:https://app.example.com/settings flow=F cookie=NEW",
	},
	{
		name:    "success, the token is not rotated",
		when:    (*contractFixture).submitTest,
		changed: nicknameChanged,
		api:     "200 flow success 1050001 continue_with=set_ory_session_token:OLD session_token=OLD",
		page:    contractToUI + " cookie=OLD ⇒ success 1050001",
		script:  "200 flow success 1050001 continue_with=redirect_browser_to:https://app.example.com/settings flow=F cookie=OLD",
	},
	{
		name:    "success, the session is exactly as old as the privileged age",
		given:   func(w *contractFixture) { w.Clock.Advance(15 * time.Minute) },
		changed: passwordChanged,
		api:     contractAPIRotate,
		page:    contractToUI + " cookie=NEW ⇒ success 1050001",
		script:  "200 flow success 1050001 continue_with=redirect_browser_to:https://app.example.com/settings flow=F cookie=NEW",
	},
	{
		name: "success, of a flow that has made a change before",
		given: func(w *contractFixture) {
			w.submit()
		},
		when:    (*contractFixture).submitTest,
		changed: nicknameChanged,
		api:     "200 flow success 1050001 continue_with=set_ory_session_token:OLD session_token=OLD",
		page:    contractToUI + " cookie=OLD ⇒ success 1050001",
		script:  "200 flow success 1050001 continue_with=redirect_browser_to:https://app.example.com/settings flow=F cookie=OLD",
	},
}

// contractAfterURLs sets both kinds of after-URL.
func contractAfterURLs(c *settings.Config, ofPassword, general string) {
	c.AfterURL, c.AfterURLs = general, map[string]string{"password": ofPassword}
}

var contractInvalid = []contractRow{
	{
		name: "input not valid",
		when: func(w *contractFixture) *settingstest.Answer {
			return w.client.Submit(w.flow, settingstest.Fields{"method": "password", "password": "short"})
		},
		written: true,
		api:     "400 flow show_form password:4000032",
		page:    contractToUI + " ⇒ show_form password:4000032",
		script:  "400 flow show_form password:4000032",
	},
	{
		name: "input not valid, the new password is the old one",
		when: func(w *contractFixture) *settingstest.Answer {
			return w.client.Submit(w.flow, settingstest.Fields{"method": "password", "password": contractOldPassword})
		},
		written: true,
		api:     "400 flow show_form password:4000039",
		page:    contractToUI + " ⇒ show_form password:4000039",
		script:  "400 flow show_form password:4000039",
	},
	{
		name:  "input not valid, a failure after a success is a failure",
		given: func(w *contractFixture) { w.submit() },
		when: func(w *contractFixture) *settingstest.Answer {
			return w.client.Submit(w.flow, settingstest.Fields{"method": "password", "password": "short"})
		},
		written: true,
		api:     "400 flow show_form password:4000032",
		page:    contractToUI + " ⇒ show_form password:4000032",
		script:  "400 flow show_form password:4000032",
	},
	{
		name: "input not valid, no method of that name",
		when: func(w *contractFixture) *settingstest.Answer {
			return w.client.Submit(w.flow, settingstest.Fields{"method": "telepathy"})
		},
		written: true,
		api:     "400 flow show_form 4010004",
		page:    contractToUI + " ⇒ show_form 4010004",
		script:  "400 flow show_form 4010004",
	},
	{
		name:    "input not valid, a body that says two things is a flow with a message",
		when:    (*contractFixture).submitTwice,
		written: true,
		api:     "400 flow show_form 4000001",
		page:    contractToUI + " ⇒ show_form 4000001",
		script:  "400 flow show_form 4000001",
	},
}

var contractExpired = []contractRow{
	{
		name:    "flow expired",
		start:   "?return_to=https%3A%2F%2Fapp.example.com%2Fafter%3Fa%3Db",
		given:   func(w *contractFixture) { w.Clock.Advance(time.Hour) },
		when:    (*contractFixture).submitSecret,
		written: true,
		api:     "303 https://app.example.com/auth/self-service/settings/flows id=FRESH ⇒ show_form 4050001",
		page:    "303 https://app.example.com/settings flow=FRESH ⇒ show_form 4050001",
		script:  "303 https://app.example.com/login return_to=https://app.example.com/settings?flow=FRESH",
		then:    (*contractFixture).isReplaced,
	},
	{
		name:   "flow expired, after a coffee break where flows live for a minute (ory/kratos#4097)",
		config: func(c *settings.Config) { c.Lifespan, c.PrivilegedSessionMaxAge = time.Minute, time.Minute },
		given: func(w *contractFixture) {
			w.Clock.Advance(20 * time.Minute)
			require.NoError(w.t, w.Handler.Service.Sweep(w.t.Context()))
		},
		written: true,
		api:     "303 https://app.example.com/auth/self-service/settings/flows id=FRESH ⇒ show_form 4050001",
		page:    "303 https://app.example.com/settings flow=FRESH ⇒ show_form 4050001",
		script:  "303 https://app.example.com/login return_to=https://app.example.com/settings?flow=FRESH",
	},
	{
		name:  "flow expired, submitted again",
		start: "?return_to=https%3A%2F%2Fapp.example.com%2Fafter%3Fa%3Db",
		given: func(w *contractFixture) {
			w.Clock.Advance(time.Hour)
			w.submitSecret()
			w.note = w.replacement()
			w.Clock.Advance(30 * time.Minute)
			w.down("CreateFlow")
		},
		when:   (*contractFixture).submit, // something else than the first time
		api:    "303 https://app.example.com/auth/self-service/settings/flows id=FRESH ⇒ show_form 4050001",
		page:   "303 https://app.example.com/settings flow=FRESH ⇒ show_form 4050001",
		script: "303 https://app.example.com/login return_to=https://app.example.com/settings?flow=FRESH",
		then: func(w *contractFixture, a *settingstest.Answer) {
			assert.Equal(w.t, w.note, w.replacement(), "one fresh flow, also for repeats")
			w.isReplaced(a)
		},
	},
	{
		name:    "flow expired, its body cannot be read",
		given:   func(w *contractFixture) { w.Clock.Advance(time.Hour) },
		when:    (*contractFixture).submitTwice,
		written: true,
		api:     "303 https://app.example.com/auth/self-service/settings/flows id=FRESH ⇒ show_form 4050001",
		page:    "303 https://app.example.com/settings flow=FRESH ⇒ show_form 4050001",
		script:  "303 https://app.example.com/login return_to=https://app.example.com/settings?flow=FRESH",
	},
	{
		name: "flow gone, its fresh flow has expired too",
		given: func(w *contractFixture) {
			w.Clock.Advance(time.Hour)
			w.serve(func(c *settings.Config) { c.Lifespan = 10 * time.Minute })
			w.submit()
			require.NotEmpty(w.t, w.replacement())
			w.Clock.Advance(10 * time.Minute)
		},
		api:    "410 error self_service_flow_expired expired_at=2030-01-02T13:00:00Z since=600000000000",
		page:   contractToError + "410 self_service_flow_expired",
		script: "410 error self_service_flow_expired expired_at=2030-01-02T13:00:00Z since=600000000000",
	},
	{
		name: "flow gone, its fresh flow is lost",
		given: func(w *contractFixture) {
			w.Clock.Advance(time.Hour)
			w.submit()
			require.NoError(w.t, w.Store.DeleteFlow(w.t.Context(), "flow:"+w.replacement()))
		},
		api:    "410 error self_service_flow_expired expired_at=2030-01-02T13:00:00Z since=0",
		page:   contractToError + "410 self_service_flow_expired",
		script: "410 error self_service_flow_expired expired_at=2030-01-02T13:00:00Z since=0",
	},
	contractRow{
		name:  "flow gone, from before a credential change",
		given: func(w *contractFixture) { w.client.Submit(w.client.Start(), passwordFields()) },
		when: func(w *contractFixture) *settingstest.Answer {
			return w.client.Submit(w.flow, settingstest.Fields{"method": "password", "password": "yet another fine horse"})
		},
	}.fails("410", "self_service_flow_expired"),
	{
		name: "flow gone, its fresh flow is from before a credential change",
		given: func(w *contractFixture) {
			w.Clock.Advance(time.Hour)
			w.submit()
			w.renew()
			w.client.Submit(w.client.Start(), passwordFields())
		},
		when:   (*contractFixture).submitTest,
		api:    "410 error self_service_flow_expired expired_at=2030-01-02T13:00:00Z since=0",
		page:   contractToError + "410 self_service_flow_expired",
		script: "410 error self_service_flow_expired expired_at=2030-01-02T13:00:00Z since=0",
	},
}
