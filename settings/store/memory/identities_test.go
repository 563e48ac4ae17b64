package memory_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store/memory"
)

func person(id string, keys ...string) identity.Record {
	r := identity.Record{ID: id, Active: true, Traits: []byte(`{"name":"Ada"}`), MetadataPublic: []byte(`{"plan":"free"}`), SchemaID: "person", CreatedAt: noon}
	for _, k := range keys {
		r.Keys = append(r.Keys, identity.Key{Kind: identity.Identifier, Value: k})
	}
	return r
}

func ownerOf(t testing.TB, s *memory.Store, key string) string {
	t.Helper()
	id, err := s.IdentityOwner(t.Context(), identity.Key{Kind: identity.Identifier, Value: key})
	if err != nil {
		require.ErrorIs(t, err, identity.ErrNotFound)
	}
	return id
}

func TestCreatedIdentityIsReadWithVersionOne(t *testing.T) {
	s, r := memory.New(), person("alice", "a@example.com")
	r.Version = 7
	require.NoError(t, s.CreateIdentity(t.Context(), r))
	clear(r.Traits)
	clear(r.Keys)
	clear(r.MetadataPublic)
	want := person("alice", "a@example.com")
	want.Version = 1
	got, err := s.GetIdentity(t.Context(), "alice")
	require.NoError(t, err)
	assert.EqualExportedValues(t, want, got)
}

func TestCreateIdentityRefuses(t *testing.T) {
	for name, r := range map[string]identity.Record{
		"an id that exists":                        person("alice", "new@example.com"),
		"an id that exists, with the same keys":    person("alice", "a@example.com"),
		"a key of another identity":                person("carol", "a@example.com"),
		"a key of another identity beside its own": person("carol", "new@example.com", "a@example.com"),
	} {
		t.Run(name, func(t *testing.T) {
			s := memory.New()
			require.NoError(t, s.CreateIdentity(t.Context(), person("alice", "a@example.com")))
			held := s.Held()
			require.ErrorIs(t, s.CreateIdentity(t.Context(), r), identity.ErrDuplicate)
			assert.Equal(t, "alice", ownerOf(t, s, "a@example.com"))
			assert.Empty(t, ownerOf(t, s, "new@example.com"))
			assert.Equal(t, held, s.Held(), "nothing is left of what was refused")
			_, err := s.GetIdentity(t.Context(), "carol")
			assert.ErrorIs(t, err, identity.ErrNotFound)
		})
	}
}

func TestDeletedIdentityTakesAllItHadWithIt(t *testing.T) {
	s := memory.New()
	for _, id := range []string{"alice", "bob"} {
		require.NoError(t, s.CreateIdentity(t.Context(), person(id, id+"@example.com")))
		for n := range 3 {
			create(t, s, "flow", id, n, noon)
			create(t, s, "tries", id, n, noon)
			signIn(t, s, id, n, noon)
		}
	}
	both := s.Held()
	require.ErrorIs(t, s.EraseIdentity(t.Context(), "alice", 7), identity.ErrConflict)
	require.Equal(t, both, s.Held(), "nothing goes with another version")
	alice, err := s.GetIdentity(t.Context(), "alice")
	require.NoError(t, err)
	require.NoError(t, s.EraseIdentity(t.Context(), "alice", alice.Version))
	assert.Equal(t, both/2, s.Held())
	_, err = s.GetIdentity(t.Context(), "alice")
	require.ErrorIs(t, err, identity.ErrNotFound)
	assert.Empty(t, ownerOf(t, s, "alice@example.com"))
	assert.False(t, hasFlow(t, s, "flow:alice:0"))
	assert.False(t, hasFlow(t, s, "tries:alice:0"))
	list, err := s.ListSessions(t.Context(), "alice")
	require.NoError(t, err)
	assert.Empty(t, list)

	assert.Equal(t, "bob", ownerOf(t, s, "bob@example.com"))
	assert.True(t, hasFlow(t, s, "flow:bob:0"))
	require.NoError(t, s.DeleteIdentity(t.Context(), "alice"), "a missing one is no error")
	require.NoError(t, s.EraseIdentity(t.Context(), "alice", 1), "a missing one is no error")
	require.NoError(t, s.CreateIdentity(t.Context(), person("carol", "alice@example.com")), "the key is free")
	require.NoError(t, s.DeleteIdentity(t.Context(), "bob"))
	require.NoError(t, s.DeleteIdentity(t.Context(), "carol"))
	assert.Zero(t, s.Held())
}

func TestBlockingAnIdentityInterruptsAChangeUnderWay(t *testing.T) {
	s := memory.New()
	require.NoError(t, s.CreateIdentity(t.Context(), person("alice", "a@example.com")))
	read, err := s.GetIdentity(t.Context(), "alice")
	require.NoError(t, err)
	require.NoError(t, s.SetActive(t.Context(), "alice", false))
	require.ErrorIs(t, s.UpdateIdentity(t.Context(), read), identity.ErrConflict)

	want := read.Clone()
	want.Active, want.Version = false, read.Version+1
	blocked, err := s.GetIdentity(t.Context(), "alice")
	require.NoError(t, err)
	assert.EqualExportedValues(t, want, blocked)
	require.NoError(t, s.SetActive(t.Context(), "alice", true))
	again, err := s.GetIdentity(t.Context(), "alice")
	require.NoError(t, err)
	assert.True(t, again.Active)
	signIn(t, s, "guest", 0, noon)
	assert.ErrorIs(t, s.SetActive(t.Context(), "guest", false), identity.ErrNotFound, "one who has sessions here and is kept elsewhere")
}

func TestHostsOwnCallsDoNothingOnceTheContextIsDone(t *testing.T) {
	s := memory.New()
	require.NoError(t, s.CreateIdentity(t.Context(), person("alice", "a@example.com")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.CreateIdentity(ctx, person("bob")), context.Canceled)
	require.ErrorIs(t, s.SetActive(ctx, "alice", false), context.Canceled)
	require.ErrorIs(t, s.DeleteIdentity(ctx, "alice"), context.Canceled)
	r, err := s.GetIdentity(t.Context(), "alice")
	require.NoError(t, err)
	assert.True(t, r.Active)
	_, err = s.GetIdentity(t.Context(), "bob")
	require.ErrorIs(t, err, identity.ErrNotFound)
}

// What no store of a database could index is refused here too, and what it could
// is taken.
func TestAKeyIsAsLongAsEveryStoreCanIndex(t *testing.T) {
	longest := strings.Repeat("ü", identity.MaxKeyValue/2)
	s := memory.New()
	require.NoError(t, s.CreateIdentity(t.Context(), person("alice", longest)))
	require.Equal(t, "alice", ownerOf(t, s, longest))
	held := s.Held()
	for _, unstorable := range []string{longest + "x", "a\x00", "\xff"} {
		require.Error(t, s.CreateIdentity(t.Context(), person("bob", unstorable)))
		r, err := s.GetIdentity(t.Context(), "alice")
		require.NoError(t, err)
		r.Keys = append(r.Keys, identity.Key{Kind: identity.Identifier, Value: unstorable})
		require.Error(t, s.UpdateIdentity(t.Context(), r))
		assert.Empty(t, ownerOf(t, s, unstorable))
		assert.Equal(t, held, s.Held(), "nothing is left of what was refused")
	}
}
