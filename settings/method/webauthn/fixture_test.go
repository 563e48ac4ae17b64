package webauthn_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/descope/virtualwebauthn"
	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/webauthn"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/memory"
)

// site is whom the tests' credentials are made for.
var site = webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://app.example.com"}}

const (
	adaEmail    = "ada@example.com"
	adaPassword = "correct horse battery staple"
)

var everyClient = []respond.Client{respond.API, respond.Page, respond.Script}

// variant is one of the two methods, as clients know it.
type variant struct {
	method  aal.Method
	add     string // the field with a new credential
	options string // the node with the creation options
	remove  string
}

var (
	keys     = variant{"webauthn", "webauthn_register", "webauthn_register_trigger", "webauthn_remove"}
	passkeys = variant{"passkey", "passkey_settings_register", "passkey_create_data", "passkey_remove"}
	variants = []variant{keys, passkeys}
)

func (v variant) other() variant {
	if v == keys {
		return passkeys
	}
	return keys
}

// fixture is Ada, who has a password, at a Handler with both methods.
type fixture struct {
	*settingstest.Kit
	ada string
}

func newFixture(t *testing.T, changes ...func(*settings.Config)) *fixture {
	t.Helper()
	both := func(c *settings.Config) {
		c.Methods = append([]settings.Method{password.New(password.Config{Writer: settingstest.FastHash()})}, webauthn.Both(site)...)
	}
	w := &fixture{Kit: settingstest.New(t, append([]func(*settings.Config){both}, changes...)...)}
	w.ada = w.AddIdentity(adaEmail, adaPassword)
	return w
}

// forEach runs a test for each method, client and way to store.
func forEach(t *testing.T, test func(t *testing.T, v variant, kind respond.Client, mode func(*settings.Config))) {
	backend := func(c *settings.Config) { c.Backend = c.Flows.(*memory.Store) }
	for _, v := range variants {
		for _, kind := range everyClient {
			t.Run(string(v.method)+" "+kind.String(), func(t *testing.T) {
				t.Run("three stores", func(t *testing.T) { test(t, v, kind, func(*settings.Config) {}) })
				t.Run("a backend", func(t *testing.T) { test(t, v, kind, backend) })
			})
		}
	}
}

// enrol registers a new device of an identity, by a script that signs in with
// what the identity has.
func (w *fixture) enrol(id string, v variant) *device {
	w.T.Helper()
	d := newDevice(w.T)
	w.enrolDevice(id, v, d)
	return d
}

func (w *fixture) enrolDevice(id string, v variant, d *device) {
	w.T.Helper()
	c := w.SignIn(id, respond.Script, w.Identity(id).Methods()...)
	f := c.Start()
	a := c.Submit(f, settingstest.Fields{v.add: d.create(options(w.T, f, v))})
	require.Equal(w.T, http.StatusOK, a.Status, "%v", a)
}

// node finds a node of a flow by its name.
func node(f *settingstest.Flow, name string) *settingstest.Node {
	for i, n := range f.UI.Nodes {
		if n.Name() == name {
			return &f.UI.Nodes[i]
		}
	}
	return nil
}

// nodes are all of that name.
func nodes(f *settingstest.Flow, name string) (found []settingstest.Node) {
	for _, n := range f.UI.Nodes {
		if n.Name() == name {
			found = append(found, n)
		}
	}
	return found
}

// options are the creation options in a form.
func options(t testing.TB, f *settingstest.Flow, v variant) string {
	t.Helper()
	n := node(f, v.options)
	require.NotNil(t, n, "%v", f)
	return n.Attributes["value"].(string)
}

// shown is the flow that an answer shows: of a page, the one behind the redirect.
func shown(t *testing.T, kind respond.Client, a *settingstest.Answer, status int) *settingstest.Flow {
	t.Helper()
	if kind == respond.Page {
		require.Equal(t, http.StatusSeeOther, a.Status, "%v", a)
		a = a.Follow()
		status = http.StatusOK
	}
	require.Equal(t, status, a.Status, "%v", a)
	require.NotNil(t, a.Flow, "%v", a)
	return a.Flow
}

func saved(t *testing.T, kind respond.Client, a *settingstest.Answer) *settingstest.Flow {
	t.Helper()
	f := shown(t, kind, a, http.StatusOK)
	require.Equal(t, "success", f.State)
	require.Len(t, f.UI.Messages, 1)
	require.Equal(t, 1050001, f.UI.Messages[0].ID)
	return f
}

// refused asserts that a submit was refused with these messages.
func refused(t *testing.T, kind respond.Client, a *settingstest.Answer, messages ...string) {
	t.Helper()
	require.Equal(t, messages, shown(t, kind, a, http.StatusBadRequest).Messages())
}

// device is an authenticator of somebody's with one credential, and the browser
// it is used by.
type device struct {
	t       testing.TB
	browser virtualwebauthn.RelyingParty // what it takes for the site
	auth    virtualwebauthn.Authenticator
	cred    virtualwebauthn.Credential
}

func newDevice(t testing.TB) *device {
	return &device{
		t:       t,
		browser: virtualwebauthn.RelyingParty{ID: "example.com", Name: "Example", Origin: "https://app.example.com"},
		auth:    virtualwebauthn.NewAuthenticator(),
		cred:    newCredential(t),
	}
}

// newCredential has a key whose coordinates fill their 32 bytes, as COSE wants
// them (RFC 9053 section 7.1.1): the software authenticator drops leading zeros.
func newCredential(t testing.TB) virtualwebauthn.Credential {
	for {
		cred := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		var cose map[int]any
		require.NoError(t, cbor.Unmarshal(cred.Key.AttestationData(), &cose))
		if len(cose[-2].([]byte)) == 32 && len(cose[-3].([]byte)) == 32 {
			return cred
		}
	}
}

// create answers creation options.
func (d *device) create(options string) string {
	d.t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(options)
	require.NoError(d.t, err)
	d.auth.Options.UserHandle = []byte(o.UserID)
	return virtualwebauthn.CreateAttestationResponse(d.browser, d.auth, d.cred, *o)
}

// get answers request options, with a counter that grows if it has one.
func (d *device) get(options string) string {
	d.t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(options)
	require.NoError(d.t, err)
	if d.cred.Counter > 0 {
		d.cred.Counter++
	}
	return virtualwebauthn.CreateAssertionResponse(d.browser, d.auth, d.cred, *o)
}

// unattested is the answer to creation options as most browsers give it, without
// an attestation and so without a signature. Whoever makes one can put anything
// into it.
func unattested(t testing.TB, response string, change func(client, attestation map[string]any)) string {
	t.Helper()
	var r map[string]any
	require.NoError(t, json.Unmarshal([]byte(response), &r))
	inner := r["response"].(map[string]any)
	var client, attestation map[string]any
	require.NoError(t, json.Unmarshal(unbase64(t, inner["clientDataJSON"]), &client))
	require.NoError(t, cbor.Unmarshal(unbase64(t, inner["attestationObject"]), &attestation))
	attestation["fmt"], attestation["attStmt"] = "none", map[string]any{}
	if change != nil {
		change(client, attestation)
	}
	clientJSON, err := json.Marshal(client)
	require.NoError(t, err)
	object, err := cbor.Marshal(attestation)
	require.NoError(t, err)
	inner["clientDataJSON"], inner["attestationObject"] = base64.RawURLEncoding.EncodeToString(clientJSON), base64.RawURLEncoding.EncodeToString(object)
	out, err := json.Marshal(r)
	require.NoError(t, err)
	return string(out)
}

func unbase64(t testing.TB, v any) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(v.(string))
	require.NoError(t, err)
	return b
}

func unpadded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
