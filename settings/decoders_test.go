package settings_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/settingstest"
)

// What the decoders of the official clients require: a key that is missing, or
// null in place of a list or an object, makes them fail. Keys are typed out as
// the protocol has them.
var (
	decoderFlow     = []string{"id", "type", "expires_at", "issued_at", "request_url", "ui", "identity", "state"}
	decoderIdentity = []string{"id", "schema_id", "schema_url", "state", "traits", "created_at", "updated_at"}
	decoderSession  = []string{"id", "active", "expires_at", "authenticated_at", "authenticator_assurance_level", "authentication_methods", "issued_at", "devices"}
	decoderError    = []string{"id", "code", "status", "reason", "message"}
	decoderNode     = map[string][]string{
		"input":  {"name", "type", "disabled", "node_type"},
		"text":   {"id", "text", "node_type"},
		"img":    {"src", "id", "width", "height", "node_type"},
		"a":      {"href", "title", "id", "node_type"},
		"script": {"src", "async", "referrerpolicy", "crossorigin", "integrity", "type", "id", "nonce", "node_type"},
	}
)

// decodable fails the test if an answer is one that a client of the protocol
// cannot read: a redirect with a body, JSON without the content type, an object
// without a required key, an error that does not say its own status.
func decodable(t *testing.T, a *settingstest.Answer) {
	t.Helper()
	if a.Location != "" || a.Status == http.StatusNoContent {
		require.Empty(t, a.Body)
		require.Empty(t, a.Header.Get("Content-Type"))
		return
	}
	require.Equal(t, "application/json; charset=utf-8", a.Header.Get("Content-Type"), "%v", a)
	var body any
	require.NoError(t, json.Unmarshal(a.Body, &body), "%s", a.Body)
	decodableNoNull(t, "body", body)
	object, isObject := body.(map[string]any)
	switch {
	case isObject && object["error"] != nil:
		decodableError(t, a.Status, object["error"].(map[string]any))
	case isObject && object["ui"] != nil:
		decodableFlow(t, object)
	case isObject && object["authentication_methods"] != nil:
		decodableSession(t, object)
	}
	assert.Equal(t, a.Status >= 400 && a.Flow == nil, a.Error != nil, "what is no success is a flow or an error: %v", a)
}

func decodableFlow(t *testing.T, f map[string]any) {
	t.Helper()
	decodableHas(t, "flow", f, decoderFlow...)
	assert.Contains(t, []any{"api", "browser"}, f["type"])
	assert.Contains(t, []any{"show_form", "success"}, f["state"])
	decodableIdentity(t, f["identity"])
	container := f["ui"].(map[string]any)
	decodableHas(t, "ui", container, "action", "method", "nodes")
	assert.Equal(t, "POST", container["method"])
	assert.Contains(t, container["action"], "/self-service/settings?flow="+f["id"].(string), "the action names the flow's own id")
	if messages, has := container["messages"]; has {
		assert.NotEmpty(t, messages, "absent rather than empty")
		decodableTexts(t, messages)
	}
	for i, n := range container["nodes"].([]any) {
		node, name := n.(map[string]any), fmt.Sprint("node ", i)
		decodableHas(t, name, node, "type", "group", "attributes", "messages", "meta")
		decodableTexts(t, node["messages"])
		if label, has := node["meta"].(map[string]any)["label"]; has {
			decodableTexts(t, []any{label})
		}
		attributes := node["attributes"].(map[string]any)
		required, known := decoderNode[fmt.Sprint(node["type"])]
		require.True(t, known, "%s is a %v", name, node["type"])
		decodableHas(t, name, attributes, required...)
		assert.Equal(t, node["type"], attributes["node_type"])
	}
}

func decodableTexts(t *testing.T, texts any) {
	t.Helper()
	list, isList := texts.([]any)
	require.True(t, isList, "messages are a list, never null: %v", texts)
	for _, text := range list {
		decodableHas(t, "text", text.(map[string]any), "id", "text", "type")
	}
}

func decodableIdentity(t *testing.T, i any) {
	t.Helper()
	decodableHas(t, "identity", i.(map[string]any), decoderIdentity...)
	for _, secret := range []string{"credentials", "metadata_admin", "password_hash", "PasswordHash", "sealed_state", "SealedState", "version"} {
		assert.NotContains(t, i, secret)
	}
}

func decodableSession(t *testing.T, s map[string]any) {
	t.Helper()
	decodableHas(t, "session", s, decoderSession...)
	if i, has := s["identity"]; has {
		decodableIdentity(t, i)
	}
	for _, d := range s["devices"].([]any) {
		decodableHas(t, "device", d.(map[string]any), "id")
	}
	for _, m := range s["authentication_methods"].([]any) {
		decodableHas(t, "authentication method", m.(map[string]any), "method", "aal", "completed_at")
	}
}

func decodableError(t *testing.T, status int, e map[string]any) {
	t.Helper()
	decodableHas(t, "error", e, decoderError...)
	assert.EqualValues(t, status, e["code"], "the error says its own status")
	assert.Equal(t, http.StatusText(status), e["status"])
	for _, key := range decoderError {
		assert.NotEmpty(t, e[key], "error.%s", key)
	}
	// The log's half of an error stays there.
	for _, inside := range []string{"sql:", ".go:", "panic", "goroutine", "password_hash"} {
		assert.NotContains(t, strings.ToLower(fmt.Sprint(e)), inside)
	}
}

func decodableHas(t *testing.T, what string, object map[string]any, required ...string) {
	t.Helper()
	for _, key := range required {
		_, has := object[key]
		require.True(t, has, "%s has no %q: %v", what, key, object)
	}
}

// decodableNoNull: no decoder needs a null, and some fail on one.
func decodableNoNull(t *testing.T, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case nil:
		// A node's value and what the user sent (traits, payload) may be null.
		free := slices.ContainsFunc([]string{"value", "traits", "transient_payload", "metadata_public"}, func(s string) bool { return strings.Contains(path, s) })
		assert.True(t, free, "%s is null", path)
	case []any:
		for i, e := range v {
			decodableNoNull(t, fmt.Sprint(path, "[", i, "]"), e)
		}
	case map[string]any:
		for k, e := range v {
			decodableNoNull(t, path+"."+k, e)
		}
	}
}
