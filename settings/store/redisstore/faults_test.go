package redisstore_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/store/redisstore"
)

// What goes wrong here goes wrong on a real server. The promise is the same each time:
// what was called saved is there, and what is there is whole.

// A server that writes each change down before it answers is killed while several
// count, sign in and sign out, and started again.
func TestAKilledServerHasAllThatItCalledSaved(t *testing.T) {
	node := serve(t, "--appendonly", "yes", "--appendfsync", "always")
	s := over(t, node.client(t))
	const workers, enough = 4, 50
	var done, counted, asked [workers]atomic.Int64
	var signedOut [workers][]session.Session
	for w := range workers {
		require.NoError(t, s.CreateFlow(t.Context(), record(w)))
	}
	var working sync.WaitGroup
	for w := range workers {
		working.Go(func() {
			for {
				asked[w].Add(1)
				if err := count(t.Context(), s, record(w).Key); err != nil {
					return
				}
				counted[w].Add(1)
				sess := signedIn("alice", w*1000000+int(counted[w].Load()))
				if s.CreateSession(t.Context(), sess) != nil || s.DeleteSession(t.Context(), "alice", sess.ID) != nil {
					return
				}
				signedOut[w] = append(signedOut[w], sess)
				done[w].Add(1)
			}
		})
	}
	require.Eventually(t, func() bool { return all(done[:], enough) }, patience, patience/10000)
	node.kill()
	working.Wait()
	node.start(t)
	// After as many failed dials as its pool has places, the client tries once a second.
	require.Eventually(t, func() bool { _, err := s.GetFlow(t.Context(), record(0).Key); return err == nil }, patience, 5*time.Millisecond)

	for w := range workers {
		r, err := s.GetFlow(t.Context(), record(w).Key)
		require.NoError(t, err)
		n, err := strconv.ParseInt(string(r.Data), 10, 64)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, n, counted[w].Load(), "what was called saved is there")
		assert.LessOrEqual(t, n, asked[w].Load(), "and nothing that was not asked for")
		assert.Equal(t, n+1, r.Version)
		for _, sess := range signedOut[w] {
			_, err := s.GetSession(t.Context(), sess.TokenHash)
			require.ErrorIs(t, err, session.ErrNotFound, "who is signed out stays out")
		}
	}
}

func all(counts []atomic.Int64, least int64) bool {
	for i := range counts {
		if counts[i].Load() < least {
			return false
		}
	}
	return true
}

// count adds one to a record.
func count(ctx context.Context, s *redisstore.Store, key string) error {
	r, err := s.GetFlow(ctx, key)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(string(r.Data))
	if err != nil {
		return err
	}
	r.Data = []byte(strconv.Itoa(n + 1))
	return s.UpdateFlow(ctx, r)
}

func TestAServerThatForgotEverythingSavesNothingOnTopOfIt(t *testing.T) {
	for name, forget := range map[string]func(t *testing.T, node *server){
		"started again without a disk": func(t *testing.T, node *server) { node.kill(); node.start(t) },
		"flushed":                      func(t *testing.T, node *server) { require.NoError(t, node.client(t).FlushAll(t.Context()).Err()) },
		"flushed, its scripts too": func(t *testing.T, node *server) {
			require.NoError(t, node.client(t).FlushAll(t.Context()).Err())
			require.NoError(t, node.client(t).ScriptFlush(t.Context()).Err())
		},
	} {
		t.Run(name, func(t *testing.T) {
			node := serve(t)
			s := over(t, node.client(t))
			ctx, r, sess := t.Context(), record(1), signedIn("alice", 1)
			require.NoError(t, s.CreateFlow(ctx, r))
			require.NoError(t, s.CreateSession(ctx, sess))
			r.Version, sess.Version = 1, 1
			forget(t, node)

			rotated := sess
			rotated.TokenHash = session.Hash("after")
			require.ErrorIs(t, s.UpdateFlow(ctx, r), flow.ErrNotFound, "a count that is lost is no count of zero")
			require.ErrorIs(t, s.UpdateSession(ctx, sess), session.ErrNotFound)
			require.ErrorIs(t, s.UpdateSession(ctx, rotated), session.ErrNotFound)
			for _, hash := range []string{sess.TokenHash, sess.Superseded.TokenHash, rotated.TokenHash} {
				_, err := s.GetSession(ctx, hash)
				require.ErrorIs(t, err, session.ErrNotFound)
			}
			require.NoError(t, s.DeleteSession(ctx, "alice", sess.ID))
			list, err := s.ListSessions(ctx, "alice")
			require.NoError(t, err)
			assert.Empty(t, list)

			require.NoError(t, s.CreateSession(ctx, sess), "it goes on")
			found, err := s.GetSession(ctx, sess.TokenHash)
			require.NoError(t, err)
			assert.Equal(t, sess, found)
		})
	}
}

// A full server that evicts nothing refuses writes, lets sign out and sweep, and goes on.
func TestAFullServerRefusesWholeWrites(t *testing.T) {
	node := serve(t, "--maxmemory", "6mb", "--maxmemory-policy", "noeviction")
	s := over(t, node.client(t))
	ctx, big := t.Context(), []byte(strings.Repeat("x", flow.MaxData))
	sess := signedIn("alice", 0)
	require.NoError(t, s.CreateSession(ctx, sess))
	n := 0
	for ; ; n++ {
		r := record(n)
		r.Data = big
		require.Less(t, n, 10_000, "it is never full")
		if err := s.CreateFlow(ctx, r); err != nil {
			require.ErrorContains(t, err, "OOM")
			_, err = s.GetFlow(ctx, r.Key)
			require.ErrorIs(t, err, flow.ErrNotFound, "what is refused is not there")
			break
		}
	}
	require.Positive(t, n)
	for i := range n {
		r, err := s.GetFlow(ctx, record(i).Key)
		require.NoError(t, err, "what was saved is there")
		require.Equal(t, big, r.Data)
	}
	// What a connection frees may be room for a small one: from now on there is none.
	maxMemory := func(most string) { require.NoError(t, node.client(t).ConfigSet(ctx, "maxmemory", most).Err()) }
	maxMemory("1mb")
	require.Error(t, s.CreateSession(ctx, signedIn("bob", 0)))
	sess.Version, sess.UserAgent = 1, "another"
	require.Error(t, s.UpdateSession(ctx, sess))
	found, err := s.GetSession(ctx, sess.TokenHash)
	require.NoError(t, err)
	assert.Empty(t, found.UserAgent)
	require.NoError(t, s.DeleteSession(ctx, "alice", sess.ID), "signing out needs no room")
	_, err = s.GetSession(ctx, sess.TokenHash)
	require.ErrorIs(t, err, session.ErrNotFound)

	deleted, err := s.DeleteExpiredFlows(ctx, later, n+1)
	require.NoError(t, err, "a sweep makes room")
	assert.Equal(t, n, deleted)
	maxMemory("6mb")
	require.NoError(t, s.CreateSession(ctx, signedIn("bob", 0)), "it goes on")
}

// A server that evicts may take any key. What is left of a session is the whole session
// or none, and who is signed out is out.
func TestASessionOfWhichAnyKeyIsEvictedIsWholeOrGone(t *testing.T) {
	client := shared(t)
	s, prefix := own(t, client)
	ctx := t.Context()
	n := 0
	fresh := func() (session.Session, []string) {
		n++
		sess := signedIn(fmt.Sprint("alice", n), n)
		before := keys(client, prefix)
		require.NoError(t, s.CreateSession(ctx, sess))
		sess.Version = 1
		var made []string
		for _, key := range keys(client, prefix) {
			if !slices.Contains(before, key) {
				made = append(made, key)
			}
		}
		return sess, made
	}
	_, made := fresh()
	require.Len(t, made, 6, "a row, three that find it, and two lists")
	for i := range made {
		sess, made := fresh()
		t.Run(strings.TrimPrefix(made[i], prefix), func(t *testing.T) {
			require.EqualValues(t, 1, client.Del(ctx, made[i]).Val())
			whole := func() (found int) {
				for _, hash := range []string{sess.TokenHash, sess.Superseded.TokenHash} {
					got, err := s.GetSession(ctx, hash)
					if err == nil {
						require.Equal(t, sess, got)
						found++
					} else {
						require.ErrorIs(t, err, session.ErrNotFound)
					}
				}
				list, err := s.ListSessions(ctx, sess.IdentityID)
				require.NoError(t, err)
				for _, got := range list {
					require.Equal(t, sess, got)
				}
				return found
			}
			whole()
			sess.UserAgent, sess.ExpiresAt = "another", later.AddDate(0, 0, 1)
			err := s.UpdateSession(ctx, sess)
			if err == nil { // and what was evicted is there again
				sess.Version++
				assert.Equal(t, 2, whole())
			} else {
				require.ErrorIs(t, err, session.ErrNotFound)
				assert.Zero(t, whole())
			}
			require.NoError(t, s.DeleteSession(ctx, sess.IdentityID, sess.ID))
			assert.Zero(t, whole(), "signed out")
			_, err = s.DeleteExpiredSessions(ctx, later.AddDate(1, 0, 0), 100)
			require.NoError(t, err)
		})
	}
}

// A refused sign-in takes nobody's hash.
func TestWhatARefusedWriteClaimedIsFree(t *testing.T) {
	s := over(t, shared(t))
	require.NoError(t, s.CreateSession(t.Context(), signedIn("alice", 1)))
	again := signedIn("alice", 2)
	again.ID = signedIn("alice", 1).ID
	require.ErrorIs(t, s.CreateSession(t.Context(), again), session.ErrDuplicate)
	require.NoError(t, s.CreateSession(t.Context(), signedIn("alice", 2)))
}

// A call that ended between its two steps leaves a finder that leads nowhere. Once it is
// too old to be of a call that is under way, it is in nobody's way.
func TestAFinderThatWasLeftBehindIsTakenOver(t *testing.T) {
	client := shared(t)
	s, prefix := own(t, client)
	sess := signedIn("alice", 1)
	now := client.Time(t.Context()).Val().Unix()
	for _, key := range []string{"token:" + sess.TokenHash, "session-id:" + sess.ID} {
		leave := func(since int64) {
			require.NoError(t, client.Set(t.Context(), prefix+key, fmt.Sprintf("%d WRITE 00 nobody", since), 0).Err())
		}
		leave(now)
		require.ErrorIs(t, s.CreateSession(t.Context(), sess), session.ErrDuplicate, "it may be under way: %s", key)
		leave(now - 3600)
		require.NoError(t, s.CreateSession(t.Context(), sess), key)
		_, err := s.GetSession(t.Context(), sess.TokenHash)
		require.NoError(t, err)
		require.NoError(t, s.DeleteSession(t.Context(), "alice", sess.ID))
	}
}
