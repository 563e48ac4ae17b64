package settings_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

// serviceFixture is a Service, Ada's session and a flow of hers, for one kind of
// client, with no HTTP anywhere.
type serviceFixture struct {
	*settings.Service
	t      *testing.T
	kit    *settingstest.Kit
	stores *watchedStore
	method *contractMethod
	kind   respond.Client
	ada    string
	token  string
	flow   flow.Flow
	csrf   string
}

func newServiceFixture(t *testing.T, kind respond.Client, changes ...func(*settings.Config)) *serviceFixture {
	t.Helper()
	s := &serviceFixture{t: t, kind: kind, method: &contractMethod{fakeMethod: fakeMethod{edit: settingTraits(contractTraits)}}}
	offer := func(c *settings.Config) {
		c.AllowReturnTo = []string{"https://app.example.com/after"}
		c.Methods = append(c.Methods, s.method)
	}
	s.kit, s.stores = watchedKit(t, append([]func(*settings.Config){offer}, changes...)...)
	s.Service = s.kit.Handler.Service
	s.ada = s.kit.AddIdentity("ada@example.com", contractOldPassword)
	s.token = s.signIn(s.ada)
	started := s.Start(t.Context(), s.flowType(), s.request())
	require.Equal(t, respond.Started, started.Kind, "%v", started.Err)
	s.flow = started.Form.Flow
	s.csrf, _ = started.Form.UI.Node("csrf_token").Input().Value.(string)
	return s
}

func (s *serviceFixture) flowType() flow.Type {
	if s.kind == respond.API {
		return flow.API
	}
	return flow.Browser
}

func (s *serviceFixture) signIn(id string) string {
	s.t.Helper()
	_, token, err := s.kit.Handler.Sessions.IssueToken(s.t.Context(), id, session.Device{}, aal.Password)
	require.NoError(s.t, err)
	return token
}

// request is a request of the fixture's client without a body.
func (s *serviceFixture) request() settings.Request {
	r := settings.Request{Accept: "application/json", WantsForm: true}
	switch s.kind {
	case respond.API:
		r.Tokens.Header = []string{s.token}
	case respond.Page:
		r.Accept, r.Tokens.Cookie = "text/html", []string{s.token}
	case respond.Script:
		r.Tokens.Cookie = []string{s.token}
	}
	if s.kind != respond.API {
		r.Cookies = []string{"__Host-amend_session"}
	}
	if s.flow.ID != "" {
		r.Flow = []string{s.flow.ID}
	}
	return r
}

// form is a submit of fields, given as name, value, …
func (s *serviceFixture) form(fields ...string) settings.Request {
	r := s.request()
	values := url.Values{"csrf_token": {s.csrf}}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	r.ContentType, r.Body = "application/x-www-form-urlencoded", strings.NewReader(values.Encode())
	return r
}

func (s *serviceFixture) newPassword() settings.Request {
	return s.form("method", "password", "password", contractNewPassword)
}

func (s *serviceFixture) newNickname() settings.Request {
	return s.form("method", "test", "nickname", "ada-l")
}

// unread is a body that no guard before the session, the flow, the level and
// the owner may touch.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read before every guard had let the request pass")
	return 0, io.EOF
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// formMessages are the messages of an outcome's form: "id", or "node:id".
func formMessages(f *flow.Form) (out []string) {
	if f == nil {
		return nil
	}
	for _, m := range f.UI.Messages {
		out = append(out, fmt.Sprint(m.ID))
	}
	for _, n := range f.UI.Nodes {
		for _, m := range n.Messages {
			out = append(out, fmt.Sprint(n.Name(), ":", m.ID))
		}
	}
	return out
}

// serviceRow is one outcome of a submit.
type serviceRow struct {
	name     string
	given    func(*serviceFixture)
	request  func(*serviceFixture) settings.Request // nil is newPassword
	kind     respond.Kind
	messages []string // on the form; nil for an outcome without a form
	changed  bool     // the account is
	logs     string   // a part of the error for the log; "" for none
	then     func(*serviceFixture, respond.Outcome)
}

func TestServiceSubmit(t *testing.T) {
	for _, row := range serviceRows {
		t.Run(row.name, func(t *testing.T) {
			for _, kind := range everyClient {
				t.Run(kind.String(), func(t *testing.T) { row.run(t, kind) })
			}
		})
	}
}

func (row serviceRow) run(t *testing.T, kind respond.Client) {
	s := newServiceFixture(t, kind)
	if row.given != nil {
		row.given(s)
	}
	request := s.newPassword()
	if row.request != nil {
		request = row.request(s)
	}
	before := snapshot(t, s.kit, s.ada)
	o := s.Submit(t.Context(), request)
	after := snapshot(t, s.kit, s.ada)

	assert.Equal(t, row.kind, o.Kind, "%v: %v", o.Kind, o.Err)
	assert.Equal(t, kind, o.Client)
	assert.Equal(t, respond.Submit, o.Endpoint)
	assert.Equal(t, s.kit.Clock.Now(), o.At)
	assert.Equal(t, row.messages, formMessages(o.Form))
	assert.Equal(t, row.changed, before != after)
	assert.Equal(t, row.changed, o.Token != "", "only a success says which token the client goes on with")
	if row.logs == "" {
		assert.NoError(t, o.Err)
	} else {
		assert.ErrorContains(t, o.Err, row.logs)
		assert.NotContains(t, o.Reason, row.logs, "the log's half is not the client's")
	}
	if row.then != nil {
		row.then(s, o)
	}
}

func (s *serviceFixture) down(op string) {
	s.stores.handle(func(c storeCall, run func() error) error {
		if c.Op == op {
			return errInside
		}
		return run()
	})
}

// A client that has gone away is no bug, and its change no half one.
func TestServiceSubmitOfAClientThatIsGone(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			s := newServiceFixture(t, kind)
			ctx, cancel := context.WithCancel(t.Context())
			s.method.fakeMethod = fakeMethod{do: func(ctx context.Context, _ method.View) (method.Result, error) {
				cancel()
				return nil, ctx.Err()
			}}
			before := snapshot(t, s.kit, s.ada)
			o := s.Submit(ctx, s.newNickname())
			assert.Equal(t, respond.Unavailable, o.Kind)
			assert.True(t, errors.Is(o.Err, context.Canceled))
			assert.Equal(t, before, snapshot(t, s.kit, s.ada))

			s.method.fakeMethod = fakeMethod{edit: settingTraits(contractTraits)}
			ctx, cancel = context.WithCancel(t.Context())
			s.stores.once(storeCall.identity, func(run func() error) error {
				cancel()
				return run()
			})
			o = s.Submit(ctx, s.newNickname())
			assert.Equal(t, respond.Succeeded, o.Kind, "a commit that has begun is not torn off: %v", o.Err)
		})
	}
}
