package main_test

import (
	"net/http"
	"net/url"
	"testing"

	ory "github.com/ory/client-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/oidc"
)

func withLogin(f *ory.SettingsFlow, provider string) ory.UpdateSettingsFlowBody {
	return ory.UpdateSettingsFlowWithOidcMethodAsUpdateSettingsFlowBody(&ory.UpdateSettingsFlowWithOidcMethod{
		Method: "oidc", Link: &provider, CsrfToken: csrf(f), UpstreamParameters: map[string]any{"prompt": "select_account"},
	})
}

func withoutLogin(f *ory.SettingsFlow, provider string) ory.UpdateSettingsFlowBody {
	return ory.UpdateSettingsFlowWithOidcMethodAsUpdateSettingsFlowBody(&ory.UpdateSettingsFlowWithOidcMethod{
		Method: "oidc", Unlink: &provider, CsrfToken: csrf(f),
	})
}

// linked links a login, as if that had been done before.
func (w *fixture) linked() {
	login, key := oidc.Account{Provider: "one", Issuer: w.provider.URL, Subject: "ada", LinkedAt: w.Clock.Now()}.Credential()
	w.Edit(w.ada, func(i *identity.Identity) {
		i.State.Factors = map[aal.Method]identity.Factor{aal.OIDC: {Serial: 1, Credentials: []identity.Credential{login}}}
		i.Keys = append(i.Keys, key)
	})
}

// A link sends the browser away, and says where. That of a script comes back by
// itself. That of an app is not signed in: what it brings back the app submits,
// by names that the SDK's type has not, but takes.
func TestLinkALogin(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		c := w.signIn(w.ada, kind)
		f := c.start()
		assert.Equal(t, "one", input(f, "link").Value)
		assert.EqualValues(t, 1050002, node(f, "link").Meta.Label.Id)
		assert.Equal(t, "The One", node(f, "link").Meta.Label.Context["provider"])

		c.invalid(f, c.submit(f, withLogin(f, "nobody")), "4000001")
		failed(t, http.StatusNotFound, "not_found", c.submit(f, withoutLogin(f, "one")))
		c.invalid(f, c.submit(f, ory.UpdateSettingsFlowWithOidcMethodAsUpdateSettingsFlowBody(&ory.UpdateSettingsFlowWithOidcMethod{
			Method: "oidc", CsrfToken: csrf(f),
		})), "4010004")

		away := refused[ory.ErrorBrowserLocationChangeRequired](t, http.StatusUnprocessableEntity, c.submit(f, withLogin(f, "one")))
		assert.Equal(t, "browser_location_change_required", away.Error.GetId())
		assert.EqualValues(t, 422, away.Error.GetCode())
		assert.Equal(t, "Unprocessable Entity", away.Error.GetStatus())
		assert.NotEmpty(t, away.Error.GetReason())
		assert.NotEmpty(t, away.Error.Message)
		to, err := url.Parse(away.GetRedirectBrowserTo())
		require.NoError(t, err)
		assert.Equal(t, w.provider.URL+"/authorize", "http://"+to.Host+to.Path)
		assert.Equal(t, w.Config.PublicURL+"/self-service/methods/oidc/callback/one", to.Query().Get("redirect_uri"))

		at := c.browse(away.GetRedirectBrowserTo())
		assert.Equal(t, w.url+"/settings "+f.Id, "http://"+at.Host+at.Path+" "+at.Query().Get("flow"))
		if kind == respond.API {
			assert.Equal(t, ory.SETTINGSFLOWSTATE_SHOW_FORM, succeeded(t, c.read(f.Id)).State, "nothing is linked yet")
			c.saved(f, c.submit(f, ory.UpdateSettingsFlowWithOidcMethodAsUpdateSettingsFlowBody(&ory.UpdateSettingsFlowWithOidcMethod{
				Method: "oidc", AdditionalProperties: map[string]any{"state": at.Query().Get("state"), "code": at.Query().Get("code")},
			})))
		}
		done := succeeded(t, c.read(f.Id))
		assert.Equal(t, ory.SETTINGSFLOWSTATE_SUCCESS, done.State)
		assert.Equal(t, "1050001", messages(done))
		assert.Equal(t, "one", input(done, "unlink").Value)
	})
}

// browse opens a page in the browser of a script, or in one that an app opens,
// and gives where that ends up.
func (c *client) browse(page string) *url.URL {
	t := c.w.T
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", page, nil)
	require.NoError(t, err)
	r.Header.Set("Accept", "text/html")
	res, err := c.http.Do(r)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)
	return res.Request.URL
}

func TestUnlinkALogin(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		w.linked()
		c := w.signIn(w.ada, kind)
		f := c.start()
		assert.EqualValues(t, 1050003, node(f, "unlink").Meta.Label.Id)
		done := c.saved(f, c.submit(f, withoutLogin(f, input(f, "unlink").Value.(string))))
		assert.Nil(t, node(done, "unlink"))
	})
}

// The last way to sign in has a button that cannot be pressed, and says why.
func TestTheLastLogin(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		w.linked()
		w.Edit(w.ada, func(i *identity.Identity) { i.PasswordHash = "" })
		c := w.signIn(w.ada, kind, aal.OIDC)
		f := c.start()
		assert.True(t, input(f, "unlink").Disabled)
		assert.Equal(t, "unlink:7000013", messages(f))
		c.invalid(f, c.submit(f, withoutLogin(f, "one")), "4000001 unlink:7000013")
	})
}
