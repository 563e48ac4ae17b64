package settings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/settingstest"
)

// kratosRow is what a running Ory Kratos v26.2.0 was seen to answer. A cell is Brief of the
// answer: the status, and the message ids of the flow ("400 password:4000032": it stands on
// that node) or the id of the error. Behind 303 and 302 is where a redirect leads, and
// behind ⇒ what is read there:
//
//	UI       the settings page with the flow
//	ERR      the error page
//	LOGIN    the login page
//	START    the path at which Kratos starts a login, to sign in
//	REFRESH  the same, to sign in once more
//
// Kratos gives no id to most errors of 400, 401 and 404; they have ours. "" is a body that no
// page sends.
type kratosRow struct {
	name              string
	do                func(c *kratosCase) *settingstest.Answer
	api, page, script string
}

func kratosRows() []kratosRow {
	type answer = *settingstest.Answer
	type fields = settingstest.Fields
	return []kratosRow{
		// Starting a flow.
		{"init", func(c *kratosCase) answer { return c.init("") }, "200", "303 UI ⇒", "200"},
		{"init/return-to allowed", func(c *kratosCase) answer { return c.init(kratosBack) }, "200", "303 UI ⇒", "200"},
		{"init/return-to deeper path", func(c *kratosCase) answer { return c.init(kratosBack + "/deeper?a=b") }, "200", "303 UI ⇒", "200"},
		{"init/return-to /relative", func(c *kratosCase) answer { return c.init("/back") }, "200", "303 UI ⇒", "200"},
		{"init/return-to host in capitals", func(c *kratosCase) answer { return c.init("https://APP.example.com/back") }, "200", "303 UI ⇒", "200"},
		{"init/return-to bare %zz", func(c *kratosCase) answer {
			return c.Get(map[bool]string{true: "/self-service/settings/api?%zz", false: "/self-service/settings/browser?%zz"}[c.Kind == respond.API])
		}, "200", "303 UI ⇒", "200"},
		{"init/return-to another host", func(c *kratosCase) answer { return c.init("https://evil.example/") }, "400 self_service_flow_return_to_forbidden", "303 ERR ⇒ self_service_flow_return_to_forbidden", "400 self_service_flow_return_to_forbidden"},
		{"init/return-to scheme-relative", func(c *kratosCase) answer { return c.init("//evil.example/x") }, "400 self_service_flow_return_to_forbidden", "303 ERR ⇒ self_service_flow_return_to_forbidden", "400 self_service_flow_return_to_forbidden"},
		{"init/return-to javascript", func(c *kratosCase) answer { return c.init("javascript:alert(1)") }, "400 self_service_flow_return_to_forbidden", "303 ERR ⇒ self_service_flow_return_to_forbidden", "400 self_service_flow_return_to_forbidden"},
		{"init/return-to %zz", func(c *kratosCase) answer { return c.init("%zz") }, "400 self_service_flow_return_to_forbidden", "303 ERR ⇒ self_service_flow_return_to_forbidden", "400 self_service_flow_return_to_forbidden"},
		{"init/no-session", func(c *kratosCase) answer { return c.as(c.Anonymous(c.Kind)).init("") }, "401 session_inactive", "303 START", "401 session_inactive"},
		{"init/no-session-return-to", func(c *kratosCase) answer { return c.as(c.Anonymous(c.Kind)).init(kratosBack) }, "401 session_inactive", "303 START", "401 session_inactive"},
		{"init/revoked-session", func(c *kratosCase) answer {
			require.NoError(c.T, c.Handler.Sessions.RevokeAll(c.T.Context(), c.id))
			return c.init("")
		}, "401 session_inactive", "303 START", "401 session_inactive"},

		// Reading one.
		{"get", func(c *kratosCase) answer { return c.Read(c.start().ID) }, "200", "200", "200"},
		{"get/unknown-id", func(c *kratosCase) answer { return c.Read("00000000-0000-4000-8000-000000000000") }, "404 self_service_flow_not_found", "404 self_service_flow_not_found", "404 self_service_flow_not_found"},
		{"get/malformed-id", func(c *kratosCase) answer { return c.Read("x") }, "404 self_service_flow_not_found", "404 self_service_flow_not_found", "404 self_service_flow_not_found"},
		{"get/missing-id", func(c *kratosCase) answer { return c.Get("/self-service/settings/flows") }, "404 self_service_flow_not_found", "404 self_service_flow_not_found", "404 self_service_flow_not_found"},
		{"get/no-session", func(c *kratosCase) answer { return c.Anonymous(c.Kind).Read(c.start().ID) }, "401 session_inactive", "302 LOGIN", "401 session_inactive"},
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
		{"password/success", func(c *kratosCase) answer { return c.pass(kratosNew) }, "200 1050001", "303 UI ⇒ 1050001", "200 1050001"},
		{"password/len-72", func(c *kratosCase) answer { return c.pass(strings.Repeat("aB3 ", 18)) }, "200 1050001", "303 UI ⇒ 1050001", "200 1050001"},
		{"password/len-8", func(c *kratosCase) answer { return c.pass("jq7 xvmz") }, "200 1050001", "303 UI ⇒ 1050001", "200 1050001"},
		{"password/spaces", func(c *kratosCase) answer { return c.pass("  leading and trailing  ") }, "200 1050001", "303 UI ⇒ 1050001", "200 1050001"},
		{"password/unicode", func(c *kratosCase) answer { return c.pass("пароль🙂日本語密碼") }, "200 1050001", "303 UI ⇒ 1050001", "200 1050001"},
		{"password/nul", func(c *kratosCase) answer { return c.pass("with a \x00 in the middle") }, "200 1050001", "303 UI ⇒ 1050001", "200 1050001"},
		{"password/unknown-extra-field", func(c *kratosCase) answer {
			return c.fields(fields{"method": "password", "password": kratosNew, "else": "x"})
		}, "200 1050001", "303 UI ⇒ 1050001", "200 1050001"},
		{"password/resubmit-after-success, a second password", func(c *kratosCase) answer {
			f := c.start()
			c.Submit(f, fields{"method": "password", "password": kratosNew})
			return c.Submit(f, fields{"method": "password", "password": "and one more of them"})
		}, "200 1050001", "303 UI ⇒ 1050001", "200 1050001"},
		{"password/resubmit-after-success, an invalid one", func(c *kratosCase) answer {
			f := c.start()
			c.Submit(f, fields{"method": "password", "password": kratosNew})
			return c.Submit(f, fields{"method": "password", "password": "short"})
		}, "400 password:4000032", "303 UI ⇒ password:4000032", "400 password:4000032"},
		{"password/retry-after-error", func(c *kratosCase) answer {
			f := c.start()
			c.Submit(f, fields{"method": "password", "password": "short"})
			return c.Submit(f, fields{"method": "password", "password": kratosNew})
		}, "200 1050001", "303 UI ⇒ 1050001", "200 1050001"},
		{"password/too-short", func(c *kratosCase) answer { return c.pass("short") }, "400 password:4000032", "303 UI ⇒ password:4000032", "400 password:4000032"},
		{"password/same-as-old", func(c *kratosCase) answer { return c.pass(pauseOld) }, "400 password:4000039", "303 UI ⇒ password:4000039", "400 password:4000039"},
		{"password/empty", func(c *kratosCase) answer { return c.pass("") }, "400 password:4000002", "303 UI ⇒ password:4000002", "400 password:4000002"},
		{"password/absent", func(c *kratosCase) answer { return c.fields(fields{"method": "password"}) }, "400 password:4000002", "303 UI ⇒ password:4000002", "400 password:4000002"},
		{"password/wrong-type null", func(c *kratosCase) answer { return c.json(`{"method":"password","password":null}`) }, "400 password:4000002", "", "400 password:4000002"},
		{"password/wrong-type method number", func(c *kratosCase) answer { return c.json(`{"method":1,"password":"x"}`) }, "400 4010004", "", "400 4010004"},
		{"password/wrong-type method null", func(c *kratosCase) answer { return c.json(`{"method":null,"password":"x"}`) }, "400 4010004", "", "400 4010004"},
		{"body/json-charset", func(c *kratosCase) answer {
			return c.raw(c.start().ID, "application/json; charset=UTF-8", `{"method":"password","password":"`+kratosNew+`"}`)
		}, "200 1050001", "", "200 1050001"},
		{"method/empty-body zero bytes", func(c *kratosCase) answer { return c.json("") }, "400 4010004 4000001", "", "400 4010004 4000001"},
		{"password/identical-to-identifier", func(c *kratosCase) answer { return c.pass("ada@example.com") }, "400 password:4000031", "303 UI ⇒ password:4000031", "400 password:4000031"},
		{"password/similar-to-identifier", func(c *kratosCase) answer { return c.pass("ada@example.com1") }, "400 password:4000031", "303 UI ⇒ password:4000031", "400 password:4000031"},
		{"password/transient-payload object", func(c *kratosCase) answer {
			return c.fields(fields{"method": "password", "password": kratosNew, "transient_payload": map[string]any{"a": "b"}})
		}, "200 1050001", "303 UI ⇒ 1050001", "200 1050001"},
		{"password/return-to", func(c *kratosCase) answer {
			return c.Submit(c.startFor(kratosBack+"?a=b"), fields{"method": "password", "password": kratosNew})
		}, "200 1050001", "303 " + kratosBack + "?a=b", "200 1050001"},
		{"password/return-to-on-submit-only allowed", func(c *kratosCase) answer {
			f := c.start()
			f.ID += "&return_to=" + kratosBack
			return c.submitTo(f, fields{"method": "password", "password": kratosNew})
		}, "200 1050001", "303 UI ⇒ 1050001", "200 1050001"},
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
		}, "400 self_service_flow_missing", "303 ERR ⇒ self_service_flow_missing", "400 self_service_flow_missing"},
		{"password/set-first-password", func(c *kratosCase) answer {
			return c.as(c.SignIn(c.AddIdentity("new@example.com", ""), c.Kind, aal.OIDC)).pass(kratosNew)
		}, "200 1050001", "303 UI ⇒ 1050001", "200 1050001"},
		{"session/other-session-same-identity", func(c *kratosCase) answer {
			f := c.start()
			other := c.SignIn(c.id, c.Kind)
			return other.Submit(other.Read(f.ID).Flow, fields{"method": "password", "password": kratosNew})
		}, "200 1050001", "303 UI ⇒ 1050001", "200 1050001"},

		// Which method, which flow.
		{"method/missing", func(c *kratosCase) answer { return c.fields(fields{"password": kratosNew}) }, "400 4010004", "303 UI ⇒ 4010004", "400 4010004"},
		{"method/unknown", func(c *kratosCase) answer { return c.fields(fields{"method": "magic"}) }, "400 4010004", "303 UI ⇒ 4010004", "400 4010004"},
		{"method/only csrf", func(c *kratosCase) answer {
			f := c.start()
			return c.Submit(f, fields{"csrf_token": f.CSRFToken()})
		}, "400 4010004", "303 UI ⇒ 4010004", "400 4010004"},
		{"method/link-code code", func(c *kratosCase) answer { return c.fields(fields{"method": "code"}) }, "400 4010004", "303 UI ⇒ 4010004", "400 4010004"},
		{"method/link-code identifier_first", func(c *kratosCase) answer { return c.fields(fields{"method": "identifier_first"}) }, "400 4010004", "303 UI ⇒ 4010004", "400 4010004"},
		{"disabled/methods profile", func(c *kratosCase) answer { return c.fields(fields{"method": "profile"}) }, "404 self_service_flow_disabled", "303 ERR ⇒ self_service_flow_disabled", "404 self_service_flow_disabled"},
		{"disabled/methods totp unlink", func(c *kratosCase) answer { return c.fields(fields{"totp_unlink": "true"}) }, "404 self_service_flow_disabled", "303 ERR ⇒ self_service_flow_disabled", "404 self_service_flow_disabled"},
		{"disabled/methods oidc link", func(c *kratosCase) answer { return c.fields(fields{"link": "google"}) }, "404 self_service_flow_disabled", "303 ERR ⇒ self_service_flow_disabled", "404 self_service_flow_disabled"},
		{"flow/missing", func(c *kratosCase) answer { return c.Submit(&settingstest.Flow{}, fields{"method": "password"}) }, "400 self_service_flow_missing", "303 ERR ⇒ self_service_flow_missing", "400 self_service_flow_missing"},
		{"flow/malformed", func(c *kratosCase) answer {
			return c.Submit(&settingstest.Flow{ID: "not-an-id"}, fields{"method": "password"})
		}, "400 self_service_flow_missing", "303 ERR ⇒ self_service_flow_missing", "400 self_service_flow_missing"},
		{"flow/unknown", func(c *kratosCase) answer {
			return c.Submit(&settingstest.Flow{ID: "00000000-0000-4000-8000-000000000000"}, fields{"method": "password"})
		}, "404 self_service_flow_not_found", "303 ERR ⇒ self_service_flow_not_found", "404 self_service_flow_not_found"},
		{"flow/other-identity", func(c *kratosCase) answer {
			f := c.start()
			return c.SignIn(c.AddIdentity("eve@example.com", "the password of eve"), c.Kind).Submit(f, fields{"method": "password", "password": kratosNew})
		}, "403 security_identity_mismatch", "303 ERR ⇒ security_identity_mismatch", "403 security_identity_mismatch"},
		{"http/get-on-submit GET no flow", func(c *kratosCase) answer { return c.Get("/self-service/settings") }, "400 self_service_flow_missing", "303 ERR ⇒ self_service_flow_missing", "400 self_service_flow_missing"},
		{"http/get-on-submit GET no session", func(c *kratosCase) answer {
			return c.Anonymous(c.Kind).Get("/self-service/settings?flow=" + c.start().ID)
		}, "401 session_inactive", "302 LOGIN", "401 session_inactive"},

		// No session.
		{"session/none", func(c *kratosCase) answer {
			return c.Anonymous(c.Kind).Submit(c.start(), fields{"method": "password", "password": kratosNew})
		}, "401 session_inactive", "302 LOGIN", "401 session_inactive"},
		{"session/none-json-body-html-accept", func(c *kratosCase) answer {
			a := c.Anonymous(c.Kind)
			a.Header.Set("Accept", "text/html")
			return a.Post("/self-service/settings?flow="+c.start().ID, "application/json", "{}")
		}, "401 session_inactive", "401 session_inactive", "401 session_inactive"},
		{"session/none-form-no-accept", func(c *kratosCase) answer {
			a := c.Anonymous(c.Kind)
			a.Header["Accept"] = nil
			return a.Post("/self-service/settings?flow="+c.start().ID, "application/x-www-form-urlencoded", "method=password")
		}, "302 LOGIN", "302 LOGIN", "302 LOGIN"},
		{"session/none-json-no-accept", func(c *kratosCase) answer {
			a := c.Anonymous(c.Kind)
			a.Header["Accept"] = nil
			return a.Post("/self-service/settings?flow="+c.start().ID, "application/json", "{}")
		}, "401 session_inactive", "401 session_inactive", "401 session_inactive"},
		{"session/revoked", func(c *kratosCase) answer {
			f := c.start()
			require.NoError(c.T, c.Handler.Sessions.RevokeAll(c.T.Context(), c.id))
			return c.Submit(f, fields{"method": "password", "password": kratosNew})
		}, "401 session_inactive", "302 LOGIN", "401 session_inactive"},
		{"expired/submit-no-session", func(c *kratosCase) answer {
			f := c.start()
			c.Clock.Advance(time.Hour)
			return c.Anonymous(c.Kind).Submit(f, fields{"method": "password", "password": kratosNew})
		}, "401 session_inactive", "302 LOGIN", "401 session_inactive"},
		{"after/password whoami of another session", func(c *kratosCase) answer {
			other := c.SignIn(c.id, c.Kind)
			c.pass(kratosNew)
			return other.Whoami()
		}, "401 session_inactive", "401 session_inactive", "401 session_inactive"},

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
		}, "200 1050001", "303 " + kratosBack + "", "200 1050001"},

		// Older than the privileged age, and a level that is too low.
		{"stale/init-get", func(c *kratosCase) answer { return c.stale().Read(c.start().ID) }, "200", "200", "200"},
		{"stale/password", func(c *kratosCase) answer { return c.stale().pass(kratosNew) }, "403 session_refresh_required", "303 REFRESH", "403 session_refresh_required"},
		{"stale/password-too-short", func(c *kratosCase) answer { return c.stale().pass("short") }, "403 session_refresh_required", "303 REFRESH", "403 session_refresh_required"},
		{"stale/password-no-accept", func(c *kratosCase) answer {
			f := c.stale().start()
			c.Header["Accept"] = nil
			return c.Submit(f, fields{"method": "password", "password": kratosNew})
		}, "403 session_refresh_required", "303 REFRESH", "403 session_refresh_required"},
		{"aal/aal2-session", func(c *kratosCase) answer {
			c.AddFactor(c.id, aal.TOTP)
			return c.as(c.SignIn(c.id, c.Kind, aal.Password, aal.TOTP)).pass(kratosNew)
		}, "200 1050001", "303 UI ⇒ 1050001", "200 1050001"},
	}
}
