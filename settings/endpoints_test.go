package settings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// endpointRow is one outcome of a GET endpoint. Its cells are written as those
// of the contract are; F is a flow that Ada has started.
type endpointRow struct {
	name              string
	config            func(*settings.Config)
	given             func(*contractFixture)
	path              string // of the request, with F for the id
	then              func(*contractFixture, *settingstest.Answer)
	api, page, script string
}

func (row endpointRow) run(t *testing.T) {
	t.Run(row.name, func(t *testing.T) {
		for kind, want := range map[respond.Client]string{respond.API: row.api, respond.Page: row.page, respond.Script: row.script} {
			if want == "" {
				continue
			}
			t.Run(kind.String(), func(t *testing.T) {
				var changes []func(*settings.Config)
				if row.config != nil {
					changes = append(changes, row.config)
				}
				w := newContractFixture(t, kind, "", changes...)
				if row.given != nil {
					row.given(w)
				}
				before, stored := snapshot(t, w.Kit, w.ada), flowRecord(t, w.Kit, w.flow.ID)
				a := w.client.Get(strings.ReplaceAll(row.path, "=F", "="+w.flow.ID))
				w.down()
				decodable(t, a)
				assert.Equal(t, want, w.line(a, ""))
				assert.Equal(t, before, snapshot(t, w.Kit, w.ada), "a GET changes no account")
				assert.Equal(t, stored, flowRecord(t, w.Kit, w.flow.ID), "and no flow that is there")
				if row.then != nil {
					row.then(w, a)
				}
			})
		}
	})
}

func noSessionAtAll(w *contractFixture) { w.client = w.Anonymous(w.kind) }

func TestStart(t *testing.T) {
	const (
		noSession = "401 error session_inactive"
		browser   = "https://app.example.com/auth/self-service/settings/browser"
		stepUp    = "https://app.example.com/login aal=aal2 return_to=" + browser
		lowAAL    = `403 error session_aal2_required details={"login":{"aal":"aal2"}} redirect_browser_to=` + stepUp
		forbidden = "400 error security_identity_mismatch"
	)
	secondFactor := func(w *contractFixture) { w.AddFactor(w.ada, aal.TOTP) }
	for _, row := range []endpointRow{
		{
			name: "an API flow", path: "/self-service/settings/api",
			api: "200 flow show_form", page: "200 flow show_form", script: "200 flow show_form",
			then: func(w *contractFixture, a *settingstest.Answer) {
				assert.Equal(t, "api", a.Flow.Type)
				assert.Empty(t, a.Flow.CSRFToken())
				assert.Equal(t, "https://app.example.com/auth/self-service/settings/api", a.Flow.RequestURL)
			},
		},
		{
			name: "a browser flow", path: "/self-service/settings/browser",
			api: "200 flow show_form", script: "200 flow show_form",
			then: func(w *contractFixture, a *settingstest.Answer) {
				assert.Equal(t, "browser", a.Flow.Type)
				assert.NotEmpty(t, a.Flow.CSRFToken())
				assert.Equal(t, browser, a.Flow.RequestURL)
			},
		},
		{
			name: "without a session", given: noSessionAtAll, path: "/self-service/settings/browser",
			page: "303 https://app.example.com/login return_to=" + browser, script: noSession,
		},
		{
			name: "without a session, to come back with an allowed return_to", given: noSessionAtAll,
			path: "/self-service/settings/browser?return_to=https%3A%2F%2Fapp.example.com%2Fafter%3Fa%3Db",
			page: "303 https://app.example.com/login return_to=" + browser + "?return_to=https%3A%2F%2Fapp.example.com%2Fafter%3Fa%3Db", script: noSession,
		},
		{
			name: "without a session, for an API client", given: noSessionAtAll, path: "/self-service/settings/api",
			api: noSession, page: noSession, script: noSession,
		},
		{
			name: "assurance level too low", given: secondFactor, path: "/self-service/settings/browser",
			page: "303 " + stepUp, script: lowAAL,
		},
		{
			name: "return_to not allowed, and without a session", given: noSessionAtAll,
			path: "/self-service/settings/browser?return_to=https%3A%2F%2Fevil.example%2F",
			page: contractToError + "400 security_identity_mismatch", script: forbidden,
		},
		{
			name: "return_to not allowed, of an API flow: JSON for all", path: "/self-service/settings/api?return_to=%2F%2Fevil.example",
			api: forbidden, page: forbidden, script: forbidden,
		},
		{
			name: "return_to that cannot be decoded", path: "/self-service/settings/browser?return_to=%zz",
			page: contractToError + "400 security_identity_mismatch", script: forbidden,
		},
		{
			name: "a session older than the privileged age is fine", path: "/self-service/settings/browser",
			given:  func(w *contractFixture) { w.Clock.Advance(23 * time.Hour) },
			script: "200 flow show_form",
			then: func(w *contractFixture, a *settingstest.Answer) {
				assert.Contains(t, string(a.Body), `"expires_at":"2030-01-03T12:00:00Z"`, "an hour")
			},
		},
		{
			name: "a store that cannot be read", path: "/self-service/settings/api", given: func(w *contractFixture) { w.down("GetIdentity") },
			api: "503 error unavailable retry-after",
		},
		{
			name: "a store that is down sends no page round and round", path: "/self-service/settings/browser",
			given: func(w *contractFixture) { w.down("CreateFlow") },
			page:  "303 https://app.example.com/error id=… retry-after ⇒ 503 unavailable", script: "503 error unavailable retry-after",
		},
	} {
		row.run(t)
	}
}

// A page is led to the settings page with a flow that it then reads.
func TestStartOfAPage(t *testing.T) {
	w := newContractFixture(t, respond.Page, "")
	a := w.client.Get("/self-service/settings/browser?return_to=HTTPS%3A%2F%2FAPP.example.com%2Fafter")
	decodable(t, a)
	require.Equal(t, 303, a.Status)
	f := w.read(a).Flow
	assert.NotEqual(t, w.flow.ID, f.ID)
	assert.Equal(t, "https://app.example.com/settings?flow="+f.ID, a.Location)
	assert.Equal(t, "browser", f.Type)
	assert.Equal(t, "https://app.example.com/after", f.ReturnTo, "written anew")
	assert.Equal(t, "https://app.example.com/auth/self-service/settings/browser?return_to=https%3A%2F%2Fapp.example.com%2Fafter", f.RequestURL)
	assert.NotEmpty(t, f.CSRFToken())
}

// Reading a flow is JSON for everybody, and writes nothing: it works while no
// store takes a write.
func TestRead(t *testing.T) {
	const expired = "410 error self_service_flow_expired details="
	all := func(row endpointRow, cell string) endpointRow {
		row.api, row.page, row.script = cell, cell, cell
		return row
	}
	own := func(row endpointRow, api, browser string) endpointRow {
		row.api, row.page, row.script = api, browser, browser
		return row
	}
	const (
		toAPI     = `{"api":"https://app.example.com/auth/self-service/settings/api"}`
		toBrowser = `{"redirect_to":"https://app.example.com/auth/self-service/settings/browser"}`
		read      = "/self-service/settings/flows?id=F"
	)
	for _, row := range []endpointRow{
		all(endpointRow{name: "200", path: read}, "200 flow show_form"),
		all(endpointRow{
			name: "200, with the messages of the last submit", path: read,
			given: func(w *contractFixture) {
				w.client.Submit(w.flow, settingstest.Fields{"method": "password", "password": "short"})
			},
		}, "200 flow show_form password:4000032"),
		all(endpointRow{
			name: "200, with the success of the last submit", path: read,
			given: func(w *contractFixture) { w.submit() },
		}, "200 flow success 1050001"),
		all(endpointRow{name: "200, of a session that is not privileged any more", given: func(w *contractFixture) { w.Clock.Advance(59 * time.Minute) }, path: read}, "200 flow show_form"),
		all(endpointRow{name: "200, the same flow named twice", path: read + "&id=F"}, "200 flow show_form"),
		all(endpointRow{
			name: "200, of a low level that is allowed", path: read, config: func(c *settings.Config) { c.AllowAAL1 = true },
			given: func(w *contractFixture) { w.AddFactor(w.ada, aal.TOTP) },
		}, "200 flow show_form"),
		all(endpointRow{name: "200, whatever return_to says", path: read + "&return_to=https%3A%2F%2Fevil.example%2F"}, "200 flow show_form"),
		all(endpointRow{name: "401", given: noSessionAtAll, path: read}, "401 error session_inactive"),
		all(endpointRow{
			name: "401, and nobody learns whether there is such a flow", given: noSessionAtAll,
			path: "/self-service/settings/flows?id=0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a",
		}, "401 error session_inactive"),
		all(endpointRow{
			name: "403, another identity's", path: read,
			given: func(w *contractFixture) {
				w.client = w.SignIn(w.AddIdentity("eve@example.com", "a horse of another colour"), w.kind)
			},
		}, "403 error security_identity_mismatch"),
		all(endpointRow{name: "403, assurance level too low", given: func(w *contractFixture) { w.AddFactor(w.ada, aal.TOTP) }, path: read}, contractLowAAL),
		all(endpointRow{name: "404, unknown", path: "/self-service/settings/flows?id=0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a"}, "404 error self_service_flow_not_found"),
		all(endpointRow{name: "404, two flows named", path: read + "&id=0b3d7f3c-52f9-4d8a-9a5e-3f1c8d2e4b6a"}, "404 error self_service_flow_not_found"),
		all(endpointRow{name: "404, no id", path: "/self-service/settings/flows"}, "404 error self_service_flow_not_found"),
		all(endpointRow{name: "404, what is no id", path: "/self-service/settings/flows?id=tries:" + "x"}, "404 error self_service_flow_not_found"),
		all(endpointRow{name: "404, the id by another parameter", path: "/self-service/settings/flows?flow=F"}, "404 error self_service_flow_not_found"),
		all(endpointRow{
			name: "404, expired a day ago", path: read,
			given: func(w *contractFixture) {
				w.Clock.Advance(25 * time.Hour)
				w.client = w.SignIn(w.ada, w.kind)
			},
		}, "404 error self_service_flow_not_found"),
		own(endpointRow{name: "410, expired", given: func(w *contractFixture) { w.Clock.Advance(time.Hour) }, path: read},
			expired+toAPI+" expired_at=2030-01-02T13:00:00Z since=0", expired+toBrowser+" expired_at=2030-01-02T13:00:00Z since=0"),
		own(endpointRow{
			name: "410, expired and replaced", path: read,
			given: func(w *contractFixture) {
				w.Clock.Advance(time.Hour)
				w.submit()
			},
		}, expired+toAPI+" expired_at=2030-01-02T13:00:00Z since=0 use_flow_id=FRESH", expired+toBrowser+" expired_at=2030-01-02T13:00:00Z since=0 use_flow_id=FRESH"),
		own(endpointRow{
			name: "410, from before a credential change", path: read,
			given: func(w *contractFixture) { w.client.Submit(w.client.Start(), passwordFields()) },
		}, expired+toAPI, expired+toBrowser),
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
	all(endpointRow{name: "503", given: func(w *contractFixture) { w.down("GetFlow") }, path: read}, "503 error unavailable retry-after").run(t)
}
