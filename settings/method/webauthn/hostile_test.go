package webauthn_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/descope/virtualwebauthn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// attempt is what an attack on a registration has at hand.
type attempt struct {
	*testing.T
	w *fixture
	v variant
	c *settingstest.Client // Ada's
	f *settingstest.Flow
	d *device
}

func (a attempt) options() string { return options(a.T, a.f, a.v) }

// of is an honest answer without a signature, in which something was changed.
func (a attempt) of(change func(client, attestation map[string]any)) string {
	return unattested(a.T, a.d.create(a.options()), change)
}

// patched is one whose authenticator data was changed.
func (a attempt) patched(change func(data []byte) []byte) string {
	return a.of(func(_, attestation map[string]any) {
		attestation["authData"] = change(attestation["authData"].([]byte))
	})
}

// Where things stand in authenticator data (section 6.1).
const (
	rpIDHash = 0
	flags    = 32
	idLength = 53
	up, uv   = 0x01, 0x04
	be, bs   = 0x08, 0x10
	at, ed   = 0x40, 0x80
)

// Every attack is one change of a registration that is right without it: see
// TestACredentialWithoutAttestation.
func TestRegistrationsThatAreRefused(t *testing.T) {
	client := func(name string, value any) func(attempt) string {
		return func(a attempt) string {
			return a.of(func(client, _ map[string]any) { client[name] = value })
		}
	}
	flag := func(set, clear byte) func(attempt) string {
		return func(a attempt) string {
			return a.patched(func(data []byte) []byte { data[flags] = data[flags]&^clear | set; return data })
		}
	}
	member := func(change func(r, response map[string]any)) func(attempt) string {
		return func(a attempt) string {
			var r map[string]any
			require.NoError(a, json.Unmarshal([]byte(a.of(nil)), &r))
			change(r, r["response"].(map[string]any))
			out, err := json.Marshal(r)
			require.NoError(a, err)
			return string(out)
		}
	}
	for name, response := range map[string]func(a attempt) string{
		"an origin of somebody else":             client("origin", "https://evil.example"),
		"an origin whose name only begins alike": client("origin", "https://app.example.com.evil.example"),
		"another host of the domain":             client("origin", "https://blog.example.com"),
		"the http twin of the origin":            client("origin", "http://app.example.com"),
		"another port":                           client("origin", "https://app.example.com:8443"),
		"no origin":                              client("origin", ""),
		"the origin null":                        client("origin", "null"),
		"an app nobody has listed":               client("origin", "android:apk-key-hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
		"a frame of another origin":              client("crossOrigin", true),
		"the type of a login":                    client("type", "webauthn.get"),
		"no type":                                client("type", ""),
		"no challenge":                           client("challenge", ""),
		"a challenge of one's own":               client("challenge", base64.RawURLEncoding.EncodeToString(make([]byte, 32))),
		"the challenge of another flow of one's own": func(a attempt) string {
			return a.d.create(options(a, a.c.Start(), a.v))
		},
		"the challenge of the other method": func(a attempt) string {
			return a.d.create(options(a, a.f, a.v.other()))
		},
		"the challenge of another identity": func(a attempt) string {
			bob := a.w.AddIdentity("bob@example.com", adaPassword)
			return a.d.create(options(a, a.w.SignIn(bob, a.c.Kind).Start(), a.v))
		},
		"the RPID of somebody else": func(a attempt) string {
			a.d.browser.ID = "evil.example"
			return a.d.create(a.options())
		},
		"the RPID of a host below": func(a attempt) string {
			a.d.browser.ID = "app.example.com"
			return a.d.create(a.options())
		},
		"nobody present":                     flag(0, up),
		"a backup of what cannot have one":   flag(bs, be),
		"no credential in it":                flag(0, at),
		"extensions that are not there":      flag(ed, 0),
		"authenticator data that ends early": func(a attempt) string { return a.patched(func(d []byte) []byte { return d[:36] }) },
		"no authenticator data":              func(a attempt) string { return a.patched(func([]byte) []byte { return nil }) },
		"bytes after the authenticator data": func(a attempt) string { return a.patched(func(d []byte) []byte { return append(d, 0) }) },
		"a credential id longer than the data": func(a attempt) string {
			return a.patched(func(d []byte) []byte { d[idLength], d[idLength+1] = 0xff, 0xff; return d })
		},
		"an algorithm that was not asked for": func(a attempt) string { // ES384 (-35) in place of ES256 (-7)
			return a.patched(func(d []byte) []byte { return []byte(strings.Replace(string(d), "\x03\x26", "\x03\x38\x22", 1)) })
		},
		"an attestation whose signature is wrong": func(a attempt) string {
			other := a.d.cred
			other.Key = newCredential(a).Key
			signed := virtualwebauthn.CreateAttestationResponse(a.d.browser, a.d.auth, other, virtualwebauthn.AttestationOptions{Challenge: []byte("another challenge of 32 bytes....")})
			return swapClientData(a, signed, a.d.create(a.options()))
		},
		"an attestation format nobody knows": func(a attempt) string {
			return a.of(func(_, attestation map[string]any) { attestation["fmt"] = "evil" })
		},
		"a statement beside no attestation": func(a attempt) string {
			return a.of(func(_, attestation map[string]any) { attestation["attStmt"] = map[string]any{"sig": []byte("x")} })
		},
		"an attestation that is garbage": member(func(_, r map[string]any) { r["attestationObject"] = "Z2FyYmFnZQ" }),
		"an attestation that claims a gigabyte": member(func(_, r map[string]any) {
			r["attestationObject"] = base64.RawURLEncoding.EncodeToString([]byte{0xa1, 0x63, 'f', 'm', 't', 0x5a, 0x40, 0, 0, 0})
		}),
		"an attestation that is nested deep": member(func(_, r map[string]any) {
			r["attestationObject"] = base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("\x81", 20000)))
		}),
		"an attestation that is no base64":  member(func(_, r map[string]any) { r["attestationObject"] = "!" }),
		"client data that is no JSON":       member(func(_, r map[string]any) { r["clientDataJSON"] = "Z2FyYmFnZQ" }),
		"an id that is not that of the key": member(func(r, _ map[string]any) { r["id"], r["rawId"] = "AAAA", "AAAA" }),
		"an id and a rawId that differ":     member(func(r, _ map[string]any) { r["id"] = "AAAA" }),
		"another type of credential":        member(func(r, _ map[string]any) { r["type"] = "password" }),
		"the answer to a login": func(a attempt) string {
			o, err := virtualwebauthn.ParseAttestationOptions(a.options())
			require.NoError(a, err)
			return virtualwebauthn.CreateAssertionResponse(a.d.browser, a.d.auth, a.d.cred, virtualwebauthn.AssertionOptions{Challenge: o.Challenge})
		},
		"no JSON":              func(attempt) string { return "garbage" },
		"an empty object":      func(attempt) string { return "{}" },
		"an array":             func(attempt) string { return "[]" },
		"null":                 func(attempt) string { return "null" },
		"a string":             func(attempt) string { return `"x"` },
		"JSON after the JSON":  func(a attempt) string { return a.of(nil) + "{}" },
		"JSON that is deep":    func(attempt) string { return strings.Repeat("[", 15000) },
		"JSON that is huge":    func(attempt) string { return `{"id":"` + strings.Repeat("A", 50000) + `"}` },
		"the creation options": func(a attempt) string { return a.options() },
	} {
		t.Run(name, func(t *testing.T) {
			for _, v := range variants {
				for _, kind := range everyClient {
					w := newFixture(t)
					c := w.SignIn(w.ada, kind)
					f := c.Start()
					r := response(attempt{t, w, v, c, f, newDevice(t)})
					was := w.Snapshot(w.ada)
					refused(t, kind, c.Submit(f, settingstest.Fields{v.add: r}), "4000001")
					assert.Equal(t, was, w.Snapshot(w.ada), "%v %v", v.method, kind)
				}
			}
		})
	}
}

// swapClientData puts the client data of one answer into another.
func swapClientData(t testing.TB, into, from string) string {
	t.Helper()
	var a, b map[string]any
	require.NoError(t, json.Unmarshal([]byte(into), &a))
	require.NoError(t, json.Unmarshal([]byte(from), &b))
	a["response"].(map[string]any)["clientDataJSON"] = b["response"].(map[string]any)["clientDataJSON"]
	out, err := json.Marshal(a)
	require.NoError(t, err)
	return string(out)
}

// A passkey is two factors because it verifies its user; a key is touched.
func TestOnlyAPasskeyMustVerifyItsUser(t *testing.T) {
	for _, kind := range everyClient {
		w := newFixture(t)
		c := w.SignIn(w.ada, kind)
		f := c.Start()
		d := newDevice(t)
		d.auth.Options.UserNotVerified = true
		was := w.Snapshot(w.ada)
		refused(t, kind, c.Submit(f, settingstest.Fields{passkeys.add: d.create(options(t, f, passkeys))}), "4000001")
		assert.Equal(t, was, w.Snapshot(w.ada))
		saved(t, kind, c.Submit(f, settingstest.Fields{keys.add: d.create(options(t, f, keys))}))
	}
}

// What has been committed since uses a challenge up.
func TestAChallengeIsGoodOnce(t *testing.T) {
	forEach(t, func(t *testing.T, v variant, kind respond.Client, mode func(*settings.Config)) {
		w := newFixture(t, mode)
		c := w.SignIn(w.ada, kind)
		f := c.Start()
		first, second := newDevice(t).create(options(t, f, v)), newDevice(t).create(options(t, f, v))
		f = saved(t, kind, c.Submit(f, settingstest.Fields{v.add: first}))
		was := w.Snapshot(w.ada)
		refused(t, kind, c.Submit(f, settingstest.Fields{v.add: second}), "4000001")
		assert.Equal(t, was, w.Snapshot(w.ada), "another key for the same challenge")

		third := newDevice(t).create(options(t, f, v))
		id := w.Identity(w.ada).State.Factors[v.method].Credentials[0].ID
		f = saved(t, kind, c.Submit(f, settingstest.Fields{v.remove: id}))
		was = w.Snapshot(w.ada)
		for _, used := range []string{first, second, third} {
			refused(t, kind, c.Submit(f, settingstest.Fields{v.add: used}), "4000001")
		}
		assert.Equal(t, was, w.Snapshot(w.ada), "what was removed does not come back by an old answer")
	})
}

// An authenticator may ignore excludeCredentials, and a client may lie.
func TestACredentialIsRegisteredOnce(t *testing.T) {
	forEach(t, func(t *testing.T, v variant, kind respond.Client, mode func(*settings.Config)) {
		for _, second := range variants {
			w := newFixture(t, mode)
			c := w.SignIn(w.ada, kind)
			f := c.Start()
			d := newDevice(t)
			f = saved(t, kind, c.Submit(f, settingstest.Fields{v.add: d.create(options(t, f, v))}))
			was := w.Snapshot(w.ada)
			refused(t, kind, c.Submit(f, settingstest.Fields{second.add: d.create(options(t, f, second))}), "4000001")
			refused(t, kind, c.Submit(c.Start(), settingstest.Fields{second.add: d.create(options(t, f, second))}), "4000001")
			assert.Equal(t, was, w.Snapshot(w.ada), "by one account")

			bob := w.AddIdentity("bob@example.com", adaPassword)
			thief := w.SignIn(bob, kind)
			f = thief.Start()
			was, bobWas := w.Snapshot(w.ada), w.Snapshot(bob)
			refused(t, kind, thief.Submit(f, settingstest.Fields{second.add: d.create(options(t, f, second))}), "4000007")
			assert.Equal(t, was, w.Snapshot(w.ada), "by two accounts")
			assert.Equal(t, bobWas, w.Snapshot(bob))
		}
	})
}

func TestWhatIsNotMineIsNotRemoved(t *testing.T) {
	forEach(t, func(t *testing.T, v variant, kind respond.Client, mode func(*settings.Config)) {
		w := newFixture(t, mode)
		bob := w.AddIdentity("bob@example.com", adaPassword)
		his := hex.EncodeToString(w.enrol(bob, v).cred.ID)
		mine := hex.EncodeToString(w.enrol(w.ada, v.other()).cred.ID)
		ownKey := hex.EncodeToString(w.enrol(w.ada, v).cred.ID)
		c := w.SignIn(w.ada, kind, w.Identity(w.ada).Methods()...)
		f := c.Start()
		was, bobWas := w.Snapshot(w.ada), w.Snapshot(bob)
		for name, id := range map[string]string{
			"somebody else's": his, "that of the other method": mine, "in capitals": strings.ToUpper(ownKey), "a part": ownKey[:10],
			"garbage": "x", "true": "true", "an e-mail": adaEmail,
		} {
			refused(t, kind, c.Submit(f, settingstest.Fields{v.remove: id}), "4000001")
			assert.Equal(t, was, w.Snapshot(w.ada), name)
			assert.Equal(t, bobWas, w.Snapshot(bob), name)
		}
	})
}
