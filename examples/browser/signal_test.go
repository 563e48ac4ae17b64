package browser_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/page"
)

// spy keeps in the tab what the page tells the browser's password manager, and tells it.
const spy = `for (const name of ["signalUnknownCredential", "signalAllAcceptedCredentials", "signalCurrentUserDetails"]) {
	const tell = PublicKeyCredential[name].bind(PublicKeyCredential);
	PublicKeyCredential[name] = async (what) => {
		await tell(what);
		sessionStorage.told = JSON.stringify([...JSON.parse(sessionStorage.told ?? "[]"), { signal: name, ...what }]);
	};
}`

// told is a signal as it was sent.
type told struct {
	Signal                     string
	RPID, UserID, CredentialID string
	Name                       string
	AllAcceptedCredentialIDs   []string
	DisplayName                string
}

// heard is what was told since the last time: so many signals, once they are through.
func (b *window) heard(n int) (all []told) {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		out, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`sessionStorage.told ?? "[]"`))
		return err == nil && json.Unmarshal([]byte(out), &all) == nil && len(all) >= n
	}, 20*time.Second, 20*time.Millisecond)
	b.run(chromedp.Evaluate[chromedp.Void](`{ delete sessionStorage.told }`))
	return all
}

// held are the credentials in an authenticator, by their ids.
func (a authenticator) held() map[string]*webauthn.Credential {
	a.w.t.Helper()
	got, err := chromedp.Call(a.w.ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: a.id})
	require.NoError(a.w.t, err)
	all := map[string]*webauthn.Credential{}
	for _, c := range got.Credentials {
		all[base64.RawURLEncoding.EncodeToString(c.CredentialID)] = c
	}
	return all
}

// A person names a passkey, without a script. They call themselves otherwise, and it shows
// where they choose their passkey; they remove it, and it is offered there no more.
func TestAPasswordManagerHearsOfChanges(t *testing.T) {
	chromium := chromiumOf(t)
	b := browser(t, chromium)
	w := newPageFixture(t, page.Look{})
	w.account("ada", func(*identity.Identity) {})
	b.open(w.visit("ada"), "light", true)
	_, err := chromedp.Call(b.ctx, cdp.AddScriptToEvaluateOnNewDocument, cdp.AddScriptToEvaluateOnNewDocumentParams{Source: spy})
	require.NoError(t, err)
	b.run(chromedp.Reload())
	inside := b.plug(webauthn.AuthenticatorTransportInternal, true)
	b.run(chromedp.Click(chromedp.CSS(passButton)), chromedp.WaitVisible(chromedp.CSS(`.note.success`)))
	require.Len(t, inside.held(), 1)
	var id string
	for id = range inside.held() {
	}
	handle := base64.RawURLEncoding.EncodeToString(inside.held()[id].UserHandle)

	// A name.
	_, err = chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	require.NoError(t, err)
	b.run(
		chromedp.Click(chromedp.CSS(`#passkeys .name > summary`)),
		chromedp.WaitVisible(chromedp.CSS(`[name=passkey_rename_displayname]`)),
		chromedp.SendKeys(chromedp.CSS(`[name=passkey_rename_displayname]`), "Ada’s laptop\r"),
		chromedp.WaitReady(chromedp.CSS(`[name=passkey_rename_displayname][value="Ada’s laptop"]`)), // on the page that follows
	)
	_, err = chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{})
	require.NoError(t, err)
	said, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.querySelector(".note.success").textContent + "|" + document.querySelector("#passkeys h3").textContent`))
	require.NoError(t, err)
	assert.Equal(t, "The passkey has its new name.|Ada’s laptop", said)

	// Another name of the account. Nothing was told before: nothing had changed that a
	// password manager knows.
	b.run(chromedp.Navigate(w.base+"/settings"), chromedp.SetValue(chromedp.CSS(`[name="traits.email"]`), "countess@example.com"),
		chromedp.Click(chromedp.CSS(`button[value=profile]`)), chromedp.WaitVisible(chromedp.CSS(`.note.success`)))
	assert.Equal(t, []told{{Name: "countess@example.com", Signal: "signalCurrentUserDetails", RPID: "localhost", UserID: handle, DisplayName: "countess@example.com"}}, b.heard(1))
	assert.Equal(t, "countess@example.com", inside.held()[id].UserName)

	// It goes; a key stays.
	inside.touched(false)
	b.plug(webauthn.AuthenticatorTransportUsb, false)
	b.run(chromedp.Click(chromedp.CSS(keySection)), chromedp.WaitVisible(chromedp.CSS(addKey)), chromedp.Click(chromedp.CSS(addKey)), chromedp.WaitReady(chromedp.CSS(`[name=webauthn_rename]`)))
	key, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.querySelector("[name=webauthn_remove]").value`))
	require.NoError(t, err)
	raw, err := hex.DecodeString(key)
	require.NoError(t, err)
	left := base64.RawURLEncoding.EncodeToString(raw)
	b.run(
		chromedp.Click(chromedp.CSS(`#passkeys .danger:has([name=passkey_remove]) > summary`)),
		chromedp.WaitVisible(chromedp.CSS(`[name=passkey_remove]`)), chromedp.Click(chromedp.CSS(`[name=passkey_remove]`)),
		chromedp.WaitVisible(chromedp.CSS(`.note.success`)),
	)
	assert.Equal(t, []told{
		{Signal: "signalUnknownCredential", RPID: "localhost", CredentialID: id},
		{Signal: "signalAllAcceptedCredentials", RPID: "localhost", UserID: handle, AllAcceptedCredentialIDs: []string{left}},
	}, b.heard(2))
	assert.Empty(t, inside.held(), "the browser has taken it out of the authenticator")

	// The last one goes. What the page has now would be the user handle of the next one.
	b.run(
		chromedp.Click(chromedp.CSS(`.danger:has([name=webauthn_remove]) > summary`)),
		chromedp.WaitVisible(chromedp.CSS(`[name=webauthn_remove]`)), chromedp.Click(chromedp.CSS(`[name=webauthn_remove]`)),
		chromedp.WaitNotPresent(chromedp.CSS(`[name=webauthn_remove]`)), chromedp.WaitVisible(chromedp.CSS(`.note.success`)),
	)
	assert.Equal(t, []told{{Signal: "signalUnknownCredential", RPID: "localhost", CredentialID: left}}, b.heard(1))
}
