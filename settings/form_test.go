package settings_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

// settingsPage is a host's own settings page.
func settingsPage(kit *settingstest.Kit, client *settingstest.Client, query string) *http.Response {
	r := httptest.NewRequest("GET", settingstest.UIURL+query, nil)
	u, _ := url.Parse(settingstest.PublicURL)
	for _, c := range client.Jar.Cookies(u) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	if form := kit.Handler.Form(w, r); form != nil {
		_, _ = w.WriteString("form " + form.ID)
	}
	return w.Result()
}

// unreadableFlows stores flows and cannot read them.
type unreadableFlows struct{ store.FlowStore }

func (unreadableFlows) GetFlow(context.Context, string) (flow.Record, error) {
	return flow.Record{}, errors.New("the replica lags behind")
}

func TestFormOfAHostsOwnPage(t *testing.T) {
	start := settingstest.PublicURL + "/self-service/settings/browser"
	for name, c := range map[string]struct {
		query    func(kit *settingstest.Kit, ada *settingstest.Client, id string) string
		location string // "" for the form
	}{
		"the form of its user": {func(_ *settingstest.Kit, ada *settingstest.Client, _ string) string { return "?flow=" + ada.Start().ID }, ""},
		"no flow":              {func(*settingstest.Kit, *settingstest.Client, string) string { return "" }, start},
		"a flow nobody knows": {func(*settingstest.Kit, *settingstest.Client, string) string {
			return "?flow=00000000-0000-4000-8000-000000000000"
		}, start},
		"an expired flow": {func(kit *settingstest.Kit, ada *settingstest.Client, _ string) string {
			id := ada.Start().ID
			kit.Clock.Advance(time.Hour)
			return "?flow=" + id
		}, start},
		"another identity's flow": {func(kit *settingstest.Kit, _ *settingstest.Client, _ string) string {
			eve := kit.SignIn(kit.AddIdentity("eve@example.com", "the password of eve"), respond.Page)
			return "?flow=" + eve.Start().ID
		}, start},
		"a session of too low a level": {func(kit *settingstest.Kit, ada *settingstest.Client, id string) string {
			f := ada.Start().ID
			kit.AddFactor(id, aal.TOTP)
			return "?flow=" + f
		}, settingstest.LoginURL + "?aal=aal2&return_to="},
		"no session": {func(kit *settingstest.Kit, ada *settingstest.Client, id string) string {
			f := ada.Start().ID
			require.NoError(t, kit.Handler.Sessions.RevokeAll(t.Context(), id))
			return "?flow=" + f
		}, settingstest.LoginURL + "?return_to=" + url.QueryEscape(settingstest.UIURL+"?flow=")},
	} {
		t.Run(name, func(t *testing.T) {
			kit := settingstest.New(t)
			id := kit.AddIdentity("ada@example.com", "correct horse battery staple")
			ada := kit.SignIn(id, respond.Page)
			res := settingsPage(kit, ada, c.query(kit, ada, id))
			if c.location == "" {
				assert.Equal(t, 200, res.StatusCode)
				assert.Equal(t, "private, no-store", res.Header.Get("Cache-Control"))
				return
			}
			assert.Equal(t, 303, res.StatusCode)
			assert.True(t, strings.HasPrefix(res.Header.Get("Location"), c.location), res.Header.Get("Location"))
		})
	}
}

// A page that cannot read flows must not start new ones, for ever.
func TestFormOfAStoreThatFailsMakesNoLoop(t *testing.T) {
	kit := settingstest.New(t, func(c *settings.Config) { c.Flows = unreadableFlows{c.Flows} })
	ada := kit.SignIn(kit.AddIdentity("ada@example.com", "correct horse battery staple"), respond.Page)
	res := settingsPage(kit, ada, "?flow=00000000-0000-4000-8000-000000000000")
	assert.Equal(t, 303, res.StatusCode)
	assert.True(t, strings.HasPrefix(res.Header.Get("Location"), settingstest.PublicURL+"/self-service/errors/page?id="))
}
