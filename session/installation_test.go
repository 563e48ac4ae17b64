package session_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/store/memory"
)

// installation is an installation: a memory store that can fail, a clock that stands
// still, two users (42 with password and totp, 43 with a password), and its
// Sessions.
type installation struct {
	*session.Sessions
	config session.Config
	store  *failing
	ring   *seal.Keyring
	now    time.Time
	client respond.Client // what the requests are said to be of; 0 is told by the headers
}

func newInstallation(t *testing.T) *installation {
	t.Helper()
	h := &installation{store: &failing{Store: memory.New()}, ring: newRing(t), now: start}
	for _, id := range []string{"42", "43"} {
		i := identity.Identity{Record: identity.Record{ID: id, Active: true, PasswordHash: "$2b$"}}
		i.State.Generation = 3
		if id == "42" {
			i.State.Factors = map[aal.Method]identity.Factor{aal.TOTP: {Credentials: []identity.Credential{{ID: "1"}}}}
		}
		r, err := i.Seal(h.ring)
		require.NoError(t, err)
		require.NoError(t, h.store.CreateIdentity(t.Context(), r))
	}
	h.config = session.Config{
		Store: h.store, Identities: h.store, Ring: h.ring, Transport: session.Cookie{}, Lifespan: time.Hour, PrivilegedAge: 15 * time.Minute, MaxAge: 30 * 24 * time.Hour,
		Now: func() time.Time { return h.now },
		Client: func(r *http.Request) respond.Client {
			if h.client != 0 {
				return h.client
			}
			p := session.Present(r, session.Cookie{})
			return respond.Hints{Accept: r.Header.Get("Accept"), ContentType: r.Header.Get("Content-Type"), HeaderToken: p.ByHeader(), AnyCookie: p.ByCookie()}.Unknown()
		},
		Responder: &respond.Responder{
			Table: respond.Documented(), Ring: h.ring, Public: "https://id.example/me", UI: "https://app.example/settings",
			Login: "https://app.example/login", Error: "https://app.example/error",
		},
	}
	h.Sessions = session.NewSessions(h.config)
	return h
}

func (h *installation) issue(t *testing.T, id string, methods ...aal.Method) (session.Session, string) {
	t.Helper()
	s, token, err := h.IssueToken(t.Context(), id, session.Device{}, methods...)
	require.NoError(t, err)
	return s, token
}

// valid reports whether a token passes.
func (h *installation) valid(t *testing.T, token string) bool {
	t.Helper()
	_, err := h.FromToken(t.Context(), token)
	if err != nil {
		require.ErrorIs(t, err, session.ErrNoSession)
	}
	return err == nil
}

func (h *installation) identity(t *testing.T, id string) identity.Identity {
	t.Helper()
	r, err := h.store.GetIdentity(t.Context(), id)
	require.NoError(t, err)
	i, err := identity.Open(h.ring, r)
	require.NoError(t, err)
	return i
}

// edit changes an identity as a settings change does.
func (h *installation) edit(t *testing.T, id string, change func(*identity.Identity)) {
	t.Helper()
	i := h.identity(t, id)
	change(&i)
	r, err := i.Seal(h.ring)
	require.NoError(t, err)
	require.NoError(t, h.store.UpdateIdentity(t.Context(), r))
}

// damage makes the sealed state of an identity one that does not open.
func (h *installation) damage(t *testing.T, id string) {
	t.Helper()
	r, err := h.store.GetIdentity(t.Context(), id)
	require.NoError(t, err)
	r.SealedState = []byte("damaged")
	require.NoError(t, h.store.UpdateIdentity(t.Context(), r))
}

// failing is a memory store whose methods fail as told, by name.
type failing struct {
	*memory.Store
	fail  map[string]error
	times map[string]int // how many more times; always if there is no number
	mu    sync.Mutex
	calls map[string]int
}

// count is how often a method was called.
func (f *failing) count(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[method]
}

func (f *failing) err(method string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls == nil {
		f.calls = map[string]int{}
	}
	f.calls[method]++
	if n, limited := f.times[method]; limited {
		if n == 0 {
			return nil
		}
		f.times[method]--
	}
	if errors.Is(f.fail[method], errPanic) {
		panic(errPanic)
	}
	return f.fail[method]
}

// errPanic has a store panic.
var errPanic = errors.New("a nil map of the host's")

func (f *failing) CreateSession(ctx context.Context, s session.Session) error {
	if err := f.err("CreateSession"); err != nil {
		return err
	}
	return f.Store.CreateSession(ctx, s)
}

func (f *failing) GetSession(ctx context.Context, hash string) (session.Session, error) {
	if err := f.err("GetSession"); err != nil {
		return session.Session{}, err
	}
	return f.Store.GetSession(ctx, hash)
}

func (f *failing) UpdateSession(ctx context.Context, s session.Session) error {
	if err := f.err("UpdateSession"); err != nil {
		return err
	}
	return f.Store.UpdateSession(ctx, s)
}

func (f *failing) ListSessions(ctx context.Context, id string) ([]session.Session, error) {
	if err := f.err("ListSessions"); err != nil {
		return nil, err
	}
	return f.Store.ListSessions(ctx, id)
}

func (f *failing) DeleteSession(ctx context.Context, identityID, id string) error {
	if err := f.err("DeleteSession"); err != nil {
		return err
	}
	return f.Store.DeleteSession(ctx, identityID, id)
}

func (f *failing) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	if err := f.err("GetIdentity"); err != nil {
		return identity.Record{}, err
	}
	return f.Store.GetIdentity(ctx, id)
}

func (f *failing) UpdateIdentity(ctx context.Context, r identity.Record) error {
	if err := f.err("UpdateIdentity"); err != nil {
		return err
	}
	return f.Store.UpdateIdentity(ctx, r)
}

// request is one of a browser with these cookies' values.
func request(tokens ...string) *http.Request {
	r := httptest.NewRequest("GET", "/billing", nil)
	for _, t := range tokens {
		r.AddCookie(&http.Cookie{Name: "__Host-amend_session", Value: t})
	}
	return r
}

// saved is the token a response makes the browser keep; "" for none.
func saved(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	cookies := w.Result().Cookies()
	if len(cookies) == 0 {
		return ""
	}
	require.Len(t, cookies, 1)
	require.Equal(t, "__Host-amend_session", cookies[0].Name)
	return cookies[0].Value
}
