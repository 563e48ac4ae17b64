package lookup_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/memory"
)

var everyClient = []respond.Client{respond.API, respond.Page, respond.Script}

type fields = settingstest.Fields

// What clients send, and the UI kit sends it as strings.
var (
	regenerate = fields{"lookup_secret_regenerate": "true"}
	confirm    = fields{"lookup_secret_confirm": "true"}
	reveal     = fields{"lookup_secret_reveal": "true"}
	disable    = fields{"lookup_secret_disable": "true"}
)

// fixture is Ada, who has a password.
type fixture struct {
	*settingstest.Kit
	t   *testing.T
	ada string
}

func newFixture(t *testing.T, changes ...func(*settings.Config)) *fixture {
	t.Helper()
	offer := func(c *settings.Config) { c.Methods = append(c.Methods, lookup.New(lookup.Config{Alone: true})) }
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

// flow is the flow that an answer shows its client.
func flow(t *testing.T, a *settingstest.Answer) *settingstest.Flow {
	t.Helper()
	if a.Flow == nil {
		a = a.Follow()
	}
	require.NotNil(t, a.Flow, "%v", a)
	return a.Flow
}

// names are the nodes of the method in a form.
func names(f *settingstest.Flow) (out []string) {
	for _, n := range f.UI.Nodes {
		if n.Group == "lookup_secret" {
			out = append(out, n.Name())
		}
	}
	return out
}

// codes are the codes that a form shows, which may be at rest nowhere in any
// spelling.
func (w *fixture) codes(f *settingstest.Flow) (codes []string) {
	w.t.Helper()
	for _, n := range f.UI.Nodes {
		if n.Name() != "lookup_secret_codes" {
			continue
		}
		text := n.Attributes["text"].(map[string]any)
		require.EqualValues(w.t, 1050015, text["id"])
		for _, s := range text["context"].(map[string]any)["secrets"].([]any) {
			one := s.(map[string]any)
			require.EqualValues(w.t, 1050009, one["id"])
			code := one["text"].(string)
			require.Equal(w.t, code, one["context"].(map[string]any)["secret"])
			require.Regexp(w.t, "^[0-9a-hjkmnp-tv-z]{5}(-[0-9a-hjkmnp-tv-z]{4}){2}$", code)
			codes = append(codes, code)
			plain := strings.ReplaceAll(code, "-", "")
			for _, spelling := range []string{code, plain, strings.ToUpper(plain), base64.StdEncoding.EncodeToString([]byte(plain))} {
				w.SecretAtRest("recovery code", spelling)
			}
		}
		require.Len(w.t, codes, 12)
		require.Equal(w.t, strings.Join(codes, ", "), text["text"])
		return codes
	}
	require.Fail(w.t, "the form shows no codes")
	return nil
}

// confirmed makes codes and confirms them.
func (w *fixture) confirmed(c *settingstest.Client) []string {
	w.t.Helper()
	f := c.Start()
	codes := w.codes(flow(w.t, c.Submit(f, regenerate)))
	w.saved(c, c.Submit(f, confirm))
	return codes
}

func (w *fixture) saved(c *settingstest.Client, a *settingstest.Answer) {
	w.t.Helper()
	want := "200 1050001"
	if c.Kind == respond.Page {
		want = "303 UI ⇒ 1050001"
	}
	require.Equal(w.t, want, a.Brief(), "%v", a)
}

// login checks a code as a login page does.
func (w *fixture) login(code string) error {
	id, err := w.Handler.Service.Verify(w.t.Context(), settings.Proof{Method: aal.Lookup, IdentityID: w.ada, Value: code})
	if err == nil {
		assert.Equal(w.t, w.ada, id)
	} else {
		assert.Empty(w.t, id)
	}
	return err
}
