package memory_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/memory"
)

func TestLoadNeverFindsHalfACommit(t *testing.T) {
	s := memory.New()
	require.NoError(t, s.CreateIdentity(t.Context(), person("alice", "a@example.com")))
	hash := signIn(t, s, "alice", 0, noon)
	key := create(t, s, "flow", "alice", 0, noon)
	var (
		wg   sync.WaitGroup
		done atomic.Bool
	)
	wg.Go(func() {
		defer done.Store(true)
		for range 2000 {
			l, err := s.Load(t.Context(), hash, key)
			if !assert.NoError(t, err) {
				return
			}
			err = s.Commit(t.Context(), store.Commit{Identity: l.Identity, Session: l.Session, Flow: l.Flow})
			if !assert.NoError(t, err) {
				return
			}
		}
	})
	for range 4 {
		wg.Go(func() {
			for !done.Load() {
				l, err := s.Load(t.Context(), hash, key)
				if !assert.NoError(t, err) || !assert.Equal(t, l.Session.Version, l.Identity.Version) || !assert.Equal(t, l.Session.Version, l.Flow.Version) {
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestRotatedTokenFindsNothingWhoeverWasWaiting(t *testing.T) {
	s := memory.New()
	hash := signIn(t, s, "alice", 0, noon)
	hashes := []string{hash, "1", "2", "3"}
	var wg sync.WaitGroup
	wg.Go(func() {
		sess, err := s.GetSession(t.Context(), hash)
		assert.NoError(t, err)
		for n := range 20_000 {
			sess.TokenHash, sess.Superseded = hashes[n%len(hashes)], session.Superseded{}
			if !assert.NoError(t, s.UpdateSession(t.Context(), sess)) {
				return
			}
			sess.Version++
		}
	})
	for range 4 {
		wg.Go(func() {
			for n := range 20_000 {
				wanted := hashes[n%len(hashes)]
				if sess, err := s.GetSession(t.Context(), wanted); err == nil && !assert.Equal(t, wanted, sess.TokenHash) {
					return
				}
				if l, err := s.Load(t.Context(), wanted, ""); err == nil && l.Session != nil && !assert.Equal(t, wanted, l.Session.TokenHash) {
					return
				}
			}
		})
	}
	wg.Wait()
}

// Commits that name records of two identities, in turn the one first and the
// other, would block each other for ever if locks were taken in that order.
func TestCommitsAcrossIdentitiesDoNotBlockEachOther(t *testing.T) {
	s := memory.New()
	const people = 8
	for n := range people {
		id := fmt.Sprint(n)
		require.NoError(t, s.CreateIdentity(t.Context(), person(id, id)))
		signIn(t, s, id, 0, noon)
		create(t, s, "flow", id, 0, noon)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				a, b, c := fmt.Sprint(rand.IntN(people)), fmt.Sprint(rand.IntN(people)), fmt.Sprint(rand.IntN(people))
				l, err := s.Load(t.Context(), session.Hash(a+"0"), "flow:"+b+":0")
				assert.NoError(t, err)
				i, err := s.GetIdentity(t.Context(), c)
				assert.NoError(t, err)
				err = s.Commit(t.Context(), store.Commit{Identity: &i, Session: l.Session, Flow: l.Flow})
				if err != nil {
					assert.Contains(t, []error{identity.ErrConflict, session.ErrConflict, flow.ErrConflict}, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestSupersededHashOfAnotherSessionIsADuplicateToo(t *testing.T) {
	s := memory.New()
	hash := signIn(t, s, "alice", 0, noon)
	taking := session.Session{ID: "x", IdentityID: "bob", TokenHash: "old " + hash}
	require.ErrorIs(t, s.CreateSession(t.Context(), taking), session.ErrDuplicate)
	taking.TokenHash, taking.Superseded.TokenHash = "x", hash
	require.ErrorIs(t, s.CreateSession(t.Context(), taking), session.ErrDuplicate)
	assert.False(t, hasSession(t, s, "x"))
	list, err := s.ListSessions(t.Context(), "bob")
	require.NoError(t, err)
	assert.Empty(t, list)
}

// Everything at once, on few names: no call may fail but by the errors of the
// contract, and nothing may be left when all is deleted.
func TestAllCallsAtOnceLeaveNothingBehind(t *testing.T) {
	s := memory.New()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 400 {
				id := fmt.Sprint(rand.IntN(5))
				hash, key := session.Hash(id), "flow:"+fmt.Sprint(rand.IntN(5))
				sess := session.Session{ID: id, IdentityID: id, TokenHash: hash, Superseded: session.Superseded{TokenHash: fmt.Sprint(rand.IntN(5))}}
				_ = s.CreateIdentity(t.Context(), person(id, fmt.Sprint(rand.IntN(5))))
				_ = s.CreateSession(t.Context(), sess)
				_ = s.CreateFlow(t.Context(), flow.Record{Key: key, Owner: id, ExpiresAt: noon.Add(time.Duration(rand.IntN(3)))})
				l, err := s.Load(t.Context(), hash, key)
				assert.NoError(t, err)
				if l.Session != nil {
					assert.True(t, l.Session.TokenHash == hash || l.Session.Superseded.TokenHash == hash)
					l.Session.Superseded.TokenHash = fmt.Sprint(rand.IntN(5))
				}
				_ = s.Commit(t.Context(), store.Commit{Identity: l.Identity, Session: l.Session, Flow: l.Flow})
				if r, err := s.GetFlow(t.Context(), key); err == nil {
					r.ExpiresAt = noon.Add(time.Duration(rand.IntN(3)))
					_ = s.UpdateFlow(t.Context(), r)
				}
				_, _ = s.ListSessions(t.Context(), id)
				_ = s.SetActive(t.Context(), id, false)
				switch rand.IntN(5) {
				case 0:
					assert.NoError(t, s.DeleteFlow(t.Context(), key))
				case 1:
					assert.NoError(t, s.DeleteSession(t.Context(), id, id))
				case 2:
					assert.NoError(t, s.DeleteIdentity(t.Context(), id))
				case 3:
					_, err := s.DeleteExpiredFlows(t.Context(), noon.Add(1), 1)
					assert.NoError(t, err)
				case 4:
					_, err := s.DeleteExpiredSessions(t.Context(), noon, 1)
					assert.NoError(t, err)
				}
			}
		})
	}
	wg.Wait()
	for n := range 5 {
		require.NoError(t, s.DeleteIdentity(t.Context(), fmt.Sprint(n)))
	}
	assert.Zero(t, s.Held())
}
