package settings_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

// Rules that once stood in two places and had drifted apart.

func TestTheBrowserOfAnAPIClientGoesWhereASuccessLeads(t *testing.T) {
	const own, general, back = "https://app.example.com/linked", "https://app.example.com/done", "https://app.example.com/after"
	for _, c := range []struct {
		name   string
		config func(*settings.Config)
		start  string
		want   string
	}{
		{"the settings page", func(*settings.Config) {}, "", settingstest.UIURL},
		{"the after-URL", func(c *settings.Config) { c.AfterURL = general }, "", general},
		{"the method's own goes before it", func(c *settings.Config) {
			c.AfterURL, c.AfterURLs = general, map[string]string{"abroad": own}
		}, "", own},
		{"the flow's return_to goes before both", func(c *settings.Config) {
			c.AfterURL, c.AfterURLs = general, map[string]string{"abroad": own}
		}, back, back},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := sendAway(t, respond.API, c.config)
			if c.start != "" {
				j.flow = j.client.Get("/self-service/settings/api?return_to=" + url.QueryEscape(c.start)).Flow
				j.state = j.away(t)
			}
			a := j.comeBack(j.Anonymous(respond.Page), "code=c&state="+j.state)
			to, _, _ := strings.Cut(a.Location, "?")
			assert.Equal(t, c.want, to)
		})
	}
}

// The middleware before a host's routes tells clients apart as the endpoints do.
func TestOneRequestIsOneKindOfClientEverywhere(t *testing.T) {
	for name, header := range map[string]http.Header{
		"JSON":                        {"Content-Type": {"application/json"}},
		"JSON, by two headers":        {"Content-Type": {"application/json", "application/json"}},
		"a form and JSON":             {"Content-Type": {"application/x-www-form-urlencoded", "application/json"}},
		"JSON is accepted":            {"Accept": {"application/json"}},
		"JSON is accepted by a third": {"Accept": {"text/plain", "image/png", "application/json"}},
		"HTML is accepted":            {"Accept": {"text/html"}},
		"an empty cookie header":      {"Content-Type": {"application/json"}, "Cookie": {""}},
		"a cookie of somebody's":      {"Content-Type": {"application/json"}, "Cookie": {"theirs=1"}},
	} {
		for behaviour, b := range map[string]settings.Behaviour{"strict": settings.Strict(), "like Kratos": settings.LikeKratos()} {
			t.Run(name+", "+behaviour, func(t *testing.T) {
				kit := settingstest.New(t, func(c *settings.Config) { c.Behaviour = b })
				answer := func(h http.Handler, path string) string {
					r := httptest.NewRequest("GET", "https://app.example.com"+path, nil)
					r.Header = header.Clone()
					w := httptest.NewRecorder()
					h.ServeHTTP(w, r)
					return w.Header().Get("Content-Type")
				}
				route := kit.Handler.Sessions.Require()(http.NotFoundHandler())
				assert.Equal(t, answer(kit.Handler, "/auth/self-service/settings/browser"), answer(route, "/billing"))
			})
		}
	}
}

// What a commit asks is asked at its own time: the work before it took long.
func TestTimeThatPassesWhileTheWorkIsDone(t *testing.T) {
	for _, c := range []struct {
		name   string
		lasts  time.Duration
		config func(*settings.Config)
		pageTo string // where a page is led
		api    string // of an API client's answer, as Brief gives it
	}{
		{"the flow expires", time.Minute, func(c *settings.Config) { c.Lifespan = time.Minute }, uiPage, "303"},
		{"the sign-in gets too old", 15*time.Minute + 1, func(*settings.Config) {}, loginPage + "refresh=true", "403"},
		{"the session expires", time.Hour, func(c *settings.Config) { c.SessionLifespan, c.Lifespan = time.Hour, 2*time.Hour }, loginPage, "401"},
		{"nothing does", time.Minute, func(*settings.Config) {}, uiPage, "200"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
				for _, kind := range []respond.Client{respond.API, respond.Page} {
					var kit *settingstest.Kit
					slow := fakeMethod{needs: method.Needs{Privileged: true}, do: func(context.Context, method.View) (method.Result, error) {
						kit.Clock.Advance(c.lasts)
						return method.Change{Event: "test.changed", Edit: replacePassword}, nil
					}}
					kit = settingstest.New(t, mode, c.config, offering(slow))
					ada := kit.AddIdentity("ada@example.com", oldPassword)
					client := kit.SignIn(ada, kind)
					before := kit.Identity(ada).PasswordHash
					a := client.Submit(client.Start(), toTest)
					if kind == respond.API {
						assert.Equal(t, c.api, a.Brief()[:3])
					} else {
						assert.True(t, strings.HasPrefix(a.Location, c.pageTo), a.Location)
					}
					assert.Equal(t, c.api == "200", kit.Identity(ada).PasswordHash != before, "what is not answered by success is not written")
				}
			})
		})
	}
}

// A page's cell names the error it leads to: a host that changes what API clients
// get does not change what a person reads.
func TestAPagesErrorIsItsOwn(t *testing.T) {
	kit := settingstest.New(t, func(c *settings.Config) {
		c.Responses = respond.Documented()
		key := respond.Key{Kind: respond.Disabled, Endpoint: respond.AnyEndpoint}
		row := c.Responses.Rows[key]
		row.API = respond.Cell{Status: 410, Body: respond.ErrorBody, ID: respond.FlowExpired}
		c.Responses.Rows[key] = row
	})
	c := kit.SignIn(kit.AddIdentity("ada@example.com", oldPassword), respond.Page)
	failure := c.Submit(c.Start(), settingstest.Fields{"method": "totp"}).Failure()
	assert.Equal(t, "self_service_flow_disabled", failure.ID)
	assert.Equal(t, 404, failure.Code)
}

// One line makes a host answer as Kratos does: the table, and what no table has.
func TestLikeKratosIsOneLine(t *testing.T) {
	kit := settingstest.New(t, func(c *settings.Config) { c.Behaviour = settings.LikeKratos() })
	c := kit.SignIn(kit.AddIdentity("ada@example.com", oldPassword), respond.API)
	f := c.Start()
	kit.Clock.Advance(time.Hour)
	assert.Equal(t, 410, c.Submit(f, settingstest.Fields{}).Status, "a cell of the table")

	nobody := kit.Anonymous(respond.Page).Get("/self-service/settings/browser")
	assert.Equal(t, "https://app.example.com/auth/self-service/login/browser", nobody.Location, "where a login starts")

	r := httptest.NewRequest("POST", settingstest.PublicURL+"/self-service/settings?flow="+c.Start().ID, strings.NewReader("{}"))
	r.Header = http.Header{"Content-Type": {"application/json"}, "X-Session-Token": {c.Token}, "Cookie": {"theirs=1"}}
	w := httptest.NewRecorder()
	kit.Handler.ServeHTTP(w, r)
	assert.Equal(t, 400, w.Code, "a cookie of an API client")

	a := c.Post("/self-service/settings?flow="+c.Start().ID+"&return_to=https://evil.example/", "application/json", `{"method":"password"}`)
	require.NotNil(t, a.Flow, "a forbidden return_to of a submit is answered by the form: %v", a)
}
