package settings_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// A flow of an API client has no token against forgery, because no browser can
// be made to send its session. So what shows signs of a browser is refused with
// the flow, and nothing of it is remembered.
func TestAPIFlowFromABrowser(t *testing.T) {
	const cookie = "__Host-amend_session="
	for _, row := range []struct {
		name   string
		change func(c *settingstest.Client)
		passes bool
	}{
		{"as an API client sends it", func(*settingstest.Client) {}, true},
		{"with a cookie that is none of ours", func(c *settingstest.Client) { c.Header.Set("Cookie", "tracking=1") }, true},
		{"with the token as a Bearer", func(c *settingstest.Client) {
			c.Header.Set("Authorization", "Bearer "+c.Token)
			c.Header["X-Session-Token"] = nil
		}, true},
		{"with an Origin of ours", func(c *settingstest.Client) { c.Header.Set("Origin", "https://app.example.com") }, false},
		{"with a configured Origin", func(c *settingstest.Client) { c.Header.Set("Origin", "https://www.example.com") }, false},
		{"with a foreign Origin", func(c *settingstest.Client) { c.Header.Set("Origin", "https://evil.example") }, false},
		{"with an Origin of null", func(c *settingstest.Client) { c.Header.Set("Origin", "null") }, false},
		{"with the same token in our cookie too", func(c *settingstest.Client) { c.Header.Set("Cookie", cookie+c.Token) }, false},
		{"with the token in our cookie only", func(c *settingstest.Client) {
			c.Header.Set("Cookie", cookie+c.Token)
			c.Header["X-Session-Token"] = nil
		}, false},
		{"as a page's form with our cookie", func(c *settingstest.Client) {
			c.Header.Set("Cookie", cookie+c.Token)
			c.Header.Set("Accept", "text/html")
			c.Header["X-Session-Token"] = nil
		}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			kit := settingstest.New(t, func(c *settings.Config) { c.TrustedOrigins = []string{"https://www.example.com"} })
			ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
			app := kit.SignIn(ada, respond.API)
			f := app.Start()
			row.change(app)
			before, stored := snapshot(t, kit, ada), flowRecord(t, kit, f.ID)
			a := app.Submit(f, settingstest.Fields{"method": "password", "password": csrfNewPassword})
			if row.passes {
				require.Equal(t, 200, a.Status, "%v", a)
				require.True(t, kit.PasswordIs(ada, csrfNewPassword))
				return
			}
			require.Equal(t, 400, a.Status, "%v", a)
			require.NotNil(t, a.Flow, "a 400 of a submit is a flow")
			assert.Equal(t, f.ID, a.Flow.ID)
			assert.Equal(t, []string{"4000001"}, a.Flow.Messages())
			assert.Empty(t, a.SessionToken())
			assert.Empty(t, a.Header["Set-Cookie"])
			assert.Equal(t, before, snapshot(t, kit, ada))
			assert.Equal(t, stored, flowRecord(t, kit, f.ID), "nothing is remembered")
			app.Header = http.Header{}
			assert.Empty(t, app.Read(f.ID).Flow.Messages())
		})
	}
}

// Two sessions in one request: which one was meant is not ours to guess. For cookies see
// TestTheCookiesOfTwoPeople.
func TestTwoSessionsInOneRequest(t *testing.T) {
	for name, change := range map[string]func(c *settingstest.Client, adas, bobs string){
		"the header token of one with the cookie of the other": func(c *settingstest.Client, adas, bobs string) {
			c.Header.Set("Cookie", "__Host-amend_session="+adas)
			c.Header.Set("X-Session-Token", bobs)
		},
		"the Bearer of one with the cookie of the other": func(c *settingstest.Client, adas, bobs string) {
			c.Header.Set("Cookie", "__Host-amend_session="+adas)
			c.Header.Set("Authorization", "Bearer "+bobs)
		},
		"the header token of one with the cookies of both": func(c *settingstest.Client, adas, bobs string) {
			c.Header.Set("Cookie", "__Host-amend_session="+adas+"; __Host-amend_session="+bobs)
			c.Header.Set("X-Session-Token", adas)
		},
		"two tokens in headers": func(c *settingstest.Client, adas, bobs string) {
			c.Header["X-Session-Token"] = []string{adas, bobs}
		},
	} {
		for _, kind := range []respond.Client{respond.API, respond.Page, respond.Script} {
			t.Run(fmt.Sprintf("%s, %v", name, kind), func(t *testing.T) {
				kit := settingstest.New(t)
				ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
				bob := kit.AddIdentity("bob@example.com", "the password of bob")
				client := kit.SignIn(ada, kind)
				f, adas := client.Start(), heldToken(t, client)
				client.Jar = nil
				change(client, adas, kit.SignIn(bob, respond.API).Token)
				before, bobBefore, stored := snapshot(t, kit, ada), snapshot(t, kit, bob), flowRecord(t, kit, f.ID)
				a := client.Submit(f, settingstest.Fields{"method": "password", "password": csrfNewPassword})
				requireError(t, a, respond.API, 400, "bad_request") // a token in a header means API while no flow is known
				assert.Empty(t, a.Header["Set-Cookie"])
				assert.Equal(t, before, snapshot(t, kit, ada))
				assert.Equal(t, bobBefore, snapshot(t, kit, bob))
				assert.Equal(t, stored, flowRecord(t, kit, f.ID))
				assert.Equal(t, "400 session_ambiguous", client.Whoami().Brief())
			})
		}
	}
}

// The DELETE endpoints have no form and so no token: with a cookie they take
// the browser's own word that a page of ours asks.
func TestCSRFOfRevocations(t *testing.T) {
	for _, row := range []struct {
		name, fetchSite, origin string
		passes                  bool
	}{
		{"from a page of ours", "same-origin", "https://app.example.com", true},
		{"from a page of ours, without an Origin", "same-origin", "", true},
		{"without a word of where from", "", "", false},
		{"by Origin alone", "", "https://app.example.com", false},
		{"typed by the user", "none", "", false},
		{"from the same site", "same-site", "https://blog.example.com", false},
		{"from another site", "cross-site", "https://evil.example", false},
		{"from the http twin", "same-origin", "http://app.example.com", false},
		{"with an Origin of null", "same-origin", "null", false},
	} {
		for _, kind := range []respond.Client{respond.Page, respond.Script} {
			for _, one := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %v, one %v", row.name, kind, one), func(t *testing.T) {
					s := newCSRFFixture(t, kind)
					other, _, err := s.kit.Handler.Sessions.IssueToken(t.Context(), s.ada, session.Device{}, "password")
					require.NoError(t, err)
					s.from(row.fetchSite, row.origin)
					path, status := "/sessions", 200
					if one {
						path, status = "/sessions/"+other.ID, 204
					}
					before := snapshot(t, s.kit, s.ada)
					a := s.browser.Do("DELETE", path, "", "")
					if row.passes {
						require.Equal(t, status, a.Status, "%v", a)
						require.NotContains(t, snapshot(t, s.kit, s.ada), other.ID)
						return
					}
					requireError(t, a, respond.Script, 403, "security_csrf_violation")
					require.Equal(t, before, snapshot(t, s.kit, s.ada))
				})
			}
		}
	}
}

func TestOtherHTTPMethods(t *testing.T) {
	for _, endpoint := range []struct {
		path  string
		allow []string
	}{
		{"/self-service/settings?flow=FLOW", []string{"GET", "POST"}},
		{"/self-service/settings/browser", []string{"GET"}},
		{"/self-service/settings/api", []string{"GET"}},
		{"/self-service/settings/flows?id=FLOW", []string{"GET"}},
		{"/self-service/errors?id=x", []string{"GET"}},
		{"/self-service/errors/page?id=x", []string{"GET"}},
		{"/sessions/whoami", []string{"GET"}},
		{"/sessions", []string{"DELETE", "GET"}},
		{"/sessions/" + "0d3b3a5e-6a4c-4f59-8a53-0a1f3d6f1a11", []string{"DELETE"}},
	} {
		for _, method := range []string{"HEAD", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "CONNECT", "POST", "GET", "QUERY", "post", "get"} {
			if strings.Contains(" "+strings.Join(endpoint.allow, " ")+" ", " "+method+" ") {
				continue
			}
			for _, kind := range []respond.Client{respond.API, respond.Page, respond.Script} {
				t.Run(fmt.Sprintf("%s %s, %v", method, endpoint.path, kind), func(t *testing.T) {
					kit := settingstest.New(t)
					ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
					client := kit.SignIn(ada, kind)
					f := client.Start()
					contentType, body := csrfURLEncoded(t, settingstest.Fields{
						"method": "password", "password": csrfNewPassword, "csrf_token": f.CSRFToken(),
					})
					before, stored := snapshot(t, kit, ada), flowRecord(t, kit, f.ID)
					a := client.Do(method, strings.Replace(endpoint.path, "FLOW", f.ID, 1), contentType, body)
					require.Equal(t, 405, a.Status, "%v", a)
					assert.ElementsMatch(t, endpoint.allow, strings.Split(a.Header.Get("Allow"), ", "))
					assert.Equal(t, before, snapshot(t, kit, ada))
					assert.Equal(t, stored, flowRecord(t, kit, f.ID))
				})
			}
		}
	}
}

// HEAD over a real connection has no body, and no endpoint takes it for a GET.
func TestHEADStartsNothing(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
	server := httptest.NewServer(kit.Handler)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), "HEAD", server.URL+"/auth/self-service/settings/api", nil)
	require.NoError(t, err)
	r.Header.Set("X-Session-Token", kit.SignIn(ada, respond.API).Token)
	res, err := server.Client().Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, 405, res.StatusCode)
	require.Equal(t, "GET", res.Header.Get("Allow"))
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Empty(t, body)
}

// No field and no header makes one HTTP method into another.
func TestMethodOverride(t *testing.T) {
	overrides := []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"}
	submit := settingstest.Fields{"method": "password", "password": csrfNewPassword, "_method": "POST"}
	for _, by := range csrfSenders {
		t.Run("a GET that would be a POST, "+by.name, func(t *testing.T) {
			s := newCSRFFixture(t, by.kind)
			for _, name := range overrides {
				s.browser.Header.Set(name, "POST")
			}
			for k, v := range submit {
				s.fields[k] = v
			}
			_, query := csrfURLEncoded(t, s.fields)
			contentType, body := by.encode(t, s.fields)
			before, stored := snapshot(t, s.kit, s.ada), flowRecord(t, s.kit, s.flow.ID)
			for _, path := range []string{"/self-service/settings?flow=", "/self-service/settings/flows?id="} {
				a := s.browser.Do("GET", path+s.flow.ID+"&"+query, contentType, body)
				require.Less(t, a.Status, 400, "the form is shown: %v", a)
				require.NotContains(t, string(a.Body), `"state":"success"`)
				require.Equal(t, before, snapshot(t, s.kit, s.ada))
				require.Equal(t, stored, flowRecord(t, s.kit, s.flow.ID))
			}
		})
		t.Run("a POST that would be a DELETE, "+by.name, func(t *testing.T) {
			s := newCSRFFixture(t, by.kind)
			s.kit.SignIn(s.ada, respond.API)
			for _, name := range overrides {
				s.browser.Header.Set(name, "DELETE")
			}
			s.fields["_method"] = "DELETE"
			contentType, body := by.encode(t, s.fields)
			before := snapshot(t, s.kit, s.ada)
			a := s.browser.Post("/sessions?_method=DELETE", contentType, body)
			require.Equal(t, 405, a.Status)
			require.Equal(t, before, snapshot(t, s.kit, s.ada))
		})
		t.Run("a POST stays one, "+by.name, func(t *testing.T) {
			s := newCSRFFixture(t, by.kind)
			for _, name := range overrides {
				s.browser.Header.Set(name, "GET")
			}
			s.fields["_method"] = "GET"
			s.send(by)
			require.True(t, s.kit.PasswordIs(s.ada, csrfNewPassword))
		})
	}
}
