package tests

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/sqlstore"
)

const right = "correct horse battery staple"

// fleet is an installation of several instances: each has a pool of its own, and all
// have one database, and in it Ada, who has a password.
type fleet struct {
	t         *testing.T
	instances []*settings.Handler
	store     *sqlstore.Store
	clock     *settingstest.Clock
	onLock    atomic.Int32
}

// onFleets runs a test with two and with four instances on PostgreSQL.
func onFleets(t *testing.T, test func(t *testing.T, f *fleet)) {
	for _, n := range []int{2, 4} {
		t.Run(fmt.Sprint(n, " instances"), func(t *testing.T) { test(t, newFleet(t, n)) })
	}
}

func newFleet(t *testing.T, n int) *fleet {
	t.Helper()
	f := &fleet{t: t, clock: settingstest.NewClock(time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC))}
	schema := postgresSchema(t)
	c := settings.Config{
		PublicURL: settingstest.PublicURL, UIURL: settingstest.UIURL, LoginURL: settingstest.LoginURL,
		Keys: [][]byte{settings.NewKey()},
		Now:  f.clock.Now, Logger: slog.New(slog.DiscardHandler),
		OnLock: func(context.Context, string, string) { f.onLock.Add(1) },
	}
	for range n {
		s, err := sqlstore.New(openPostgres(t, schema), sqlstore.PostgreSQL)
		require.NoError(t, err)
		require.NoError(t, s.Migrate(t.Context()))
		f.store = s
		c.Flows, c.Sessions, c.Identities, c.Backend = s, s, s, s
		c.Methods = []settings.Method{lookup.New(lookup.Config{Alone: true}), password.New(password.Config{
			Writer: settingstest.FastHash(), RequireCurrentPassword: true, Limiter: password.NewLimiter(4, 0, time.Minute),
		})}
		h, err := settings.New(c)
		require.NoError(t, err)
		f.instances = append(f.instances, h)
	}
	hash, err := settingstest.FastHash().Hash(right)
	require.NoError(t, err)
	require.NoError(t, f.store.CreateIdentity(t.Context(), identity.Record{
		ID: "ada", Active: true, PasswordHash: hash, Traits: []byte(`{}`), Keys: []identity.Key{{Kind: identity.Identifier, Value: "ada"}},
	}))
	return f
}

// atOnce tries so many times at once, by turns in all instances, and counts the answers.
func (f *fleet) atOnce(n int, try func(h *settings.Handler) error) (wrong, locked int) {
	f.t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			err := try(f.instances[i%len(f.instances)])
			for errors.Is(err, settings.ErrBusy) { // too many of one name wait
				err = try(f.instances[i%len(f.instances)])
			}
			mu.Lock()
			defer mu.Unlock()
			var closed *settings.LockedError
			switch {
			case errors.Is(err, settings.ErrWrong):
				wrong++
			case errors.As(err, &closed):
				locked++
			default:
				f.t.Errorf("neither wrong nor locked: %v", err)
			}
		})
	}
	all.Wait()
	return wrong, locked
}

func guess(ctx context.Context, p settings.Proof) func(h *settings.Handler) error {
	p.Method, p.Value = cmp.Or(p.Method, aal.Password), "a guess at it"
	return func(h *settings.Handler) error {
		_, err := h.Service.Verify(ctx, p)
		return err
	}
}

func TestUnknownDevicesShareTenTriesOverInstances(t *testing.T) {
	for name, p := range map[string]settings.Proof{
		"of an account":                      {IdentityID: "ada", Name: "ada"},
		"of an account, by its id":           {IdentityID: "ada"},
		"of a code, which waits for no slot": {Method: aal.Lookup, IdentityID: "ada"},
		"of a name nobody has":               {Name: "nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			onFleets(t, func(t *testing.T, f *fleet) {
				wrong, locked := f.atOnce(60, guess(t.Context(), p))
				assert.Equal(t, 10, wrong)
				assert.Equal(t, 50, locked)
			})
		})
	}
}

func TestAKnownDeviceHasTenOfItsOwnOverInstances(t *testing.T) {
	onFleets(t, func(t *testing.T, f *fleet) {
		sessions, service := f.instances[0].Sessions, f.instances[0].Service
		_, token, err := sessions.IssueToken(t.Context(), "ada", session.Device{}, aal.Password)
		require.NoError(t, err)
		device, err := service.DeviceToken(t.Context(), token, "")
		require.NoError(t, err)
		for _, m := range []aal.Method{aal.Lookup, aal.Password} {
			require.NoError(t, service.Unlock(t.Context(), "ada"))
			wrong, locked := f.atOnce(40, guess(t.Context(), settings.Proof{Method: m, IdentityID: "ada", Source: method.Source{Device: device}}))
			assert.Equal(t, 20, wrong, "%s: ten as itself, and ten as an unknown one", m)
			assert.Equal(t, 20, locked, m)
		}
	})
}

func TestASessionHasTenTriesOverInstances(t *testing.T) {
	onFleets(t, func(t *testing.T, f *fleet) {
		_, token, err := f.instances[0].Sessions.IssueToken(t.Context(), "ada", session.Device{}, aal.Password)
		require.NoError(t, err)
		send := func(h *settings.Handler, method, path, body string) (int, []byte) {
			r := httptest.NewRequestWithContext(t.Context(), method, settingstest.PublicURL+path, strings.NewReader(body))
			r.Header.Set("X-Session-Token", token)
			r.Header.Set("Accept", "application/json")
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Code, w.Body.Bytes()
		}
		wrong, locked := f.atOnce(30, func(h *settings.Handler) error {
			_, body := send(h, "GET", "/self-service/settings/api", "")
			var flow struct{ ID string }
			if err := json.Unmarshal(body, &flow); err != nil {
				return err
			}
			status, body := send(h, "POST", "/self-service/settings?flow="+flow.ID,
				`{"method":"password","password":"seven clouds over lisbon","current_password":"a guess at it"}`)
			switch status {
			case http.StatusBadRequest:
				return settings.ErrWrong
			case http.StatusTooManyRequests:
				return &settings.LockedError{}
			}
			return fmt.Errorf("%d %s", status, body)
		})
		assert.Equal(t, 10, wrong)
		assert.Equal(t, 20, locked)
		_, err = f.instances[1].Service.Verify(t.Context(), settings.Proof{Method: aal.Password, IdentityID: "ada", Value: right})
		assert.NoError(t, err, "which closes nothing to anybody else")
	})
}

func TestAtMostTwentyDevicesOverInstances(t *testing.T) {
	onFleets(t, func(t *testing.T, f *fleet) {
		var devices [30]string
		var all sync.WaitGroup
		for n := range devices {
			all.Go(func() {
				h := f.instances[n%len(f.instances)]
				_, token, err := h.Sessions.IssueToken(t.Context(), "ada", session.Device{}, aal.Password)
				if assert.NoError(t, err) {
					devices[n], err = h.Service.DeviceToken(t.Context(), token, "")
					assert.NoError(t, err)
				}
			})
		}
		all.Wait()
		f.atOnce(20, guess(t.Context(), settings.Proof{IdentityID: "ada"})) // closed to unknown ones
		known := 0
		for _, device := range devices {
			err := guess(t.Context(), settings.Proof{IdentityID: "ada", Source: method.Source{Device: device}})(f.instances[0])
			if errors.Is(err, settings.ErrWrong) {
				known++
			}
		}
		assert.Equal(t, 20, known)
	})
}

func TestTheHostHearsOnceOverInstances(t *testing.T) {
	onFleets(t, func(t *testing.T, f *fleet) {
		total := 0
		for round := range 12 {
			wrong, _ := f.atOnce(30, guess(t.Context(), settings.Proof{Method: aal.Lookup, IdentityID: "ada"}))
			require.Equal(t, 10, wrong, "round %d", round)
			total += wrong
			f.clock.Advance(24 * time.Hour)
			assert.EqualValues(t, total/100, f.onLock.Load(), "after %d", total)
		}
	})
}
