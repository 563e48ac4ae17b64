package settings_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

// Two builds work on the same rows while one is rolled out.

// rfcKey has the code 279037 at the time 2000000000 (RFC 6238, appendix B).
const rfcKey, rfcCode, rfcTime = "12345678901234567890", "279037", 2000000000

// shared is an account with one of everything, a browser that is signed in to it,
// and a flow.
type shared struct {
	*settingstest.Kit
	flows  *keyedFlows
	ada    string
	codes  []string // of recovery
	client *settingstest.Client
	flow   *settingstest.Flow
	tell   bool // the After hook works
}

// keyedFlows remembers the keys of all records.
type keyedFlows struct {
	store.FlowStore
	keys []string
}

func (f *keyedFlows) CreateFlow(ctx context.Context, r flow.Record) error {
	f.keys = append(f.keys, r.Key)
	return f.FlowStore.CreateFlow(ctx, r)
}

// everything offers all methods of the core.
func everything(c *settings.Config) {
	c.Methods = []settings.Method{
		password.New(password.Config{Writer: settingstest.FastHash()}), totp.New(totp.Config{Issuer: "Example"}), lookup.New(lookup.Config{Alone: true}),
		profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
			profile.Field{Name: "email", Type: profile.Email, Required: true, Identifier: true, Verify: "email"},
			profile.Field{Name: "backup", Type: profile.Email, Verify: "email"},
			profile.Field{Name: "name"},
		)}}),
	}
}

func share(t *testing.T) *shared {
	t.Helper()
	s := &shared{}
	s.Kit = settingstest.New(t, everything, func(c *settings.Config) {
		s.flows = &keyedFlows{FlowStore: c.Flows}
		c.Flows = s.flows
		c.After = []func(context.Context, settings.Event) error{func(context.Context, settings.Event) error {
			if !s.tell {
				return errors.New("not now")
			}
			return nil
		}}
	})
	s.Clock.Advance(time.Unix(rfcTime, 0).Sub(s.Clock.Now()))
	s.ada = s.AddIdentity("ada@example.com", "correct horse battery staple")
	app, err := totp.Credential([]byte(rfcKey), s.Clock.Now())
	require.NoError(t, err)
	secrets, err := method.NewSecrets("lookup_secret", s.ada, s.Config.Keys...)
	require.NoError(t, err)
	set, codes, err := lookup.Credentials(secrets, s.Clock.Now())
	require.NoError(t, err)
	s.codes = codes
	s.Edit(s.ada, func(i *identity.Identity) {
		i.Traits = []byte(`{"email":"ada@example.com","backup":"backup@example.com"}`)
		i.State.Factors = map[aal.Method]identity.Factor{
			aal.TOTP: {Serial: 1, Credentials: []identity.Credential{app}}, aal.Lookup: {Serial: 1, Credentials: set},
		}
	})
	require.NoError(t, s.Handler.Service.MarkVerified(t.Context(), s.ada, "email", "ada@example.com"))
	s.client = s.SignIn(s.ada, respond.Script, aal.Password, aal.TOTP)
	first := s.client.Start()
	s.submit(t, first, 200, settingstest.Fields{"method": "password", "password": "a much better horse"})
	s.flow = s.client.Start()
	s.submit(t, s.flow, 400, settingstest.Fields{"method": "profile", "traits": map[string]any{"email": "none"}})
	return s
}

func (s *shared) submit(t *testing.T, f *settingstest.Flow, status int, fields settingstest.Fields) {
	t.Helper()
	require.Equal(t, status, s.client.Submit(f, fields).Status)
}

// session is the browser's session as it is stored.
func (s *shared) session(t *testing.T) session.Session {
	t.Helper()
	all, err := s.Store.ListSessions(t.Context(), s.ada)
	require.NoError(t, err)
	require.Len(t, all, 1)
	return all[0]
}

// rows are all rows of the account, opened.
func (s *shared) rows(t *testing.T) map[string]any {
	t.Helper()
	all := map[string]any{}
	add := func(name string, text []byte) {
		var v any
		require.NoError(t, json.Unmarshal(text, &v), "%s: %s", name, text)
		all[name] = v
	}
	r, err := s.Store.GetIdentity(t.Context(), s.ada)
	require.NoError(t, err)
	plain, err := ringOf(t, s.Kit).Open(stateOf(s.ada), r.SealedState)
	require.NoError(t, err)
	add("state", plain)
	for _, key := range s.flows.keys {
		if r, err := s.Store.GetFlow(t.Context(), key); err == nil && strings.HasPrefix(key, "flow:") {
			add(key, r.Data)
		}
	}
	signedIn := s.session(t)
	text, err := json.Marshal(signedIn.Methods)
	require.NoError(t, err)
	add("methods", text)
	if len(signedIn.Extra) > 0 {
		add("extra", signedIn.Extra)
	}
	return all
}

func ringOf(t *testing.T, k *settingstest.Kit) *seal.Keyring {
	t.Helper()
	ring, err := seal.New(k.Config.Keys...)
	require.NoError(t, err)
	return ring
}

func stateOf(id string) seal.Binding { return seal.Binding{Purpose: "identity-state", IdentityID: id} }

// rewrite puts rows in the place of those that are there.
func (s *shared) rewrite(t *testing.T, rows map[string]any) {
	t.Helper()
	text := func(name string) []byte {
		text, err := json.Marshal(rows[name])
		require.NoError(t, err)
		return text
	}
	r, err := s.Store.GetIdentity(t.Context(), s.ada)
	require.NoError(t, err)
	r.SealedState = ringOf(t, s.Kit).Seal(stateOf(s.ada), text("state"))
	require.NoError(t, s.Store.UpdateIdentity(t.Context(), r))
	for name := range rows {
		if strings.HasPrefix(name, "flow:") {
			r, err := s.Store.GetFlow(t.Context(), name)
			require.NoError(t, err)
			r.Data = text(name)
			require.NoError(t, s.Store.UpdateFlow(t.Context(), r))
		}
	}
	signedIn := s.session(t)
	require.NoError(t, json.Unmarshal(text("methods"), &signedIn.Methods))
	signedIn.Extra = text("extra")
	require.NoError(t, s.Store.UpdateSession(t.Context(), signedIn))
}
