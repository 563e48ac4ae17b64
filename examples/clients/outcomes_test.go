package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	ory "github.com/ory/client-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/seal"
)

// call is a method of the SDK, and the endpoint that answers it.
type call struct {
	endpoint respond.Endpoint
	run      func(c *client, f *ory.SettingsFlow) (*http.Response, error)
}

var calls = []call{
	{respond.StartAPI, func(c *client, _ *ory.SettingsFlow) (*http.Response, error) {
		_, res, err := c.CreateNativeSettingsFlow(c.w.T.Context()).Execute()
		return res, err
	}},
	{respond.StartBrowser, func(c *client, _ *ory.SettingsFlow) (*http.Response, error) {
		_, res, err := c.CreateBrowserSettingsFlow(c.w.T.Context()).Execute()
		return res, err
	}},
	{respond.Read, func(c *client, f *ory.SettingsFlow) (*http.Response, error) {
		a := c.read(f.Id)
		return a.res, a.err
	}},
	{respond.Submit, func(c *client, f *ory.SettingsFlow) (*http.Response, error) {
		a := c.submit(f, withPassword(f, newPassword))
		return a.res, a.err
	}},
	{respond.Whoami, func(c *client, _ *ory.SettingsFlow) (*http.Response, error) {
		a := c.whoami()
		return a.res, a.err
	}},
	{respond.ListSessions, func(c *client, _ *ory.SettingsFlow) (*http.Response, error) {
		a := c.sessions()
		return a.res, a.err
	}},
	{respond.RevokeSessions, func(c *client, _ *ory.SettingsFlow) (*http.Response, error) {
		a := c.endOthers()
		return a.res, a.err
	}},
	{respond.RevokeSession, func(c *client, _ *ory.SettingsFlow) (*http.Response, error) {
		a := c.end(nowhere)
		return a.res, a.err
	}},
	{respond.ErrorRead, func(c *client, _ *ory.SettingsFlow) (*http.Response, error) {
		a := c.failure("some")
		return a.res, a.err
	}},
}

// undecoded are the answers that the SDK has no model for, with what it says of
// them. Their error is in the body.
func undecoded(kratos bool, e respond.Endpoint, kind respond.Kind, status int) (says string, yes bool) {
	switch {
	case e == respond.Submit && (kind == respond.NoFlowGiven || kind == respond.Ambiguous):
		return "no value given for required property expires_at", true // no flow is known that it could be
	case e == respond.Submit && kind == respond.BadReturnTo && kratos:
		return "no value given for required property expires_at", true // never met: a submit is answered with a flow then
	case e == respond.ErrorRead && status != 403 && status != 404 && status != 500:
		return fmt.Sprintf("%d %s", status, http.StatusText(status)), true
	}
	return "", false
}

// Whatever a request comes to, at every endpoint that the SDK calls: it decodes
// the answer. The outcomes are rendered here as the Handler renders them, also
// those that an endpoint never has.
func TestEveryOutcomeIsDecoded(t *testing.T) {
	ring, err := seal.New(seal.NewKey())
	require.NoError(t, err)
	for name, table := range map[string]respond.Table{"kratos": respond.Kratos(), "documented": respond.Documented()} {
		t.Run(name, func(t *testing.T) {
			met := map[respond.ErrorID]bool{}
			each(t, func(t *testing.T, kind respond.Client) {
				w := newFixture(t)
				var next respond.Response
				server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _ = next.Write(rw) }))
				t.Cleanup(server.Close)
				c := w.anonymous(kind)
				c.FrontendAPI = sdk(server.URL, c.http, nil)
				form := w.form(kind)
				f := w.signIn(w.ada, kind).start()
				render := &respond.Responder{Table: table, Ring: ring, Public: w.Config.PublicURL, UI: w.Config.UIURL, Login: w.Config.LoginURL}
				for _, call := range calls {
					for k := respond.Done; k <= respond.WrongMethod; k++ {
						row, _ := table.Row(k, call.endpoint)
						cell := row.Cell(kind)
						switch {
						case cell.Status/100 == 3: // see TestAnExpiredFlowAsDocumented
							require.Equal(t, "documented expired", name+" "+k.String())
							continue
						case cell.Body == respond.DoneBody || cell.Body == respond.NoBody: // see TestSessions
							continue
						case cell.Body == respond.FormBody && call.endpoint != respond.Submit: // that no other endpoint answers with
							continue
						}
						next = render.Render(respond.Outcome{
							Kind: k, Endpoint: call.endpoint, Client: kind, At: w.Clock.Now(), Form: form,
							ExpiredAt: w.Clock.Now().Add(-time.Minute), UseFlow: nowhere, URL: "https://provider.example/authorize", RetryAfter: time.Minute,
						})
						t.Run(fmt.Sprint(call.endpoint, ", ", k), func(t *testing.T) {
							res, err := call.run(c, f)
							require.NotNil(t, res)
							require.Equal(t, cell.Status, res.StatusCode)
							a := answer[any]{res: res, err: err}
							if says, yes := undecoded(name == "kratos", call.endpoint, k, cell.Status); yes {
								require.EqualError(t, err, says)
								assert.Contains(t, string(body(err)), `"id":"`+string(cell.ID)+`"`)
								return
							}
							met[cell.ID] = true
							switch {
							case cell.Status == http.StatusOK:
								require.NoError(t, err)
							case cell.Body == respond.FormBody:
								refused[ory.SettingsFlow](t, http.StatusBadRequest, a)
							case call.endpoint == respond.Submit && cell.Status == http.StatusUnprocessableEntity:
								e := refused[ory.ErrorBrowserLocationChangeRequired](t, cell.Status, a)
								assert.Equal(t, "https://provider.example/authorize", e.GetRedirectBrowserTo())
								assert.Equal(t, "browser_location_change_required", e.Error.GetId())
							default:
								failed(t, cell.Status, string(cell.ID), a)
							}
						})
					}
				}
			})
			for id := range respond.ErrorIDs {
				if id == respond.ReturnToForbidden && name == "documented" {
					continue // there it is a mismatch
				}
				assert.True(t, met[id], "%s: not met at any endpoint", id)
			}
		})
	}
}

// form is a flow of Ada's, before it is rendered.
func (w *fixture) form(kind respond.Client) *flow.Form {
	w.T.Helper()
	_, token, err := w.Handler.Sessions.IssueToken(w.T.Context(), w.ada, session.Device{}, aal.Password)
	require.NoError(w.T, err)
	asked, presented := flow.API, session.Presented{Header: []string{token}}
	if kind == respond.Script {
		asked, presented = flow.Browser, session.Presented{Cookie: []string{token}}
	}
	o := w.Handler.Service.Start(w.T.Context(), asked, settings.Request{Tokens: presented, Accept: "application/json"})
	require.NotNil(w.T, o.Form)
	return o.Form
}
