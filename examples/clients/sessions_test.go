package main_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	ory "github.com/ory/client-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
)

// sessions are the user's other sessions, whatever comes of it.
func (c *client) sessions() answer[[]ory.Session] {
	r := c.ListMySessions(c.w.T.Context())
	if c.token != "" {
		r = r.XSessionToken(c.token)
	}
	return wrap(r.Execute())
}

// endOthers ends them, whatever comes of it.
func (c *client) endOthers() answer[*ory.DeleteMySessionsCount] {
	r := c.DisableMyOtherSessions(c.w.T.Context())
	if c.token != "" {
		r = r.XSessionToken(c.token)
	}
	return wrap(r.Execute())
}

// end ends one of them, whatever comes of it.
func (c *client) end(id string) answer[struct{}] {
	r := c.DisableMySession(c.w.T.Context(), id)
	if c.token != "" {
		r = r.XSessionToken(c.token)
	}
	res, err := r.Execute()
	return answer[struct{}]{res: res, err: err}
}

// failure is what an error page shows, whatever comes of it.
func (c *client) failure(id string) answer[*ory.FlowError] {
	return wrap(c.GetFlowError(c.w.T.Context()).Id(id).Execute())
}

func TestSessions(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		c := w.signIn(w.ada, kind)
		if kind == respond.Script {
			// A program that has a browser's cookie, but is none, has to say so for what
			// comes without a form's token.
			failed(t, http.StatusForbidden, "security_csrf_violation", c.endOthers())
			failed(t, http.StatusForbidden, "security_csrf_violation", c.end("some"))
			c = c.with("Sec-Fetch-Site", "same-origin")
		}
		me := succeeded(t, c.whoami())
		assert.True(t, me.GetActive())
		assert.Equal(t, w.Clock.Now(), me.GetAuthenticatedAt())
		assert.Equal(t, w.Clock.Now().Add(24*time.Hour), me.GetExpiresAt())
		assert.Equal(t, ory.AUTHENTICATORASSURANCELEVEL_AAL1, me.GetAuthenticatorAssuranceLevel())
		require.Len(t, me.AuthenticationMethods, 1)
		assert.Equal(t, "password aal1", me.AuthenticationMethods[0].GetMethod()+" "+string(me.AuthenticationMethods[0].GetAal()))
		require.Len(t, me.Devices, 1)
		assert.Equal(t, "settingstest", me.Devices[0].GetUserAgent())
		assert.Equal(t, w.ada, me.Identity.Id)
		assert.Empty(t, succeeded(t, c.sessions()))

		phone, tablet, laptop := w.signIn(w.ada, kind), w.signIn(w.ada, kind), w.signIn(w.ada, kind)
		id := succeeded(t, phone.whoami()).Id
		others := succeeded(t, c.sessions())
		assert.Len(t, others, 3)
		for _, s := range others {
			assert.NotEqual(t, me.Id, s.Id)
		}
		ended := c.end(id)
		require.NoError(t, ended.err)
		assert.Equal(t, http.StatusNoContent, ended.res.StatusCode)
		failed(t, http.StatusUnauthorized, "session_inactive", phone.whoami())
		failed(t, http.StatusNotFound, "not_found", c.end(id))
		failed(t, http.StatusNotFound, "not_found", c.end(me.Id))

		assert.EqualValues(t, 2, *succeeded(t, c.endOthers()).Count)
		failed(t, http.StatusUnauthorized, "session_inactive", tablet.whoami())
		failed(t, http.StatusUnauthorized, "session_inactive", laptop.whoami())
		assert.Equal(t, me.Id, succeeded(t, c.whoami()).Id)
	})
}

// A page is led to the error page by an id, and that page asks the SDK.
func TestTheErrorBehindAnErrorPage(t *testing.T) {
	w := newFixture(t)
	c := w.signIn(w.ada, respond.Script)
	page := *c.http
	page.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, err := http.NewRequestWithContext(t.Context(), "GET", w.Config.PublicURL+"/self-service/settings/browser?return_to="+url.QueryEscape("https://evil.example/"), nil)
	require.NoError(t, err)
	r.Header.Set("Accept", "text/html")
	res, err := page.Do(r)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusSeeOther, res.StatusCode)
	to, err := res.Location()
	require.NoError(t, err)

	anyone := w.anonymous(respond.API)
	shown := succeeded(t, anyone.failure(to.Query().Get("id")))
	assert.Equal(t, to.Query().Get("id"), shown.Id)
	assert.Equal(t, "self_service_flow_return_to_forbidden", shown.Error["id"])
	assert.Equal(t, 400.0, shown.Error["code"])
	w.Clock.Advance(15 * time.Minute)
	failed(t, http.StatusNotFound, "not_found", anyone.failure(shown.Id))
}
