package settings_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
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
	"github.com/amend-go/amend/settings/store/memory"
)

// watchedStore stands between a Handler and its memory store: a test sees every call,
// and may do something before it, fail it, or fail it after it took effect.
type watchedStore struct {
	store *memory.Store

	mu      sync.Mutex
	calls   []storeCall
	largest int // bytes of a flow record
	on      func(c storeCall, run func() error) error
}

// storeCall is one call of a store or of the Backend.
type storeCall struct {
	Op     string // "GetFlow", "Commit", …
	Key    string // of a flow record
	Commit store.Commit
}

func (c storeCall) writes() bool { return !strings.HasPrefix(c.Op, "Get") && c.Op != "Load" }

// identity reports whether the call is the one that makes a change: the
// update of the identity's row.
func (c storeCall) identity() bool {
	return c.Op == "UpdateIdentity" || c.Op == "Commit" && c.Commit.Identity != nil
}

// handle puts a function around every call from now on; nil takes it away.
func (s *watchedStore) handle(on func(c storeCall, run func() error) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on = on
}

// once puts a function around the first call that matches, and no other.
func (s *watchedStore) once(matches func(storeCall) bool, on func(run func() error) error) {
	var done sync.Once
	s.handle(func(c storeCall, run func() error) error {
		if !matches(c) {
			return run()
		}
		first := false
		done.Do(func() { first = true })
		if !first {
			return run()
		}
		return on(run)
	})
}

// forget empties the list of calls.
func (s *watchedStore) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

// written are the names of the calls that write, in order.
func (s *watchedStore) written() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, c := range s.calls {
		if c.writes() {
			names = append(names, c.Op)
		}
	}
	return names
}

func (s *watchedStore) largestFlow() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.largest
}

func watched[T any](s *watchedStore, c storeCall, r *flow.Record, run func() (T, error)) (T, error) {
	s.mu.Lock()
	s.calls = append(s.calls, c)
	if r != nil {
		s.largest = max(s.largest, len(r.Data))
	}
	on := s.on
	s.mu.Unlock()
	if on == nil {
		return run()
	}
	var out, none T
	err := on(c, func() (err error) {
		out, err = run()
		return err
	})
	if err != nil {
		return none, err
	}
	return out, nil
}

func watchedWrite(s *watchedStore, c storeCall, r *flow.Record, run func() error) error {
	_, err := watched(s, c, r, func() (struct{}, error) { return struct{}{}, run() })
	return err
}

func (s *watchedStore) CreateFlow(ctx context.Context, r flow.Record) error {
	return watchedWrite(s, storeCall{Op: "CreateFlow", Key: r.Key}, &r, func() error { return s.store.CreateFlow(ctx, r) })
}

func (s *watchedStore) GetFlow(ctx context.Context, key string) (flow.Record, error) {
	return watched(s, storeCall{Op: "GetFlow", Key: key}, nil, func() (flow.Record, error) { return s.store.GetFlow(ctx, key) })
}

func (s *watchedStore) UpdateFlow(ctx context.Context, r flow.Record) error {
	return watchedWrite(s, storeCall{Op: "UpdateFlow", Key: r.Key}, &r, func() error { return s.store.UpdateFlow(ctx, r) })
}

func (s *watchedStore) DeleteFlow(ctx context.Context, key string) error {
	return watchedWrite(s, storeCall{Op: "DeleteFlow", Key: key}, nil, func() error { return s.store.DeleteFlow(ctx, key) })
}

func (s *watchedStore) DeleteExpiredFlows(ctx context.Context, now time.Time, limit int) (int, error) {
	return watched(s, storeCall{Op: "DeleteExpiredFlows"}, nil, func() (int, error) { return s.store.DeleteExpiredFlows(ctx, now, limit) })
}

func (s *watchedStore) CreateSession(ctx context.Context, r session.Session) error {
	return watchedWrite(s, storeCall{Op: "CreateSession"}, nil, func() error { return s.store.CreateSession(ctx, r) })
}

func (s *watchedStore) GetSession(ctx context.Context, hash string) (session.Session, error) {
	return watched(s, storeCall{Op: "GetSession"}, nil, func() (session.Session, error) { return s.store.GetSession(ctx, hash) })
}

func (s *watchedStore) UpdateSession(ctx context.Context, r session.Session) error {
	return watchedWrite(s, storeCall{Op: "UpdateSession"}, nil, func() error { return s.store.UpdateSession(ctx, r) })
}

func (s *watchedStore) ListSessions(ctx context.Context, id string) ([]session.Session, error) {
	return watched(s, storeCall{Op: "GetSessions"}, nil, func() ([]session.Session, error) { return s.store.ListSessions(ctx, id) })
}

func (s *watchedStore) DeleteSession(ctx context.Context, owner, id string) error {
	return watchedWrite(s, storeCall{Op: "DeleteSession"}, nil, func() error { return s.store.DeleteSession(ctx, owner, id) })
}

func (s *watchedStore) DeleteExpiredSessions(ctx context.Context, now time.Time, limit int) (int, error) {
	return watched(s, storeCall{Op: "DeleteExpiredSessions"}, nil, func() (int, error) { return s.store.DeleteExpiredSessions(ctx, now, limit) })
}

func (s *watchedStore) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	return watched(s, storeCall{Op: "GetIdentity"}, nil, func() (identity.Record, error) { return s.store.GetIdentity(ctx, id) })
}

func (s *watchedStore) UpdateIdentity(ctx context.Context, r identity.Record) error {
	return watchedWrite(s, storeCall{Op: "UpdateIdentity"}, nil, func() error { return s.store.UpdateIdentity(ctx, r) })
}

func (s *watchedStore) IdentityOwner(ctx context.Context, k identity.Key) (string, error) {
	return watched(s, storeCall{Op: "GetIdentityOwner"}, nil, func() (string, error) { return s.store.IdentityOwner(ctx, k) })
}

func (s *watchedStore) Load(ctx context.Context, hash, key string) (store.Loaded, error) {
	return watched(s, storeCall{Op: "Load"}, nil, func() (store.Loaded, error) { return s.store.Load(ctx, hash, key) })
}

func (s *watchedStore) Commit(ctx context.Context, c store.Commit) error {
	return watchedWrite(s, storeCall{Op: "Commit", Commit: c}, c.Flow, func() error { return s.store.Commit(ctx, c) })
}

// watchedKit is a Kit whose Handler reaches its memory store through a watchedStore.
func watchedKit(t testing.TB, changes ...func(*settings.Config)) (*settingstest.Kit, *watchedStore) {
	t.Helper()
	s := &watchedStore{}
	through := func(c *settings.Config) {
		s.store = c.Flows.(*memory.Store)
		c.Flows, c.Sessions, c.Identities = s, s, s
	}
	return settingstest.New(t, slices.Insert(changes, 0, through)...), s
}

// inBothModes runs a test without a Backend and with one: no promise may
// depend on it.
func inBothModes(t *testing.T, test func(t *testing.T, mode func(*settings.Config))) {
	t.Run("three stores", func(t *testing.T) { test(t, func(*settings.Config) {}) })
	t.Run("a backend", func(t *testing.T) {
		test(t, func(c *settings.Config) { c.Backend = c.Flows.(store.Backend) })
	})
}

var everyClient = []respond.Client{respond.API, respond.Page, respond.Script}

// forEveryClient runs a test in both modes for each kind of client.
func forEveryClient(t *testing.T, test func(t *testing.T, kind respond.Client, mode func(*settings.Config))) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		for _, kind := range everyClient {
			t.Run(kind.String(), func(t *testing.T) { test(t, kind, mode) })
		}
	})
}

// heldToken is the session token that a client would send next.
func heldToken(t testing.TB, c *settingstest.Client) string {
	t.Helper()
	if c.Kind == respond.API {
		return c.Token
	}
	r, err := requestTo(c, "GET", "/")
	require.NoError(t, err)
	for _, k := range c.Jar.Cookies(r.URL) {
		if k.Name == "__Host-amend_session" {
			return k.Value
		}
	}
	return ""
}

// submitBy submits as an API client, in a request whose context is the test's
// to cancel.
func submitBy(request context.Context, c *settingstest.Client, f *settingstest.Flow, fields settingstest.Fields) *httptest.ResponseRecorder {
	c.Kit.T.Helper()
	j, err := json.Marshal(fields)
	require.NoError(c.Kit.T, err)
	r := httptest.NewRequestWithContext(request, http.MethodPost, c.Kit.Config.PublicURL+"/self-service/settings?flow="+f.ID, bytes.NewReader(j))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Session-Token", c.Token)
	rec := httptest.NewRecorder()
	c.Kit.Handler.ServeHTTP(rec, r)
	return rec
}
