package main_test

import (
	"strings"
	"testing"

	ory "github.com/ory/client-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
)

func withLookup(f *ory.SettingsFlow, button func(*ory.UpdateSettingsFlowWithLookupMethod)) ory.UpdateSettingsFlowBody {
	b := &ory.UpdateSettingsFlowWithLookupMethod{Method: "lookup_secret", CsrfToken: csrf(f)}
	button(b)
	return ory.UpdateSettingsFlowWithLookupMethodAsUpdateSettingsFlowBody(b)
}

func regenerate(b *ory.UpdateSettingsFlowWithLookupMethod) { b.SetLookupSecretRegenerate(true) }
func confirm(b *ory.UpdateSettingsFlowWithLookupMethod)    { b.SetLookupSecretConfirm(true) }
func reveal(b *ory.UpdateSettingsFlowWithLookupMethod)     { b.SetLookupSecretReveal(true) }
func disable(b *ory.UpdateSettingsFlowWithLookupMethod)    { b.SetLookupSecretDisable(true) }

func TestLookup(t *testing.T) {
	each(t, func(t *testing.T, kind respond.Client) {
		w := newFixture(t)
		c := w.signIn(w.ada, kind)
		f := c.start()
		assert.EqualValues(t, 1050008, node(f, "lookup_secret_regenerate").Meta.Label.Id)

		refused := c.invalid(f, c.submit(f, withLookup(f, confirm)), "4000001")
		assert.Equal(t, refused.Ui.Messages[0].Text, refused.Ui.Messages[0].Context["reason"])
		c.invalid(f, c.submit(f, withLookup(f, reveal)), "4000001")
		c.invalid(f, c.submit(f, withLookup(f, func(*ory.UpdateSettingsFlowWithLookupMethod) {})), "4010004")

		// Codes that are shown are no success yet.
		shown := succeeded(t, c.submit(f, withLookup(f, regenerate)))
		assert.Equal(t, ory.SETTINGSFLOWSTATE_SHOW_FORM, shown.State)
		assert.Empty(t, messages(shown))
		codes := node(shown, "lookup_secret_codes")
		require.NotNil(t, codes)
		assert.EqualValues(t, 1050010, codes.Meta.Label.Id)
		text := codes.Attributes.UiNodeTextAttributes.Text
		assert.EqualValues(t, 1050015, text.Id)
		var each []string
		for _, s := range text.Context["secrets"].([]any) {
			one := s.(map[string]any)
			assert.EqualValues(t, 1050009, one["id"])
			each = append(each, one["text"].(string))
			w.SecretAtRest("recovery code", one["text"].(string))
		}
		assert.Len(t, each, 12)
		assert.Equal(t, strings.Join(each, ", "), text.Text)
		require.NotNil(t, node(shown, "lookup_secret_confirm"))

		done := c.saved(f, c.submit(f, withLookup(f, confirm)))
		assert.Nil(t, node(done, "lookup_secret_codes"), "they are not shown again")
		assert.Equal(t, ory.AUTHENTICATORASSURANCELEVEL_AAL2, succeeded(t, c.whoami()).GetAuthenticatorAssuranceLevel())

		f = c.start()
		assert.EqualValues(t, 1050016, node(f, "lookup_secret_disable").Meta.Label.Id)
		c.saved(f, c.submit(f, withLookup(f, disable)))
	})
}
