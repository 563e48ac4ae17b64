package memory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/store/memory"
)

var noon = time.Date(2031, time.February, 3, 12, 0, 0, 0, time.UTC)

func create(t testing.TB, s *memory.Store, kind, owner string, n int, expiresAt time.Time) string {
	t.Helper()
	key := fmt.Sprintf("%s:%s:%d", kind, owner, n)
	require.NoError(t, s.CreateFlow(t.Context(), flow.Record{Key: key, Owner: owner, ExpiresAt: expiresAt, Data: []byte("x")}))
	return key
}

func signIn(t testing.TB, s *memory.Store, owner string, n int, expiresAt time.Time) string {
	t.Helper()
	hash := session.Hash(fmt.Sprint(owner, n))
	require.NoError(t, s.CreateSession(t.Context(), session.Session{
		ID: fmt.Sprint(owner, n), IdentityID: owner, TokenHash: hash,
		Superseded: session.Superseded{TokenHash: "old " + hash}, IssuedAt: noon, ExpiresAt: expiresAt,
	}))
	return hash
}

func hasFlow(t testing.TB, s *memory.Store, key string) bool {
	t.Helper()
	_, err := s.GetFlow(t.Context(), key)
	if err != nil {
		require.ErrorIs(t, err, flow.ErrNotFound)
	}
	return err == nil
}

func hasSession(t testing.TB, s *memory.Store, hash string) bool {
	t.Helper()
	_, err := s.GetSession(t.Context(), hash)
	if err != nil {
		require.ErrorIs(t, err, session.ErrNotFound)
	}
	return err == nil
}

func TestOneFlowTooManyTakesThePlaceOfTheOneThatExpiresFirst(t *testing.T) {
	s := memory.New()
	var keys []string
	for n := range 100 {
		expiresAt := noon.Add(time.Hour)
		if n == 37 {
			expiresAt = noon.Add(time.Minute)
		}
		keys = append(keys, create(t, s, "flow", "alice", n, expiresAt))
	}
	for _, key := range keys {
		require.True(t, hasFlow(t, s, key), "a hundred flows have room")
	}
	assert.True(t, hasFlow(t, s, create(t, s, "flow", "alice", 100, noon)), "the new one stays, though it expires first of all")
	assert.False(t, hasFlow(t, s, keys[37]))
	assert.True(t, hasFlow(t, s, create(t, s, "flow", "alice", 101, noon.Add(time.Hour))))
	assert.False(t, hasFlow(t, s, "flow:alice:100"))
	left := 0
	for _, key := range keys {
		if hasFlow(t, s, key) {
			left++
		}
	}
	assert.Equal(t, 99, left)
}

func TestExpiryOfAnUpdateDecidesWhoMakesRoom(t *testing.T) {
	s := memory.New()
	first := create(t, s, "flow", "alice", 0, noon)
	second := create(t, s, "flow", "alice", 1, noon.Add(time.Minute))
	for n := range 98 {
		create(t, s, "flow", "alice", 2+n, noon.Add(time.Hour))
	}
	r, err := s.GetFlow(t.Context(), first)
	require.NoError(t, err)
	r.ExpiresAt = noon.Add(2 * time.Hour)
	require.NoError(t, s.UpdateFlow(t.Context(), r))
	create(t, s, "flow", "alice", 100, noon.Add(time.Hour))
	assert.True(t, hasFlow(t, s, first))
	assert.False(t, hasFlow(t, s, second))
}

func TestFloodOfFlowsPushesOutNothingElse(t *testing.T) {
	s := memory.New()
	kept := map[string]string{
		"a count of tries of the same identity":  create(t, s, "tries", "alice", 0, noon),
		"another count, which has expired":       create(t, s, "tries", "alice", 1, noon.Add(-time.Hour)),
		"a paused change of the same identity":   create(t, s, "paused", "alice", 0, noon),
		"a ceremony's state":                     create(t, s, "oidc", "alice", 0, noon),
		"a flow of another identity":             create(t, s, "flow", "bob", 0, noon),
		"a count of tries of another identity":   create(t, s, "tries", "bob", 0, noon),
		"a flow of the identity without an id":   create(t, s, "flow", "", 0, noon),
		"a flow of one whose id begins the same": create(t, s, "flow", "alice2", 0, noon),
	}
	hash := signIn(t, s, "alice", 0, noon)
	for n := range 1000 {
		create(t, s, "flow", "alice", n, noon.Add(time.Hour))
	}
	for what, key := range kept {
		assert.True(t, hasFlow(t, s, key), what)
	}
	assert.True(t, hasSession(t, s, hash), "a session")
}

func TestEachKindHasRoomOfItsOwn(t *testing.T) {
	s := memory.New()
	var keys []string
	for n := range 100 {
		keys = append(keys, create(t, s, "flow", "alice", n, noon), create(t, s, "paused", "alice", n, noon), create(t, s, "tries", "alice", n, noon))
	}
	for _, key := range keys {
		require.True(t, hasFlow(t, s, key))
	}
}

func TestCountsOfTriesAreNeverPushedOut(t *testing.T) {
	s := memory.New()
	for n := range 300 {
		create(t, s, "tries", "alice", n, noon.Add(time.Duration(n)*time.Second))
	}
	for n := range 300 {
		require.True(t, hasFlow(t, s, fmt.Sprintf("tries:alice:%d", n)))
	}
}

func TestDuplicateFlowPushesOutNothing(t *testing.T) {
	s := memory.New()
	for n := range 100 {
		create(t, s, "flow", "alice", n, noon)
	}
	held := s.Held()
	require.ErrorIs(t, s.CreateFlow(t.Context(), flow.Record{Key: "flow:alice:5", Owner: "alice"}), flow.ErrDuplicate)
	require.ErrorIs(t, s.CreateFlow(t.Context(), flow.Record{Key: "flow:alice:5", Owner: "bob"}), flow.ErrDuplicate)
	assert.Equal(t, held, s.Held(), "nor does one for a new owner leave anything behind")
}

func TestOneSessionTooManyTakesThePlaceOfTheOneThatExpiresFirst(t *testing.T) {
	s := memory.New()
	var hashes []string
	for n := range 100 {
		hashes = append(hashes, signIn(t, s, "alice", n, noon.Add(time.Duration(100-n)*time.Minute)))
	}
	other := signIn(t, s, "bob", 0, noon)
	for _, hash := range hashes {
		require.True(t, hasSession(t, s, hash), "a hundred sessions have room")
	}
	hashes = append(hashes, signIn(t, s, "alice", 100, noon))
	assert.False(t, hasSession(t, s, hashes[99]))
	assert.False(t, hasSession(t, s, "old "+hashes[99]))
	hashes = append(hashes, signIn(t, s, "alice", 101, noon.Add(time.Hour)))
	assert.False(t, hasSession(t, s, hashes[100]))
	assert.True(t, hasSession(t, s, hashes[98]))
	assert.True(t, hasSession(t, s, other))
	list, err := s.ListSessions(t.Context(), "alice")
	require.NoError(t, err)
	assert.Len(t, list, memory.MaxPerOwner)
}

func TestDuplicateSessionPushesOutNothing(t *testing.T) {
	s := memory.New()
	for n := range 100 {
		signIn(t, s, "alice", n, noon)
	}
	held := s.Held()
	require.ErrorIs(t, s.CreateSession(t.Context(), session.Session{ID: "alice5", IdentityID: "alice"}), session.ErrDuplicate)
	require.ErrorIs(t, s.CreateSession(t.Context(), session.Session{ID: "alice5", IdentityID: "bob"}), session.ErrDuplicate)
	assert.Equal(t, held, s.Held(), "nor does one for a new identity leave anything behind")
}

func TestSweepFindsEveryExpiredRecordAndLeavesNothingOfIt(t *testing.T) {
	const owners = 3000
	s := memory.New()
	for n := range owners {
		expiresAt := noon.Add(time.Duration(n%2) * time.Hour)
		create(t, s, "flow", fmt.Sprint(n), 0, expiresAt)
		signIn(t, s, fmt.Sprint(n), 0, expiresAt)
	}
	sweep := func(now time.Time, limit int) (flows, sessions int) {
		flows, err := s.DeleteExpiredFlows(t.Context(), now, limit)
		require.NoError(t, err)
		sessions, err = s.DeleteExpiredSessions(t.Context(), now, limit)
		require.NoError(t, err)
		return flows, sessions
	}
	for range owners / 2 / 100 {
		flows, sessions := sweep(noon, 100)
		require.Equal(t, 100, flows)
		require.Equal(t, 100, sessions)
	}
	flows, sessions := sweep(noon, 100)
	require.Zero(t, flows+sessions)
	for n := range owners {
		require.Equal(t, n%2 == 1, hasFlow(t, s, fmt.Sprintf("flow:%d:0", n)))
	}
	flows, sessions = sweep(noon.Add(time.Hour), owners)
	assert.Equal(t, owners/2, flows)
	assert.Equal(t, owners/2, sessions)
	assert.Zero(t, s.Held())
}

func TestSweepByANegativeLimitDeletesNothing(t *testing.T) {
	s := memory.New()
	create(t, s, "flow", "alice", 0, noon)
	n, err := s.DeleteExpiredFlows(t.Context(), noon, -1)
	require.NoError(t, err)
	assert.Zero(t, n)
	assert.True(t, hasFlow(t, s, "flow:alice:0"))
}
