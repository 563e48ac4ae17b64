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
	"github.com/amend-go/amend/session"
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
					Cart:  func(r *http.Request) string { return sessions.GetString(r.Context(), "cart") },
				}
			})
		})
	}
}

const base, oldPassword, newPassword = "https://app.example.com", "correct horse battery staple", "a much better horse"

// cartApp is a Kit over an app with a cart.
type cartApp struct {
	*settingstest.Kit
	ada, eve string
}

func newCartApp(t *testing.T, sessions *scs.SessionManager) *cartApp {
	t.Helper()
	kit := settingstest.New(t, func(c *settings.Config) { c.Transport = scstransport.New(sessions) })
	kit.Wrap = sessions.LoadAndSave
	mux := http.NewServeMux()
	mux.Handle("/auth/", kit.Handler)
	mux.HandleFunc("/put", func(_ http.ResponseWriter, r *http.Request) { sessions.Put(r.Context(), "cart", "a kite") })
	mux.HandleFunc("/cart", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(sessions.GetString(r.Context(), "cart")))
	})
	kit.App = sessions.LoadAndSave(mux)
	return &cartApp{kit, kit.AddIdentity("ada@example.com", oldPassword), kit.AddIdentity("eve@example.com", oldPassword)}
}

// shopper is a browser that has put a kite into the cart and then signed in.
func (a *cartApp) shopper() *settingstest.Client {
	c := a.Anonymous(respond.Page)
	c.Get(base + "/put")
	c.SignInAs(a.ada, aal.Password)
	return c
}

func cart(c *settingstest.Client) string { return string(c.Get(base + "/cart").Body) }

var toNewPassword = settingstest.Fields{"method": "password", "password": newPassword}

// What the app keeps goes with its browser, and not with a stolen cookie.
func TestTheCartStays(t *testing.T) {
	sessions, store := shop()
	app := newCartApp(t, sessions)
	laptop := app.shopper()
	assert.Equal(t, "a kite", cart(laptop), "after a sign-in")

	thief := laptop.Copy()
	laptop.Submit(laptop.Start(), toNewPassword)
	assert.Equal(t, "a kite", cart(laptop), "after a change of the password")
	assert.Empty(t, cart(thief), "the app's data is out of reach under the old id")
	all, err := store.All()
	require.NoError(t, err)
	assert.Len(t, all, 2, "the session, and the old id for a second press")
	laptop.SignInAgain(aal.Password)
	assert.Equal(t, "a kite", cart(laptop), "after a refresh")
}

// The browser goes on with the cookie of whichever answer came last.
func TestTheCartStaysWithASecondPress(t *testing.T) {
	sessions, _ := shop()
	app := newCartApp(t, sessions)
	laptop := app.shopper()
	form := laptop.Start()
	second, third := laptop.Copy(), laptop.Copy()
	for _, c := range []*settingstest.Client{laptop, second, third} {
		require.Equal(t, "303 UI ⇒ 1050001", c.Submit(form, toNewPassword).Brief())
		assert.Equal(t, "a kite", cart(c))
		assert.Equal(t, http.StatusOK, c.Whoami().Status)
	}
}

// What somebody with the stolen cookie of before has the app keep under the old id goes
// no further.
func TestASecondPressBringsNothingAlong(t *testing.T) {
	sessions, _ := shop()
	app := newCartApp(t, sessions)
	laptop := app.Anonymous(respond.Page)
	laptop.SignInAs(app.ada, aal.Password)
	form := laptop.Start()
	thief, second := laptop.Copy(), laptop.Copy()
	require.Equal(t, "303 UI ⇒ 1050001", laptop.Submit(form, toNewPassword).Brief())
	thief.Get(base + "/put")
	require.Equal(t, "a kite", cart(thief))
	require.Equal(t, "303 UI ⇒ 1050001", second.Submit(form, toNewPassword).Brief())
	assert.Empty(t, cart(second))
	assert.Equal(t, http.StatusOK, second.Whoami().Status)
}

// watched is a store in which something else happens before a call and after it.
type watched struct {
	*memstore.MemStore
	calls []string
	on    func()
}

func (s *watched) around(call, id string, do func() error) error {
	s.calls = append(s.calls, call+" "+id)
	if s.on != nil {
		s.on()
		defer s.on()
	}
	return do()
}

func (s *watched) Delete(id string) error {
	return s.around("delete", id, func() error { return s.MemStore.Delete(id) })
}

func (s *watched) Commit(id string, row []byte, ends time.Time) error {
	return s.around("commit", id, func() error { return s.MemStore.Commit(id, row, ends) })
}

// However slow the store is: there is no moment in which a second press finds nobody.
func TestASecondPressWhileTheFirstIsAnswered(t *testing.T) {
	sessions, store := shop()
	w := &watched{MemStore: store}
	sessions.Store = w
	app := newCartApp(t, sessions)
	laptop := app.shopper()
	form := laptop.Start()
	presses, pressing := 0, false
	stolen := laptop.Copy()
	w.calls = nil
	w.on = func() {
		if pressing {
			return
		}
		pressing = true
		defer func() { pressing = false }()
		presses++
		again := stolen.Copy()
		require.Equal(t, "303 UI ⇒ 1050001", again.Submit(form, toNewPassword).Brief(), "around call %d", presses)
		require.Equal(t, "a kite", cart(again))
	}
	require.Equal(t, "303 UI ⇒ 1050001", laptop.Submit(form, toNewPassword).Brief())
	w.on = nil
	assert.GreaterOrEqual(t, presses, 4, "before and after the old row and the new one")
	for _, call := range w.calls {
		assert.NotContains(t, call, "delete ")
	}
	app.Clock.Advance(session.RetryWindow)
	require.NotEqual(t, "303 UI ⇒ 1050001", stolen.Submit(form, toNewPassword).Brief(), "it is worth nothing after that")
	assert.Equal(t, http.StatusUnauthorized, stolen.Whoami().Status)
}

func TestSomebodyElseFindsNothing(t *testing.T) {
	sessions, store := shop()
	app := newCartApp(t, sessions)

	shared := app.shopper()
	shared.SignInAs(app.eve, aal.Password)
	assert.Empty(t, cart(shared), "where another account signs in")

	shared = app.shopper()
	app.Clock.Advance(25 * time.Hour)
	require.Equal(t, http.StatusUnauthorized, shared.Whoami().Status)
	shared.SignInAs(app.eve, aal.Password)
	assert.Empty(t, cart(shared), "nor after the sign-in has ended by itself")

	shared = app.shopper()
	before := len(rows(t, store))
	shared.SignOut()
	assert.Empty(t, cart(shared), "after a sign-out")
	assert.Equal(t, http.StatusUnauthorized, shared.Whoami().Status)
	assert.Len(t, rows(t, store), before-1, "the session is destroyed")
}

func rows(t *testing.T, store *memstore.MemStore) map[string][]byte {
	t.Helper()
	all, err := store.All()
	require.NoError(t, err)
	return all
}

// A Lifetime that is shorter than the sign-in does not end it.
func TestTheSessionLastsAsLongAsTheSignIn(t *testing.T) {
	sessions, store := shop(func(m *scs.SessionManager) { m.Lifetime = time.Hour })
	app := newCartApp(t, sessions)
	laptop := app.shopper()
	last := func() (last time.Time) {
		for _, row := range rows(t, store) { // of which one is for a second press
			deadline, _, err := sessions.Codec.Decode(row)
			require.NoError(t, err)
			if deadline.After(last) {
				last = deadline
			}
		}
		return last
	}
	ends := app.Clock.Now().Add(24 * time.Hour)
	assert.True(t, last().Equal(ends), "as SessionLifespan says: %s", last())
	laptop.Submit(laptop.Start(), toNewPassword)
	assert.True(t, last().Equal(ends), "and after a change of the password: %s", last())
	assert.Equal(t, http.StatusOK, laptop.Whoami().Status)
}

func TestACookieThatOthersCanUseIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		cookie   func(*scs.SessionCookie)
		insecure bool
		want     string
	}{
		"as scs has it":                        {func(c *scs.SessionCookie) { c.Secure = false }, false, "is not Secure"},
		"for scripts":                          {func(c *scs.SessionCookie) { c.HttpOnly = false }, false, "is not HttpOnly"},
		"for scripts, in development":          {func(c *scs.SessionCookie) { c.HttpOnly = false }, true, "is not HttpOnly"},
		"for every site":                       {func(c *scs.SessionCookie) { c.SameSite = http.SameSiteNoneMode }, false, "is for every site"},
		"for whatever site the browser thinks": {func(c *scs.SessionCookie) { c.SameSite = http.SameSiteDefaultMode }, false, "is for every site"},
		"Strict":                               {func(c *scs.SessionCookie) { c.SameSite = http.SameSiteStrictMode }, false, ""},
		"in development":                       {func(c *scs.SessionCookie) { c.Secure = false }, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			sessions, _ := shop()
			c.cookie(&sessions.Cookie)
			config := settingstest.New(t).Config
			config.Transport, config.InsecureCookies = scstransport.New(sessions), c.insecure
			_, err := settings.New(config)
			if c.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestNewNeedsSessions(t *testing.T) {
	assert.PanicsWithValue(t, "scstransport: New: sessions is nil", func() { scstransport.New(nil) })
}
