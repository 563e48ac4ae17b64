package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/storetest"
)

const saved, notNew = `data-id="1050001"`, `class="error"`

func TestTheUsersTableIsAnIdentityStore(t *testing.T) {
	storetest.Identities(t, func(*testing.T) storetest.Accounts {
		rows := newTable()
		return storetest.Accounts{Store: accounts{rows}, Create: func(ctx context.Context, r identity.Record) (string, error) {
			u := user{Bcrypt: r.PasswordHash, Blocked: !r.Active, Changed: r.UpdatedAt}
			if err := json.Unmarshal(r.Traits, &u.profile); err != nil {
				return "", err
			}
			id, err := rows.insert(ctx, u)
			return strconv.FormatInt(id, 10), err
		}}
	})
}

func TestTheWebSessionsAreATransport(t *testing.T) {
	settingstest.Transport(t, func(_ testing.TB, now func() time.Time) settingstest.Carrier {
		web := newWebSessions(true, now)
		visit := func(w http.ResponseWriter, _ *http.Request) { web.start(w, webSession{Theme: "dark"}) }
		return settingstest.Carrier{Transport: inWebSessions{web}, Visit: visit}
	})
}

func TestAUserOfOldChangesThePassword(t *testing.T) {
	inBothVariants(t, func(t *testing.T, w *fixture) {
		require.Nil(t, w.ada().SealedState, "the library has not written this row yet")
		laptop, phone := w.signedIn(), w.signedIn()
		thief := laptop.stolen()
		require.True(t, thief.isIn())

		p := laptop.follow(laptop.change(laptop.settings(), newPassword))

		assert.Contains(t, p.body, saved)
		assert.True(t, w.passwordIs(newPassword))
		assert.False(t, w.passwordIs(oldPassword))
		cost, err := bcrypt.Cost([]byte(w.ada().Bcrypt))
		require.NoError(t, err)
		assert.Equal(t, 10, cost, "the app's own")

		assert.True(t, laptop.isIn(), "the browser of the change stays signed in")
		assert.False(t, phone.isIn(), "the other one is out")
		assert.False(t, thief.isIn(), "so is whoever has the laptop's cookie of before")

		assert.Equal(t, http.StatusUnauthorized, phone.signIn(phone.get("/login"), oldPassword).status)
		phone.signIn(phone.get("/login"), newPassword)
		assert.True(t, phone.isIn())
		assert.True(t, laptop.isIn())
	})
}

func TestAButtonPressedTwiceIsOneChange(t *testing.T) {
	inBothVariants(t, func(t *testing.T, w *fixture) {
		laptop := w.signedIn()
		form := laptop.settings()
		second := laptop.stolen() // the second press left with the cookie of the first

		first := laptop.change(form, newPassword)
		version := w.ada().Version
		p := second.follow(second.change(form, newPassword))

		assert.Contains(t, p.body, saved)
		assert.NotContains(t, p.body, notNew)
		assert.Equal(t, version, w.ada().Version, "nothing is written twice")
		assert.Contains(t, laptop.follow(first).body, saved)
		assert.True(t, laptop.isIn(), "whichever answer the browser takes, it is signed in")
		assert.True(t, second.isIn())
	})
}

func TestBillingNeedsAFreshSignIn(t *testing.T) {
	inBothVariants(t, func(t *testing.T, w *fixture) {
		assert.Equal(t, base+"/login?return_to="+url.QueryEscape(base+"/billing?year=2029"), w.browser().get("/billing?year=2029").location)

		laptop := w.signedIn()
		assert.Equal(t, http.StatusOK, laptop.get("/billing").status)
		w.clock.Advance(15*time.Minute + time.Second)
		assert.True(t, laptop.isIn(), "the other pages need no fresh sign-in")

		p := laptop.get("/billing?year=2029")
		require.Equal(t, base+"/login?refresh=true&return_to="+url.QueryEscape(base+"/billing?year=2029"), p.location)
		p = laptop.follow(p)
		assert.Contains(t, p.body, "Confirm it is you")
		assert.Equal(t, http.StatusUnauthorized, laptop.signIn(p, newPassword).status)
		assert.NotEmpty(t, laptop.get("/billing").location, "a wrong password opens nothing")

		p = laptop.signIn(p, oldPassword)
		require.Equal(t, base+"/billing?year=2029", p.location)
		assert.Contains(t, laptop.follow(p).body, "Invoices go to "+email)
	})
}

func TestAStaleChangeWaitsForTheOldPassword(t *testing.T) {
	inBothVariants(t, func(t *testing.T, w *fixture) {
		laptop := w.signedIn()
		form := laptop.settings()
		w.clock.Advance(15*time.Minute + time.Second)

		p := laptop.change(form, newPassword)
		require.Contains(t, p.location, base+"/login?refresh=true&return_to=")
		assert.True(t, w.passwordIs(oldPassword))

		w.clock.Advance(time.Second)
		p = laptop.follow(laptop.signIn(laptop.follow(p), oldPassword))
		assert.Contains(t, p.body, saved, "it goes on with what was asked for")
		assert.True(t, w.passwordIs(newPassword))
		assert.True(t, laptop.isIn())
	})
}

func TestALoginLeadsNowhereElse(t *testing.T) {
	w := newFixture(t, "amend")
	for _, target := range []string{"https://evil.example/", "//evil.example", "javascript:alert(1)", base + ".evil.example/", "/\\evil.example", ""} {
		b := w.browser()
		assert.Equal(t, base+"/", b.signIn(b.get("/login?return_to="+url.QueryEscape(target)), oldPassword).location, target)
	}
}

// busyTable is a table in which somebody else is always a little faster:
// meanwhile runs once, right before the next update.
type busyTable struct {
	*table
	meanwhile func()
}

func (t *busyTable) update(ctx context.Context, id int64, change func(*user) error) error {
	if f := t.meanwhile; f != nil {
		t.meanwhile = nil
		f()
	}
	return t.table.update(ctx, id, change)
}

// The name is the app's, the password the library's, and both stand in one row.
// The library has read the old name when it writes the new password.
func TestARenameWhileThePasswordChangesIsNotLost(t *testing.T) {
	w := newFixture(t, "amend")
	laptop, phone := w.signedIn(), w.signedIn()
	form := laptop.settings()
	w.busy.meanwhile = func() { phone.send("POST", "/profile", url.Values{"name": {"Countess Lovelace"}}) }

	p := laptop.follow(laptop.change(form, newPassword))

	assert.Contains(t, p.body, saved)
	assert.Equal(t, "Countess Lovelace", w.ada().Name)
	assert.True(t, w.passwordIs(newPassword))
}

func TestOfTwoBrowsersThatChangeThePasswordAtOnceOneIsOut(t *testing.T) {
	w := newFixture(t, "amend")
	laptop, phone := w.signedIn(), w.signedIn()
	form, other := laptop.settings(), phone.settings()
	w.busy.meanwhile = func() { phone.change(other, "the phone was faster") }

	p := laptop.change(form, newPassword)

	assert.Contains(t, p.location, base+"/login?return_to=")
	assert.True(t, w.passwordIs("the phone was faster"))
	assert.False(t, laptop.isIn())
	assert.True(t, phone.isIn())
}

func TestABlockedUserIsOutAtOnce(t *testing.T) {
	inBothVariants(t, func(t *testing.T, w *fixture) {
		laptop := w.signedIn()
		require.NoError(t, w.rows.update(t.Context(), w.ada().ID, func(u *user) error { u.Blocked = true; return nil }))
		assert.False(t, laptop.isIn())
		assert.Equal(t, http.StatusUnauthorized, laptop.signIn(laptop.get("/login"), oldPassword).status)
	})
}

func TestLoggedOutIsLoggedOut(t *testing.T) {
	inBothVariants(t, func(t *testing.T, w *fixture) {
		laptop, phone := w.signedIn(), w.signedIn()
		thief := laptop.stolen()
		assert.Equal(t, base+"/login", laptop.signOut().location)
		assert.False(t, laptop.isIn())
		assert.False(t, thief.isIn(), "the session has ended, not only its cookie")
		assert.True(t, phone.isIn())
	})
}

func TestNobodyIsLoggedOutFromElsewhere(t *testing.T) {
	inBothVariants(t, func(t *testing.T, w *fixture) {
		laptop := w.signedIn()
		assert.Contains(t, laptop.get("/logout").body, "Sign out?", "a link")
		form, err := http.NewRequest("POST", base+"/logout", nil)
		require.NoError(t, err)
		form.Header.Set("Sec-Fetch-Site", "cross-site")
		res, err := laptop.Do(form)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		assert.Equal(t, http.StatusForbidden, res.StatusCode, "a form of another site")
		assert.Empty(t, res.Cookies(), "the browser keeps what it has")
		assert.True(t, laptop.isIn())
	})
}

func TestACookieFromBeforeTheSignInIsWorthNothing(t *testing.T) {
	inBothVariants(t, func(t *testing.T, w *fixture) {
		thief := w.browser()
		thief.send("POST", "/theme", url.Values{"theme": {"dark"}}) // a session of the app, of nobody
		victim := thief.stolen()                                    // planted
		victim.signIn(victim.get("/login"), oldPassword)
		require.True(t, victim.isIn())
		assert.False(t, thief.isIn())
	})
}

// What the app keeps of a browser is still there after the library has put its
// token beside it, and has exchanged it.
func TestTheAppsOwnSessionOutlivesAChange(t *testing.T) {
	w := newFixture(t, "own")
	const dark = `data-theme="dark"`
	laptop := w.browser()
	laptop.send("POST", "/theme", url.Values{"theme": {"dark"}})
	laptop.signIn(laptop.get("/login"), oldPassword)
	assert.Contains(t, laptop.get("/").body, dark)
	p := laptop.follow(laptop.change(laptop.settings(), newPassword))
	assert.Contains(t, p.body, saved)
	assert.Contains(t, laptop.get("/").body, dark)
	laptop.signOut()
	laptop.signIn(laptop.get("/login"), newPassword)
	assert.Contains(t, laptop.get("/").body, dark)
}

// Beside it stand the one by which the browser is known again and the one of the login's
// forms, which sign nobody in.
func TestOneCookieAloneSignsIn(t *testing.T) {
	const device, forms = "__Host-amend_device", "__Host-amend_login"
	for sessions, want := range map[string][]string{"amend": {"__Host-amend_session", device, forms}, "own": {"__Host-sid", device, forms}} {
		laptop := newFixture(t, sessions).signedIn()
		u, err := url.Parse(base)
		require.NoError(t, err)
		var names []string
		for _, c := range laptop.Jar.Cookies(u) {
			names = append(names, c.Name)
		}
		assert.ElementsMatch(t, want, names)
	}
}

func TestExpiredRowsAreSwept(t *testing.T) {
	w := newFixture(t, "own")
	w.signedIn()
	require.Len(t, w.app.web.rows, 1)
	w.clock.Advance(webSessionLifespan - time.Second)
	w.app.web.sweep()
	assert.Len(t, w.app.web.rows, 1)
	w.clock.Advance(time.Second)
	w.app.web.sweep()
	assert.Empty(t, w.app.web.rows)
}

func TestOnlyTheTwoVariantsCanBeChosen(t *testing.T) {
	_, err := newApp(settings.Config{}, base, newTable(), "both")
	assert.ErrorContains(t, err, "want amend or own")
}
