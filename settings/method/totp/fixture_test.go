package totp_test

import (
	"encoding/base32"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/memory"
)

var everyClient = []respond.Client{respond.API, respond.Page, respond.Script}

type fields = settingstest.Fields

// unlink is what clients send, and the UI kit sends it as a string.
var unlink = fields{"totp_unlink": "true"}

// begin is the button of a form that shows no secret yet.
var begin = fields{"totp_begin": "true"}

func enrol(code string) fields { return fields{"method": "totp", "totp_code": code} }

// fixture is Ada, who has a password.
type fixture struct {
	*settingstest.Kit
	t   *testing.T
	ada string
}

// drawn is a picture of the tests.
func drawn(string) (string, error) { return "data:image/png;base64,AAAA", nil }

func newFixture(t *testing.T, changes ...func(*settings.Config)) *fixture {
	t.Helper()
	offer := func(c *settings.Config) {
		c.Methods = append(c.Methods, totp.New(totp.Config{Issuer: "Example", QR: drawn}))
	}
	w := &fixture{t: t, Kit: settingstest.New(t, append([]func(*settings.Config){offer}, changes...)...)}
	w.ada = w.AddIdentity("ada@example.com", "correct horse battery staple")
	return w
}

// inBothModes runs a test for each kind of client, without a Backend and with one.
func inBothModes(t *testing.T, test func(t *testing.T, kind respond.Client, mode func(*settings.Config))) {
	for _, kind := range everyClient {
		t.Run(kind.String()+", three stores", func(t *testing.T) { test(t, kind, func(*settings.Config) {}) })
		t.Run(kind.String()+", a backend", func(t *testing.T) {
			test(t, kind, func(c *settings.Config) { c.Backend = c.Flows.(*memory.Store) })
		})
	}
}

// secret is the secret that a form shows, which may be at rest nowhere in any
// spelling.
func (w *fixture) secret(f *settingstest.Flow) string {
	w.t.Helper()
	for _, n := range f.UI.Nodes {
		if n.Name() == "totp_secret_key" {
			text := n.Attributes["text"].(map[string]any)
			secret := text["context"].(map[string]any)["secret"].(string)
			require.Equal(w.t, secret, text["text"])
			raw, err := base32.StdEncoding.DecodeString(secret)
			require.NoError(w.t, err)
			require.Len(w.t, raw, 20, "160 bit")
			w.SecretAtRest("TOTP secret", secret)
			w.SecretAtRest("TOTP secret as bytes", string(raw))
			return secret
		}
	}
	require.Fail(w.t, "the form shows no secret")
	return ""
}

// code is what Ada's app shows now.
func (w *fixture) code(secret string) string { return app(w.t, secret, w.Clock.Now()) }

// enrolled adds an app, and is its secret.
func (w *fixture) enrolled(c *settingstest.Client) string {
	w.t.Helper()
	f := c.Start()
	secret := w.secret(f)
	w.saved(c, c.Submit(f, enrol(w.code(secret))))
	return secret
}

func (w *fixture) saved(c *settingstest.Client, a *settingstest.Answer) {
	w.t.Helper()
	want := "200 1050001"
	if c.Kind == respond.Page {
		want = "303 UI ⇒ 1050001"
	}
	require.Equal(w.t, want, a.Brief(), "%v", a)
}

func (w *fixture) has() bool { return w.Identity(w.ada).Has(aal.TOTP) }
