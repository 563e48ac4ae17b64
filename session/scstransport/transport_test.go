package scstransport_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session/scstransport"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// shop is an app's sessions, with a cart in them.
func shop(changes ...func(*scs.SessionManager)) (*scs.SessionManager, *memstore.MemStore) {
	sessions, store := scs.New(), memstore.NewWithCleanupInterval(0)
	sessions.Store, sessions.Cookie.Name, sessions.Cookie.Secure = store, "__Host-session", true
	for _, change := range changes {
		change(sessions)
	}
	return sessions, store
}

func TestTransport(t *testing.T) {
	for name, change := range map[string]func(*scs.SessionManager){
		"as scs is":                        func(*scs.SessionManager) {},
		"ids are hashed in the store":      func(m *scs.SessionManager) { m.HashTokenInStore = true },
		"sessions end when they are idle":  func(m *scs.SessionManager) { m.IdleTimeout = time.Hour },
		"the cookie ends with the browser": func(m *scs.SessionManager) { m.Cookie.Persist = false },
	} {
		t.Run(name, func(t *testing.T) {
			settingstest.Transport(t, func(testing.TB, func() time.Time) settingstest.Carrier {
				sessions, _ := shop(change)
				return settingstest.Carrier{
					Transport: scstransport.New(sessions), Wrap: sessions.LoadAndSave,
					Visit: func(_ http.ResponseWriter, r *http.Request) { sessions.Put(r.Context(), "cart", "a kite") },
				}
			})
		})
	}
}

// What the app keeps goes with its browser, and not with a stolen cookie.
func TestTheCartStays(t *testing.T) {
	sessions, store := shop()
	kit := settingstest.New(t, func(c *settings.Config) { c.Transport = scstransport.New(sessions) })
	kit.Wrap = sessions.LoadAndSave
	ada := kit.AddIdentity("ada@example.com", "correct horse battery staple")
	mux := http.NewServeMux()
	mux.Handle("/auth/", kit.Handler)
	mux.HandleFunc("/put", func(_ http.ResponseWriter, r *http.Request) { sessions.Put(r.Context(), "cart", "a kite") })
	mux.HandleFunc("/cart", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(sessions.GetString(r.Context(), "cart")))
	})
	kit.App = sessions.LoadAndSave(mux)
	cart := func(c *settingstest.Client) string { return string(c.Get("https://app.example.com/cart").Body) }

	laptop := kit.Anonymous(respond.Page)
	laptop.Get("https://app.example.com/put")
	laptop.SignInAs(ada, aal.Password)
	assert.Equal(t, "a kite", cart(laptop), "after a sign-in")

	thief := laptop.Copy()
	laptop.Submit(laptop.Start(), settingstest.Fields{"method": "password", "password": "a much better horse"})
	assert.Equal(t, "a kite", cart(laptop), "after a change of the password")
	assert.Empty(t, cart(thief), "under the old id there is the superseded token alone")
	all, err := store.All()
	require.NoError(t, err)
	assert.Len(t, all, 2, "the session, and the old id for a second press")

	laptop.SignOut()
	assert.Equal(t, "a kite", cart(laptop), "after a sign-out")
	assert.Equal(t, http.StatusUnauthorized, laptop.Whoami().Status)
}

func TestNewNeedsSessions(t *testing.T) {
	assert.PanicsWithValue(t, "scstransport: New: sessions is nil", func() { scstransport.New(nil) })
}
