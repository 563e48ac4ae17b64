package webauthn_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestACredentialIsAddedAndRemoved(t *testing.T) {
	forEach(t, func(t *testing.T, v variant, kind respond.Client, mode func(*settings.Config)) {
		var told []string
		w := newFixture(t, mode, func(c *settings.Config) {
			c.After = append(c.After, func(_ context.Context, e settings.Event) error { told = append(told, e.Name); return nil })
		})
		other := w.SignIn(w.ada, respond.API)
		c := w.SignIn(w.ada, kind)
		d := newDevice(t)
		f := c.Start()
		id := hex.EncodeToString(d.cred.ID)
		assert.Empty(t, nodes(f, v.remove))

		f = saved(t, kind, c.Submit(f, settingstest.Fields{v.add: d.create(options(t, f, v))}))
		i := w.Identity(w.ada)
		require.Len(t, i.State.Factors[v.method].Credentials, 1)
		added := i.State.Factors[v.method].Credentials[0]
		assert.Equal(t, id, added.ID)
		assert.Equal(t, w.Clock.Now(), added.AddedAt)
		assert.Equal(t, uint64(1), i.State.Factors[v.method].Serial)
		assert.Contains(t, i.Keys, identity.Key{Kind: "webauthn", Value: id})
		assert.Equal(t, []string{string(v.method) + ".added"}, told)
		assert.Equal(t, http.StatusUnauthorized, other.Whoami().Status, "others are signed out")
		who := c.Whoami()
		assert.Equal(t, http.StatusOK, who.Status)
		assert.Contains(t, string(who.Body), `"aal2"`, "what was enrolled was proved")

		n := nodes(f, v.remove)
		require.Len(t, n, 1)
		assert.Equal(t, id, n[0].Attributes["value"])
		assert.Equal(t, false, n[0].Attributes["disabled"], "there is the password")
		f = saved(t, kind, c.Submit(f, settingstest.Fields{v.remove: id}))
		i = w.Identity(w.ada)
		assert.Empty(t, i.State.Factors[v.method].Credentials)
		assert.Equal(t, uint64(2), i.State.Factors[v.method].Serial, "the serial does not begin again")
		assert.Equal(t, []identity.Key{{Kind: "identifier", Value: adaEmail}}, i.Keys)
		assert.Equal(t, []string{string(v.method) + ".added", string(v.method) + ".removed"}, told)
		assert.Empty(t, nodes(f, v.remove))
		assert.Contains(t, string(c.Whoami().Body), `"aal1"`, "what is removed proves nothing")

		was := w.Snapshot(w.ada)
		refused(t, kind, c.Submit(f, settingstest.Fields{v.remove: id}), "4000001")
		assert.Equal(t, was, w.Snapshot(w.ada), "it is gone already")
	})
}

// The options are made anew on each read, and what a browser was given must
// still be good then.
func TestOptionsStayTheSameInOneFlow(t *testing.T) {
	forEach(t, func(t *testing.T, v variant, kind respond.Client, mode func(*settings.Config)) {
		w := newFixture(t, mode)
		c := w.SignIn(w.ada, kind)
		f := c.Start()
		first := options(t, f, v)
		w.Clock.Advance(time.Minute)
		assert.Equal(t, first, options(t, c.Read(f.ID).Flow, v))
		c.Submit(f, settingstest.Fields{v.add: "garbage"})
		assert.Equal(t, first, options(t, c.Read(f.ID).Flow, v), "after a refusal too")
		assert.NotEqual(t, challenge(t, first), challenge(t, options(t, c.Start(), v)), "another flow has another challenge")
		assert.NotEqual(t, challenge(t, first), challenge(t, options(t, f, v.other())), "and so has the other method")
		saved(t, kind, c.Submit(f, settingstest.Fields{v.add: newDevice(t).create(first)}))
		assert.NotEqual(t, challenge(t, first), challenge(t, options(t, c.Read(f.ID).Flow, v)), "and so has the next registration")
	})
}

// creation are creation options as a browser reads them.
type creation struct {
	PublicKey struct {
		RP                     map[string]string
		User                   struct{ ID, Name, DisplayName string }
		Challenge              string
		PubKeyCredParams       []map[string]any
		ExcludeCredentials     []map[string]any
		AuthenticatorSelection map[string]any
		Attestation            string
	}
}

func creationOf(t *testing.T, options string) creation {
	t.Helper()
	var c creation
	require.NoError(t, json.Unmarshal([]byte(options), &c))
	return c
}

func challenge(t *testing.T, options string) string {
	t.Helper()
	c := creationOf(t, options).PublicKey.Challenge
	require.GreaterOrEqual(t, len(unbase64(t, c)), 16)
	return c
}

func TestWhatAnAuthenticatorIsAskedFor(t *testing.T) {
	w := newFixture(t)
	f := w.SignIn(w.ada, respond.API).Start()
	for v, selection := range map[variant]map[string]any{
		keys:     {"requireResidentKey": false, "residentKey": "discouraged", "userVerification": "discouraged"},
		passkeys: {"requireResidentKey": true, "residentKey": "required", "userVerification": "required"},
	} {
		c := creationOf(t, options(t, f, v)).PublicKey
		assert.Equal(t, map[string]string{"id": "example.com", "name": "Example"}, c.RP)
		assert.Equal(t, "none", c.Attestation)
		assert.Equal(t, selection, c.AuthenticatorSelection)
		assert.Equal(t, adaEmail, c.User.Name)
		assert.Equal(t, adaEmail, c.User.DisplayName)
		assert.Equal(t, []map[string]any{
			{"type": "public-key", "alg": -7.0}, {"type": "public-key", "alg": -8.0}, {"type": "public-key", "alg": -257.0},
		}, c.PubKeyCredParams)
		handle := unbase64(t, c.User.ID)
		assert.Len(t, handle, 64)
		assert.NotContains(t, string(handle), w.ada)
	}
}

// One account is one account to an authenticator, whatever it was added as.
func TestTheUserHandleIsOneAndStays(t *testing.T) {
	for _, first := range variants {
		t.Run("first "+string(first.method), func(t *testing.T) {
			w := newFixture(t)
			c := w.SignIn(w.ada, respond.Script)
			f := c.Start()
			handle := creationOf(t, options(t, f, first)).PublicKey.User.ID
			stale := newDevice(t).create(options(t, f, first.other())) // made for a handle that is replaced below
			f = saved(t, c.Kind, c.Submit(f, settingstest.Fields{first.add: newDevice(t).create(options(t, f, first))}))
			for _, v := range variants {
				assert.Equal(t, handle, creationOf(t, options(t, f, v)).PublicKey.User.ID, "%v", v.method)
			}
			refused(t, c.Kind, c.Submit(f, settingstest.Fields{first.other().add: stale}), "4000001")

			// A new key of the library's changes what is derived, not what is known.
			w.Config.Keys = append([][]byte{settings.NewKey()}, w.Config.Keys...)
			h, err := settings.New(w.Config)
			require.NoError(t, err)
			w.Handler = h
			f = c.Read(f.ID).Flow
			for _, v := range variants {
				assert.Equal(t, handle, creationOf(t, options(t, f, v)).PublicKey.User.ID, "%v", v.method)
			}
			bob := w.SignIn(w.AddIdentity("bob@example.com", adaPassword), respond.Script).Start()
			for _, v := range variants {
				assert.NotEqual(t, handle, creationOf(t, options(t, bob, v)).PublicKey.User.ID, "another account has another one")
			}
		})
	}
}

func TestWhatIsRegisteredIsExcluded(t *testing.T) {
	w := newFixture(t)
	key, passkey := w.enrol(w.ada, keys), w.enrol(w.ada, passkeys)
	f := w.SignIn(w.ada, respond.Script, aal.Passkey).Start()
	for _, v := range variants {
		var ids []string
		for _, e := range creationOf(t, options(t, f, v)).PublicKey.ExcludeCredentials {
			assert.Equal(t, "public-key", e["type"])
			ids = append(ids, string(unbase64(t, e["id"])))
		}
		assert.Equal(t, []string{string(key.cred.ID), string(passkey.cred.ID)}, ids, "of both methods")
	}
}

func TestThereIsABoundToCredentials(t *testing.T) {
	for _, v := range variants {
		t.Run(string(v.method), func(t *testing.T) {
			w := newFixture(t)
			c := w.SignIn(w.ada, respond.Script)
			for range 20 {
				f := c.Start()
				saved(t, c.Kind, c.Submit(f, settingstest.Fields{v.add: newDevice(t).create(options(t, f, v))}))
			}
			f := c.Start()
			trigger := map[variant]string{keys: "webauthn_register_trigger", passkeys: "passkey_register_trigger"}[v]
			assert.Equal(t, true, node(f, trigger).Attributes["disabled"])
			was := w.Snapshot(w.ada)
			refused(t, c.Kind, c.Submit(f, settingstest.Fields{v.add: newDevice(t).create(options(t, f, v))}), "4000001")
			assert.Equal(t, was, w.Snapshot(w.ada))
			r, err := w.Store.GetIdentity(t.Context(), w.ada)
			require.NoError(t, err)
			assert.Less(t, len(r.SealedState), 16<<10)
		})
	}
}

// Browsers answer without an attestation unless one is asked for.
func TestACredentialWithoutAttestation(t *testing.T) {
	for _, v := range variants {
		w := newFixture(t)
		c := w.SignIn(w.ada, respond.Script)
		f := c.Start()
		saved(t, c.Kind, c.Submit(f, settingstest.Fields{v.add: unattested(t, newDevice(t).create(options(t, f, v)), nil)}))
	}
}

// What browsers and password managers add besides.
func TestWhatClientsAdd(t *testing.T) {
	for _, v := range variants {
		w := newFixture(t)
		c := w.SignIn(w.ada, respond.Script)
		f := c.Start()
		var r map[string]any
		d := newDevice(t)
		require.NoError(t, json.Unmarshal([]byte(unattested(t, d.create(options(t, f, v)), func(client, _ map[string]any) {
			client["crossOrigin"], client["other_keys_can_be_added_here"] = false, "do not compare clientDataJSON against a template"
		})), &r))
		r["clientExtensionResults"] = map[string]any{"credProps": map[string]any{"rk": true}}
		r["authenticatorAttachment"] = "cross-platform"
		inner := r["response"].(map[string]any)
		inner["publicKeyAlgorithm"], inner["publicKey"], inner["authenticatorData"] = -7, "AAAA", "AAAA" // for the page's own use
		answer, err := json.Marshal(r)
		require.NoError(t, err)
		saved(t, c.Kind, c.Submit(f, settingstest.Fields{v.add: string(answer)}))
	}
}

// Transports are hints of one browser for the next. Which there will be nobody here
// knows.
func TestTransportsAreKept(t *testing.T) {
	long, many, few := strings.Repeat("x", 33), []any{}, []any{}
	for n := range 200 {
		if many = append(many, fmt.Sprint("way-", n)); n < 16 {
			few = append(few, many[n])
		}
	}
	for name, row := range map[string]struct{ claimed, kept []any }{
		"those of the standard, in their order":                                   {[]any{"usb", "internal", "nfc"}, []any{"usb", "internal", "nfc"}},
		"one that is not in it yet (w3c/webauthn#1587, duo-labs/py_webauthn#217)": {[]any{"internal", "telepathy"}, []any{"internal", "telepathy"}},
		"what hybrid was called before (kanidm/webauthn-rs#364)":                  {[]any{"cable", "internal"}, []any{"hybrid", "internal"}},
		"an empty one (Yubico/java-webauthn-server#386)":                          {[]any{"", "internal"}, []any{"internal"}},
		"one twice":           {[]any{"usb", "usb"}, []any{"usb"}},
		"some that are none":  {[]any{"usb", long, "a b", "<script>", "\u202eusb", "a\x00b"}, []any{"usb"}},
		"more than there are": {many, few},
		"none":                {[]any{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, v := range variants {
				w := newFixture(t)
				c := w.SignIn(w.ada, respond.Script)
				f := c.Start()
				var r map[string]any
				require.NoError(t, json.Unmarshal([]byte(newDevice(t).create(options(t, f, v))), &r))
				r["response"].(map[string]any)["transports"] = row.claimed
				answer, err := json.Marshal(r)
				require.NoError(t, err)
				saved(t, c.Kind, c.Submit(f, settingstest.Fields{v.add: string(answer)}))
				excluded := creationOf(t, options(t, c.Start(), v)).PublicKey.ExcludeCredentials
				kept, _ := excluded[0]["transports"].([]any)
				assert.Equal(t, row.kept, kept)
			}
		})
	}
}

func TestAKeyThatIsTooLarge(t *testing.T) {
	for _, v := range variants {
		w := newFixture(t)
		c := w.SignIn(w.ada, respond.Script)
		f := c.Start()
		was := w.Snapshot(w.ada)
		refused(t, c.Kind, c.Submit(f, settingstest.Fields{v.add: unattested(t, newDevice(t).create(options(t, f, v)), func(_, attestation map[string]any) {
			data := attestation["authData"].([]byte)
			const key = 55 + 32 // after an id of 32 bytes
			var cose map[int]any
			require.NoError(t, cbor.Unmarshal(data[key:], &cose))
			cose[-4] = make([]byte, 3000)
			large, err := cbor.Marshal(cose)
			require.NoError(t, err)
			attestation["authData"] = append(data[:key:key], large...)
		})}), "4000001")
		assert.Equal(t, was, w.Snapshot(w.ada))
	}
}
