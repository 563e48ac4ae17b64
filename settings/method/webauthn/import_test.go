package webauthn_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/method/webauthn"
	"github.com/amend-go/amend/settings/settingstest"
)

// theirHandle is what another system called the account.
const theirHandle = "an account of before"

// foreign is a credential as another system kept it, and the device that has it.
func foreign(t *testing.T) (webauthn.Credential, *device) {
	d := newDevice(t)
	d.auth.Options.UserHandle = []byte(theirHandle)
	return webauthn.Credential{ID: d.cred.ID, PublicKey: d.cred.Key.AttestationData(), UserHandle: []byte(theirHandle), Name: "My old key"}, d
}

// withEveryFactor has every method that an import is for.
func withEveryFactor(c *settings.Config) {
	c.Methods = append([]settings.Method{
		password.New(password.Config{Writer: settingstest.FastHash()}), totp.New(totp.Config{Issuer: "Example"}), lookup.New(lookup.Config{Alone: true}),
	}, webauthn.Both(site)...)
}

var (
	theirSecret = []byte("12345678901234567890")
	theirCodes  = []string{"x3hxfxu2", "lil0oouu", "QK4M-8TRX"}
)

func TestAnImportIsOneWriteAndEverythingGoesOn(t *testing.T) {
	w := newFixture(t, withEveryFactor)
	laptop := w.SignIn(w.ada, respond.API)
	key, hardware := foreign(t)
	passkey, phone := foreign(t)
	passkey.FlagsUnknown = true
	all := []method.Import{totp.Import(theirSecret, time.Time{}), lookup.Import(theirCodes, time.Time{}), key.SecurityKey(), passkey.Passkey()}
	before := w.Identity(w.ada)
	for range 2 {
		require.NoError(t, w.Handler.Service.Import(t.Context(), w.ada, all...))
		after := w.Identity(w.ada)
		assert.Equal(t, before.Version+1, after.Version, "one write, and none when it runs again")
		assert.Equal(t, before.State.Generation, after.State.Generation)
		assert.Empty(t, after.State.Events)
	}
	assert.NotEqual(t, 401, laptop.Whoami().Status, "no session has ended by it")

	prove := func(m aal.Method, value string) error {
		_, err := w.Handler.Service.Verify(t.Context(), settings.Proof{Method: m, IdentityID: w.ada, Value: value})
		return err
	}
	for _, typed := range []string{"X3HX FXU2", "lil0-oouu", "qk4m8trx"} {
		require.NoError(t, prove(aal.Lookup, typed), typed)
		require.ErrorIs(t, prove(aal.Lookup, typed), method.ErrWrong, "once")
	}
	w.Clock.Advance(time.Unix(1111111109, 0).Sub(w.Clock.Now())) // RFC 6238 appendix B: 07081804
	require.NoError(t, prove(aal.TOTP, "081804"))
	for v, d := range map[variant]*device{keys: hardware, passkeys: phone} {
		p, asked := w.ask(v, v == passkeys)
		p.Value = d.get(asked)
		id, err := w.Handler.Service.Verify(t.Context(), p)
		require.NoError(t, err)
		assert.Equal(t, w.ada, id)
	}
	assert.Equal(t, "My old key", w.Identity(w.ada).State.Factors[aal.Passkey].Credentials[0].Name)
	newcomer := w.AddIdentity("bob@example.com", adaPassword)
	require.ErrorIs(t, w.Handler.Service.Import(t.Context(), newcomer, passkey.Passkey()), identity.ErrDuplicate, "it is somebody's")
}

// What an import did not know of a passkey, its first sign-in tells, and from then on it
// must stay so.
func TestFlagsThatAnImportDidNotKnow(t *testing.T) {
	w := newFixture(t)
	passkey, phone := foreign(t)
	passkey.FlagsUnknown = true
	require.NoError(t, w.Handler.Service.Import(t.Context(), w.ada, passkey.Passkey()))
	signIn := func(set, clear byte) error {
		p, asked := w.ask(passkeys, true)
		p.Value = phone.sign(asked, func(_ map[string]any, data []byte) []byte { data[flags] = data[flags]&^clear | set; return data })
		_, err := w.Handler.Service.Verify(t.Context(), p)
		return err
	}
	const eligible, backedUp = 0x08, 0x10
	require.ErrorIs(t, signIn(backedUp, eligible), method.ErrWrong, "backed up, and not eligible")
	require.NoError(t, signIn(eligible|backedUp, 0))
	require.ErrorIs(t, signIn(0, eligible|backedUp), method.ErrWrong, "no longer eligible")
	require.NoError(t, signIn(eligible, backedUp))
}

func TestWhatAnImportRefuses(t *testing.T) {
	good, _ := foreign(t)
	changed := func(change func(*webauthn.Credential)) method.Import {
		c := good
		change(&c)
		return c.Passkey()
	}
	long := bytes.Repeat([]byte("x"), 2000)
	for name, row := range map[string]struct {
		credential method.Import
		says       string
	}{
		"a public key that is none":           {changed(func(c *webauthn.Credential) { c.PublicKey = []byte("PEM") }), "no COSE_Key"},
		"no id":                               {changed(func(c *webauthn.Credential) { c.ID = nil }), "id of 0 bytes"},
		"an id beyond the standard":           {changed(func(c *webauthn.Credential) { c.ID = long }), "id of 2000 bytes"},
		"no user handle":                      {changed(func(c *webauthn.Credential) { c.UserHandle = nil }), "handle of 0 bytes"},
		"a user handle beyond the standard":   {changed(func(c *webauthn.Credential) { c.UserHandle = long }), "handle of 2000 bytes"},
		"backed up, and not eligible":         {changed(func(c *webauthn.Credential) { c.BackedUp = true }), "not eligible"},
		"flags that are said and unknown":     {changed(func(c *webauthn.Credential) { c.BackupEligible, c.FlagsUnknown = true, true }), "said to be unknown"},
		"another user handle in one account":  {changed(func(c *webauthn.Credential) { c.ID, c.UserHandle = []byte("another one"), []byte("another") }), "another user handle"},
		"the same id with another factor":     {good.SecurityKey(), "as another factor"},
		"an app's secret of 120 bit":          {totp.Import(theirSecret[:15], time.Time{}), "128"},
		"another app":                         {totp.Import([]byte(strings.Repeat("y", 20)), time.Time{}), "another authenticator app"},
		"no codes":                            {lookup.Import(nil, time.Time{}), "0 recovery codes"},
		"codes that are guessed":              {lookup.Import([]string{"1234567"}, time.Time{}), "8 to 64"},
		"codes that are hashes of codes":      {lookup.Import([]string{"$2a$10$x3hxfxu2"}, time.Time{}), "8 to 64"},
		"other codes than those there are":    {lookup.Import([]string{"x3hxfxu3"}, time.Time{}), "other recovery codes"},
		"a method that is not offered":        {method.Import{Method: "sms", Edit: func(method.View, *identity.Identity) error { return nil }}, `"sms" is no method here`},
		"a method without anything to import": {method.Import{Method: aal.TOTP}, "is no method here"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, withEveryFactor)
			require.NoError(t, w.Handler.Service.Import(t.Context(), w.ada, good.Passkey(), totp.Import(theirSecret, time.Time{}), lookup.Import(theirCodes, time.Time{})))
			before := w.Identity(w.ada)
			another, _ := foreign(t)
			err := w.Handler.Service.Import(t.Context(), w.ada, another.Passkey(), row.credential)
			require.ErrorIs(t, err, method.ErrImported)
			assert.ErrorContains(t, err, row.says)
			assert.Equal(t, before, w.Identity(w.ada), "and the good one beside it is not taken")
		})
	}
	w := newFixture(t)
	assert.ErrorIs(t, w.Handler.Service.Import(t.Context(), "nobody", good.Passkey()), identity.ErrNotFound)
	cheat := method.Import{Method: aal.Passkey, Edit: func(_ method.View, i *identity.Identity) error { i.PasswordHash = ""; return nil }}
	assert.Error(t, w.Handler.Service.Import(t.Context(), w.ada, cheat))
	assert.NotEmpty(t, w.Identity(w.ada).PasswordHash)
	assert.NotContains(t, w.Identity(w.ada).Keys, identity.Key{Kind: identity.WebAuthn, Value: hex.EncodeToString(good.ID)})
}
