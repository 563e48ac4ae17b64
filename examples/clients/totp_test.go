package main_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	ory "github.com/ory/client-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/settingstest"
)

func withTOTP(f *ory.SettingsFlow, code string) ory.UpdateSettingsFlowBody {
	return ory.UpdateSettingsFlowWithTotpMethodAsUpdateSettingsFlowBody(&ory.UpdateSettingsFlowWithTotpMethod{
		Method: "totp", TotpCode: &code, CsrfToken: csrf(f),
	})
}

func withoutTOTP(f *ory.SettingsFlow) ory.UpdateSettingsFlowBody {
	return ory.UpdateSettingsFlowWithTotpMethodAsUpdateSettingsFlowBody(&ory.UpdateSettingsFlowWithTotpMethod{
		Method: "totp", TotpUnlink: new(true), CsrfToken: csrf(f),
	})
}

// secret is the secret that a form shows, as text and as a picture.
func secret(t testing.TB, f *ory.SettingsFlow) string {
	t.Helper()
	shown, picture := node(f, "totp_secret_key"), node(f, "totp_qr")
	require.NotNil(t, shown)
	require.NotNil(t, picture)
	assert.EqualValues(t, 1050017, shown.Meta.Label.Id)
	assert.EqualValues(t, 1050005, picture.Meta.Label.Id)
	text, image := shown.Attributes.UiNodeTextAttributes, picture.Attributes.UiNodeImageAttributes
	assert.EqualValues(t, 1050006, text.Text.Id)
	assert.Equal(t, text.Text.Text, text.Text.Context["secret"])
	assert.EqualValues(t, 256, image.Width)
	assert.EqualValues(t, 256, image.Height)
	assert.True(t, strings.HasPrefix(image.Src, "data:image/png;base64,"), image.Src)
	return text.Text.Text
}

// code is what an authenticator app shows (RFC 6238, RFC 4226 section 5.3).
func code(t testing.TB, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(secret)
	require.NoError(t, err)
	mac := hmac.New(sha1.New, key)
	require.NoError(t, binary.Write(mac, binary.BigEndian, at.Unix()/30))
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1000000)
}

func TestTOTP(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		c := w.signIn(w.ada, kind)
		f := c.start()
		key := secret(t, f)
		w.SecretAtRest("TOTP secret", key)

		again := c.invalid(f, c.submit(f, withTOTP(f, "000000")), "totp_code:4000008")
		assert.Equal(t, key, secret(t, again))
		c.invalid(f, c.submit(f, withTOTP(f, "")), "totp_code:4000002")
		c.invalid(f, c.submit(f, withoutTOTP(f)), "totp_code:4000002")
		assert.Equal(t, ory.AUTHENTICATORASSURANCELEVEL_AAL1, succeeded(t, c.whoami()).GetAuthenticatorAssuranceLevel())

		done := c.saved(f, c.submit(f, withTOTP(f, code(t, key, w.Clock.Now()))))
		assert.Nil(t, node(done, "totp_secret_key"), "it is not shown again")
		session := succeeded(t, c.whoami())
		assert.Equal(t, ory.AUTHENTICATORASSURANCELEVEL_AAL2, session.GetAuthenticatorAssuranceLevel())
		require.Len(t, session.AuthenticationMethods, 2)
		assert.Equal(t, "totp", session.AuthenticationMethods[1].GetMethod())
		assert.Equal(t, w.Clock.Now(), session.AuthenticationMethods[1].GetCompletedAt())

		f = c.start()
		button := input(f, "totp_unlink")
		assert.Equal(t, "submit true", fmt.Sprint(button.Type, " ", button.Value))
		assert.EqualValues(t, 1050004, node(f, "totp_unlink").Meta.Label.Id)
		c.saved(f, c.submit(f, withoutTOTP(f)))
		assert.Equal(t, ory.AUTHENTICATORASSURANCELEVEL_AAL1, succeeded(t, c.whoami()).GetAuthenticatorAssuranceLevel())
	})
}

// Kratos' clients show a secret to a stale session too. Its code asks for a sign-in,
// which makes another secret: one second scan, and the app is added. A script resumes,
// as a browser does; an app sends its code again.
func TestTOTPOfAStaleSession(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		c := w.signIn(w.ada, kind)
		w.Clock.Advance(time.Hour)
		f := c.start()
		first := secret(t, f)
		w.SecretAtRest("TOTP secret", first)
		failed(t, http.StatusForbidden, "session_refresh_required", c.submit(f, withTOTP(f, code(t, first, w.Clock.Now()))))

		w.Clock.Advance(time.Minute)
		login := settingstest.Client{Kit: w.Kit, Kind: kind, Token: c.token, Jar: c.http.Jar}
		login.SignInAgain()
		c.token = login.Token

		var again *ory.SettingsFlow
		if kind == respond.API {
			again = c.invalid(f, c.submit(f, withTOTP(f, code(t, first, w.Clock.Now()))), "7000020 totp_code:4000008")
		} else {
			page, err := c.http.Get(f.Ui.Action)
			require.NoError(t, err)
			require.NoError(t, page.Body.Close())
			require.Equal(t, w.Config.UIURL+"?flow="+f.Id, page.Request.URL.String(), "it is led to the settings page")
			again = succeeded(t, c.read(f.Id))
			require.Equal(t, "7000020", messages(again))
		}
		second := secret(t, again)
		w.SecretAtRest("TOTP secret", second)
		require.NotEqual(t, first, second)
		c.saved(again, c.submit(again, withTOTP(again, code(t, second, w.Clock.Now()))))
		assert.Equal(t, ory.AUTHENTICATORASSURANCELEVEL_AAL2, succeeded(t, c.whoami()).GetAuthenticatorAssuranceLevel())
	})
}
