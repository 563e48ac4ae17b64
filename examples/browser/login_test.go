package browser_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
	keys "github.com/amend-go/amend/settings/method/webauthn"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/store/memory"
)

// readyHost is an app with the ready login and settings pages, on http://localhost, and
// its one user, who has a password.
func readyHost(t *testing.T) (base string) {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	base = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	users := memory.New()
	hash, err := password.Argon2id{}.Hash(oldPassword)
	require.NoError(t, err)
	require.NoError(t, users.CreateIdentity(t.Context(), identity.Record{
		ID: "ada", Active: true, PasswordHash: hash, Keys: []identity.Key{{Kind: identity.Identifier, Value: user}},
	}))
	amend, err := settings.New(settings.Config{
		PublicURL: base + "/auth", UIURL: base + "/settings", LoginURL: base + "/login", InsecureCookies: true,
		Keys: [][]byte{settings.NewKey()}, Flows: users, Sessions: users, Identities: users,
		Methods: append([]settings.Method{password.New(password.Config{})}, keys.Both(keys.Config{
			RPID: "localhost", RPDisplayName: "Example", Origins: []string{base},
		})...),
	})
	require.NoError(t, err)
	login, err := page.Login(amend, page.LoginOptions{AfterURL: "/settings"})
	require.NoError(t, err)
	mux.Handle("/auth/", amend)
	ui, err := page.New(amend, page.Options{})
	require.NoError(t, err)
	mux.Handle("/settings", ui)
	mux.Handle("/login", login)
	mux.HandleFunc("/logout", login.SignOut)
	return base
}

const (
	addPasskey = `[data-amend-trigger=oryPasskeySettingsRegistration]`
	addKey     = `[data-amend-trigger=oryWebAuthnRegistration]`
	keySection = `#webauthn > summary` // opens the form of a new key
	usePasskey = `[data-amend-trigger=oryPasskeyLogin]`
	useKey     = `[data-amend-trigger=oryWebAuthnLogin]`
	saved      = `[data-id="1050001"]`
)

func TestAPersonSignsInByAPasskey(t *testing.T) {
	chromium := chromiumOf(t)
	base := readyHost(t)
	laptop := browser(t, chromium)
	inside := laptop.plug(webauthn.AuthenticatorTransportInternal, true)
	laptop.run(chromedp.Navigate(base + "/settings"))
	laptop.signIn(oldPassword)
	laptop.run(chromedp.WaitVisible(chromedp.CSS(addPasskey)))
	laptop.run(chromedp.Click(chromedp.CSS(addPasskey)), chromedp.WaitVisible(chromedp.CSS(saved)))

	// By the button. Nobody touches the authenticator before that, or autofill would
	// have it already.
	inside.touched(false)
	laptop.signOut(base)
	laptop.run(chromedp.WaitVisible(chromedp.CSS(usePasskey)))
	inside.touched(true)
	laptop.run(chromedp.Click(chromedp.CSS(usePasskey)), chromedp.WaitVisible(chromedp.CSS(addPasskey)))
	assert.Contains(t, laptop.location(), base+"/settings?flow=")

	// By autofill: the browser offers it where the name is typed, and no button is
	// pressed.
	laptop.signOut(base)
	laptop.run(chromedp.WaitVisible(chromedp.CSS(addPasskey)))
	assert.Contains(t, laptop.location(), base+"/settings?flow=")

	// Who comes back to a login after its challenge has expired gets another one.
	inside.touched(false)
	laptop.signOut(base)
	laptop.run(
		chromedp.WaitVisible(chromedp.CSS(usePasskey)),
		chromedp.Evaluate[chromedp.Void](`{
			document.body.dataset.old = "";
			const now = Date.now;
			Date.now = () => now() + 5 * 60 * 1000;
			document.dispatchEvent(new Event("visibilitychange"));
		}`),
		chromedp.WaitNotPresent(chromedp.CSS(`body[data-old]`)), chromedp.WaitVisible(chromedp.CSS(usePasskey)),
	)

	// A ceremony that comes to nothing is told.
	empty := browser(t, chromium)
	plugged := empty.plug(webauthn.AuthenticatorTransportInternal, true)
	plugged.touched(false)
	empty.run(chromedp.Navigate(base+"/login"), chromedp.WaitVisible(chromedp.CSS(usePasskey)), chromedp.WaitNotVisible(chromedp.CSS(`[data-amend-failed]`)))
	plugged.touched(true)
	empty.run(chromedp.Click(chromedp.CSS(usePasskey)), chromedp.WaitVisible(chromedp.CSS(`[data-amend-failed]`)))
}

func TestAPersonSignsInByASecurityKeyAfterThePassword(t *testing.T) {
	chromium := chromiumOf(t)
	base := readyHost(t)
	laptop := browser(t, chromium)
	laptop.plug(webauthn.AuthenticatorTransportUsb, false)
	laptop.run(chromedp.Navigate(base + "/settings"))
	laptop.signIn(oldPassword)
	laptop.run(chromedp.Click(chromedp.CSS(keySection)), chromedp.Click(chromedp.CSS(addKey)), chromedp.WaitVisible(chromedp.CSS(saved)))
	laptop.signOut(base)
	laptop.signIn(oldPassword)
	laptop.run(chromedp.WaitVisible(chromedp.CSS(useKey)))
	laptop.run(chromedp.Click(chromedp.CSS(useKey)), chromedp.WaitVisible(chromedp.CSS(keySection)))
	assert.Contains(t, laptop.location(), base+"/settings?flow=")
}

// signOut signs out by the question.
func (w *window) signOut(base string) {
	w.t.Helper()
	w.run(chromedp.Navigate(base+"/logout"), chromedp.WaitVisible(chromedp.CSS(`form button.saves`)), chromedp.Click(chromedp.CSS(`form button.saves`)))
}
