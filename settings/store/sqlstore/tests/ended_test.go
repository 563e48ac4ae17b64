package tests

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/memory"
)

// held is a place where a submit waits: it says that it has come there, and goes on
// when it is let go.
type held struct{ come, gone chan struct{} }

func (h *held) wait() { close(h.come); <-h.gone }

// stalls are where a submit may wait for long.
var stalls = []string{"the body", "the work", "the network"}

// change is a stand-in for a method: it makes the same kind of change to the row, and
// waits where the real one would. The ceremonies are tested with the methods; what is
// tested here is the way from a session that was judged to the write.
type change struct {
	name string
	edit func(*identity.Identity) error
	at   *atomic.Pointer[func(ctx context.Context)] // where its work waits
}

func (c change) Info() (method.Info, error) {
	return method.Info{Name: c.name, Fields: []string{c.name + "_value"}}, nil
}
func (c change) Nodes(context.Context, method.View) ([]ui.Node, error) { return nil, nil }
func (c change) Plan(method.View, method.Submission) (method.Plan, error) {
	return method.Plan{Do: func(ctx context.Context) (method.Result, error) {
		if wait := c.at.Load(); wait != nil {
			(*wait)(ctx)
		}
		return method.Change{Event: c.name + ".changed", Edit: c.edit}, nil
	}}, nil
}

func adds(m aal.Method) func(*identity.Identity) error {
	return func(i *identity.Identity) error {
		if i.State.Factors == nil {
			i.State.Factors = map[aal.Method]identity.Factor{}
		}
		f := i.State.Factors[m]
		f.Credentials = append(slices.Clone(f.Credentials), identity.Credential{ID: uuid.NewString()})
		i.State.Factors[m] = f
		return nil
	}
}

func removes(m aal.Method) func(*identity.Identity) error {
	return func(i *identity.Identity) error {
		delete(i.State.Factors, m)
		return nil
	}
}

var endedChanges = []struct {
	name string
	has  aal.Method // what the account has before
	edit func(*identity.Identity) error
}{
	{"new_password", "", func(i *identity.Identity) (err error) {
		i.PasswordHash, err = settingstest.FastHash().Hash("correct horse of a thief")
		return err
	}},
	{"profile", "", func(i *identity.Identity) error {
		i.Traits = []byte(`{"email":"thief@example.com"}`)
		i.Keys = []identity.Key{{Kind: identity.Identifier, Value: i.ID + "thief@example.com"}}
		return nil
	}},
	{"totp_add", "", adds(aal.TOTP)},
	{"totp_remove", aal.TOTP, removes(aal.TOTP)},
	{"lookup_confirm", aal.TOTP, adds(aal.Lookup)},
	{"webauthn_add", "", adds(aal.WebAuthn)},
	{"passkey_add", "", adds(aal.Passkey)},
	{"passkey_remove", aal.Passkey, removes(aal.Passkey)},
	{"oidc_link", "", adds(aal.OIDC)},
}

var endings = []struct {
	name string
	end  func(t *testing.T, kit *settingstest.Kit, ada, bob string, thief, owner *settingstest.Client)
}{
	{"the owner ends the other sessions", func(t *testing.T, _ *settingstest.Kit, _, _ string, _, owner *settingstest.Client) {
		require.Equal(t, http.StatusOK, owner.Do(http.MethodDelete, "/sessions", "", "").Status)
	}},
	{"the host ends it", func(t *testing.T, kit *settingstest.Kit, _, _ string, thief, _ *settingstest.Client) {
		require.NoError(t, kit.Handler.Sessions.EndToken(t.Context(), thief.Token))
	}},
	{"the host ends all", func(t *testing.T, kit *settingstest.Kit, ada, _ string, _, _ *settingstest.Client) {
		require.NoError(t, kit.Handler.Sessions.RevokeAll(t.Context(), ada))
	}},
	{"somebody else signs in at that browser", func(t *testing.T, _ *settingstest.Kit, _, bob string, thief, _ *settingstest.Client) {
		thief.Copy().SignInAs(bob)
	}},
}

var endedStores = []struct {
	name string
	open func(t *testing.T, c *settings.Config)
}{
	{"memory with a Backend", func(_ *testing.T, c *settings.Config) {
		s := memory.New()
		c.Flows, c.Sessions, c.Identities, c.Backend = s, s, s, s
	}},
	{"memory without a Backend", func(_ *testing.T, c *settings.Config) {
		s := memory.New()
		c.Flows, c.Sessions, c.Identities = s, s, s
	}},
	{"SQLite", endedOn(0)}, {"PostgreSQL", endedOn(2)}, {"MariaDB", endedOn(4)},
}

func endedOn(n int) func(t *testing.T, c *settings.Config) {
	return func(t *testing.T, c *settings.Config) {
		s, _ := databases[n].store(t)
		c.Flows, c.Sessions, c.Identities, c.Backend = s, s, s, s
	}
}

// lastByte is a body whose last byte comes late.
type lastByte struct {
	io.Reader
	late *held
	last io.Reader
}

func (b *lastByte) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if n == 0 && err == io.EOF && b.late != nil {
		b.late.wait()
		b.late, b.Reader = nil, b.last
		return b.Reader.Read(p)
	}
	return n, err
}

func (b *lastByte) Close() error { return nil }

// A submit that has begun is of a session that was good. If the session ends before
// the change is written, it is not written: whatever the submit waits for, whoever
// ends the session, whatever the change and the store are.
func TestAnEndedSessionMakesNoChange(t *testing.T) {
	require.Equal(t, 9*5*3*4, len(endedChanges)*len(endedStores)*len(stalls)*len(endings), "no cell is left out")
	for _, store := range endedStores {
		t.Run(store.name, func(t *testing.T) {
			var wait atomic.Pointer[func(context.Context)]
			var told atomic.Int64
			kit := settingstest.New(t, func(c *settings.Config) {
				store.open(t, c)
				for _, m := range endedChanges {
					c.Methods = append(c.Methods, change{m.name, m.edit, &wait})
				}
				c.After = append(c.After, func(context.Context, settings.Event) error { told.Add(1); return nil })
			})
			for _, m := range endedChanges {
				for _, stall := range stalls {
					// The first row of each ends nothing: there the change is made.
					for n := -1; n < len(endings); n++ {
						name := "nothing ends"
						if n >= 0 {
							name = endings[n].name
						}
						t.Run(m.name+", "+stall+", "+name, func(t *testing.T) {
							endedCell(t, kit, &wait, &told, m.name, m.has, stall, n)
						})
					}
				}
			}
		})
	}
}

func endedCell(t *testing.T, kit *settingstest.Kit, wait *atomic.Pointer[func(context.Context)], told *atomic.Int64, name string, has aal.Method, stall string, n int) {
	account := func() string {
		id := uuid.NewString()
		hash, err := settingstest.FastHash().Hash("correct horse of the owner")
		require.NoError(t, err)
		require.NoError(t, kit.Config.Identities.(interface {
			CreateIdentity(context.Context, identity.Record) error
		}).CreateIdentity(t.Context(), identity.Record{
			ID: id, Active: true, Traits: []byte(`{"email":"ada@example.com"}`), PasswordHash: hash, CreatedAt: kit.Clock.Now(), UpdatedAt: kit.Clock.Now(),
			Keys: []identity.Key{{Kind: identity.Identifier, Value: id + "@example.com"}},
		}))
		return id
	}
	ada, bob := account(), account()
	proved := []aal.Method{aal.Password}
	if has != "" {
		kit.AddFactor(ada, has)
		proved = append(proved, has)
	}
	thief, owner := kit.SignIn(ada, respond.Script, proved...), kit.SignIn(ada, respond.API, proved...)
	form := thief.Start()
	before := kit.Identity(ada)
	told.Store(0)

	h := &held{make(chan struct{}), make(chan struct{})}
	kit.App = nil
	switch stall {
	case "the body":
		kit.App = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				body, _ := io.ReadAll(r.Body)
				r.Body = &lastByte{bytes.NewReader(body[:len(body)-1]), h, bytes.NewReader(body[len(body)-1:])}
			}
			kit.Handler.ServeHTTP(w, r)
		})
	case "the work": // as in the queue of hashes
		f := func(context.Context) { h.wait() }
		wait.Store(&f)
	case "the network": // a provider that does not answer
		provider := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { h.wait() }))
		defer provider.Close()
		f := func(context.Context) {
			if res, err := provider.Client().Get(provider.URL); assert.NoError(t, err) {
				assert.NoError(t, res.Body.Close())
			}
		}
		wait.Store(&f)
	}
	answers := make(chan *settingstest.Answer, 1)
	go func() { answers <- thief.Submit(form, settingstest.Fields{"method": name}) }()
	var a *settingstest.Answer
	select {
	case <-h.come:
	case a = <-answers:
		t.Fatalf("it did not wait: %v", a)
	case <-time.After(30 * time.Second):
		t.Fatal("it never came to wait")
	}
	wait.Store(nil)
	if n >= 0 {
		token := kit.Anonymous(respond.API)
		for _, c := range thief.Jar.Cookies(mustURL(t, kit.Config.PublicURL)) {
			if strings.Contains(c.Name, "session") {
				token.Token = c.Value
			}
		}
		ended := thief.Copy()
		ended.Token = token.Token
		require.NotEmpty(t, ended.Token)
		endings[n].end(t, kit, ada, bob, ended, owner)
	}
	close(h.gone)
	a = <-answers
	after := kit.Identity(ada)
	if n < 0 {
		require.Equal(t, http.StatusOK, a.Status, "%v", a)
		assert.EqualValues(t, 1, told.Load())
		return
	}
	assert.Equal(t, http.StatusUnauthorized, a.Status, "%v", a)
	assert.Equal(t, before.PasswordHash, after.PasswordHash)
	assert.JSONEq(t, string(before.Traits), string(after.Traits))
	assert.Equal(t, before.Keys, after.Keys)
	assert.Equal(t, before.State.Factors, after.State.Factors)
	assert.Empty(t, after.State.Events)
	assert.Zero(t, told.Load())
}

func mustURL(t *testing.T, raw string) *url.URL {
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u
}

// uncounted is an identity store that cannot be written while down.
type uncounted struct {
	*memory.Store
	down atomic.Bool
}

func (s *uncounted) UpdateIdentity(ctx context.Context, r identity.Record) error {
	if s.down.Load() {
		return errors.New("down")
	}
	return s.Store.UpdateIdentity(ctx, r)
}

// A store that fails after the sessions are deleted and before the identity's row is
// counted is an error to whoever ends them; sent again, it counts though no session is
// left to delete.
func TestAnEndThatWasNotCountedIsSentAgain(t *testing.T) {
	s := &uncounted{Store: memory.New()}
	kit := settingstest.New(t, func(c *settings.Config) { c.Flows, c.Sessions, c.Identities = s, s, s })
	ada := uuid.NewString()
	require.NoError(t, s.CreateIdentity(t.Context(), identity.Record{ID: ada, Active: true, Traits: []byte("{}")}))
	other, owner := kit.SignIn(ada, respond.API), kit.SignIn(ada, respond.API)
	version := func() int64 {
		r, err := s.GetIdentity(t.Context(), ada)
		require.NoError(t, err)
		return int64(r.Version)
	}
	before := version()
	s.down.Store(true)
	require.Equal(t, http.StatusServiceUnavailable, owner.Do(http.MethodDelete, "/sessions", "", "").Status)
	require.Equal(t, http.StatusUnauthorized, other.Whoami().Status, "it is deleted")
	require.Equal(t, before, version())
	s.down.Store(false)
	require.Equal(t, http.StatusOK, owner.Do(http.MethodDelete, "/sessions", "", "").Status)
	require.Greater(t, version(), before)
}
