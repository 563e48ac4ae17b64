package settings_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// What a running Ory Kratos v26.2.0 was seen to answer, scenario by scenario, for an API
// client, a page and a script; respond.Kratos() must answer alike. Each row has a cell for
// each of the three; an empty one is not run, because no such client sends that request.
//
// A cell begins with the status. What follows it:
//
//	200 1050001                the ids of the flow's messages; "node:id" for one on a node; none
//	403 session_aal2_required  the id of the error; "error" where Kratos has none: any id will do
//	303 UI ⇒ 1050001           a redirect to the settings page, and the messages of the flow that
//	                           is read there; "-" for none
//	303 ERR ⇒ id               a redirect to the error page, and the id of the error that is read
//	                           there, or its code where Kratos has no id
//	303 REAUTH                 a redirect to the start of a login with refresh=true
//	303 START?return_to=…      a redirect to the start of a login, with all its parameters
//	302 LOGIN                  a redirect to the login page itself
//	303 https://…              a redirect to anywhere else
//	+s                         with any of these: a session cookie is set
//
// settingstest's Brief is not used here, because it tells neither the cookie nor START from
// LOGIN.

const kratosBack = "https://app.example.com/back"

// kratosCase is one scenario with one kind of client.
type kratosCase struct {
	*settingstest.Kit
	*settingstest.Client
	id string
}

func (c *kratosCase) start() *settingstest.Flow { return c.startFor("") }

// startFor starts a flow with a return_to.
func (c *kratosCase) startFor(returnTo string) *settingstest.Flow {
	c.T.Helper()
	a := c.init(returnTo)
	if c.Kind == respond.Page {
		a = a.Follow()
	}
	require.NotNil(c.T, a.Flow, a)
	return a.Flow
}

func (c *kratosCase) init(returnTo string) *settingstest.Answer {
	path := "/self-service/settings/browser"
	if c.Kind == respond.API {
		path = "/self-service/settings/api"
	}
	if returnTo != "" {
		path += "?return_to=" + returnTo
	}
	return c.Get(path)
}

func (c *kratosCase) pass(value any) *settingstest.Answer {
	return c.Submit(c.start(), settingstest.Fields{"method": "password", "password": value})
}

func (c *kratosCase) fields(f settingstest.Fields) *settingstest.Answer {
	return c.Submit(c.start(), f)
}

// as is the same scenario with another client of the kind.
func (c *kratosCase) as(other *settingstest.Client) *kratosCase {
	return &kratosCase{c.Kit, other, c.id}
}

// raw posts a body as it is, for the flow id given.
func (c *kratosCase) raw(flowID, contentType, body string) *settingstest.Answer {
	return c.Post("/self-service/settings?flow="+flowID, contentType, body)
}

// json posts JSON as it is, as a script of ours may without the form's token.
func (c *kratosCase) json(body string) *settingstest.Answer {
	return c.raw(c.start().ID, "application/json", body)
}

// stale makes the session older than the privileged age.
func (c *kratosCase) stale() *kratosCase {
	c.Clock.Advance(2*time.Hour + 1)
	return c
}

const kratosNew = "a much better horse altogether"

func kratosRows() []struct {
	name              string
	do                func(c *kratosCase) *settingstest.Answer
	api, page, script string
} {
	type answer = *settingstest.Answer
	type fields = settingstest.Fields
	return []struct {
		name              string
		do                func(c *kratosCase) answer
		api, page, script string
	}{
		// Starting a flow.
		{"init", func(c *kratosCase) answer { return c.init("") }, "200", "303 UI ⇒ -", "200"},
		{"init/return-to allowed", func(c *kratosCase) answer { return c.init(kratosBack) }, "200", "303 UI ⇒ -", "200"},
		{"init/return-to deeper path", func(c *kratosCase) answer { return c.init(kratosBack + "/deeper?a=b") }, "200", "303 UI ⇒ -", "200"},
		{"init/return-to /relative", func(c *kratosCase) answer { return c.init("/back") }, "200", "303 UI ⇒ -", "200"},
		{"init/return-to host in capitals", func(c *kratosCase) answer { return c.init("https://APP.example.com/back") }, "200", "303 UI ⇒ -", "200"},
		{"init/return-to bare %zz", func(c *kratosCase) answer {
			return c.Get(map[bool]string{true: "/self-service/settings/api?%zz", false: "/self-service/settings/browser?%zz"}[c.Kind == respond.API])
		}, "200", "303 UI ⇒ -", "200"},
		{"init/return-to another host", func(c *kratosCase) answer { return c.init("https://evil.example/") }, "400 self_service_flow_return_to_forbidden", "303 ERR ⇒ self_service_flow_return_to_forbidden", "400 self_service_flow_return_to_forbidden"},
		{"init/return-to scheme-relative", func(c *kratosCase) answer { return c.init("//evil.example/x") }, "400 self_service_flow_return_to_forbidden", "303 ERR ⇒ self_service_flow_return_to_forbidden", "400 self_service_flow_return_to_forbidden"},
		{"init/return-to javascript", func(c *kratosCase) answer { return c.init("javascript:alert(1)") }, "400 self_service_flow_return_to_forbidden", "303 ERR ⇒ self_service_flow_return_to_forbidden", "400 self_service_flow_return_to_forbidden"},
		{"init/return-to %zz", func(c *kratosCase) answer { return c.init("%zz") }, "400 error", "303 ERR ⇒ 400", "400 error"},
		{"init/no-session", func(c *kratosCase) answer { return c.as(c.Anonymous(c.Kind)).init("") }, "401 session_inactive", "303 START", "401 session_inactive"},
		{"init/no-session-return-to", func(c *kratosCase) answer { return c.as(c.Anonymous(c.Kind)).init(kratosBack) }, "401 session_inactive", "303 START?return_to=https%3A%2F%2Fapp.example.com%2Fback", "401 session_inactive"},
		{"init/revoked-session", func(c *kratosCase) answer {
			require.NoError(c.T, c.Handler.Sessions.RevokeAll(c.T.Context(), c.id))
			return c.init("")
		}, "401 session_inactive", "303 START", "401 session_inactive"},

		// Reading one.
		{"get", func(c *kratosCase) answer { return c.Read(c.start().ID) }, "200", "200", "200"},
		{"get/unknown-id", func(c *kratosCase) answer { return c.Read("00000000-0000-4000-8000-000000000000") }, "404 error", "404 error", "404 error"},
		{"get/malformed-id", func(c *kratosCase) answer { return c.Read("x") }, "404 error", "404 error", "404 error"},
		{"get/missing-id", func(c *kratosCase) answer { return c.Get("/self-service/settings/flows") }, "404 error", "404 error", "404 error"},
		{"get/no-session", func(c *kratosCase) answer { return c.Anonymous(c.Kind).Read(c.start().ID) }, "401 error", "302 LOGIN", "401 error"},
		{"get/other-identity", func(c *kratosCase) answer {
			return c.SignIn(c.AddIdentity("eve@example.com", "the password of eve"), c.Kind).Read(c.start().ID)
		}, "403 security_identity_mismatch", "403 security_identity_mismatch", "403 security_identity_mismatch"},
		{"expired/get-other-identity", func(c *kratosCase) answer {
			f := c.start()
			c.Clock.Advance(time.Hour)
			return c.SignIn(c.AddIdentity("eve@example.com", "the password of eve"), c.Kind).Read(f.ID)
		}, "403 security_identity_mismatch", "403 security_identity_mismatch", "403 security_identity_mismatch"},
		{"expired/get", func(c *kratosCase) answer {
			f := c.start()
			c.Clock.Advance(time.Hour)
			return c.Read(f.ID)
		}, "410 self_service_flow_expired", "410 self_service_flow_expired", "410 self_service_flow_expired"},

		// Passwords.
		{"password/success", func(c *kratosCase) answer { return c.pass(kratosNew) }, "200 1050001", "303 UI +s ⇒ 1050001", "200 1050001 +s"},
		{"password/len-72", func(c *kratosCase) answer { return c.pass(strings.Repeat("aB3 ", 18)) }, "200 1050001", "303 UI +s ⇒ 1050001", "200 1050001 +s"},
		{"password/len-8", func(c *kratosCase) answer { return c.pass("jq7 xvmz") }, "200 1050001", "303 UI +s ⇒ 1050001", "200 1050001 +s"},
		{"password/spaces", func(c *kratosCase) answer { return c.pass("  leading and trailing  ") }, "200 1050001", "303 UI +s ⇒ 1050001", "200 1050001 +s"},
		{"password/unicode", func(c *kratosCase) answer { return c.pass("пароль🙂日本語密碼") }, "200 1050001", "303 UI +s ⇒ 1050001", "200 1050001 +s"},
		{"password/nul", func(c *kratosCase) answer { return c.pass("with a \x00 in the middle") }, "200 1050001", "303 UI +s ⇒ 1050001", "200 1050001 +s"},
		{"password/unknown-extra-field", func(c *kratosCase) answer {
			return c.fields(fields{"method": "password", "password": kratosNew, "else": "x"})
		}, "200 1050001", "303 UI +s ⇒ 1050001", "200 1050001 +s"},
		{"password/resubmit-after-success, a second password", func(c *kratosCase) answer {
			f := c.start()
			c.Submit(f, fields{"method": "password", "password": kratosNew})
			return c.Submit(f, fields{"method": "password", "password": "and one more of them"})
		}, "200 1050001", "303 UI +s ⇒ 1050001", "200 1050001 +s"},
		{"password/resubmit-after-success, an invalid one", func(c *kratosCase) answer {
			f := c.start()
			c.Submit(f, fields{"method": "password", "password": kratosNew})
			return c.Submit(f, fields{"method": "password", "password": "short"})
		}, "400 password:4000032", "303 UI ⇒ password:4000032", "400 password:4000032"},
		{"password/retry-after-error", func(c *kratosCase) answer {
			f := c.start()
			c.Submit(f, fields{"method": "password", "password": "short"})
			return c.Submit(f, fields{"method": "password", "password": kratosNew})
		}, "200 1050001", "303 UI +s ⇒ 1050001", "200 1050001 +s"},
		{"password/too-short", func(c *kratosCase) answer { return c.pass("short") }, "400 password:4000032", "303 UI ⇒ password:4000032", "400 password:4000032"},
		{"password/same-as-old", func(c *kratosCase) answer { return c.pass(pauseOld) }, "400 password:4000039", "303 UI ⇒ password:4000039", "400 password:4000039"},
		{"password/empty", func(c *kratosCase) answer { return c.pass("") }, "400 password:4000002", "303 UI ⇒ password:4000002", "400 password:4000002"},
		{"password/absent", func(c *kratosCase) answer { return c.fields(fields{"method": "password"}) }, "400 password:4000002", "303 UI ⇒ password:4000002", "400 password:4000002"},
		{"password/wrong-type null", func(c *kratosCase) answer { return c.json(`{"method":"password","password":null}`) }, "400 password:4000002", "", "400 password:4000002"},
		{"password/wrong-type method number", func(c *kratosCase) answer { return c.json(`{"method":1,"password":"x"}`) }, "400 4010004", "", "400 4010004"},
		{"password/wrong-type method null", func(c *kratosCase) answer { return c.json(`{"method":null,"password":"x"}`) }, "400 4010004", "", "400 4010004"},
		{"body/json-charset", func(c *kratosCase) answer {
			return c.raw(c.start().ID, "application/json; charset=UTF-8", `{"method":"password","password":"`+kratosNew+`"}`)
		}, "200 1050001", "", "200 1050001 +s"},
		{"method/empty-body zero bytes", func(c *kratosCase) answer { return c.json("") }, "400 4010004 4000001", "", "400 4010004 4000001"},
		{"password/identical-to-identifier", func(c *kratosCase) answer { return c.pass("ada@example.com") }, "400 password:4000031", "303 UI ⇒ password:4000031", "400 password:4000031"},
		{"password/similar-to-identifier", func(c *kratosCase) answer { return c.pass("ada@example.com1") }, "400 password:4000031", "303 UI ⇒ password:4000031", "400 password:4000031"},
		{"password/transient-payload object", func(c *kratosCase) answer {
			return c.fields(fields{"method": "password", "password": kratosNew, "transient_payload": map[string]any{"a": "b"}})
		}, "200 1050001", "303 UI +s ⇒ 1050001", "200 1050001 +s"},
		{"password/return-to", func(c *kratosCase) answer {
			return c.Submit(c.startFor(kratosBack+"?a=b"), fields{"method": "password", "password": kratosNew})
		}, "200 1050001", "303 " + kratosBack + "?a=b +s", "200 1050001 +s"},
		{"password/return-to-on-submit-only allowed", func(c *kratosCase) answer {
			f := c.start()
			f.ID += "&return_to=" + kratosBack
			return c.submitTo(f, fields{"method": "password", "password": kratosNew})
		}, "200 1050001", "303 UI +s ⇒ 1050001", "200 1050001 +s"},
		{"password/return-to-on-submit-only not allowed", func(c *kratosCase) answer {
			f := c.start()
			f.ID += "&return_to=https://evil.example/"
			return c.submitTo(f, fields{"method": "password", "password": kratosNew})
		}, "400 4000001", "303 UI ⇒ 4000001", "400 4000001"},
		{"password/flow-id-in-body", func(c *kratosCase) answer {
			f := c.start()
			id := f.ID
			f.ID = ""
			return c.Submit(f, fields{"method": "password", "password": kratosNew, "flow": id})
		}, "400 error", "303 ERR ⇒ 400", "400 error"},
		{"password/set-first-password", func(c *kratosCase) answer {
			return c.as(c.SignIn(c.AddIdentity("new@example.com", ""), c.Kind, aal.OIDC)).pass(kratosNew)
		}, "200 1050001", "303 UI +s ⇒ 1050001", "200 1050001 +s"},
		{"session/other-session-same-identity", func(c *kratosCase) answer {
			f := c.start()
			other := c.SignIn(c.id, c.Kind)
			return other.Submit(other.Read(f.ID).Flow, fields{"method": "password", "password": kratosNew})
		}, "200 1050001", "303 UI +s ⇒ 1050001", "200 1050001 +s"},

		// Which method, which flow.
		{"method/missing", func(c *kratosCase) answer { return c.fields(fields{"password": kratosNew}) }, "400 4010004", "303 UI ⇒ 4010004", "400 4010004"},
		{"method/unknown", func(c *kratosCase) answer { return c.fields(fields{"method": "magic"}) }, "400 4010004", "303 UI ⇒ 4010004", "400 4010004"},
		{"method/only csrf", func(c *kratosCase) answer {
			f := c.start()
			return c.Submit(f, fields{"csrf_token": f.CSRFToken()})
		}, "400 4010004", "303 UI ⇒ 4010004", "400 4010004"},
		{"method/link-code code", func(c *kratosCase) answer { return c.fields(fields{"method": "code"}) }, "400 4010004", "303 UI ⇒ 4010004", "400 4010004"},
		{"method/link-code identifier_first", func(c *kratosCase) answer { return c.fields(fields{"method": "identifier_first"}) }, "400 4010004", "303 UI ⇒ 4010004", "400 4010004"},
		{"disabled/methods profile", func(c *kratosCase) answer { return c.fields(fields{"method": "profile"}) }, "404 error", "303 ERR ⇒ 404", "404 error"},
		{"disabled/methods totp unlink", func(c *kratosCase) answer { return c.fields(fields{"totp_unlink": "true"}) }, "404 error", "303 ERR ⇒ 404", "404 error"},
		{"disabled/methods oidc link", func(c *kratosCase) answer { return c.fields(fields{"link": "google"}) }, "404 error", "303 ERR ⇒ 404", "404 error"},
		{"flow/missing", func(c *kratosCase) answer { return c.Submit(&settingstest.Flow{}, fields{"method": "password"}) }, "400 error", "303 ERR ⇒ 400", "400 error"},
		{"flow/malformed", func(c *kratosCase) answer {
			return c.Submit(&settingstest.Flow{ID: "not-an-id"}, fields{"method": "password"})
		}, "400 error", "303 ERR ⇒ 400", "400 error"},
		{"flow/unknown", func(c *kratosCase) answer {
			return c.Submit(&settingstest.Flow{ID: "00000000-0000-4000-8000-000000000000"}, fields{"method": "password"})
		}, "404 error", "303 ERR ⇒ 404", "404 error"},
		{"flow/other-identity", func(c *kratosCase) answer {
			f := c.start()
			return c.SignIn(c.AddIdentity("eve@example.com", "the password of eve"), c.Kind).Submit(f, fields{"method": "password", "password": kratosNew})
		}, "403 security_identity_mismatch", "303 ERR ⇒ security_identity_mismatch", "403 security_identity_mismatch"},
		{"http/get-on-submit GET no flow", func(c *kratosCase) answer { return c.Get("/self-service/settings") }, "400 error", "303 ERR ⇒ 400", "400 error"},
		{"http/get-on-submit GET no session", func(c *kratosCase) answer {
			return c.Anonymous(c.Kind).Get("/self-service/settings?flow=" + c.start().ID)
		}, "401 error", "302 LOGIN", "401 error"},

		// No session.
		{"session/none", func(c *kratosCase) answer {
			return c.Anonymous(c.Kind).Submit(c.start(), fields{"method": "password", "password": kratosNew})
		}, "401 error", "302 LOGIN", "401 error"},
		{"session/none-json-body-html-accept", func(c *kratosCase) answer {
			a := c.Anonymous(c.Kind)
			a.Header.Set("Accept", "text/html")
			return a.Post("/self-service/settings?flow="+c.start().ID, "application/json", "{}")
		}, "401 error", "401 error", "401 error"},
		{"session/none-form-no-accept", func(c *kratosCase) answer {
			a := c.Anonymous(c.Kind)
			a.Header["Accept"] = nil
			return a.Post("/self-service/settings?flow="+c.start().ID, "application/x-www-form-urlencoded", "method=password")
		}, "302 LOGIN", "302 LOGIN", "302 LOGIN"},
		{"session/none-json-no-accept", func(c *kratosCase) answer {
			a := c.Anonymous(c.Kind)
			a.Header["Accept"] = nil
			return a.Post("/self-service/settings?flow="+c.start().ID, "application/json", "{}")
		}, "401 error", "401 error", "401 error"},
		{"session/revoked", func(c *kratosCase) answer {
			f := c.start()
			require.NoError(c.T, c.Handler.Sessions.RevokeAll(c.T.Context(), c.id))
			return c.Submit(f, fields{"method": "password", "password": kratosNew})
		}, "401 error", "302 LOGIN", "401 error"},
		{"expired/submit-no-session", func(c *kratosCase) answer {
			f := c.start()
			c.Clock.Advance(time.Hour)
			return c.Anonymous(c.Kind).Submit(f, fields{"method": "password", "password": kratosNew})
		}, "401 error", "302 LOGIN", "401 error"},
		{"after/password whoami of another session", func(c *kratosCase) answer {
			other := c.SignIn(c.id, c.Kind)
			c.pass(kratosNew)
			return other.Whoami()
		}, "401 error", "401 error", "401 error"},

		// Expired, and what takes its place.
		{"expired/submit", func(c *kratosCase) answer {
			f := c.start()
			c.Clock.Advance(time.Hour)
			return c.Submit(f, fields{"method": "password", "password": kratosNew})
		}, "410 self_service_flow_expired", "303 UI ⇒ 4050001", "410 self_service_flow_expired"},
		{"expired/replacement", func(c *kratosCase) answer {
			f := c.startFor(kratosBack)
			c.Clock.Advance(time.Hour)
			a := c.Submit(f, fields{"method": "password", "password": kratosNew})
			var fresh *settingstest.Flow
			if c.Kind == respond.Page {
				fresh = a.Follow().Flow
			} else {
				var body struct {
					UseFlowID string `json:"use_flow_id"`
				}
				decodeInto(c.T.(*testing.T), a.Body, &body)
				fresh = c.Read(body.UseFlowID).Flow
			}
			return c.Submit(fresh, fields{"method": "password", "password": kratosNew})
		}, "200 1050001", "303 " + kratosBack + " +s", "200 1050001 +s"},

		// Older than the privileged age, and a level that is too low.
		{"stale/init-get", func(c *kratosCase) answer { return c.stale().Read(c.start().ID) }, "200", "200", "200"},
		{"stale/password", func(c *kratosCase) answer { return c.stale().pass(kratosNew) }, "403 session_refresh_required", "303 REAUTH", "403 session_refresh_required"},
		{"stale/password-too-short", func(c *kratosCase) answer { return c.stale().pass("short") }, "403 session_refresh_required", "303 REAUTH", "403 session_refresh_required"},
		{"stale/password-no-accept", func(c *kratosCase) answer {
			f := c.stale().start()
			c.Header["Accept"] = nil
			return c.Submit(f, fields{"method": "password", "password": kratosNew})
		}, "403 session_refresh_required", "303 REAUTH", "403 session_refresh_required"},
		{"aal/aal2-session", func(c *kratosCase) answer {
			c.AddFactor(c.id, aal.TOTP)
			return c.as(c.SignIn(c.id, c.Kind, aal.Password, aal.TOTP)).pass(kratosNew)
		}, "200 1050001", "303 UI +s ⇒ 1050001", "200 1050001 +s"},
	}
}

// submitTo submits to a flow whose ID has more of the query behind it.
func (c *kratosCase) submitTo(f *settingstest.Flow, fields settingstest.Fields) *settingstest.Answer {
	id, rest, _ := strings.Cut(f.ID, "&")
	all := settingstest.Fields{"csrf_token": f.CSRFToken()}
	for k, v := range fields {
		all[k] = v
	}
	var pairs []string
	for k, v := range all {
		if c.Kind == respond.Page {
			pairs = append(pairs, fmt.Sprintf("%s=%v", k, strings.ReplaceAll(fmt.Sprint(v), " ", "+")))
		} else {
			pairs = append(pairs, fmt.Sprintf("%q:%q", k, v))
		}
	}
	if c.Kind == respond.Page {
		return c.raw(id+"&"+rest, "application/x-www-form-urlencoded", strings.Join(pairs, "&"))
	}
	return c.raw(id+"&"+rest, "application/json", "{"+strings.Join(pairs, ",")+"}")
}

// observed writes an answer down as a cell.
func observed(t *testing.T, a *settingstest.Answer, cell string) string {
	t.Helper()
	cookie := ""
	if a.Header.Get("Set-Cookie") != "" {
		cookie = " +s"
	}
	switch {
	case a.Flow != nil:
		return strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, strings.Join(a.Flow.Messages(), " "))) + cookie
	case a.Error != nil:
		id := a.Error.ID
		require.NotEmpty(t, id)
		assert.Equal(t, a.Status, a.Error.Code)
		if strings.HasSuffix(cell, " error") {
			id = "error"
		}
		return fmt.Sprintf("%d %s", a.Status, id)
	case strings.HasPrefix(a.Location, settingstest.UIURL+"?flow="):
		messages := a.Follow().Flow.Messages()
		if len(messages) == 0 {
			messages = []string{"-"}
		}
		return fmt.Sprintf("%d UI%s ⇒ %s", a.Status, cookie, strings.Join(messages, " "))
	case strings.Contains(a.Location, "/self-service/errors/page?id="):
		e := a.Failure()
		if strings.HasSuffix(cell, fmt.Sprint("⇒ ", e.Code)) {
			return fmt.Sprintf("%d ERR ⇒ %d", a.Status, e.Code)
		}
		return fmt.Sprintf("%d ERR ⇒ %s", a.Status, e.ID)
	case strings.HasPrefix(a.Location, settingstest.PublicURL+"/self-service/login/browser?refresh=true&return_to="):
		return fmt.Sprintf("%d REAUTH", a.Status)
	case strings.HasPrefix(a.Location, settingstest.PublicURL+"/self-service/login/browser"):
		return fmt.Sprintf("%d START%s", a.Status, strings.TrimPrefix(a.Location, settingstest.PublicURL+"/self-service/login/browser"))
	case a.Location == settingstest.LoginURL:
		return fmt.Sprintf("%d LOGIN", a.Status)
	}
	return fmt.Sprintf("%d %s%s", a.Status, a.Location, cookie)
}

func TestKratosAnswersAsObserved(t *testing.T) {
	for _, row := range kratosRows() {
		for kind, want := range map[respond.Client]string{respond.API: row.api, respond.Page: row.page, respond.Script: row.script} {
			if want == "" {
				continue // no page sends such a body
			}
			t.Run(row.name+"/"+kind.String(), func(t *testing.T) {
				kit := settingstest.New(t, func(c *settings.Config) {
					c.Behaviour = settings.LikeKratos()
					c.AllowReturnTo = []string{kratosBack}
					c.PrivilegedSessionMaxAge = 2 * time.Hour // an expired flow is not a stale session here
				})
				id := kit.AddIdentity("ada@example.com", pauseOld)
				c := &kratosCase{kit, kit.SignIn(id, kind), id}
				assert.Equal(t, want, observed(t, row.do(c), want))
			})
		}
	}
}

func TestKratosExpiredSaysWhatToUse(t *testing.T) {
	kit := settingstest.New(t, func(c *settings.Config) { c.Behaviour = settings.LikeKratos() })
	c := kit.SignIn(kit.AddIdentity("ada@example.com", pauseOld), respond.Script)
	f := c.Start()
	kit.Clock.Advance(time.Hour + time.Minute)
	a := c.Submit(f, settingstest.Fields{"method": "password", "password": kratosNew})
	var body struct {
		UseFlowID string    `json:"use_flow_id"`
		ExpiredAt time.Time `json:"expired_at"`
		Since     int64     `json:"since"`
	}
	decodeInto(t, a.Body, &body)
	assert.Equal(t, time.Date(2030, 1, 2, 13, 0, 0, 0, time.UTC), body.ExpiredAt)
	assert.Equal(t, int64(time.Minute), body.Since, "nanoseconds")
	read := c.Read(f.ID)
	assert.Equal(t, settingstest.PublicURL+"/self-service/settings/browser", read.Error.Details["redirect_to"])
	assert.Contains(t, string(read.Body), body.UseFlowID)
	assert.Equal(t, []string{"4050001"}, c.Read(body.UseFlowID).Flow.Messages())
}

func TestKratosRefusesBrowsersOnFlowsOfAPIClients(t *testing.T) {
	for name, c := range map[string]struct {
		header, value string
		status        int
	}{
		"a cookie":                      {"Cookie", "theme=dark", 400},
		"a cookie of a content network": {"Cookie", "__cf_bm=1; _cfuvid=2; cf_clearance=3", 200},
		"an Origin":                     {"Origin", "https://app.example.com", 400},
	} {
		t.Run(name, func(t *testing.T) {
			kit := settingstest.New(t, func(c *settings.Config) { c.Behaviour = settings.LikeKratos() })
			client := kit.SignIn(kit.AddIdentity("ada@example.com", pauseOld), respond.API)
			f := client.Start()
			client.Header.Set(c.header, c.value)
			a := client.Submit(f, settingstest.Fields{"method": "password", "password": kratosNew})
			assert.Equal(t, c.status, a.Status)
			require.NotNil(t, a.Flow)
			if c.status == http.StatusBadRequest {
				assert.Equal(t, []string{"4000001"}, a.Flow.Messages())
				client.Header.Del(c.header)
				assert.Empty(t, client.Read(f.ID).Flow.Messages(), "nothing is remembered of it")
			}
		})
	}
}
