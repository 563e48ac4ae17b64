package main_test

import (
	"net/http"
	"testing"

	"github.com/descope/virtualwebauthn"
	ory "github.com/ory/client-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
)

func withKey(f *ory.SettingsFlow, name, response string) ory.UpdateSettingsFlowBody {
	return ory.UpdateSettingsFlowWithWebAuthnMethodAsUpdateSettingsFlowBody(&ory.UpdateSettingsFlowWithWebAuthnMethod{
		Method: "webauthn", WebauthnRegister: &response, WebauthnRegisterDisplayname: &name, CsrfToken: csrf(f),
	})
}

func withoutKey(f *ory.SettingsFlow, id string) ory.UpdateSettingsFlowBody {
	return ory.UpdateSettingsFlowWithWebAuthnMethodAsUpdateSettingsFlowBody(&ory.UpdateSettingsFlowWithWebAuthnMethod{
		Method: "webauthn", WebauthnRemove: &id, CsrfToken: csrf(f),
	})
}

func withPasskey(f *ory.SettingsFlow, response string) ory.UpdateSettingsFlowBody {
	return ory.UpdateSettingsFlowWithPasskeyMethodAsUpdateSettingsFlowBody(&ory.UpdateSettingsFlowWithPasskeyMethod{
		Method: "passkey", PasskeySettingsRegister: &response, CsrfToken: csrf(f),
	})
}

func withoutPasskey(f *ory.SettingsFlow, id string) ory.UpdateSettingsFlowBody {
	return ory.UpdateSettingsFlowWithPasskeyMethodAsUpdateSettingsFlowBody(&ory.UpdateSettingsFlowWithPasskeyMethod{
		Method: "passkey", PasskeyRemove: &id, CsrfToken: csrf(f),
	})
}

// create is what navigator.credentials.create makes of a form's options. The key
// is of RSA: the device of this package writes coordinates of elliptic curves
// without their leading zeros.
func create(t testing.TB, options any) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(options.(string))
	require.NoError(t, err)
	device := virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: []byte(o.UserID)})
	site := virtualwebauthn.RelyingParty{ID: "example.com", Name: "Example", Origin: "https://app.example.com"}
	return virtualwebauthn.CreateAttestationResponse(site, device, virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeRSA), *o)
}

func TestSecurityKey(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		c := w.signIn(w.ada, kind)
		f := c.start()
		trigger := input(f, "webauthn_register_trigger")
		assert.Equal(t, "button", trigger.Type)
		assert.Equal(t, "oryWebAuthnRegistration", trigger.GetOnclickTrigger())
		assert.EqualValues(t, 1050012, node(f, "webauthn_register_trigger").Meta.Label.Id)
		script(t, c, f)

		c.invalid(f, c.submit(f, withKey(f, "", "{}")), "4000001")
		c.invalid(f, c.submit(f, withKey(f, "", "no JSON")), "4000001")
		c.invalid(f, c.submit(f, withoutKey(f, "00")), "4000001")

		c.saved(f, c.submit(f, withKey(f, "the blue one", create(t, trigger.Value))))
		f = c.start()
		remove := node(f, "webauthn_remove")
		require.NotNil(t, remove)
		assert.EqualValues(t, 1050018, remove.Meta.Label.Id)
		assert.Equal(t, "the blue one", remove.Meta.Label.Context["display_name"])
		assert.Equal(t, w.Clock.Now().Format("2006-01-02T15:04:05Z"), remove.Meta.Label.Context["added_at"])
		c.saved(f, c.submit(f, withoutKey(f, input(f, "webauthn_remove").Value.(string))))
		assert.Nil(t, node(c.start(), "webauthn_remove"))
	})
}

func TestPasskey(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		c := w.signIn(w.ada, kind)
		f := c.start()
		assert.Equal(t, "oryPasskeySettingsRegistration", input(f, "passkey_register_trigger").GetOnclickTrigger())
		assert.EqualValues(t, 1050019, node(f, "passkey_register_trigger").Meta.Label.Id)

		c.invalid(f, c.submit(f, withPasskey(f, "{}")), "4000001")
		c.invalid(f, c.submit(f, withoutPasskey(f, "00")), "4000001")

		c.saved(f, c.submit(f, withPasskey(f, create(t, input(f, "passkey_create_data").Value))))
		f = c.start()
		assert.EqualValues(t, 1050020, node(f, "passkey_remove").Meta.Label.Id)
		c.saved(f, c.submit(f, withoutPasskey(f, input(f, "passkey_remove").Value.(string))))
		assert.Nil(t, node(c.start(), "passkey_remove"))
	})
}

// script asserts that a browser's form names the script of its buttons, which is
// there, and that an app's does not.
func script(t *testing.T, c *client, f *ory.SettingsFlow) {
	t.Helper()
	n := node(f, "webauthn_script")
	if c.token != "" {
		assert.Nil(t, n)
		return
	}
	require.NotNil(t, n)
	a := n.Attributes.UiNodeScriptAttributes
	assert.Equal(t, c.w.Config.PublicURL+"/.well-known/ory/webauthn.js", a.Src)
	assert.Equal(t, "text/javascript anonymous no-referrer", a.Type+" "+a.Crossorigin+" "+a.Referrerpolicy)
	assert.True(t, a.Async)
	assert.Regexp(t, "^sha(256|384|512)-", a.Integrity)
	assert.NotEmpty(t, a.Nonce)
	res, err := c.http.Get(a.Src)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	assert.Equal(t, http.StatusOK, res.StatusCode)
}
