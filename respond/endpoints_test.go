package respond_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
)

// The endpoints around the submit, where they differ from it.
func TestOtherEndpoints(t *testing.T) {
	f := form(flowF)
	html, doc := "html", []byte(`{"ok":true}`)
	for _, row := range []struct {
		name              string
		outcome           respond.Outcome
		api, page, script string
	}{
		{
			"starting a flow",
			respond.Outcome{Kind: respond.Started, Endpoint: respond.StartBrowser, Form: f},
			"200 flow", "303 https://app.example/settings flow=F", "200 flow",
		},
		{
			"starting without a session leads back to the start",
			respond.Outcome{Kind: respond.NoSession, Endpoint: respond.StartBrowser},
			"401 error session_inactive", "303 https://app.example/login return_to=https://id.example/self-service/settings/browser", "401 error session_inactive",
		},
		{
			"starting without a session keeps an allowed return_to",
			respond.Outcome{Kind: respond.NoSession, Endpoint: respond.StartBrowser, ReturnTo: "https://app.example/a?b=c&d"},
			"401 error session_inactive",
			"303 https://app.example/login return_to=https://id.example/self-service/settings/browser?return_to=https%3A%2F%2Fapp.example%2Fa%3Fb%3Dc%26d",
			"401 error session_inactive",
		},
		{
			"starting with too low a level",
			respond.Outcome{Kind: respond.LowAAL, Endpoint: respond.StartBrowser},
			"403 error session_aal2_required details=login:aal:aal2 redirect_browser_to=https://app.example/login aal=aal2 return_to=https://id.example/self-service/settings/browser",
			"303 https://app.example/login aal=aal2 return_to=https://id.example/self-service/settings/browser",
			"403 error session_aal2_required details=login:aal:aal2 redirect_browser_to=https://app.example/login aal=aal2 return_to=https://id.example/self-service/settings/browser",
		},
		{
			"starting with a return_to that is not allowed",
			respond.Outcome{Kind: respond.BadReturnTo, Endpoint: respond.StartBrowser},
			"400 error security_identity_mismatch",
			"303 https://app.example/error id=error(400 security_identity_mismatch)",
			"400 error security_identity_mismatch",
		},
		{
			"starting an API flow with one, whoever asks",
			respond.Outcome{Kind: respond.BadReturnTo, Endpoint: respond.StartAPI},
			"400 error security_identity_mismatch", "400 error security_identity_mismatch", "400 error security_identity_mismatch",
		},
		{
			"a store that is down must not send a page round and round between start and settings UI",
			respond.Outcome{Kind: respond.Unavailable, Endpoint: respond.StartBrowser},
			"503 error unavailable retry-after=1", "303 https://app.example/error id=error(503 unavailable) retry-after=1", "503 error unavailable retry-after=1",
		},
		{
			"nor between resume and settings UI",
			respond.Outcome{Kind: respond.Unavailable, Endpoint: respond.Resume, FlowID: flowF},
			"503 error unavailable retry-after=1", "303 https://app.example/error id=error(503 unavailable) retry-after=1", "503 error unavailable retry-after=1",
		},
		{
			"resuming without a session leads back to the settings UI with the flow",
			respond.Outcome{Kind: respond.NoSession, Endpoint: respond.Resume, FlowID: flowF},
			"401 error session_inactive", "303 https://app.example/login return_to=https://app.example/settings?flow=F", "401 error session_inactive",
		},

		{"an error that can be read", respond.Outcome{Kind: respond.Done, Endpoint: respond.ErrorRead, Body: doc}, `200 {"ok":true}`, `200 {"ok":true}`, `200 {"ok":true}`},
		{"an error that cannot, or no longer", respond.Outcome{Kind: respond.NotFound, Endpoint: respond.ErrorRead}, "404 error not_found", "404 error not_found", "404 error not_found"},
		{"the page of an error", respond.Outcome{Kind: respond.Done, Endpoint: respond.ErrorPage, Failure: respond.Error{ID: "internal_error", Reason: "why"}}, "200 " + html, "200 " + html, "200 " + html},
		{"the page of none", respond.Outcome{Kind: respond.NotFound, Endpoint: respond.ErrorPage}, "404 " + html, "404 " + html, "404 " + html},

		{"whoami", respond.Outcome{Kind: respond.Done, Endpoint: respond.Whoami, Body: doc}, `200 {"ok":true}`, `200 {"ok":true}`, `200 {"ok":true}`},
		{"my sessions", respond.Outcome{Kind: respond.Done, Endpoint: respond.ListSessions, Body: doc}, `200 {"ok":true}`, `200 {"ok":true}`, `200 {"ok":true}`},
		{"revoking all others", respond.Outcome{Kind: respond.Done, Endpoint: respond.RevokeSessions, Body: doc}, `200 {"ok":true}`, `200 {"ok":true}`, `200 {"ok":true}`},
		{"revoking one", respond.Outcome{Kind: respond.Done, Endpoint: respond.RevokeSession}, "204", "204", "204"},
		{"revoking one that is not mine", respond.Outcome{Kind: respond.NotFound, Endpoint: respond.RevokeSession}, "404 error not_found", "404 error not_found", "404 error not_found"},
		{"revoking by a request that may be forged", respond.Outcome{Kind: respond.Forged, Endpoint: respond.RevokeSessions}, "403 error security_csrf_violation", "403 error security_csrf_violation", "403 error security_csrf_violation"},

		{"no such endpoint", respond.Outcome{Kind: respond.NotFound}, "404 error not_found", "404 error not_found", "404 error not_found"},
		{
			"another HTTP method",
			respond.Outcome{Kind: respond.WrongMethod, Endpoint: respond.Submit, Allow: "GET, POST"},
			"405 error method_not_allowed allow=GET, POST", "405 error method_not_allowed allow=GET, POST", "405 error method_not_allowed allow=GET, POST",
		},

		{
			"a route of the host without a session: a page comes back to it",
			respond.Outcome{Kind: respond.NoSession, Endpoint: respond.HostRoute, HostPath: "/billing?year=2030&x"},
			"401 error session_inactive", "303 https://app.example/login return_to=https://id.example/billing?year=2030&x", "401 error session_inactive",
		},
		{
			"a route of the host that asks for a recent sign-in",
			respond.Outcome{Kind: respond.Stale, Endpoint: respond.HostRoute, HostPath: "/billing"},
			"403 error session_refresh_required details=login:refresh:true redirect_browser_to=https://app.example/login refresh=true return_to=https://id.example/billing",
			"303 https://app.example/login refresh=true return_to=https://id.example/billing",
			"403 error session_refresh_required details=login:refresh:true redirect_browser_to=https://app.example/login refresh=true return_to=https://id.example/billing",
		},
		{
			"a route of the host that a page cannot come back to: a form that was posted",
			respond.Outcome{Kind: respond.NoSession, Endpoint: respond.HostRoute},
			"401 error session_inactive", "303 https://app.example/login return_to=https://app.example/settings", "401 error session_inactive",
		},
		{
			"a route of the host, and a store is down: never a redirect, never 401",
			respond.Outcome{Kind: respond.Unavailable, Endpoint: respond.HostRoute, HostPath: "/billing"},
			"503 error unavailable retry-after=1", "503 error unavailable retry-after=1", "503 error unavailable retry-after=1",
		},
		{
			"a route of the host, and two sessions in one request",
			respond.Outcome{Kind: respond.Ambiguous, Endpoint: respond.HostRoute},
			"400 error session_ambiguous", "400 error session_ambiguous", "400 error session_ambiguous",
		},
	} {
		for client, want := range map[respond.Client]string{respond.API: row.api, respond.Page: row.page, respond.Script: row.script} {
			t.Run(row.name+"/"+client.String(), func(t *testing.T) { assert.Equal(t, want, rendered(t, row.outcome, client)) })
		}
	}
}

// Reading a flow is JSON for everyone: a page that reads one is a script that
// did not say so.
func TestReadIsAlwaysJSON(t *testing.T) {
	const stepUp = " details=login:aal:aal2 redirect_browser_to=https://app.example/login aal=aal2 return_to=https://id.example/self-service/settings?flow=F"
	browser := " details=redirect_to:https://id.example/self-service/settings/browser"
	for _, row := range []struct {
		outcome respond.Outcome
		want    string
	}{
		{respond.Outcome{Kind: respond.Shown, Form: form(flowF)}, "200 flow"},
		{respond.Outcome{Kind: respond.Expired, FlowID: flowF, ExpiredAt: now, UseFlow: flowFresh}, "410 error self_service_flow_expired" + browser + " expired_at=2030-01-02T03:04:05Z since=0 use_flow_id=FRESH"},
		{respond.Outcome{Kind: respond.Expired, FlowID: flowF, ExpiredAt: now}, "410 error self_service_flow_expired" + browser + " expired_at=2030-01-02T03:04:05Z since=0"},
		{respond.Outcome{Kind: respond.Gone, FlowID: flowF}, "410 error self_service_flow_expired" + browser},
		{respond.Outcome{Kind: respond.NoSession, FlowID: flowF}, "401 error session_inactive"},
		{respond.Outcome{Kind: respond.LowAAL, FlowID: flowF}, "403 error session_aal2_required" + stepUp},
		{respond.Outcome{Kind: respond.Mismatch, FlowID: flowF}, "403 error security_identity_mismatch"},
		{respond.Outcome{Kind: respond.NoFlow, FlowID: flowF}, "404 error self_service_flow_not_found"},
		{respond.Outcome{Kind: respond.NoFlowGiven}, "404 error self_service_flow_not_found"},
		{respond.Outcome{Kind: respond.Ambiguous}, "400 error bad_request"},
		{respond.Outcome{Kind: respond.Unavailable, FlowID: flowF}, "503 error unavailable retry-after=1"},
		{respond.Outcome{Kind: respond.Bug, FlowID: flowF}, "500 error internal_error"},
		{respond.Outcome{Kind: respond.WrongMethod, Allow: "GET"}, "405 error method_not_allowed allow=GET"},
	} {
		row.outcome.Endpoint = respond.Read
		for _, client := range []respond.Client{respond.API, respond.Page, respond.Script} {
			want := row.want
			if client == respond.API {
				want = strings.Replace(want, browser, " details=api:https://id.example/self-service/settings/api", 1)
			}
			t.Run(fmt.Sprint(row.outcome.Kind, "/", client), func(t *testing.T) { assert.Equal(t, want, rendered(t, row.outcome, client)) })
		}
	}
}

// What holds of every cell of every endpoint, whatever the row says.
func TestEveryCell(t *testing.T) {
	log := respond.Outcome{
		Err: fmt.Errorf("sql: canary in store.go:12"), IdentityID: "canary-identity", SessionID: "canary-session", Method: "canary-method",
		Form: form(flowF), URL: "https://github.example/", HostPath: "/x", At: now, Body: []byte("{}"), Allow: "GET",
	}
	for k := respond.Done; k <= respond.WrongMethod; k++ {
		for e := respond.AnyEndpoint; e <= respond.HostRoute; e++ {
			for _, c := range []respond.Client{respond.API, respond.Page, respond.Script} {
				o := log
				o.Kind, o.Endpoint, o.Client = k, e, c
				res := responder().Render(o)
				name := fmt.Sprint(k, " at ", e, " for ", c)
				if res.Location != "" {
					assert.Equal(t, 303, res.Status, name)
					assert.Empty(t, res.Body, name)
					assert.Empty(t, res.ContentType, name)
					u, err := url.Parse(res.Location)
					require.NoError(t, err, name)
					assert.Equal(t, "https", u.Scheme, name)
				} else {
					assert.NotEqual(t, 3, res.Status/100, name)
					assert.Equal(t, res.Status != 204, len(res.Body) > 0, name)
				}
				if res.Status >= 400 && res.ContentType == "application/json; charset=utf-8" && k != respond.Invalid {
					e := body(t, res)["error"].(map[string]any)
					assert.NotEmpty(t, e["id"], name)
					assert.EqualValues(t, res.Status, e["code"], name)
					assert.NotEmpty(t, e["status"], name)
					assert.NotEmpty(t, e["reason"], name)
					assert.NotEmpty(t, e["message"], name)
				}
				if c == respond.API && k != respond.Expired {
					assert.Empty(t, res.Location, "%s: an API client follows no redirect, but to the fresh flow", name)
				}
				assert.NotContains(t, string(res.Body)+res.Location, "canary", name)
				if strings.Contains(res.Location, "error?id=") {
					assert.NotContains(t, fmt.Sprint(opened(t, res.Location)), "canary", name)
				}
			}
		}
	}
}
