package main

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/seal"
)

const pass = "correct horse battery staple"

var secret = []byte("12345678901234567890")

type object = map[string]any

// person is an identity of an export.
func person(name string, credentials object) object {
	return object{
		"id": "id-of-" + name, "schema_id": "default", "state": "active", "traits": object{"email": name + "@example.com"},
		"credentials": credentials, "created_at": "2021-02-03T04:05:06Z", "updated_at": "2022-02-03T04:05:06Z",
		"verifiable_addresses": []object{{"value": name + "@example.com", "via": "email", "verified": true, "status": "completed"}},
	}
}

func withPassword(hash string) object {
	return object{"password": object{"type": "password", "config": object{"hashed_password": hash}}}
}

// device is an authenticator that was registered with Kratos.
type device struct {
	auth virtualwebauthn.Authenticator
	cred virtualwebauthn.Credential
}

func newDevice(t *testing.T, handle string) *device {
	d := &device{auth: virtualwebauthn.NewAuthenticator()}
	d.auth.Options.UserHandle = []byte(handle)
	for { // the authenticator drops leading zeros of a coordinate
		d.cred = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		var cose map[int]any
		require.NoError(t, cbor.Unmarshal(d.cred.Key.AttestationData(), &cose))
		if len(cose[-2].([]byte)) == 32 && len(cose[-3].([]byte)) == 32 {
			return d
		}
	}
}

// config is what Kratos has of it.
func (d *device) config(handle string, more object) object {
	c := object{
		"id": d.cred.ID, "public_key": d.cred.Key.AttestationData(), "attestation_type": "none", "display_name": "A key", "added_at": "2021-02-03T04:05:06Z",
		"authenticator": object{"aaguid": make([]byte, 16), "sign_count": 0, "clone_warning": false},
	}
	for k, v := range more {
		c[k] = v
	}
	return object{"config": object{"user_handle": []byte(handle), "credentials": []object{c}}}
}

// everybody are users of every type of credential, and some that cannot be taken.
func everybody(t *testing.T) (all []object, key, passwordless, passkey *device) {
	slow, err := bcrypt.GenerateFromPassword([]byte(pass), 4)
	require.NoError(t, err)
	sum := md5.Sum([]byte("salt" + pass))
	b64 := base64.StdEncoding.EncodeToString
	key, passwordless, passkey = newDevice(t, "kay"), newDevice(t, "leo"), newDevice(t, "pam")
	second := withPassword(string(slow))
	second["totp"] = object{"config": object{"totp_url": "otpauth://totp/Example:tom@example.com?algorithm=SHA1&digits=6&issuer=Example&period=30&secret=" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)}}
	second["lookup_secret"] = object{"config": object{"recovery_codes": []object{{"code": "x3hxfxu2"}, {"code": "usedbefo", "used_at": "2022-01-01T00:00:00Z"}, {"code": "lil0oouu", "used_at": "0001-01-01T00:00:00Z"}}}}
	withKey := withPassword(string(slow))
	withKey["webauthn"] = key.config("kay", nil)
	blocked := person("ben", withPassword(string(slow)))
	blocked["state"] = "inactive"
	odd := person("odd", object{
		"code": object{"config": object{}}, "saml": object{"config": object{}},
		"password": object{"config": object{"hashed_password": "$yescrypt$unknown"}},
		"oidc":     object{"config": object{"providers": []object{{"provider": "corp", "subject": "1"}}}},
		"webauthn": newDevice(t, "odd").config("odd", object{"authenticator": object{"clone_warning": true}}),
	})
	odd["metadata_admin"] = object{"plan": "gold"}
	return []object{
		person("ada", withPassword(string(slow))),
		person("ann", withPassword("$argon2id$v=19$m=32,t=2,p=4$cm94YnRVOW5jZzFzcVE4bQ$MNzk5BtR2vUhrp6qQEjRNw")),
		person("old", withPassword("$md5$pf="+b64([]byte("{SALT}{PASSWORD}"))+"$"+b64([]byte("salt"))+"$"+b64(sum[:]))),
		person("tom", second), person("kay", withKey),
		person("leo", object{"webauthn": passwordless.config("leo", object{"is_passwordless": true, "flags": object{"backup_eligible": false}})}),
		person("pam", object{"passkey": passkey.config("pam", nil)}),
		person("gil", object{"oidc": object{"identifiers": []string{"google:42"}, "config": object{"providers": []object{{"provider": "google", "subject": "42"}}}}}),
		blocked, odd,
		person("ADA", withPassword(string(slow))), // her address is ada's, by our rules and Kratos'
		{"id": "id-of-none", "traits": "none"},
	}, key, passwordless, passkey
}

// fixture is an export and where it goes.
type fixture struct {
	t    *testing.T
	dir  string
	args []string
}

func newFixture(t *testing.T, store string, people []object) *fixture {
	w := &fixture{t: t, dir: t.TempDir()}
	w.write("amend.key", make([]byte, 31), byte(7))
	export, err := json.Marshal(people)
	require.NoError(t, err)
	w.write("export.json", export)
	if store == "" {
		store = "sqlite:" + w.path("app.db")
	}
	w.args = []string{"-store", store, "-key", w.path("amend.key"), "-schema", "testdata/identity.schema.json",
		"-provider", "google=https://accounts.google.com", "-rp-id", "example.com", w.path("export.json")}
	return w
}

func (w *fixture) path(name string) string { return filepath.Join(w.dir, name) }

func (w *fixture) write(name string, content []byte, more ...byte) {
	require.NoError(w.t, os.WriteFile(w.path(name), append(content, more...), 0o600))
}

func (w *fixture) run(flags ...string) (string, error) {
	var out strings.Builder
	err := run(w.t.Context(), append(flags, w.args...), &out)
	return out.String(), err
}

func TestEveryUserSignsInAsBefore(t *testing.T) {
	people, key, passwordless, passkey := everybody(t)
	w := newFixture(t, "", people)
	said, err := w.run()
	require.ErrorIs(t, err, errLeft)
	assert.Contains(t, said, "10 would be taken, 1 of all not wholly; 0 were there already; 2 are not taken")
	assert.NoFileExists(t, w.path("app.db"), "a dry run writes nothing")

	did, err := w.run("-write")
	require.ErrorIs(t, err, errLeft)
	assert.Equal(t, strings.NewReplacer("would be taken", "taken", "Nothing is written. -write does it.\n", "").Replace(said), did, "it does what it said")
	for _, line := range []string{
		"id-of-odd: left: metadata_admin", "id-of-odd: left: code: signing in by a code", "id-of-odd: left: saml: Amend has no such credential",
		"id-of-odd: left: password: its hash is of a kind", `id-of-odd: left: oidc: the issuer of "corp" is not known`, "id-of-odd: left: webauthn: A key: Kratos found",
		"id-of-odd: has nothing left to sign in with", "id-of-ADA: not taken:", "id-of-none: not taken: its traits",
	} {
		assert.Contains(t, did, line)
	}
	again, err := w.run("-write")
	require.ErrorIs(t, err, errLeft)
	assert.Contains(t, again, "0 taken, 1 of all not wholly; 10 were there already; 2 are not taken")

	machine, store := w.machine()
	ctx := t.Context()
	prove := func(m aal.Method, who, value string) error {
		_, err := machine.Service.Verify(ctx, settings.Proof{Method: m, IdentityID: "id-of-" + who, Value: value})
		return err
	}
	for who, typed := range map[string]string{"ada": pass, "old": pass, "tom": pass, "kay": pass, "ann": "test"} {
		id, _, err := machine.Service.FindIdentity(ctx, strings.ToUpper(who)+"@example.com")
		require.NoError(t, err)
		require.Equal(t, "id-of-"+who, id)
		require.NoError(t, prove(aal.Password, who, typed), who)
		require.ErrorIs(t, prove(aal.Password, who, typed+"!"), settings.ErrWrong)
	}
	require.ErrorIs(t, prove(aal.Password, "ben", pass), settings.ErrWrong, "a blocked one stays blocked")
	require.NoError(t, prove(aal.TOTP, "tom", codeOf(secret, time.Now())))
	require.NoError(t, prove(aal.Lookup, "tom", "X3HX-FXU2"))
	require.NoError(t, prove(aal.Lookup, "tom", "lil0oouu"))
	require.ErrorIs(t, prove(aal.Lookup, "tom", "usedbefo"), settings.ErrWrong, "a used code stays used")
	w.signsIn(machine, aal.WebAuthn, "kay", key)
	w.signsIn(machine, aal.Passkey, "leo", passwordless)
	w.signsIn(machine, aal.Passkey, "pam", passkey)
	owner, err := store.IdentityOwner(ctx, oidc.Key("https://accounts.google.com", "42"))
	require.NoError(t, err)
	assert.Equal(t, "id-of-gil", owner)
	r, err := store.GetIdentity(ctx, "id-of-ada")
	require.NoError(t, err)
	i, err := identity.Open(w.ring(), r)
	require.NoError(t, err)
	require.Len(t, i.State.Verified, 1)
	assert.Equal(t, "ada@example.com", i.State.Verified[0].Value)
	assert.Equal(t, 2021, r.CreatedAt.Year())
}

// signsIn proves an authenticator, as the login page of an app would.
func (w *fixture) signsIn(h *settings.Handler, m aal.Method, who string, d *device) {
	w.t.Helper()
	whom := "id-of-" + who
	p := settings.Proof{Method: m, IdentityID: whom}
	if m == aal.Passkey {
		p.IdentityID = ""
	}
	c, err := h.Service.Challenge(w.t.Context(), m, p.IdentityID)
	require.NoError(w.t, err)
	asked, err := virtualwebauthn.ParseAssertionOptions(string(c.Options))
	require.NoError(w.t, err)
	p.Challenge, p.Value = c.ID, virtualwebauthn.CreateAssertionResponse(virtualwebauthn.RelyingParty{ID: "example.com", Name: "Example", Origin: "https://example.com"}, d.auth, d.cred, *asked)
	id, err := h.Service.Verify(w.t.Context(), p)
	require.NoError(w.t, err, who)
	assert.Equal(w.t, whom, id)
}

func codeOf(secret []byte, at time.Time) string {
	mac := hmac.New(sha1.New, secret)
	_ = binary.Write(mac, binary.BigEndian, at.Unix()/30)
	sum := mac.Sum(nil)
	number := binary.BigEndian.Uint32(sum[sum[len(sum)-1]&0xf:]) & 0x7fffffff
	return fmt.Sprintf("%06d", number%1_000_000)
}

// machine is the app after the move.
func (w *fixture) machine() (*settings.Handler, target) {
	o := options{store: w.args[1], key: w.args[3], schemas: pairs{"": "testdata/identity.schema.json"}, rpID: "example.com", write: true}
	i, err := newImporter(context.Background(), o, os.Stderr)
	require.NoError(w.t, err)
	w.t.Cleanup(i.close)
	return i.machine, i.into
}

func TestWhatCannotBegin(t *testing.T) {
	w := newFixture(t, "", nil)
	for name, row := range map[string]struct {
		args []string
		says string
	}{
		"nothing":             {nil, "are needed"},
		"a file that is none": {append(w.args[:len(w.args)-1:len(w.args)-1], "none.json"), "none.json"},
		"no JSON":             {append(w.args[:len(w.args)-1:len(w.args)-1], w.path("amend.key")), "no JSON"},
		"no such schema":      {append(w.args[:len(w.args)-1:len(w.args)-1], "-schema", "none", "x"), "none"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			assert.ErrorContains(t, run(t.Context(), row.args, &out), row.says)
		})
	}
}

func (w *fixture) ring() *seal.Keyring {
	key, err := os.ReadFile(w.path("amend.key"))
	require.NoError(w.t, err)
	ring, err := seal.New(key)
	require.NoError(w.t, err)
	return ring
}
