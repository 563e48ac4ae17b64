package respond_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/respond"
)

// The documented contract of POST /self-service/settings, cell by cell. A cell
// is the status, then what it carries: the URL of a redirect with its
// parameters unescaped, or the body with its extra keys. F is the flow, FRESH
// the one in an expired flow's place; error(403 x) is what the id of a redirect
// to the error page opens to.
func TestDocumentedContract(t *testing.T) {
	const (
		toLogin   = "303 https://app.example/login return_to=https://app.example/settings?flow=F"
		toRefresh = "https://app.example/login refresh=true return_to=https://id.example/self-service/settings?flow=F"
		toStepUp  = "https://app.example/login aal=aal2 return_to=https://id.example/self-service/settings?flow=F"
		toUI      = "303 https://app.example/settings flow=F"
		toError   = "303 https://app.example/error id="
	)
	f, fresh := form(flowF), form(flowFresh)
	for _, row := range []struct {
		name              string
		outcome           respond.Outcome
		api, page, script string
	}{
		{
			"success, and there is an after-URL",
			respond.Outcome{Kind: respond.Succeeded, Form: f, Token: "T", After: "https://app.example/thanks?a=b"},
			"200 flow continue_with=set_ory_session_token:T session_token=T",
			"303 https://app.example/thanks a=b",
			"200 flow continue_with=redirect_browser_to:https://app.example/thanks?a=b",
		},
		{
			"success, and there is none",
			respond.Outcome{Kind: respond.Succeeded, Form: f, Token: "T", Rotated: true},
			"200 flow continue_with=set_ory_session_token:T session_token=T",
			toUI,
			"200 flow continue_with=redirect_browser_to:https://app.example/settings?flow=F",
		},
		{
			"a step on the way: the form asks for the next",
			respond.Outcome{Kind: respond.Shown, Form: f, Token: "T"},
			"200 flow", toUI, "200 flow",
		},
		{
			"input not valid",
			respond.Outcome{Kind: respond.Invalid, Form: f, Token: "T"},
			"400 flow", toUI, "400 flow",
		},
		{
			"flow expired",
			respond.Outcome{Kind: respond.Expired, Form: fresh, FlowID: flowF, ExpiredAt: now, UseFlow: flowFresh},
			"303 https://id.example/self-service/settings/flows id=FRESH",
			"303 https://app.example/settings flow=FRESH",
			"303 https://app.example/login return_to=https://app.example/settings?flow=FRESH",
		},
		{
			"flow gone: its fresh flow has expired too",
			respond.Outcome{Kind: respond.Gone, FlowID: flowF, ExpiredAt: now.Add(-time.Minute)},
			"410 error self_service_flow_expired expired_at=2030-01-02T03:03:05Z since=60000000000",
			toError + "error(410 self_service_flow_expired)",
			"410 error self_service_flow_expired expired_at=2030-01-02T03:03:05Z since=60000000000",
		},
		{
			"flow gone: from before a credential change",
			respond.Outcome{Kind: respond.Gone, FlowID: flowF},
			"410 error self_service_flow_expired",
			toError + "error(410 self_service_flow_expired)",
			"410 error self_service_flow_expired",
		},
		{
			"no valid session",
			respond.Outcome{Kind: respond.NoSession, FlowID: flowF},
			"401 error session_inactive", toLogin, "401 error session_inactive",
		},
		{
			"older than the privileged age",
			respond.Outcome{Kind: respond.Stale, FlowID: flowF},
			"403 error session_refresh_required details=login:refresh:true redirect_browser_to=" + toRefresh,
			"303 " + toRefresh,
			"403 error session_refresh_required details=login:refresh:true redirect_browser_to=" + toRefresh,
		},
		{
			"assurance level too low",
			respond.Outcome{Kind: respond.LowAAL, FlowID: flowF},
			"403 error session_aal2_required details=login:aal:aal2 redirect_browser_to=" + toStepUp,
			"303 " + toStepUp,
			"403 error session_aal2_required details=login:aal:aal2 redirect_browser_to=" + toStepUp,
		},
		{
			"another identity's flow",
			respond.Outcome{Kind: respond.Mismatch, FlowID: flowF},
			"403 error security_identity_mismatch",
			toError + "error(403 security_identity_mismatch)",
			"403 error security_identity_mismatch",
		},
		{
			"the anti-CSRF check fails (an API flow has none: its cell is the error behind the page's redirect)",
			respond.Outcome{Kind: respond.Forged, FlowID: flowF},
			"403 error security_csrf_violation",
			toError + "error(403 security_csrf_violation)",
			"403 error security_csrf_violation",
		},
		{
			"return_to not allowed",
			respond.Outcome{Kind: respond.BadReturnTo, FlowID: flowF},
			"403 error security_identity_mismatch",
			toError + "error(403 security_identity_mismatch)",
			"403 error security_identity_mismatch",
		},
		{
			"the browser must open a URL",
			respond.Outcome{Kind: respond.Redirect, Form: f, URL: "https://github.example/authorize?state=s"},
			"422 error browser_location_change_required redirect_browser_to=https://github.example/authorize state=s",
			"303 https://github.example/authorize state=s",
			"422 error browser_location_change_required redirect_browser_to=https://github.example/authorize state=s",
		},

		// default
		{
			"unknown flow",
			respond.Outcome{Kind: respond.NoFlow, FlowID: flowF},
			"404 error self_service_flow_not_found", toError + "error(404 self_service_flow_not_found)", "404 error self_service_flow_not_found",
		},
		{
			"a method that is not offered",
			respond.Outcome{Kind: respond.Disabled, Form: f},
			"404 error self_service_flow_disabled", toError + "error(404 self_service_flow_disabled)", "404 error self_service_flow_disabled",
		},
		{
			"flow parameter missing",
			respond.Outcome{Kind: respond.NoFlowGiven},
			"400 error self_service_flow_missing", toError + "error(400 self_service_flow_missing)", "400 error self_service_flow_missing",
		},
		{
			"two sessions in one request",
			respond.Outcome{Kind: respond.Ambiguous},
			"400 error bad_request", toError + "error(400 bad_request)", "400 error bad_request",
		},
		{
			"body too large",
			respond.Outcome{Kind: respond.TooLarge, FlowID: flowF},
			"413 error body_too_large", toError + "error(413 body_too_large)", "413 error body_too_large",
		},
		{
			"body that does not arrive",
			respond.Outcome{Kind: respond.TooSlow, FlowID: flowF},
			"408 error body_incomplete", toError + "error(408 body_incomplete)", "408 error body_incomplete",
		},
		{
			"media type",
			respond.Outcome{Kind: respond.WrongMedia, FlowID: flowF},
			"415 error unsupported_media_type", toError + "error(415 unsupported_media_type)", "415 error unsupported_media_type",
		},
		{
			"too many tries: a page goes back to its form, which says so",
			respond.Outcome{Kind: respond.TooManyTries, Form: f, RetryAfter: 15 * time.Minute},
			"429 error too_many_tries retry-after=900", toUI + " retry-after=900", "429 error too_many_tries retry-after=900",
		},
		{
			"overloaded",
			respond.Outcome{Kind: respond.Overloaded, Form: f, RetryAfter: 2 * time.Second},
			"503 error overloaded retry-after=2", toUI + " retry-after=2", "503 error overloaded retry-after=2",
		},
		{
			"a store is down",
			respond.Outcome{Kind: respond.Unavailable, FlowID: flowF},
			"503 error unavailable retry-after=1", toUI + " retry-after=1", "503 error unavailable retry-after=1",
		},
		{
			"a bug",
			respond.Outcome{Kind: respond.Bug, FlowID: flowF},
			"500 error internal_error", toError + "error(500 internal_error)", "500 error internal_error",
		},
	} {
		row.outcome.Endpoint = respond.Submit
		for client, want := range map[respond.Client]string{respond.API: row.api, respond.Page: row.page, respond.Script: row.script} {
			t.Run(row.name+"/"+client.String(), func(t *testing.T) { assert.Equal(t, want, rendered(t, row.outcome, client)) })
		}
	}
}

// Of return_to the id says nothing, so the reason must.
func TestReasonNamesReturnTo(t *testing.T) {
	for _, c := range []respond.Client{respond.API, respond.Script} {
		got := body(t, responder().Render(respond.Outcome{Kind: respond.BadReturnTo, Endpoint: respond.Submit, Client: c, At: now}))
		assert.Contains(t, got["error"].(map[string]any)["reason"], "return_to")
	}
	res := responder().Render(respond.Outcome{Kind: respond.BadReturnTo, Endpoint: respond.Submit, Client: respond.Page, At: now})
	assert.Contains(t, opened(t, res.Location).Reason, "return_to")
}

// Without a configured error page the redirect goes to the small one of ours.
func TestErrorPageOfOurs(t *testing.T) {
	r := responder()
	r.Error = ""
	res := r.Render(respond.Outcome{Kind: respond.Forged, Endpoint: respond.Submit, Client: respond.Page, At: now})
	assert.Regexp(t, `^https://id\.example/self-service/errors/page\?id=[A-Za-z0-9_-]+$`, res.Location)
	assert.Equal(t, respond.ErrorID("security_csrf_violation"), opened(t, res.Location).ID)
}

// A form is the body of a submit that went wrong only where there is one: the
// machine forgetting it is a bug and is answered as one.
func TestFormThatIsMissingIsABug(t *testing.T) {
	for _, k := range []respond.Kind{respond.Succeeded, respond.Shown, respond.Invalid, respond.Started} {
		assert.Equal(t, "500 error internal_error", rendered(t, respond.Outcome{Kind: k, Endpoint: respond.Submit, FlowID: flowF}, respond.Script), k)
	}
	assert.Equal(t, "500 error internal_error", rendered(t, respond.Outcome{Kind: 200}, respond.API), "a kind that does not exist")
	assert.Equal(t, "500 error internal_error", rendered(t, respond.Outcome{}, respond.API), "no kind at all")
}

// What an outcome must have a form for is asked before one is made: where it says
// none, the answer is the same without.
func TestShowsFormIsTrueOfAnswersWithOne(t *testing.T) {
	for name, table := range map[string]respond.Table{"documented": respond.Documented(), "Kratos": respond.Kratos()} {
		r := responder()
		r.Table = table
		shown := 0
		for kind := respond.Done; kind <= respond.WrongMethod; kind++ {
			for endpoint := respond.AnyEndpoint; endpoint <= respond.StaticFile; endpoint++ {
				for _, client := range []respond.Client{respond.API, respond.Page, respond.Script} {
					o := respond.Outcome{Kind: kind, Endpoint: endpoint, Client: client, Form: form(flowF), At: now}
					with := r.Render(o)
					o.Form, o.FlowID = nil, flowF
					without := r.Render(o)
					if table.ShowsForm(kind, client, endpoint) {
						shown++
						assert.Contains(t, string(with.Body), `"ui":`, "%s: %v at %v for %v", name, kind, endpoint, client)
						continue
					}
					assert.NotContains(t, string(with.Body), `"ui":`, "%s: %v at %v for %v", name, kind, endpoint, client)
					assert.Equal(t, with.Status, without.Status, "%s: %v at %v for %v", name, kind, endpoint, client)
					assert.Equal(t, with.Location == "", without.Location == "", "%s: %v at %v for %v", name, kind, endpoint, client)
				}
			}
		}
		assert.Greater(t, shown, 50, name)
	}
	assert.False(t, respond.Documented().ShowsForm(200, respond.API, respond.Submit), "a kind that does not exist")
}
