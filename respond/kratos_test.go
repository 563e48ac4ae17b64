package respond_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
)

func kratos() *respond.Responder {
	r := responder()
	r.Table, r.LoginStart = respond.Kratos(), "https://id.example/self-service/login/browser"
	return r
}

// Where a running Kratos was observed to differ from the documented contract.
func TestKratosAsObserved(t *testing.T) {
	const (
		gone     = "410 error self_service_flow_expired expired_at=2030-01-02T03:03:05Z since=60000000000 use_flow_id=FRESH"
		inactive = "401 error session_inactive"
		start    = "https://id.example/self-service/login/browser"
		resume   = "https://id.example/self-service/settings?flow=F"
		badID    = "self_service_flow_return_to_forbidden"
	)
	for _, row := range []struct {
		name              string
		outcome           respond.Outcome
		api, page, script string
	}{
		{
			"flow expired: who speaks JSON is told of the fresh flow",
			respond.Outcome{Kind: respond.Expired, Endpoint: respond.Submit, Form: form(flowFresh), UseFlow: flowFresh, ExpiredAt: now.Add(-time.Minute)},
			gone, "303 https://app.example/settings flow=FRESH", gone,
		},
		{
			"success, and the token stays: it is not told again",
			respond.Outcome{Kind: respond.Succeeded, Endpoint: respond.Submit, Form: form(flowF), Token: "T"},
			"200 flow", "303 https://app.example/settings flow=F", "200 flow continue_with=redirect_browser_to:https://app.example/settings?flow=F",
		},
		{
			"success, and the token was rotated: or the client were locked out",
			respond.Outcome{Kind: respond.Succeeded, Endpoint: respond.Submit, Form: form(flowF), Token: "T", Rotated: true},
			"200 flow continue_with=set_ory_session_token:T", "303 https://app.example/settings flow=F", "200 flow continue_with=redirect_browser_to:https://app.example/settings?flow=F",
		},
		{
			"no session on a submit",
			respond.Outcome{Kind: respond.NoSession, Endpoint: respond.Submit, FlowID: flowF},
			inactive, "302 https://app.example/login", inactive,
		},
		{
			"no session on a read",
			respond.Outcome{Kind: respond.NoSession, Endpoint: respond.Read, FlowID: flowF},
			inactive, "302 https://app.example/login", inactive,
		},
		{
			"no session on a start",
			respond.Outcome{Kind: respond.NoSession, Endpoint: respond.StartBrowser},
			inactive, "303 " + start, inactive,
		},
		{
			"no session on a start with an allowed return_to",
			respond.Outcome{Kind: respond.NoSession, Endpoint: respond.StartBrowser, ReturnTo: "https://app.example/back"},
			inactive, "303 " + start + " return_to=https://app.example/back", inactive,
		},
		{
			"no session on whoami",
			respond.Outcome{Kind: respond.NoSession, Endpoint: respond.Whoami},
			inactive, inactive, inactive,
		},
		{
			"return_to not allowed",
			respond.Outcome{Kind: respond.BadReturnTo, Endpoint: respond.StartBrowser},
			"400 error " + badID, "303 https://app.example/error id=error(400 " + badID + ")", "400 error " + badID,
		},
		{
			"older than the privileged age",
			respond.Outcome{Kind: respond.Stale, Endpoint: respond.Submit, FlowID: flowF},
			"403 error session_refresh_required details=login:refresh:true redirect_browser_to=" + start + " refresh=true return_to=" + resume,
			"303 " + start + " refresh=true return_to=" + resume,
			"403 error session_refresh_required details=login:refresh:true redirect_browser_to=" + start + " refresh=true return_to=" + resume,
		},
		{
			"level too low on a start with an allowed return_to: back to that start",
			respond.Outcome{Kind: respond.LowAAL, Endpoint: respond.StartBrowser, ReturnTo: "https://app.example/back"},
			"403 error session_aal2_required details=login:aal:aal2 redirect_browser_to=" + start + " aal=aal2 return_to=https://id.example/self-service/settings/browser?return_to=https%3A%2F%2Fapp.example%2Fback",
			"303 " + start + " aal=aal2 return_to=https://id.example/self-service/settings/browser?return_to=https%3A%2F%2Fapp.example%2Fback",
			"403 error session_aal2_required details=login:aal:aal2 redirect_browser_to=" + start + " aal=aal2 return_to=https://id.example/self-service/settings/browser?return_to=https%3A%2F%2Fapp.example%2Fback",
		},
		{
			"level too low on a start without one",
			respond.Outcome{Kind: respond.LowAAL, Endpoint: respond.StartBrowser},
			"403 error session_aal2_required details=login:aal:aal2 redirect_browser_to=" + start + " aal=aal2",
			"303 " + start + " aal=aal2",
			"403 error session_aal2_required details=login:aal:aal2 redirect_browser_to=" + start + " aal=aal2",
		},
	} {
		for client, want := range map[respond.Client]string{respond.API: row.api, respond.Page: row.page, respond.Script: row.script} {
			t.Run(row.name+"/"+client.String(), func(t *testing.T) { assert.Equal(t, want, renderedBy(t, kratos(), row.outcome, client)) })
		}
	}
}

// All else is equal.
func TestKratosDiffersNowhereElse(t *testing.T) {
	documented, observed := respond.Documented(), respond.Kratos()
	require.NoError(t, observed.Check())
	differs := map[respond.Kind]bool{respond.Expired: true, respond.Succeeded: true, respond.NoSession: true, respond.BadReturnTo: true}
	for key, row := range observed.Rows {
		if !differs[key.Kind] {
			assert.Equal(t, documented.Rows[key], row, "%v at %v", key.Kind, key.Endpoint)
		}
	}
	for key := range documented.Rows {
		assert.Contains(t, observed.Rows, key)
	}
	assert.Equal(t, respond.Documented(), documented, "and the documented table is as it was")
}
