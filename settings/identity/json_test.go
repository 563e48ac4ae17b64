package identity_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/wire"
)

func written(t *testing.T, i identity.Identity) (string, map[string]any) {
	t.Helper()
	w := wire.New(0)
	i.WriteJSON(w, identity.About{SchemaURL: "https://id.example/schemas/customer"})
	var got map[string]any
	require.NoError(t, json.Unmarshal(w.Bytes(), &got), string(w.Bytes()))
	return string(w.Bytes()), got
}

func TestIdentityAsItsOwnerSeesIt(t *testing.T) {
	i := full()
	i.State.Pending[0].Value = "new@example.org"
	raw, got := written(t, i)
	pending := i.State.Pending[0]
	assert.Equal(t, map[string]any{
		"id": "42", "schema_id": "customer", "schema_url": "https://id.example/schemas/customer", "state": "active",
		"traits": map[string]any{"email": "ada@example.org"}, "metadata_public": map[string]any{"plan": "free"},
		"created_at": "2030-01-02T03:04:05.000000006Z", "updated_at": "2030-01-02T04:04:05.000000006Z",
		"verifiable_addresses": []any{map[string]any{
			"id": i.AddressID(pending.Address()), "via": "email", "value": "new@example.org", "verified": false, "status": "sent",
		}},
	}, got, "these keys and no other")
	assert.NotContains(t, raw, "canary", "no hash, no key, no state")
}

func TestIdentityWithAsLittleAsCanBe(t *testing.T) {
	_, got := written(t, identity.Identity{Record: identity.Record{ID: `"</script>`}})
	assert.Equal(t, `"</script>`, got["id"])
	assert.Equal(t, "inactive", got["state"], "a blocked account says so")
	assert.Equal(t, "default", got["schema_id"])
	assert.Equal(t, map[string]any{}, got["traits"], "an object, never null or absent")
	assert.NotContains(t, got, "metadata_public")
}
