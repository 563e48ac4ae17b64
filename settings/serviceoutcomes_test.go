package settings_test

import (
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// serviceRows are what a host that calls the Service gets, and what no answer over HTTP shows:
// the token and who it is of, that a guard reads no body, and what is for the log. Every
// outcome stands in TestContract.
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
		name:    "a step on the way",
		given:   func(s *serviceFixture) { s.method.does(method.Needs{}, method.Again{}, nil) },
		request: (*serviceFixture).newNickname, kind: respond.Shown,
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
		name: "a store that cannot be written", kind: respond.Unavailable, messages: []string{"7000012"}, logs: "connection refused",
		given: func(s *serviceFixture) { s.down("UpdateIdentity") },
	},
	{
		name: "a panic", kind: respond.Bug, logs: "panic: out of cheese",
		given: func(s *serviceFixture) {
			s.method.fakeMethod = fakeMethod{edit: func(*identity.Identity) error { panic("out of cheese") }}
		},
		request: (*serviceFixture).newNickname,
	},
}
