package settings_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
)

func TestServiceStart(t *testing.T) {
	for _, row := range []struct {
		name     string
		given    func(*serviceFixture)
		returnTo []string
		kind     respond.Kind
		then     func(*serviceFixture, respond.Outcome)
	}{
		{
			name: "a flow", kind: respond.Started,
			then: func(s *serviceFixture, o respond.Outcome) {
				f := o.Form
				assert.Equal(s.t, s.flowType(), f.Type)
				assert.Equal(s.t, flow.ShowForm, f.State)
				assert.Equal(s.t, s.ada, f.Owner.ID)
				assert.Equal(s.t, "2030-01-02T13:00:00Z", f.ExpiresAt.Format(time.RFC3339), "an hour")
				assert.Empty(s.t, f.ReturnTo)
				assert.True(s.t, flow.ValidID(f.ID))
				assert.NotEqual(s.t, s.flow.ID, f.ID)
				assert.Equal(s.t, "https://app.example.com/auth/self-service/settings?flow="+f.ID, f.UI.Action)
				assert.Equal(s.t, s.kind == respond.API, f.UI.Node("csrf_token").Input().Value == "", "an API flow has no token")
			},
		},
		{
			name: "a return_to that is allowed", returnTo: []string{"HTTPS://APP.example.com/after/x?a=b"}, kind: respond.Started,
			then: func(s *serviceFixture, o respond.Outcome) {
				assert.Equal(s.t, "https://app.example.com/after/x?a=b", o.Form.ReturnTo, "written anew")
				assert.Equal(s.t, "https://app.example.com/auth/self-service/settings/"+map[bool]string{true: "api", false: "browser"}[s.kind == respond.API]+
					"?return_to=https%3A%2F%2Fapp.example.com%2Fafter%2Fx%3Fa%3Db", o.Form.RequestURL)
			},
		},
		{name: "an empty return_to is none", returnTo: []string{""}, kind: respond.Started},
		{name: "the same return_to twice", returnTo: []string{"/after", "/after"}, kind: respond.Started},
		{name: "two that differ", returnTo: []string{"/after", "/after/x"}, kind: respond.BadReturnTo},
		{name: "another host", returnTo: []string{"https://evil.example/"}, kind: respond.BadReturnTo},
		{name: "another path", returnTo: []string{"/afterwards"}, kind: respond.BadReturnTo},
		{name: "no session", given: func(s *serviceFixture) { s.token = session.NewToken(s.ada) }, kind: respond.NoSession},
		{name: "assurance level too low", given: func(s *serviceFixture) { s.kit.AddFactor(s.ada, aal.TOTP) }, kind: respond.LowAAL},
		{name: "a session older than the privileged age is fine", given: func(s *serviceFixture) { s.kit.Clock.Advance(23 * time.Hour) }, kind: respond.Started},
		{name: "a store that cannot be read", given: func(s *serviceFixture) { s.down("GetIdentity") }, kind: respond.Unavailable},
		{name: "a store that cannot be written", given: func(s *serviceFixture) { s.down("CreateFlow") }, kind: respond.Unavailable},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, kind := range everyClient {
				t.Run(kind.String(), func(t *testing.T) {
					s := newServiceFixture(t, kind)
					if row.given != nil {
						row.given(s)
					}
					before := snapshot(t, s.kit, s.ada)
					request := s.request()
					request.ReturnTo = row.returnTo
					o := s.Start(t.Context(), s.flowType(), request)
					require.Equal(t, row.kind, o.Kind, "%v: %v", o.Kind, o.Err)
					assert.Equal(t, kind, o.Client)
					assert.Equal(t, row.kind == respond.Started, o.Form != nil)
					assert.Empty(t, o.Token)
					assert.Equal(t, before, snapshot(t, s.kit, s.ada), "a start changes no account")
					if row.then != nil {
						row.then(s, o)
					}
				})
			}
		})
	}
}

// Read and Resume find a flow the same way. Neither writes anything here: no
// change is paused.
func TestServiceReadAndResume(t *testing.T) {
	for _, row := range []struct {
		name   string
		config func(*settings.Config)
		given  func(*serviceFixture)
		flow   func(*serviceFixture) []string // nil names the fixture's
		kind   respond.Kind
		then   func(*serviceFixture, respond.Outcome)
	}{
		{
			name: "a flow", kind: respond.Shown,
			then: func(s *serviceFixture, o respond.Outcome) {
				assert.Equal(s.t, s.flow.ID, o.Form.ID)
				assert.Equal(s.t, s.ada, o.Form.Owner.ID)
			},
		},
		{
			name: "the messages of the last submit", kind: respond.Shown,
			given: func(s *serviceFixture) { s.Submit(s.t.Context(), s.form("method", "password", "password", "short")) },
			then: func(s *serviceFixture, o respond.Outcome) {
				assert.Equal(s.t, []string{"password:4000032"}, formMessages(o.Form))
				assert.Equal(s.t, "password", o.Form.Active)
			},
		},
		{name: "a session that is not privileged any more", given: func(s *serviceFixture) { s.kit.Clock.Advance(59 * time.Minute) }, kind: respond.Shown},
		{
			name: "expired, and nobody has submitted it", given: func(s *serviceFixture) { s.kit.Clock.Advance(time.Hour) }, kind: respond.Expired,
			then: func(s *serviceFixture, o respond.Outcome) {
				assert.Empty(s.t, o.UseFlow)
				assert.Equal(s.t, "2030-01-02T13:00:00Z", o.ExpiredAt.Format(time.RFC3339))
			},
		},
		{
			name: "expired, and replaced", kind: respond.Expired,
			given: func(s *serviceFixture) {
				s.kit.Clock.Advance(time.Hour)
				s.Submit(s.t.Context(), s.newPassword())
			},
			then: func(s *serviceFixture, o respond.Outcome) {
				assert.Equal(s.t, s.Submit(s.t.Context(), s.newPassword()).UseFlow, o.UseFlow)
				assert.NotEmpty(s.t, o.UseFlow)
			},
		},
		{
			name: "expired a day ago", kind: respond.NoFlow,
			given: func(s *serviceFixture) {
				s.kit.Clock.Advance(25 * time.Hour)
				s.token = s.signIn(s.ada)
			},
		},
		{
			name: "from before a credential change", kind: respond.Gone,
			given: func(s *serviceFixture) {
				require.NoError(s.t, s.kit.Handler.Sessions.RevokeAll(s.t.Context(), s.ada))
				s.token = s.signIn(s.ada)
			},
		},
		{name: "no session", given: func(s *serviceFixture) { s.token = "" }, kind: respond.NoSession},
		{name: "no session, and no such flow", given: func(s *serviceFixture) { s.token = session.NewToken(s.ada) }, flow: anyFlow, kind: respond.NoSession},
		{name: "assurance level too low", given: func(s *serviceFixture) { s.kit.AddFactor(s.ada, aal.TOTP) }, kind: respond.LowAAL},
		{
			name:   "a low level that is allowed",
			config: func(c *settings.Config) { c.AllowAAL1 = true },
			given:  func(s *serviceFixture) { s.kit.AddFactor(s.ada, aal.TOTP) }, kind: respond.Shown,
		},
		{
			name:  "another identity's flow",
			given: func(s *serviceFixture) { s.token = s.signIn(s.kit.AddIdentity("eve@example.com", "")) }, kind: respond.Mismatch,
		},
		{name: "unknown flow", flow: anyFlow, kind: respond.NoFlow},
		{name: "no flow named", flow: func(*serviceFixture) []string { return nil }, kind: respond.NoFlowGiven},
		{name: "two flows named", flow: func(s *serviceFixture) []string { return append(anyFlow(s), s.flow.ID) }, kind: respond.NoFlowGiven},
		{name: "the same flow named twice", flow: func(s *serviceFixture) []string { return []string{s.flow.ID, s.flow.ID} }, kind: respond.Shown},
		{name: "a store that cannot be read", given: func(s *serviceFixture) { s.down("GetFlow") }, kind: respond.Unavailable},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, kind := range everyClient {
				t.Run(kind.String(), func(t *testing.T) {
					var changes []func(*settings.Config)
					if row.config != nil {
						changes = append(changes, row.config)
					}
					s := newServiceFixture(t, kind, changes...)
					if row.given != nil {
						row.given(s)
					}
					request := s.request()
					if row.flow != nil {
						request.Flow = row.flow(s)
					}
					s.stores.forget()
					read, resumed := s.Read(t.Context(), request), s.Resume(t.Context(), request)
					assert.Empty(t, s.stores.written(), "nothing is written")
					for _, o := range []respond.Outcome{read, resumed} {
						require.Equal(t, row.kind, o.Kind, "%v: %v", o.Kind, o.Err)
						assert.Equal(t, kind, o.Client)
						assert.Equal(t, row.kind == respond.Shown, o.Form != nil)
						assert.Empty(t, o.Token, "nor is a token given")
						if row.then != nil {
							row.then(s, o)
						}
					}
					assert.Equal(t, respond.Read, read.Endpoint)
					assert.Equal(t, respond.Resume, resumed.Endpoint)
				})
			}
		})
	}
}

func anyFlow(*serviceFixture) []string { return []string{uuid.NewString()} }
