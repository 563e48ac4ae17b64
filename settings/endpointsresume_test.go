package settings_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// Coming back to a flow after a login. What becomes of a paused change is for
// other tests: here is none, and so nothing is written.
func TestResume(t *testing.T) {
	const resume = "/self-service/settings?flow=F"
	for _, row := range []endpointRow{
		{name: "a flow", path: resume, api: "200 flow show_form", page: contractToUI + " ⇒ show_form", script: "200 flow show_form"},
		{
			name: "form fields in the URL are nothing", path: resume + "&method=password&password=" + "a+new+long+password&csrf_token=x",
			api: "200 flow show_form", page: contractToUI + " ⇒ show_form", script: "200 flow show_form",
		},
		{
			name: "the messages of the last submit, of a session that is not privileged any more", path: resume,
			given: func(w *contractFixture) {
				w.client.Submit(w.flow, settingstest.Fields{"method": "password", "password": "short"})
				w.Clock.Advance(59 * time.Minute)
			},
			api: "200 flow show_form password:4000032", page: contractToUI + " ⇒ show_form password:4000032", script: "200 flow show_form password:4000032",
		},
		{
			name: "a low level that is allowed", path: resume, config: func(c *settings.Config) { c.AllowAAL1 = true },
			given: func(w *contractFixture) { w.AddFactor(w.ada, aal.TOTP) },
			api:   "200 flow show_form", page: contractToUI + " ⇒ show_form", script: "200 flow show_form",
		},
		{name: "the same flow named twice", path: resume + "&flow=F", api: "200 flow show_form", page: contractToUI + " ⇒ show_form", script: "200 flow show_form"},
		{name: "without a session", given: noSessionAtAll, path: resume, page: contractToLogin, script: contractInactive},
		{
			name: "without a session, and nobody learns whether there is such a flow", given: noSessionAtAll,
			path: "/self-service/settings?flow=0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a", script: contractInactive,
		},
		{
			name: "assurance level too low", given: func(w *contractFixture) { w.AddFactor(w.ada, aal.TOTP) }, path: resume,
			api: contractLowAAL, script: contractLowAAL,
		},
		{
			name: "expired", given: func(w *contractFixture) { w.Clock.Advance(time.Hour) }, path: resume,
			api:    "410 error self_service_flow_expired expired_at=2030-01-02T13:00:00Z since=0",
			script: "410 error self_service_flow_expired expired_at=2030-01-02T13:00:00Z since=0",
		},
		{
			name: "expired, and replaced", path: resume,
			given:  func(w *contractFixture) { w.Clock.Advance(time.Hour); w.submit() },
			api:    "410 error self_service_flow_expired expired_at=2030-01-02T13:00:00Z since=0 use_flow_id=FRESH",
			script: "410 error self_service_flow_expired expired_at=2030-01-02T13:00:00Z since=0 use_flow_id=FRESH",
		},
		{
			name: "expired a day ago", path: resume,
			given: func(w *contractFixture) { w.Clock.Advance(25 * time.Hour); w.client = w.SignIn(w.ada, w.kind) },
			api:   "404 error self_service_flow_not_found", page: contractToError + "404 self_service_flow_not_found", script: "404 error self_service_flow_not_found",
		},
		{
			name: "from before a credential change", path: resume,
			given: func(w *contractFixture) { w.client.Submit(w.client.Start(), passwordFields()) },
			api:   "410 error self_service_flow_expired", page: contractToError + "410 self_service_flow_expired", script: "410 error self_service_flow_expired",
		},
		{
			name: "two flows named", path: resume + "&flow=0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a",
			api: "400 error self_service_flow_missing", page: contractToError + "400 self_service_flow_missing", script: "400 error self_service_flow_missing",
		},
		{
			name: "unknown", path: "/self-service/settings?flow=0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a",
			api: "404 error self_service_flow_not_found", page: contractToError + "404 self_service_flow_not_found", script: "404 error self_service_flow_not_found",
		},
		{
			name: "no flow", path: "/self-service/settings",
			api: "400 error self_service_flow_missing", page: contractToError + "400 self_service_flow_missing", script: "400 error self_service_flow_missing",
		},
	} {
		given := row.given
		row.given = func(w *contractFixture) {
			if given != nil {
				given(w)
			}
			w.down("write")
		}
		row.run(t)
	}
	endpointRow{
		name: "a store that is down sends no page round and round", given: func(w *contractFixture) { w.down("GetSession") }, path: resume,
		api: "503 error unavailable retry-after", page: "303 https://app.example.com/error id=… retry-after ⇒ 503 unavailable", script: "503 error unavailable retry-after",
	}.run(t)
}

// A page that comes back is led to the settings page, which reads the flow and
// finds out: never back to a login that has just sent it here.
func TestResumeOfAPageThatMayNot(t *testing.T) {
	for name, row := range map[string]struct {
		given func(*contractFixture)
		want  string
	}{
		"expired":                 {func(w *contractFixture) { w.Clock.Advance(time.Hour) }, "self_service_flow_expired"},
		"assurance level too low": {func(w *contractFixture) { w.AddFactor(w.ada, aal.TOTP) }, "session_aal2_required"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newContractFixture(t, respond.Page, "")
			row.given(w)
			a := w.client.Get("/self-service/settings?flow=" + w.flow.ID)
			decodable(t, a)
			assert.Equal(t, 303, a.Status)
			assert.Equal(t, "https://app.example.com/settings?flow="+w.flow.ID, a.Location)
			assert.Equal(t, row.want, a.Follow().Error.ID)
		})
	}
}
