package settings_test

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

var contractDefault = []contractRow{
	contractRow{
		name: "default, unknown flow",
		when: func(w *contractFixture) *settingstest.Answer { return w.submitTo("?flow=" + uuid.NewString()) },
	}.fails("404", "self_service_flow_not_found"),
	contractRow{
		name: "default, a flow that expired a day ago",
		given: func(w *contractFixture) {
			w.Clock.Advance(25 * time.Hour)
			w.client = w.SignIn(w.ada, w.kind)
		},
	}.fails("404", "self_service_flow_not_found"),
	contractRow{
		name: "default, a method that is not offered",
		when: func(w *contractFixture) *settingstest.Answer {
			return w.client.Submit(w.flow, settingstest.Fields{"method": "totp", "totp_code": "123456"})
		},
	}.fails("404", "self_service_flow_disabled"),
	contractRow{
		name: "default, a button of a method that is not offered",
		when: func(w *contractFixture) *settingstest.Answer {
			return w.client.Submit(w.flow, settingstest.Fields{"lookup_secret_regenerate": "true"})
		},
	}.fails("404", "self_service_flow_disabled"),
	contractRow{
		name: "default, flow parameter missing",
		when: func(w *contractFixture) *settingstest.Answer { return w.submitTo("") },
	}.fails("400", "self_service_flow_missing"),
	contractRow{
		name: "default, flow parameter empty",
		when: func(w *contractFixture) *settingstest.Answer { return w.submitTo("?flow=") },
	}.fails("400", "self_service_flow_missing"),
	contractRow{
		name: "default, an id that is none",
		when: func(w *contractFixture) *settingstest.Answer { return w.submitTo("?flow=..%2F..%2Fetc%2Fpasswd") },
	}.fails("400", "self_service_flow_missing"),
	contractRow{
		name: "default, the id in capital letters is another one",
		when: func(w *contractFixture) *settingstest.Answer {
			return w.submitTo("?flow=" + strings.ToUpper(w.flow.ID))
		},
	}.fails("400", "self_service_flow_missing"),
	contractRow{
		name: "default, two flows in one request",
		when: func(w *contractFixture) *settingstest.Answer {
			return w.submitTo("?flow=" + w.flow.ID + "&flow=" + uuid.NewString())
		},
	}.fails("400", "self_service_flow_missing"),
	contractRow{
		name: "default, a body of 64 KiB and one byte",
		when: func(w *contractFixture) *settingstest.Answer {
			body := "csrf_token=" + w.flow.CSRFToken() + "&method=password&password="
			return w.post("?flow="+w.flow.ID, "application/x-www-form-urlencoded", body+strings.Repeat("x", 64<<10+1-len(body)))
		},
	}.fails("413", "body_too_large"),
	contractRow{
		name: "default, another media type",
		when: func(w *contractFixture) *settingstest.Answer {
			return w.post("?flow="+w.flow.ID, "text/plain", "method=password&password=0123456789abcdef")
		},
	}.fails("415", "unsupported_media_type"),
	{
		name: "default, too many tries",
		given: func(w *contractFixture) {
			wrong := method.Wrong{Messages: []ui.Message{ui.Form(ui.Refused("That is not it."))}}
			w.method.does(method.Needs{Tries: "test"}, wrong, nil)
			for range 10 {
				w.submitTest()
			}
			w.method.does(method.Needs{Tries: "test"}, method.Change{Event: "test.changed", Edit: settingTraits(contractTraits)}, nil)
		},
		when:    (*contractFixture).submitTest, // a right one
		written: true,
		api:     "429 error too_many_tries retry-after",
		page:    contractToUI + " retry-after ⇒ show_form 7000011",
		script:  "429 error too_many_tries retry-after",
		then: func(w *contractFixture, a *settingstest.Answer) {
			assert.Equal(w.t, "900", a.Header.Get("Retry-After"), "15 minutes")
		},
	},
	{
		name:    "default, overloaded",
		given:   func(w *contractFixture) { w.method.does(method.Needs{}, nil, settings.ErrBusy) },
		when:    (*contractFixture).submitTest,
		written: true,
		api:     "503 error overloaded retry-after",
		page:    contractToUI + " retry-after ⇒ show_form 7000012",
		script:  "503 error overloaded retry-after",
	},
	{
		name:   "default, store down, session and identity cannot be read",
		given:  func(w *contractFixture) { w.down("GetSession") },
		api:    "503 error unavailable retry-after",
		page:   contractToUI + " retry-after ⇒ show_form",
		script: "503 error unavailable retry-after",
	},
	{
		name:   "default, store down, the flow cannot be read",
		given:  func(w *contractFixture) { w.down("GetFlow") },
		api:    "503 error unavailable retry-after",
		page:   contractToUI + " retry-after ⇒ show_form",
		script: "503 error unavailable retry-after",
	},
	{
		name:    "default, store down, the change cannot be written",
		given:   func(w *contractFixture) { w.down("UpdateIdentity") },
		written: true,
		api:     "503 error unavailable retry-after",
		page:    contractToUI + " retry-after ⇒ show_form 7000012",
		script:  "503 error unavailable retry-after",
	},
	{
		name:  "default, store down, nothing can be written",
		given: func(w *contractFixture) { w.down("write") },
		when: func(w *contractFixture) *settingstest.Answer {
			return w.client.Submit(w.flow, settingstest.Fields{"method": "password", "password": "short"})
		},
		api:    "503 error unavailable retry-after",
		page:   contractToUI + " retry-after ⇒ show_form",
		script: "503 error unavailable retry-after",
	},
	{
		name: "default, a hook that should have been asked does not answer",
		config: func(c *settings.Config) {
			c.Before = append(c.Before, func(context.Context, settings.Event) error { return errInside })
		},
		written: true,
		api:     "503 error unavailable retry-after",
		page:    contractToUI + " retry-after ⇒ show_form 7000012",
		script:  "503 error unavailable retry-after",
	},
	contractRow{
		name:  "default, bug",
		given: func(w *contractFixture) { w.method.does(method.Needs{}, nil, errInside) },
		when:  (*contractFixture).submitTest,
	}.fails("500", "internal_error"),
}
