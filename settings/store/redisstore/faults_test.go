package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
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

// A server that hangs: the call ends with its context, whatever the client waits for.
func TestACallEndsWithItsContextWhileTheServerHangs(t *testing.T) {
	line := newLine(t, shared(t).Options())
	s := over(t, line.client)
	require.NoError(t, s.CreateFlow(t.Context(), record(1)))
	for name, call := range map[string]func(ctx context.Context) error{
		"a read":    func(ctx context.Context) error { _, err := s.GetFlow(ctx, record(1).Key); return err },
		"a write":   func(ctx context.Context) error { return s.CreateFlow(ctx, record(2)) },
		"a list":    func(ctx context.Context) error { _, err := s.ListSessions(ctx, "alice"); return err },
		"a sign-in": func(ctx context.Context) error { return s.CreateSession(ctx, signedIn("alice", 1)) },
		"a sweep":   func(ctx context.Context) error { _, err := s.DeleteExpiredFlows(ctx, later, 1); return err },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			line.meets(func(toServer bool, _ int) verdict {
				cancel() // the request is on its way
				return swallow
			})
			defer line.meets(nil)
			answered := make(chan error, 1)
			go func() { answered <- call(ctx) }()
			select {
			case err := <-answered:
				require.ErrorIs(t, err, context.Canceled)
			case <-time.After(patience):
				t.Fatal("the call does not end")
			}
		})
	}
}

// The network is cut at each piece that is sent, in either direction. What got no error
// is saved, once; what got one is saved whole or not at all.
func TestACutLineNeverCallsSavedWhatIsNot(t *testing.T) {
	direct := shared(t)
	for _, c := range []struct {
		name string
		meet func(toServer bool, n int) verdict
	}{
		{"the line is cut once", func(_ bool, n int) verdict { return map[bool]verdict{true: cut}[n == 0] }},
		{"the line is cut, and stays so", func(bool, int) verdict { return cut }},
		{"answers are lost", func(toServer bool, _ int) verdict { return map[bool]verdict{false: cut}[toServer] }},
		{"one answer is lost", func(toServer bool, n int) verdict { return map[bool]verdict{true: cut}[!toServer && n <= 1] }},
	} {
		t.Run(c.name, func(t *testing.T) {
			line := newLine(t, direct.Options())
			for k, over := 0, false; !over; k++ {
				require.Less(t, k, 200, "the scenario ends")
				over = cutAt(t, line, direct, k, c.meet)
			}
		})
	}
}

// cutAt runs the scenario with trouble from the k-th piece on, and says if it was over
// before.
func cutAt(t *testing.T, line *line, direct *redis.Client, k int, meet func(toServer bool, n int) verdict) (over bool) {
	truth, prefix := own(t, direct)
	troubled := at(t, line.client, prefix)
	ctx := t.Context()
	met := false
	line.meets(func(toServer bool, n int) verdict {
		if n < k {
			return pass
		}
		met = true
		return meet(toServer, n-k)
	})
	r, sess := record(1), signedIn("alice", 1)

	// saved says whether a call's word and what is there are one.
	saved := func(step string, err error, there bool) {
		t.Helper()
		if err == nil {
			require.True(t, there, "cut at %d: %s is called saved, and is not", k, step)
		}
	}
	err := troubled.CreateFlow(ctx, r)
	now, missing := truth.GetFlow(ctx, r.Key)
	saved("a flow", err, missing == nil)
	require.NotErrorIs(t, err, flow.ErrDuplicate, "its own write, repeated, is no other's")
	if missing != nil {
		require.NoError(t, truth.CreateFlow(ctx, r))
		now, missing = truth.GetFlow(ctx, r.Key)
		require.NoError(t, missing)
	}
	now.Data = []byte("1")
	err = troubled.UpdateFlow(ctx, now)
	require.NotErrorIs(t, err, flow.ErrConflict)
	then, missing := truth.GetFlow(ctx, r.Key)
	require.NoError(t, missing)
	saved("an update", err, string(then.Data) == "1")
	require.Equal(t, map[bool]int64{true: 2, false: 1}[string(then.Data) == "1"], then.Version, "it is written once")

	err = troubled.CreateSession(ctx, sess)
	require.NotErrorIs(t, err, session.ErrDuplicate)
	_, missing = truth.GetSession(ctx, sess.TokenHash)
	saved("a session", err, missing == nil)
	list, failed := truth.ListSessions(ctx, "alice")
	require.NoError(t, failed)
	require.Equal(t, missing == nil, len(list) == 1, "it is listed if it is found")
	if missing == nil {
		sess.Version = 1
		before := sess.TokenHash
		sess.TokenHash, sess.Superseded.TokenHash = session.Hash("rotated"), before
		err = troubled.UpdateSession(ctx, sess)
		require.NotErrorIs(t, err, session.ErrConflict)
		got, missing := truth.GetSession(ctx, sess.TokenHash)
		saved("a rotation", err, missing == nil)
		old, lost := truth.GetSession(ctx, before)
		require.NoError(t, lost, "the token before finds it in any case")
		require.Equal(t, map[bool]int64{true: 2, false: 1}[missing == nil], old.Version)
		if missing == nil {
			require.Equal(t, old, got)
			_, lost = truth.GetSession(ctx, session.Hash("before alice 1"))
			require.ErrorIs(t, lost, session.ErrNotFound, "the one before that finds nothing, also where the call ended halfway")
		}
		err = troubled.DeleteSession(ctx, "alice", sess.ID)
		_, missing = truth.GetSession(ctx, before)
		saved("a sign-out", err, errors.Is(missing, session.ErrNotFound))
	}
	line.meets(nil)
	return !met
}
