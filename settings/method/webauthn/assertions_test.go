package webauthn_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// sign makes an assertion in which everything can be wrong but the signature.
func (d *device) sign(options string, change func(client map[string]any, data []byte) []byte) string {
	d.t.Helper()
	var r struct {
		ID, RawID, Type string
		Response        map[string]string `json:"response"`
	}
	require.NoError(d.t, json.Unmarshal([]byte(d.get(options)), &r))
	var client map[string]any
	require.NoError(d.t, json.Unmarshal(unbase64(d.t, r.Response["clientDataJSON"]), &client))
	data := change(client, unbase64(d.t, r.Response["authenticatorData"]))
	clientJSON, err := json.Marshal(client)
	require.NoError(d.t, err)
	hash := sha256.Sum256(clientJSON)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := d.cred.Key.Sign(digest[:])
	require.NoError(d.t, err)
	r.Response["clientDataJSON"], r.Response["authenticatorData"] = unpadded(clientJSON), unpadded(data)
	r.Response["signature"] = unpadded(signature)
	out, err := json.Marshal(map[string]any{"id": r.ID, "rawId": r.ID, "type": r.Type, "response": r.Response})
	require.NoError(d.t, err)
	return string(out)
}

func TestAssertionsThatAreRefused(t *testing.T) {
	client := func(name string, value any) func(*testing.T, *fixture, *device, string) string {
		return func(_ *testing.T, _ *fixture, d *device, options string) string {
			return d.sign(options, func(client map[string]any, data []byte) []byte { client[name] = value; return data })
		}
	}
	flag := func(set, clear byte) func(*testing.T, *fixture, *device, string) string {
		return func(_ *testing.T, _ *fixture, d *device, options string) string {
			return d.sign(options, func(_ map[string]any, data []byte) []byte { data[flags] = data[flags]&^clear | set; return data })
		}
	}
	handle := func(h string) func(*testing.T, *fixture, *device, string) string {
		return func(_ *testing.T, _ *fixture, d *device, options string) string {
			d.auth.Options.UserHandle = []byte(h)
			return d.get(options)
		}
	}
	for name, attack := range map[string]func(t *testing.T, w *fixture, d *device, options string) string{
		"an origin of somebody else":     client("origin", "https://evil.example"),
		"another host of the domain":     client("origin", "https://blog.example.com"),
		"the http twin of the origin":    client("origin", "http://app.example.com"),
		"a frame of another origin":      client("crossOrigin", true),
		"the type of a registration":     client("type", "webauthn.create"),
		"no challenge":                   client("challenge", ""),
		"a challenge of one's own":       client("challenge", base64.RawURLEncoding.EncodeToString(make([]byte, 32))),
		"nobody present":                 flag(0, up),
		"a backup that was not possible": flag(be|bs, 0),
		"a backup of what has none":      flag(bs, 0),
		"the RPID of somebody else": func(_ *testing.T, _ *fixture, d *device, options string) string {
			return d.sign(options, func(_ map[string]any, data []byte) []byte { data[rpIDHash] ^= 1; return data })
		},
		"another challenge that was made for the same account": func(_ *testing.T, w *fixture, d *device, _ string) string {
			_, options := w.ask(variantOf(w, d), false)
			return d.get(options)
		},
		"the signature of another key": func(t *testing.T, _ *fixture, d *device, options string) string {
			d.cred.Key = newCredential(t).Key
			return d.get(options)
		},
		"a user handle of somebody else": handle("somebody else's handle"),
		"a key that was removed": func(t *testing.T, w *fixture, d *device, options string) string {
			w.Edit(w.ada, func(i *identity.Identity) {
				v := variantOf(w, d)
				i.State.Factors[v.method] = identity.Factor{Serial: 2}
			})
			return d.get(options)
		},
		"a key of the other method": func(_ *testing.T, w *fixture, d *device, options string) string {
			other := w.enrol(w.ada, variantOf(w, d).other())
			return other.get(options)
		},
		"a key of somebody else": func(_ *testing.T, w *fixture, d *device, options string) string {
			bobs := w.enrol(w.AddIdentity("bob@example.com", adaPassword), variantOf(w, d))
			bobs.auth.Options.UserHandle = d.auth.Options.UserHandle
			return bobs.get(options)
		},
		"a key nobody knows": func(t *testing.T, _ *fixture, d *device, options string) string {
			other := newDevice(t)
			other.auth.Options.UserHandle = d.auth.Options.UserHandle
			return other.get(options)
		},
		"the answer to a registration": func(_ *testing.T, _ *fixture, d *device, options string) string {
			return d.create(`{"rp":{"id":"example.com"},"user":{"id":"YQ"},"challenge":"` + strings.Repeat("A", 43) + `"}`)
		},
		"nothing":           func(*testing.T, *fixture, *device, string) string { return "" },
		"no JSON":           func(*testing.T, *fixture, *device, string) string { return "garbage" },
		"an empty object":   func(*testing.T, *fixture, *device, string) string { return "{}" },
		"JSON that is deep": func(*testing.T, *fixture, *device, string) string { return strings.Repeat("[", 20000) },
		"JSON that is huge": func(_ *testing.T, _ *fixture, d *device, options string) string {
			return d.get(options) + strings.Repeat(" ", 16<<10)
		},
	} {
		t.Run(name, func(t *testing.T) {
			for kind, way := range ways {
				w := newFixture(t)
				d := w.enrol(w.ada, way.v)
				p, options := w.ask(way.v, way.anyone)
				p.Value = attack(t, w, d, options)
				was := w.Snapshot(w.ada)
				id, err := w.Handler.Service.Verify(t.Context(), p)
				assert.ErrorIs(t, err, method.ErrWrong, kind)
				assert.Empty(t, id)
				assert.Equal(t, was, w.Snapshot(w.ada), kind)
			}
		})
	}
}

// variantOf is the method that a device is enrolled by.
func variantOf(w *fixture, d *device) variant {
	for _, c := range w.Identity(w.ada).State.Factors[keys.method].Credentials {
		if c.ID == hex.EncodeToString(d.cred.ID) {
			return keys
		}
	}
	return passkeys
}

// What only one way to ask is strict about.
func TestUserVerificationAndHandles(t *testing.T) {
	for name, row := range map[string]struct {
		way    string
		change func(d *device)
		passes bool
	}{
		"a key need not verify its user":         {"a security key", func(d *device) { d.auth.Options.UserNotVerified = true }, true},
		"a passkey must":                         {"a passkey of somebody", func(d *device) { d.auth.Options.UserNotVerified = true }, false},
		"a passkey must, whosoever":              {"a passkey, and nobody has said who", func(d *device) { d.auth.Options.UserNotVerified = true }, false},
		"a key need not know its user":           {"a security key", func(d *device) { d.auth.Options.UserHandle = nil }, true},
		"a passkey of somebody need not either":  {"a passkey of somebody", func(d *device) { d.auth.Options.UserHandle = nil }, true},
		"a passkey must say who, if nobody else": {"a passkey, and nobody has said who", func(d *device) { d.auth.Options.UserHandle = nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			way := ways[row.way]
			w := newFixture(t)
			d := w.enrol(w.ada, way.v)
			row.change(d)
			p, options := w.ask(way.v, way.anyone)
			p.Value = d.get(options)
			_, err := w.Handler.Service.Verify(t.Context(), p)
			assert.Equal(t, row.passes, err == nil, "%v", err)
		})
	}
}

func TestChallengesAreForWhomTheyWereMade(t *testing.T) {
	w := newFixture(t)
	bob := w.AddIdentity("bob@example.com", adaPassword)
	d := w.enrol(w.ada, passkeys)
	w.enrol(w.ada, keys)
	for name, change := range map[string]func(p *settings.Proof){
		"another identity":        func(p *settings.Proof) { p.IdentityID = bob },
		"anyone":                  func(p *settings.Proof) { p.IdentityID = "" },
		"another method":          func(p *settings.Proof) { p.Method = aal.WebAuthn },
		"a challenge nobody made": func(p *settings.Proof) { p.Challenge = "x" },
		"no challenge":            func(p *settings.Proof) { p.Challenge = "" },
		"five minutes later":      func(*settings.Proof) { w.Clock.Advance(5 * time.Minute) },
	} {
		p, options := w.ask(passkeys, false)
		p.Value = d.get(options)
		change(&p)
		id, err := w.Handler.Service.Verify(t.Context(), p)
		assert.Error(t, err, name)
		assert.Empty(t, id, name)
	}
}
