package ui_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow/ui"
)

// A decoder of the official SDKs fails on a missing required key, and on null
// where a list or an object stands.
func TestNodeHasEveryKeyAClientRequires(t *testing.T) {
	for _, c := range []struct {
		name       string
		attributes ui.Attributes
		nodeType   string
		required   []string
	}{
		{"input", &ui.Input{Name: "a", Type: ui.InputText}, "input", []string{"name", "type", "disabled", "node_type"}},
		{"text", &ui.Plain{ID: "a"}, "text", []string{"id", "text", "node_type"}},
		{"img", &ui.Image{ID: "a"}, "img", []string{"src", "id", "width", "height", "node_type"}},
		{"a", &ui.Link{ID: "a"}, "a", []string{"href", "title", "id", "node_type"}},
		{"script", &ui.Script{ID: "a"}, "script", []string{"src", "async", "referrerpolicy", "crossorigin", "integrity", "type", "id", "nonce", "node_type"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := decode(t, ui.Node{Group: "totp", Attributes: c.attributes})
			assert.ElementsMatch(t, []string{"type", "group", "attributes", "messages", "meta"}, keys(got))
			assert.Equal(t, c.nodeType, got["type"])
			assert.Equal(t, "totp", got["group"])
			assert.Equal(t, []any{}, got["messages"], "an empty list, never null or absent")
			assert.Equal(t, map[string]any{}, got["meta"], "an empty object, never null or absent")
			attributes := got["attributes"].(map[string]any)
			assert.ElementsMatch(t, c.required, keys(attributes), "with the zero value, what is required and nothing else")
			assert.Equal(t, c.nodeType, attributes["node_type"])
			assert.NotContains(t, slices.Collect(maps.Values(attributes)), nil, "no null")
		})
	}
}

func TestInputOnTheWire(t *testing.T) {
	full := &ui.Input{
		Name: "webauthn_register_trigger", Type: ui.InputButton, Value: `{"publicKey":{}}`, Required: true, Disabled: true,
		Autocomplete: "one-time-code", Pattern: "^[0-9]{6}$", MinLength: 2, MaxLength: 6, Min: "1", Max: "9", Step: "any", Options: []string{"a", "b"},
		Trigger: "oryWebAuthnRegistration",
	}
	assert.Equal(t, map[string]any{
		"node_type": "input", "name": "webauthn_register_trigger", "type": "button", "value": `{"publicKey":{}}`,
		"required": true, "disabled": true, "autocomplete": "one-time-code", "pattern": "^[0-9]{6}$", "minlength": 2.0, "maxlength": 6.0,
		"min": "1", "max": "9", "step": "any", "options": []any{map[string]any{"value": "a"}, map[string]any{"value": "b"}},
		"onclickTrigger": "oryWebAuthnRegistration",
	}, decode(t, ui.Node{Attributes: full})["attributes"])

	for _, c := range []struct {
		name  string
		value any
		want  any
	}{
		{"an empty string is a value: a csrf_token of an API flow", "", ""},
		{"false is a value: an unticked checkbox", false, false},
		{"zero is a value", 0, 0.0},
		{"a number keeps its fraction", 1.5, 1.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := decode(t, ui.Node{Attributes: &ui.Input{Value: c.value}})["attributes"].(map[string]any)
			require.Contains(t, got, "value")
			assert.Equal(t, c.want, got["value"])
		})
	}
}

func TestOtherNodesOnTheWire(t *testing.T) {
	assert.Equal(t, map[string]any{"node_type": "img", "id": "totp_qr", "src": "data:image/png;base64,xx", "width": 256.0, "height": 256.0},
		decode(t, ui.Node{Attributes: &ui.Image{ID: "totp_qr", Src: "data:image/png;base64,xx", Width: 256, Height: 256}})["attributes"])

	script := decode(t, ui.Node{Attributes: &ui.Script{ID: "webauthn_script", Src: "https://a/x.js", Integrity: "sha512-x", Nonce: "n"}})["attributes"]
	assert.Equal(t, map[string]any{
		"node_type": "script", "id": "webauthn_script", "src": "https://a/x.js", "async": true, "integrity": "sha512-x", "nonce": "n",
		"type": "text/javascript", "crossorigin": "anonymous", "referrerpolicy": "no-referrer",
	}, script)

	link := decode(t, ui.Node{Attributes: &ui.Link{ID: "totp_link", Href: "otpauth://totp/Example?secret=JBSW", Title: ui.LabelTOTPLink()}})["attributes"]
	assert.Equal(t, map[string]any{
		"node_type": "a", "id": "totp_link", "href": "otpauth://totp/Example?secret=JBSW",
		"title": map[string]any{"id": 7000021.0, "text": "Open an authenticator app on this device", "type": "info"},
	}, link)

	text := decode(t, ui.Node{Attributes: &ui.Plain{ID: "totp_secret_key", Text: ui.LabelTOTPSecretIs("JBSW")}, Label: ui.LabelTOTPSecret()})
	assert.Equal(t, 1050006.0, text["attributes"].(map[string]any)["text"].(map[string]any)["id"])
	assert.Equal(t, 1050017.0, text["meta"].(map[string]any)["label"].(map[string]any)["id"])
}

func TestNodeIsNamedByNameOrID(t *testing.T) {
	assert.Equal(t, "n", ui.Node{Attributes: &ui.Input{Name: "n"}}.Name())
	assert.Equal(t, "t", ui.Node{Attributes: &ui.Plain{ID: "t"}}.Name())
	assert.Equal(t, "i", ui.Node{Attributes: &ui.Image{ID: "i"}}.Name())
	assert.Equal(t, "l", ui.Node{Attributes: &ui.Link{ID: "l"}}.Name())
	assert.Equal(t, "s", ui.Node{Attributes: &ui.Script{ID: "s"}}.Name())
}

func TestInputOfANode(t *testing.T) {
	in := &ui.Input{Name: "n"}
	assert.Same(t, in, ui.Node{Attributes: in}.Input())
	assert.Nil(t, ui.Node{Attributes: &ui.Plain{ID: "t"}}.Input())
}

func keys(m map[string]any) []string { return slices.Collect(maps.Keys(m)) }
