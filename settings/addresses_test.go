package settings_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// atAddress is a Config for one address of several.
func atAddress(host string, more ...func(*settings.Config)) func(*settings.Config) {
	return func(c *settings.Config) {
		c.PublicURL, c.UIURL, c.LoginURL = "https://"+host+"/auth", "https://"+host+"/settings", "https://"+host+"/login"
		for _, change := range more {
			change(c)
		}
	}
}

// addresses is one app at two addresses: a Handler for each over the same stores and
// keys, mounted by the host pattern.
type addresses struct{ a, b *settingstest.Kit }

func twoAddresses(t *testing.T, atB ...func(*settings.Config)) addresses {
	t.Helper()
	kit := settingstest.New(t, atAddress("a.example"))
	w := addresses{kit, kit.Beside(atAddress("b.example", atB...))}
	mux := http.NewServeMux()
	mux.Handle("a.example/auth/", w.a.Handler)
	mux.Handle("b.example/auth/", w.b.Handler)
	w.a.App, w.b.App = mux, mux
	return w
}

const addressPassword, addressNewPassword = "correct horse battery staple", "a much better horse"

// signedInAtBoth is one browser that is signed in at both addresses.
func (w addresses) signedInAtBoth(t *testing.T, id string) (atA, atB *settingstest.Client) {
	t.Helper()
	atA, atB = w.a.SignIn(id, respond.Page), w.b.SignIn(id, respond.Page)
	for _, c := range []*settingstest.Client{atA, atB} {
		u, err := url.Parse(c.Kit.Config.PublicURL)
		require.NoError(t, err)
		atA.Jar.SetCookies(u, c.Jar.Cookies(u))
	}
	atB.Jar = atA.Jar
	return atA, atB
}

func TestASessionIsOfOneAddress(t *testing.T) {
	w := twoAddresses(t)
	ada := w.a.AddIdentity("ada@example.com", addressPassword)
	atA := w.a.SignIn(ada, respond.Page)
	sameBrowser := *atA
	sameBrowser.Kit = w.b
	assert.Equal(t, http.StatusOK, atA.Whoami().Status)
	assert.Equal(t, http.StatusUnauthorized, sameBrowser.Whoami().Status, "no browser sends A's cookie to B")
	assert.Equal(t, "https://b.example/login?return_to="+url.QueryEscape("https://b.example/auth/self-service/settings/browser"),
		sameBrowser.Get("/self-service/settings/browser").Location, "B leads to its own login")

	app := w.a.SignIn(ada, respond.API)
	assert.Equal(t, http.StatusOK, app.At(w.b).Whoami().Status, "the token itself, which apps hold, is good at both: they have one store")
}

func TestAChangeAtOneAddressEndsTheSessionsOfAll(t *testing.T) {
	w := twoAddresses(t)
	ada := w.a.AddIdentity("ada@example.com", addressPassword)
	atA, atB := w.signedInAtBoth(t, ada)
	require.Equal(t, http.StatusOK, atB.Whoami().Status)
	f := atA.Start()
	assert.Equal(t, "https://a.example/auth/self-service/settings?flow="+f.ID, f.UI.Action)
	assert.Equal(t, "303 UI ⇒ 1050001", atA.Submit(f, settingstest.Fields{"method": "password", "password": addressNewPassword}).Brief())
	assert.Equal(t, http.StatusOK, atA.Whoami().Status)
	assert.Equal(t, http.StatusUnauthorized, atB.Whoami().Status)
}

func TestAFlowOfOneAddressAtAnother(t *testing.T) {
	fields := settingstest.Fields{"method": "password", "password": addressNewPassword}
	foreign := func(c *settingstest.Client) {
		c.Header["Origin"], c.Header["Sec-Fetch-Site"] = []string{"https://a.example"}, []string{"cross-site"}
	}
	trusting := func(c *settings.Config) { c.TrustedOrigins = []string{"https://a.example"} }
	for _, row := range []struct {
		name   string
		atB    []func(*settings.Config)
		form   func(atA, atB *settingstest.Client) *settingstest.Flow
		client func(atB *settingstest.Client)
		want   string
		made   bool
	}{
		{"a form of A, which has A's token, is sent to B", nil,
			func(atA, _ *settingstest.Client) *settingstest.Flow { return atA.Start() }, func(*settingstest.Client) {},
			"303 ERR ⇒ security_csrf_violation", false},
		{"a form of A is read anew at B, and is B's", nil,
			func(atA, atB *settingstest.Client) *settingstest.Flow { return atB.Read(atA.Start().ID).Flow }, func(*settingstest.Client) {},
			"303 UI ⇒ 1050001", true},
		{"a page of A sends a form of A to B", nil,
			func(atA, _ *settingstest.Client) *settingstest.Flow { return atA.Start() }, foreign,
			"303 ERR ⇒ security_csrf_violation", false},
		{"a page of A sends a form of B to B", nil,
			func(_, atB *settingstest.Client) *settingstest.Flow { return atB.Start() }, foreign,
			"303 ERR ⇒ security_csrf_violation", false},
		{"a page of A, which B trusts, sends a form of A to B", []func(*settings.Config){trusting},
			func(atA, _ *settingstest.Client) *settingstest.Flow { return atA.Start() }, foreign,
			"303 ERR ⇒ security_csrf_violation", false},
		{"a page of A, which B trusts, sends a form of B to B", []func(*settings.Config){trusting},
			func(_, atB *settingstest.Client) *settingstest.Flow { return atB.Start() }, foreign,
			"303 UI ⇒ 1050001", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := twoAddresses(t, row.atB...)
			ada := w.a.AddIdentity("ada@example.com", addressPassword)
			atA, atB := w.signedInAtBoth(t, ada)
			f := row.form(atA, atB)
			row.client(atB)
			assert.Equal(t, row.want, atB.Submit(f, fields).Brief())
			assert.Equal(t, row.made, w.a.PasswordIs(ada, addressNewPassword))
		})
	}
	t.Run("of somebody else", func(t *testing.T) {
		w := twoAddresses(t)
		f := w.a.SignIn(w.a.AddIdentity("ada@example.com", addressPassword), respond.Page).Start()
		eve := w.b.SignIn(w.a.AddIdentity("eve@example.com", addressPassword), respond.Page)
		assert.Equal(t, "403 security_identity_mismatch", eve.Read(f.ID).Brief())
		assert.Equal(t, "303 ERR ⇒ security_identity_mismatch", eve.Submit(f, fields).Brief())
	})
}

func TestReturnToAnotherAddress(t *testing.T) {
	const start = "/self-service/settings/browser?return_to=https://a.example/welcome"
	w := twoAddresses(t)
	ada := w.a.AddIdentity("ada@example.com", addressPassword)
	assert.Equal(t, "303 ERR ⇒ security_identity_mismatch", w.b.SignIn(ada, respond.Page).Get(start).Brief(), "an address allows no other by itself")

	w = twoAddresses(t, func(c *settings.Config) { c.AllowReturnTo = []string{"https://a.example/"} })
	ada = w.a.AddIdentity("ada@example.com", addressPassword)
	atB := w.b.SignIn(ada, respond.Page)
	f := atB.Get(start).Follow().Flow
	assert.Equal(t, "https://a.example/welcome", atB.Submit(f, settingstest.Fields{"method": "password", "password": addressNewPassword}).Location)
}

// A change that waits for a sign-in goes on at the address that it was typed at.
func TestAPausedChangeWaitsAtItsAddress(t *testing.T) {
	w := twoAddresses(t)
	ada := w.a.AddIdentity("ada@example.com", addressPassword)
	atA, atB := w.signedInAtBoth(t, ada)
	f := atA.Start()
	w.a.Clock.Advance(16 * time.Minute)
	require.Equal(t, "303 REFRESH", atA.Submit(f, settingstest.Fields{"method": "password", "password": addressNewPassword}).Brief())
	w.a.Clock.Advance(time.Second)
	atB.SignInAgain()
	atB.Get("/self-service/settings?flow=" + f.ID)
	assert.True(t, w.a.PasswordIs(ada, addressPassword), "B has not the cookie of the pause, nor A's session a new proof")
	atA.SignInAgain()
	assert.Equal(t, "303 UI ⇒ 1050001 7000014", atA.Get("/self-service/settings?flow="+f.ID).Brief())
	assert.True(t, w.a.PasswordIs(ada, addressNewPassword))
}
