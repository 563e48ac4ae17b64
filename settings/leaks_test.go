package settings_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

// leakCause is what a store or a library may say, and no client may read.
const leakCause = "sql: secret.go:12 panic \x1b[31m\nlevel=ERROR"

// requireNoCause checks everything of an answer, the error behind its redirect
// too.
func requireNoCause(t *testing.T, a *settingstest.Answer) {
	t.Helper()
	whole := fmt.Sprint(a.Status, a.Header, string(a.Body))
	if strings.Contains(a.Location, "/self-service/errors/page?") {
		failure := a.Failure()
		whole += fmt.Sprintf("%+v", failure)
	}
	for _, part := range []string{"sql:", "secret", ".go:", "panic", "goroutine", "runtime"} {
		require.NotContains(t, whole, part)
	}
}

// leakFault makes stores and methods fail: by an error, or by a panic.
type leakFault struct {
	at     string // where; "" for nowhere
	panics bool
	seen   int
}

func (f *leakFault) hit(at string) error {
	if f.at == "" || f.at != at && f.at != "every store" {
		return nil
	}
	f.seen++
	if f.panics {
		panic(leakCause)
	}
	return errors.New(leakCause)
}

type leakFlows struct {
	store.FlowStore
	f *leakFault
}

func (s leakFlows) CreateFlow(ctx context.Context, r flow.Record) error {
	if err := s.f.hit("flows"); err != nil {
		return err
	}
	return s.FlowStore.CreateFlow(ctx, r)
}

func (s leakFlows) GetFlow(ctx context.Context, key string) (flow.Record, error) {
	if err := s.f.hit("flows"); err != nil {
		return flow.Record{}, err
	}
	return s.FlowStore.GetFlow(ctx, key)
}

func (s leakFlows) UpdateFlow(ctx context.Context, r flow.Record) error {
	if err := s.f.hit("flows"); err != nil {
		return err
	}
	return s.FlowStore.UpdateFlow(ctx, r)
}

type leakSessions struct {
	store.SessionStore
	f *leakFault
}

func (s leakSessions) GetSession(ctx context.Context, hash string) (session.Session, error) {
	if err := s.f.hit("sessions"); err != nil {
		return session.Session{}, err
	}
	return s.SessionStore.GetSession(ctx, hash)
}

func (s leakSessions) ListSessions(ctx context.Context, id string) ([]session.Session, error) {
	if err := s.f.hit("session list"); err != nil {
		return nil, err
	}
	return s.SessionStore.ListSessions(ctx, id)
}

type leakIdentities struct {
	store.IdentityStore
	f *leakFault
}

func (s leakIdentities) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	if err := s.f.hit("identities"); err != nil {
		return identity.Record{}, err
	}
	return s.IdentityStore.GetIdentity(ctx, id)
}

func (s leakIdentities) UpdateIdentity(ctx context.Context, r identity.Record) error {
	if err := s.f.hit("identity update"); err != nil {
		return err
	}
	return s.IdentityStore.UpdateIdentity(ctx, r)
}

type leakBackend struct {
	store.Backend
	f *leakFault
}

func (s leakBackend) Load(ctx context.Context, hash, key string) (store.Loaded, error) {
	if err := s.f.hit("backend"); err != nil {
		return store.Loaded{}, err
	}
	return s.Backend.Load(ctx, hash, key)
}

func (s leakBackend) Commit(ctx context.Context, c store.Commit) error {
	if err := s.f.hit("backend commit"); err != nil {
		return err
	}
	return s.Backend.Commit(ctx, c)
}

// leakKit is a kit whose stores fail as f says, with a backend or without one.
func leakKit(t testing.TB, f *leakFault, backend bool, changes ...func(*settings.Config)) *settingstest.Kit {
	t.Helper()
	return settingstest.New(t, append([]func(*settings.Config){func(c *settings.Config) {
		if both, ok := c.Flows.(store.Backend); ok && backend {
			c.Backend = leakBackend{both, f}
		}
		c.Flows, c.Sessions, c.Identities = leakFlows{c.Flows, f}, leakSessions{c.Sessions, f}, leakIdentities{c.Identities, f}
	}}, changes...)...)
}

// leakEndpoints are all that use a store. FLOW and SESSION stand for ids.
var leakEndpoints = []struct {
	method, path string
	pages        bool   // answers pages by redirects
	uses         string // besides sessions, identities and the backend
}{
	{"GET", "/self-service/settings/browser", true, "flows"},
	{"GET", "/self-service/settings/api", false, "flows"},
	{"GET", "/self-service/settings/flows?id=FLOW", false, "flows"},
	{"GET", "/self-service/settings?flow=FLOW", true, "flows"},
	{"POST", "/self-service/settings?flow=FLOW", true, "flows, identity update, backend commit"},
	{"GET", "/sessions/whoami", false, ""},
	{"GET", "/sessions", false, "session list"},
	{"DELETE", "/sessions", false, "session list"},
	{"DELETE", "/sessions/SESSION", false, "session list"},
}

// No word of a store's error leaves, wherever and however the store fails.
func TestStoreErrorsStayInside(t *testing.T) {
	for _, at := range []string{"every store", "flows", "sessions", "session list", "identities", "identity update", "backend", "backend commit"} {
		for _, endpoint := range leakEndpoints {
			if !strings.Contains("every store, sessions, identities, backend, "+endpoint.uses+",", at+",") {
				continue
			}
			for _, panics := range []bool{false, true} {
				for _, kind := range bodyKinds {
					t.Run(fmt.Sprintf("%s, panics %v, %s %s, %v", at, panics, endpoint.method, endpoint.path, kind), func(t *testing.T) {
						fault := &leakFault{}
						kit := leakKit(t, fault, strings.HasPrefix(at, "backend"))
						ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
						client := kit.SignIn(ada, kind)
						other, _, err := kit.Handler.Sessions.IssueToken(t.Context(), ada, session.Device{}, "password")
						require.NoError(t, err)
						f := client.Start()
						contentType, body := csrfJSON(t, settingstest.Fields{"method": "password", "password": csrfNewPassword, "csrf_token": f.CSRFToken()})
						if endpoint.method != "POST" {
							contentType, body = "", ""
						}
						before := snapshot(t, kit, ada)

						fault.at, fault.panics = at, panics
						a := client.Do(endpoint.method, strings.NewReplacer("FLOW", f.ID, "SESSION", other.ID).Replace(endpoint.path), contentType, body)
						fault.at = ""
						require.Positive(t, fault.seen)
						requireNoCause(t, a)
						require.Contains(t, kit.Log.String(), "secret.go:12", "it stands in the log")
						code, id := 503, "unavailable"
						if panics {
							code, id = 500, "internal_error"
						}
						switch {
						case kind == respond.Page && endpoint.pages && panics:
							requireError(t, a, kind, code, id)
						case kind == respond.Page && endpoint.pages:
							require.Equal(t, 303, a.Status, "%v", a)
						default:
							requireError(t, a, respond.API, code, id)
							require.Equal(t, !panics, a.Header.Get("Retry-After") != "")
						}
						require.Equal(t, before, snapshot(t, kit, ada), "nothing was written")
					})
				}
			}
		}
	}
}

// A damaged record is an error like any other, whose text quotes the record.
func TestDamagedRecordsStayInside(t *testing.T) {
	for _, row := range []struct {
		name   string
		damage func(t *testing.T, kit *settingstest.Kit, ada, flowID string)
	}{
		{"a flow that is no JSON", func(t *testing.T, kit *settingstest.Kit, _, id string) {
			r, err := kit.Store.GetFlow(t.Context(), flow.Key(id))
			require.NoError(t, err)
			r.Data = []byte("secret{")
			require.NoError(t, kit.Store.UpdateFlow(t.Context(), r))
		}},
		{"a flow of another id", func(t *testing.T, kit *settingstest.Kit, _, id string) {
			r, err := kit.Store.GetFlow(t.Context(), flow.Key(id))
			require.NoError(t, err)
			r.Data = []byte(strings.Replace(string(r.Data), id, "0d3b3a5e-6a4c-4f59-8a53-0a1f3d6f1a11", 1))
			require.NoError(t, kit.Store.UpdateFlow(t.Context(), r))
		}},
		{"a state that no key opens", func(t *testing.T, kit *settingstest.Kit, ada, _ string) {
			r, err := kit.Store.GetIdentity(t.Context(), ada)
			require.NoError(t, err)
			r.SealedState = []byte("secret")
			require.NoError(t, kit.Store.UpdateIdentity(t.Context(), r))
		}},
	} {
		for _, kind := range bodyKinds {
			t.Run(fmt.Sprintf("%s, %v", row.name, kind), func(t *testing.T) {
				kit := settingstest.New(t)
				ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
				client := kit.SignIn(ada, kind)
				f := client.Start()
				row.damage(t, kit, ada, f.ID)
				for _, a := range []*settingstest.Answer{
					client.Read(f.ID),
					client.Submit(f, settingstest.Fields{"method": "password", "password": csrfNewPassword}),
				} {
					requireNoCause(t, a)
					if a.Status == 303 {
						requireError(t, a, respond.Page, 500, "internal_error")
					} else {
						requireError(t, a, respond.API, 500, "internal_error")
					}
				}
			})
		}
	}
}

// The error behind a redirect is sealed into its id and lives for 15 minutes.
func TestErrorsBehindARedirectSayNothingMore(t *testing.T) {
	kit := settingstest.New(t)
	ada := kit.AddIdentity("ada@example.com", csrfOldPassword)
	browser := kit.SignIn(ada, respond.Page)
	browser.Header.Set("Origin", "https://evil.example")
	a := browser.Submit(browser.Start(), settingstest.Fields{"method": "password", "password": csrfNewPassword})
	u, err := url.Parse(a.Location)
	require.NoError(t, err)
	id := u.Query().Get("id")
	require.NotContains(t, a.Location, "csrf", "it is sealed")

	stranger := kit.Anonymous(respond.Script)
	kit.Clock.Advance(15*time.Minute - time.Second)
	answer := stranger.Get("/self-service/errors?id=" + id)
	require.Equal(t, 200, answer.Status)
	for _, private := range []string{ada, "ada@example.com", "evil.example"} {
		require.NotContains(t, string(answer.Body), private)
	}
	kit.Clock.Advance(time.Second)
	require.Equal(t, 404, stranger.Get("/self-service/errors?id="+id).Status)
}
