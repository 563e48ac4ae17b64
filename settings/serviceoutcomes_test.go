package settings_test

import (
	"io"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

var serviceRows = []serviceRow{
	{
		name: "a credential change rotates the token", kind: respond.Succeeded, messages: []string{"1050001"}, changed: true,
		then: func(s *serviceFixture, o respond.Outcome) {
			assert.True(s.t, o.Rotated)
			assert.NotEqual(s.t, s.token, o.Token)
			assert.Equal(s.t, "2030-01-03T12:00:00Z", o.TokenExpires.Format(time.RFC3339), "a rotation does not make a session longer")
			assert.Equal(s.t, "password", o.Method)
			assert.Equal(s.t, s.ada, o.IdentityID)
			assert.NotEmpty(s.t, o.SessionID)
			assert.Empty(s.t, o.After, "the settings page with the flow")
			assert.Equal(s.t, flow.Success, o.Form.State)
			s.token = o.Token
			assert.Equal(s.t, respond.Shown, s.Read(s.t.Context(), s.request()).Kind)
		},
	},
	{
		name: "another change does not", request: (*serviceFixture).newNickname,
		kind: respond.Succeeded, messages: []string{"1050001"}, changed: true,
		then: func(s *serviceFixture, o respond.Outcome) {
			assert.False(s.t, o.Rotated)
			assert.Equal(s.t, s.token, o.Token)
		},
	},
	{
		name:    "a step on the way",
		given:   func(s *serviceFixture) { s.method.does(method.Needs{}, method.Again{}, nil) },
		request: (*serviceFixture).newNickname, kind: respond.Shown,
	},
	{
		name:    "input that the plan refuses",
		request: func(s *serviceFixture) settings.Request { return s.form("method", "password", "password", "short") },
		kind:    respond.Invalid, messages: []string{"password:4000032"},
	},
	{
		name: "input that only the work can refuse",
		given: func(s *serviceFixture) {
			s.method.does(method.Needs{}, method.Wrong{Messages: []ui.Message{ui.On("nickname", ui.Refused("It is taken."))}}, nil)
		},
		request: (*serviceFixture).newNickname, kind: respond.Invalid, messages: []string{"nickname:4000001"},
	},
	{
		name: "what is so already is no success",
		given: func(s *serviceFixture) {
			s.method.does(method.Needs{}, method.Unchanged{Messages: []ui.Message{ui.Form(ui.Refused("It is so already."))}}, nil)
		},
		request: (*serviceFixture).newNickname, kind: respond.Invalid, messages: []string{"4000001"},
	},
	{
		name: "no body at all", request: (*serviceFixture).request, only: []respond.Client{respond.API},
		kind: respond.Invalid, messages: []string{"4010004", "4000001"},
	},
	{
		name:  "expired: the form is the fresh one",
		given: func(s *serviceFixture) { s.kit.Clock.Advance(time.Hour) },
		kind:  respond.Expired, messages: []string{"4050001"},
		then: func(s *serviceFixture, o respond.Outcome) {
			assert.NotEqual(s.t, s.flow.ID, o.Form.ID)
			assert.Equal(s.t, o.Form.ID, o.UseFlow)
			assert.Equal(s.t, "2030-01-02T13:00:00Z", o.ExpiredAt.Format(time.RFC3339))
			again := s.Submit(s.t.Context(), s.newPassword())
			assert.Equal(s.t, respond.Expired, again.Kind)
			assert.Equal(s.t, o.UseFlow, again.UseFlow)
		},
	},
	{
		name: "gone: from before a credential change",
		given: func(s *serviceFixture) {
			other := s.Start(s.t.Context(), s.flowType(), s.request())
			first := s.flow
			csrf := s.csrf
			s.flow = other.Form.Flow
			s.csrf, _ = other.Form.UI.Node("csrf_token").Input().Value.(string)
			s.token = s.Submit(s.t.Context(), s.newPassword()).Token
			s.flow, s.csrf = first, csrf
		},
		request: (*serviceFixture).newNickname, kind: respond.Gone,
	},
	{
		name: "no session", kind: respond.NoSession,
		request: func(s *serviceFixture) settings.Request {
			s.token = session.NewToken(s.ada)
			r := s.request()
			r.Body = unread{s.t}
			return r
		},
	},
	{
		name: "what has not the form of a token is not even looked up", kind: respond.NoSession,
		given: func(s *serviceFixture) {
			s.token = "amd_st_nonsense"
			s.down("GetSession")
		},
	},
	{
		name: "older than the privileged age", kind: respond.Stale,
		given: func(s *serviceFixture) { s.kit.Clock.Advance(15*time.Minute + 1) },
	},
	{
		name: "assurance level too low", kind: respond.LowAAL,
		given: func(s *serviceFixture) { s.kit.AddFactor(s.ada, aal.TOTP) },
		request: func(s *serviceFixture) settings.Request {
			r := s.request()
			r.Body = unread{s.t}
			return r
		},
	},
	{
		name: "another identity's flow", kind: respond.Mismatch,
		request: func(s *serviceFixture) settings.Request {
			s.token = s.signIn(s.kit.AddIdentity("eve@example.com", ""))
			r := s.request()
			r.Body = unread{s.t}
			return r
		},
	},
	{
		name: "forged", kind: respond.Forged, only: []respond.Client{respond.Page, respond.Script},
		request: func(s *serviceFixture) settings.Request {
			r := s.newPassword()
			r.FetchSite = "cross-site"
			return r
		},
	},
	{
		name: "return_to not allowed", kind: respond.BadReturnTo,
		request: func(s *serviceFixture) settings.Request {
			r := s.request()
			r.ReturnTo, r.Body = []string{"https://evil.example/"}, unread{s.t}
			return r
		},
		then: func(s *serviceFixture, o respond.Outcome) { assert.Contains(s.t, o.Reason, "return_to") },
	},
	{
		name: "more tokens than are looked up", kind: respond.Ambiguous,
		request: func(s *serviceFixture) settings.Request {
			r := s.request()
			for range 5 {
				r.Tokens.Cookie = append([]string{session.NewToken(s.ada)}, r.Tokens.Cookie...)
			}
			r.Body = unread{s.t}
			return r
		},
		then: func(s *serviceFixture, o respond.Outcome) {
			assert.Equal(s.t, s.kind != respond.API, o.ForgetToken, "a header beside cookies is no browser's doing")
		},
	},
	{
		name: "a URL to open", kind: respond.Redirect,
		given: func(s *serviceFixture) {
			s.method.does(method.Needs{}, method.Redirect{URL: func(string) string { return "https://github.example/authorize" }}, nil)
		},
		request: (*serviceFixture).newNickname,
		then: func(s *serviceFixture, o respond.Outcome) {
			assert.Equal(s.t, "https://github.example/authorize", o.URL)
		},
	},
	{
		name: "unknown flow", kind: respond.NoFlow,
		request: func(s *serviceFixture) settings.Request {
			r := s.request()
			r.Flow, r.Body = []string{uuid.NewString()}, unread{s.t}
			return r
		},
	},
	{
		name: "no flow named", kind: respond.NoFlowGiven,
		request: func(s *serviceFixture) settings.Request {
			r := s.request()
			r.Flow, r.Body = nil, unread{s.t}
			return r
		},
	},
	{
		name: "a method that is not offered", kind: respond.Disabled,
		request: func(s *serviceFixture) settings.Request { return s.form("method", "totp") },
		then:    func(s *serviceFixture, o respond.Outcome) { assert.Equal(s.t, "totp", o.Method) },
	},
	{
		name: "a body that is too large", kind: respond.TooLarge,
		config: func(c *settings.Config) { c.BodyLimit = 64 },
	},
	{
		name: "another media type", kind: respond.WrongMedia,
		request: func(s *serviceFixture) settings.Request {
			r := s.newPassword()
			r.ContentType = "text/plain"
			return r
		},
	},
	{
		name: "a body that takes too long", kind: respond.TooSlow,
		request: func(s *serviceFixture) settings.Request {
			r := s.newPassword()
			r.Body = failingReader{os.ErrDeadlineExceeded}
			return r
		},
	},
	{
		name: "a body that ends before its end", kind: respond.TooSlow, logs: "unexpected EOF",
		request: func(s *serviceFixture) settings.Request {
			r := s.newPassword()
			r.Body = failingReader{io.ErrUnexpectedEOF}
			return r
		},
	},
	{
		name: "too many tries", kind: respond.TooManyTries, messages: []string{"7000011"},
		given: func(s *serviceFixture) {
			s.method.does(method.Needs{Tries: "test"}, method.Wrong{}, nil)
			for range 10 {
				require.Equal(s.t, respond.Invalid, s.Submit(s.t.Context(), s.newNickname()).Kind)
			}
		},
		request: (*serviceFixture).newNickname,
		then:    func(s *serviceFixture, o respond.Outcome) { assert.Equal(s.t, 15*time.Minute, o.RetryAfter) },
	},
	{
		name: "overloaded", kind: respond.Overloaded, messages: []string{"7000012"}, logs: "too much",
		given:   func(s *serviceFixture) { s.method.does(method.Needs{}, nil, settings.ErrBusy) },
		request: (*serviceFixture).newNickname,
		then:    func(s *serviceFixture, o respond.Outcome) { assert.GreaterOrEqual(s.t, o.RetryAfter, time.Second) },
	},
	{
		name: "a store that cannot be read", kind: respond.Unavailable, logs: "connection refused",
		given: func(s *serviceFixture) { s.down("GetSession") },
	},
	{
		name: "a store that cannot be written", kind: respond.Unavailable, messages: []string{"7000012"}, logs: "connection refused",
		given: func(s *serviceFixture) { s.down("UpdateIdentity") },
	},
	{
		name: "a bug", kind: respond.Bug, logs: "connection refused",
		given:   func(s *serviceFixture) { s.method.does(method.Needs{}, nil, errInside) },
		request: (*serviceFixture).newNickname,
	},
	{
		name: "a panic", kind: respond.Bug, logs: "panic: out of cheese",
		given: func(s *serviceFixture) {
			s.method.fakeMethod = fakeMethod{edit: func(*identity.Identity) error { panic("out of cheese") }}
		},
		request: (*serviceFixture).newNickname,
	},
}
