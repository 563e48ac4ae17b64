package identity_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/wire"
)

func addressesOf(t *testing.T, i identity.Identity, addresses ...identity.Address) (verifiable, recovery []map[string]any, keys map[string]any) {
	t.Helper()
	w := wire.New(0)
	i.WriteJSON(w, identity.About{Addresses: addresses})
	require.NoError(t, json.Unmarshal(w.Bytes(), &keys), string(w.Bytes()))
	var shape struct {
		Verifiable []map[string]any `json:"verifiable_addresses"`
		Recovery   []map[string]any `json:"recovery_addresses"`
	}
	require.NoError(t, json.Unmarshal(w.Bytes(), &shape))
	return shape.Verifiable, shape.Recovery, keys
}

var (
	email = identity.Address{Via: "email", Value: "ada@example.org", Verifiable: true, Recovery: true}
	phone = identity.Address{Via: "sms", Value: "+442071838750", Verifiable: true}
)

func TestAddressesAsTheirOwnerSeesThem(t *testing.T) {
	var i identity.Identity
	i.ID = "42"
	require.True(t, i.Verify([]identity.Address{email, phone}, "email", "ada@example.org", at))

	verifiable, recovery, _ := addressesOf(t, i, email, phone)
	require.Len(t, verifiable, 2)
	require.Len(t, recovery, 1)
	ids := map[string]bool{}
	for _, a := range []map[string]any{verifiable[0], verifiable[1], recovery[0]} {
		_, err := uuid.Parse(a["id"].(string))
		require.NoError(t, err)
		ids[a["id"].(string)] = true
		delete(a, "id")
	}
	assert.Len(t, ids, 3, "each has an id of its own")
	assert.Equal(t, map[string]any{
		"via": "email", "value": "ada@example.org", "verified": true, "status": "completed", "verified_at": "2030-01-02T03:04:05.000000006Z",
	}, verifiable[0])
	assert.Equal(t, map[string]any{"via": "sms", "value": "+442071838750", "verified": false, "status": "pending"}, verifiable[1])
	assert.Equal(t, map[string]any{"via": "email", "value": "ada@example.org"}, recovery[0])
}

func TestAnAddressKeepsItsID(t *testing.T) {
	id := func(owner string, a identity.Address) any {
		var i identity.Identity
		i.ID = owner
		verifiable, _, _ := addressesOf(t, i, a)
		return verifiable[0]["id"]
	}
	space := uuid.MustParse("0b7b1c6e-6f0d-4f0a-9d0e-5a1d3f9c2e41")
	assert.Equal(t, uuid.NewSHA1(space, []byte("verifiable\x0042\x00email\x00ada@example.org")).String(), id("42", email))
	assert.NotEqual(t, id("42", email), id("43", email), "of another identity")
	assert.NotEqual(t, id("42", phone), id("42", email))
}

func TestWithoutAddressesThereAreNoLists(t *testing.T) {
	for name, addresses := range map[string][]identity.Address{"none": nil, "one for nothing": {{Via: "email", Value: "a@b"}}} {
		_, _, keys := addressesOf(t, identity.Identity{}, addresses...)
		assert.NotContains(t, keys, "verifiable_addresses", name)
		assert.NotContains(t, keys, "recovery_addresses", name)
	}
}

func TestVerify(t *testing.T) {
	for _, c := range []struct {
		name, via, value string
		address          identity.Address
		want             bool
	}{
		{"an address that can be verified", "email", "ada@example.org", email, true},
		{"by another way", "sms", "ada@example.org", email, false},
		{"another address", "email", "eve@example.org", email, false},
		{"in another case", "email", "Ada@example.org", email, false},
		{"one that is only for recovery", "email", "ada@example.org", identity.Address{Via: "email", Value: "ada@example.org", Recovery: true}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var i identity.Identity
			assert.Equal(t, c.want, i.Verify([]identity.Address{c.address}, c.via, c.value, at))
			want := []identity.Verified(nil)
			if c.want {
				want = []identity.Verified{{Via: c.via, Value: c.value, At: at}}
			}
			assert.Equal(t, want, i.State.Verified)
		})
	}
	var i identity.Identity
	assert.True(t, i.Verify([]identity.Address{email}, "email", email.Value, at))
	assert.True(t, i.Verify([]identity.Address{email}, "email", email.Value, at.Add(time.Hour)), "a second time")
	assert.Equal(t, []identity.Verified{{Via: "email", Value: email.Value, At: at}}, i.State.Verified, "the first time counts")
}

func TestPruneVerified(t *testing.T) {
	verified := []identity.Verified{{Via: "email", Value: email.Value, At: at}, {Via: "sms", Value: phone.Value, At: at}}
	for _, c := range []struct {
		name      string
		addresses []identity.Address
		want      []identity.Verified
	}{
		{"both are still addresses", []identity.Address{phone, email}, verified},
		{"one is gone", []identity.Address{phone}, verified[1:]},
		{"one is in another case", []identity.Address{{Via: "email", Value: "Ada@example.org", Verifiable: true}, phone}, verified[1:]},
		{"one is reached by another way", []identity.Address{{Via: "sms", Value: email.Value, Verifiable: true}, phone}, verified[1:]},
		{"one cannot be verified any more", []identity.Address{{Via: "email", Value: email.Value, Recovery: true}, phone}, verified[1:]},
		{"all are gone", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before identity.Identity
			before.State.Verified = []identity.Verified{verified[0], verified[1]}
			after := before // they share the list
			after.PruneVerified(c.addresses)
			assert.Equal(t, c.want, after.State.Verified)
			assert.Equal(t, verified, before.State.Verified, "a copy is left alone")
		})
	}
}
