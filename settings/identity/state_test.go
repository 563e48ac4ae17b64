package identity_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/seal"
)

var at = time.Date(2030, 1, 2, 3, 4, 5, 6, time.UTC)

func newRing(t *testing.T, keys ...[]byte) *seal.Keyring {
	t.Helper()
	r, err := seal.New(keys...)
	require.NoError(t, err)
	return r
}

// full is an identity with every field set.
func full() identity.Identity {
	return identity.Identity{
		Record: identity.Record{
			ID: "42", Active: true, SchemaID: "customer", Traits: json.RawMessage(`{"email":"ada@example.org"}`),
			MetadataPublic: json.RawMessage(`{"plan":"free"}`), PasswordHash: "$argon2id$canary-hash",
			Keys:        []identity.Key{{Kind: identity.Identifier, Value: "ada@example.org"}, {Kind: identity.OIDC, Value: "canary-subject"}},
			SealedState: []byte("canary-sealed"), Version: 7, CreatedAt: at, UpdatedAt: at.Add(time.Hour), SignsInElsewhere: true,
		},
		State: identity.State{
			Head:       jsonrecord.Head{MinReader: 1, Unknown: `"new":1`},
			Generation: 3, DevicesSince: 2, KeptSession: "canary-session",
			LastChange: identity.LastChange{ID: "canary-change", Flow: "f", Session: "canary-session", Method: "password", At: at, Proved: "totp", Form: "canary-form", RepeatKey: "remove 1", Unknown: `"new":2`},
			Factors: map[aal.Method]identity.Factor{
				aal.TOTP: {Serial: 4, Unknown: `"new":3`, Credentials: []identity.Credential{{
					ID: "canary-totp", Data: json.RawMessage(`{"key":"canary-key"}`), Name: "phone", AddedAt: at, LastUsedAt: at, Unknown: `"new":4`,
				}}},
			},
			Verified: []identity.Verified{{Via: "email", Value: "ada@example.org", At: at, Unknown: `"new":5`}},
			Events: []identity.Event{{ID: "canary-change", Name: "password.changed", Flow: "f", Session: "canary-session", Method: "password", At: at, Unknown: `"new":6`,
				Actor: "canary-actor", SessionsEnded: true, KeptSession: "canary-session", ClientIP: "192.0.2.1", Attempts: 2, DueAt: at.Add(time.Hour),
				Added: identity.Parts{Identifiers: []string{"ada@example.org"}, Unknown: `"new":7`},
				Removed: identity.Parts{
					Authenticators: []identity.Authenticator{{Method: aal.TOTP, ID: "1", Name: "phone", AddedAt: at, Left: 3, Unknown: `"new":8`}},
					Addresses:      []identity.Address{{Via: "email", Value: "old@example.org", Verifiable: true, Recovery: true, Unknown: `"new":9`}},
				},
				Mail: identity.Mail{Text: 1, Via: "email", To: "canary-to", Serial: "canary-serial", Unknown: `"new":10`},
			}},
			Outbox:  []identity.Event{{ID: "canary-mail", At: at, DueAt: at.Add(2 * time.Hour), Mail: identity.Mail{Text: 1, To: "canary-to"}}},
			Pending: []identity.PendingAddress{{Field: "email", Via: "email", Value: "canary-new@example.org", Old: "ada@example.org", Serial: "canary-serial", CodeAt: at, Generation: 3, Unknown: `"new":11`}},
			CodesAt: []time.Time{at},
		},
	}
}

// A build that knows of no pending addresses changes a password, and leaves them where
// they are.
func TestWhatWasPendingBeforeANewGenerationIsNot(t *testing.T) {
	ring := newRing(t, seal.NewKey())
	for generation, want := range map[uint64]int{3: 1, 4: 0} {
		i := full()
		i.State.Generation = generation
		r, err := i.Seal(ring)
		require.NoError(t, err)
		back, err := identity.Open(ring, r)
		require.NoError(t, err)
		assert.Len(t, back.State.Pending, want)
	}
}

func TestStateIsSealedAndOpened(t *testing.T) {
	ring := newRing(t, seal.NewKey())
	i := full()
	r, err := i.Seal(ring)
	require.NoError(t, err)
	assert.NotEqual(t, i.SealedState, r.SealedState, "sealed anew")
	assert.NotContains(t, string(r.SealedState), "canary", "nothing of the state is readable at rest")
	assert.NotContains(t, string(r.SealedState), "password.changed")

	back, err := identity.Open(ring, r)
	require.NoError(t, err)
	assert.Equal(t, i.State, back.State)
	assert.Equal(t, r, back.Record)
	assert.Equal(t, at.Add(time.Hour), r.DueAt, "when its event is due")
	r.SealedState, i.SealedState, i.DueAt = nil, nil, r.DueAt
	assert.Equal(t, i.Record, r, "the columns are as they were")
}

func TestIdentityTheLibraryHasNotChangedYet(t *testing.T) {
	ring := newRing(t, seal.NewKey())
	for name, sealed := range map[string][]byte{"no state": nil, "an empty state: a column that is not null": {}} {
		t.Run(name, func(t *testing.T) {
			i, err := identity.Open(ring, identity.Record{ID: "42", SealedState: sealed})
			require.NoError(t, err)
			assert.Zero(t, i.State)
			assert.Equal(t, "42", i.ID)
		})
	}
}

// A row that somebody copied, cut or changed must not become somebody's state.
func TestStateOpensOnlyInItsOwnRow(t *testing.T) {
	ring := newRing(t, seal.NewKey())
	sealed := func(t *testing.T) identity.Record {
		r, err := full().Seal(ring)
		require.NoError(t, err)
		return r
	}
	for _, c := range []struct {
		name  string
		spoil func(r *identity.Record)
	}{
		{"copied into another identity's row", func(r *identity.Record) { r.ID = "43" }},
		{"an id that only starts alike", func(r *identity.Record) { r.ID = "421" }},
		{"an id in another form", func(r *identity.Record) { r.ID = "042" }},
		{"a row without an id", func(r *identity.Record) { r.ID = "" }},
		{"cut", func(r *identity.Record) { r.SealedState = r.SealedState[:len(r.SealedState)-1] }},
		{"one bit changed", func(r *identity.Record) { r.SealedState[60] ^= 1 }},
		{"not sealed at all", func(r *identity.Record) { r.SealedState = []byte(`{"generation":9,"factors":{}}`) }},
		{"sealed for another purpose", func(r *identity.Record) {
			r.SealedState = ring.Seal(seal.Binding{Purpose: "error", IdentityID: "42"}, []byte(`{}`))
		}},
		{"sealed, but no JSON", func(r *identity.Record) {
			r.SealedState = ring.Seal(seal.Binding{Purpose: "identity-state", IdentityID: "42"}, []byte(`{"generation":`))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := sealed(t)
			c.spoil(&r)
			i, err := identity.Open(ring, r)
			require.Error(t, err)
			assert.Zero(t, i)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
	_, err := identity.Open(newRing(t, seal.NewKey()), sealed(t))
	assert.ErrorIs(t, err, seal.ErrOpen, "another installation's key")
}

func TestKeysRotate(t *testing.T) {
	older, newer := seal.NewKey(), seal.NewKey()
	old, err := full().Seal(newRing(t, older))
	require.NoError(t, err)

	i, err := identity.Open(newRing(t, newer, older), old)
	require.NoError(t, err, "a state sealed with an old key opens")
	assert.Equal(t, full().State, i.State)

	again, err := i.Seal(newRing(t, newer, older))
	require.NoError(t, err)
	_, err = identity.Open(newRing(t, newer), again)
	require.NoError(t, err, "the next update seals it with the new one")
	_, err = identity.Open(newRing(t, older), again)
	assert.ErrorIs(t, err, seal.ErrOpen)
}

func TestStateThatCannotBeSealedIsAnError(t *testing.T) {
	i := full()
	i.State.Factors["totp"] = identity.Factor{Credentials: []identity.Credential{{Data: json.RawMessage(`{`)}}}
	r, err := i.Seal(newRing(t, seal.NewKey()))
	require.Error(t, err, "a method's record is no JSON")
	assert.Zero(t, r)
}

func TestCloneSharesNothing(t *testing.T) {
	i := full()
	c := i.Clone()
	require.Equal(t, i, c)

	c.Traits[2], c.MetadataPublic[2], c.SealedState[0] = 'X', 'X', 'X'
	c.Keys[0].Value = "x"
	c.State.Events[0].Name, c.State.Verified[0].Value = "x", "x"
	totp := c.State.Factors[aal.TOTP]
	totp.Credentials[0].Name, totp.Credentials[0].Data[2] = "x", 'X'
	c.State.Factors[aal.Lookup] = identity.Factor{}
	assert.Equal(t, full(), i, "what is done to a clone is not done to the identity")

	r := full().Record
	d := r.Clone()
	require.Equal(t, r, d)
	d.Traits[2], d.MetadataPublic[2], d.SealedState[0], d.Keys[0].Value = 'X', 'X', 'X', "x"
	assert.Equal(t, full().Record, r)

	assert.Equal(t, identity.Identity{}, identity.Identity{}.Clone(), "nil stays nil")
}

func TestSchemaOfARecord(t *testing.T) {
	assert.Equal(t, "customer", full().Schema())
	assert.Equal(t, "default", identity.Record{}.Schema())
}

func TestIdentifiersAreWhatIsTypedToLogIn(t *testing.T) {
	r := identity.Record{Keys: []identity.Key{
		{Kind: "identifier", Value: "ada@example.org"}, {Kind: "oidc", Value: "https://issuer sub"},
		{Kind: "webauthn", Value: "id"}, {Kind: "identifier", Value: "ada"},
	}}
	assert.Equal(t, []string{"ada@example.org", "ada"}, r.Identifiers())
	assert.Empty(t, identity.Record{}.Identifiers())
}

func TestErrorsAreTold(t *testing.T) {
	all := []error{identity.ErrNotFound, identity.ErrConflict, identity.ErrDuplicate}
	for i, a := range all {
		for j, b := range all {
			assert.Equal(t, i == j, errors.Is(a, b))
		}
	}
}
