package redisstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
)

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
