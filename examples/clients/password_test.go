package main_test

import (
	"net/http"
	"net/url"
	"testing"

	ory "github.com/ory/client-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
)

func withPassword(f *ory.SettingsFlow, value string) ory.UpdateSettingsFlowBody {
	return ory.UpdateSettingsFlowWithPasswordMethodAsUpdateSettingsFlowBody(&ory.UpdateSettingsFlowWithPasswordMethod{
		Method: "password", Password: value, CsrfToken: csrf(f),
	})
}

func TestPassword(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		c, other := w.signIn(w.ada, kind), w.signIn(w.ada, kind)
		before := *c
		f := c.start()
		assert.Equal(t, ory.SETTINGSFLOWSTATE_SHOW_FORM, f.State)
		assert.Equal(t, map[respond.Client]string{respond.API: "api", respond.Script: "browser"}[kind], f.Type)
		assert.Equal(t, w.Config.PublicURL+"/self-service/settings?flow="+f.Id, f.Ui.Action)
		assert.Equal(t, "POST", f.Ui.Method)
		assert.Equal(t, w.ada, f.Identity.Id)
		assert.Equal(t, map[string]any{"email": adaEmail}, f.Identity.Traits)
		assert.Equal(t, "default", f.Identity.SchemaId)
		assert.Equal(t, w.Clock.Now(), f.IssuedAt)
		field := input(f, "password")
		assert.Equal(t, "password", field.Type)
		assert.Equal(t, "new-password", field.GetAutocomplete())
		assert.True(t, field.GetRequired())
		assert.Nil(t, field.Value)
		assert.EqualValues(t, 1070001, node(f, "password").Meta.Label.Id)

		again := c.invalid(f, c.submit(f, withPassword(f, "short")), "password:4000032")
		message := node(again, "password").Messages[0]
		assert.Equal(t, "error", message.Type)
		assert.Equal(t, map[string]any{"min_length": 8.0, "actual_length": 5.0}, message.Context)
		c.invalid(f, c.submit(f, withPassword(f, adaPassword)), "password:4000039")
		c.invalid(f, c.submit(f, withPassword(f, "")), "password:4000002")
		assert.True(t, w.PasswordIs(w.ada, adaPassword))

		done := c.saved(f, c.submit(f, withPassword(f, newPassword)))
		assert.True(t, w.PasswordIs(w.ada, newPassword))
		if kind == respond.API {
			assert.Empty(t, done.ContinueWith)
			assert.Equal(t, w.ada, succeeded(t, before.whoami()).Identity.Id, "the SDK goes on with the token it has")
		} else {
			require.Len(t, done.ContinueWith, 1)
			assert.Equal(t, w.url+"/settings?flow="+f.Id, done.ContinueWith[0].ContinueWithRedirectBrowserTo.RedirectBrowserTo)
		}
		assert.Equal(t, w.ada, succeeded(t, c.whoami()).Identity.Id)
		failed(t, http.StatusUnauthorized, "session_inactive", other.whoami())
	})
}

// A web app may render its settings page on the server: it passes the cookies of
// its browser on.
func TestAServerBetweenBrowserAndSDK(t *testing.T) {
	w := newFixture(t)
	browser, server := w.signIn(w.ada, respond.Script), w.anonymous(respond.API)
	public, err := url.Parse(w.Config.PublicURL)
	require.NoError(t, err)
	require.Len(t, browser.http.Jar.Cookies(public), 1)
	cookies := browser.http.Jar.Cookies(public)[0].String()

	f := succeeded(t, wrap(server.CreateBrowserSettingsFlow(t.Context()).Cookie(cookies).Execute()))
	a := wrap(server.UpdateSettingsFlow(t.Context()).Flow(f.Id).Cookie(cookies).UpdateSettingsFlowBody(withPassword(f, newPassword)).Execute())
	assert.Equal(t, ory.SETTINGSFLOWSTATE_SUCCESS, succeeded(t, a).State)
	assert.True(t, w.PasswordIs(w.ada, newPassword))

	// What the browser has to have in place of its cookie comes with the answer.
	require.Len(t, a.res.Cookies(), 1)
	failed(t, http.StatusUnauthorized, "session_inactive", wrap(server.ToSession(t.Context()).Cookie(cookies).Execute()))
	renewed := a.res.Cookies()[0].Name + "=" + a.res.Cookies()[0].Value
	assert.Equal(t, w.ada, succeeded(t, wrap(server.ToSession(t.Context()).Cookie(renewed).Execute())).Identity.Id)
}
