package redisstore_test

import (
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/store/redisstore"
)

func TestCheckSaysWhyAServerCannotBeUsed(t *testing.T) {
	gone := serve(t)
	gone.kill()
	first := serve(t)
	host, port, err := net.SplitHostPort(first.addr)
	require.NoError(t, err)
	replica := serve(t)
	require.NoError(t, replica.client(t).ReplicaOf(t.Context(), host, port).Err())
	for _, row := range []struct {
		name   string
		client *redis.Client
		allow  bool
		want   error
		says   string
	}{
		{"a server", first.client(t), false, nil, ""},
		{"one that evicts nothing when it is full", serve(t, "--maxmemory", "50mb", "--maxmemory-policy", "noeviction").client(t), false, nil, ""},
		{"one that would evict, and is never full", serve(t, "--maxmemory-policy", "allkeys-lru").client(t), false, nil, ""},
		{"one that evicts what it likes", serve(t, "--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru").client(t), false, redisstore.ErrSetting, "noeviction"},
		{"one that evicts what expires, which is all there is", serve(t, "--maxmemory", "50mb", "--maxmemory-policy", "volatile-ttl").client(t), false, redisstore.ErrSetting, "noeviction"},
		{"one that evicts, which is allowed", serve(t, "--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru").client(t), true, nil, ""},
		{"a replica, which refuses to write", replica.client(t), false, redisstore.ErrSetting, "READONLY"},
		{"one that asks for a password", locked(t), false, redisstore.ErrSetting, "NOAUTH"},
		{"none", gone.client(t), false, redisstore.ErrUnreachable, "refused"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, err := redisstore.New(row.client, redisstore.Config{AllowEviction: row.allow})
			require.NoError(t, err)
			err = s.Check(t.Context())
			if row.want == nil {
				require.NoError(t, err)
				assert.Zero(t, row.client.DBSize(t.Context()).Val(), "nothing is left of it")
				return
			}
			require.ErrorIs(t, err, row.want)
			assert.ErrorContains(t, err, row.says)
		})
	}
}

// locked is a client without the password that its server asks for.
func locked(t *testing.T) *redis.Client {
	s := serve(t)
	require.NoError(t, s.client(t).ConfigSet(t.Context(), "requirepass", "s3cret").Err())
	return s.client(t)
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for name, c := range map[string]struct {
		client redis.UniversalClient
		prefix string
	}{
		"no client":                           {nil, ""},
		"a prefix that is a hash tag":         {shared(t), "{amend}:"},
		"reads from replicas":                 {closed(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}, ReadOnly: true})), ""},
		"reads from whichever is the closest": {closed(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}, RouteByLatency: true})), ""},
	} {
		_, err := redisstore.New(c.client, redisstore.Config{Prefix: c.prefix})
		require.ErrorContains(t, err, "redisstore: New", name)
	}
}

// Redis deletes what nobody sweeps: an hour after it expires by the host's clock, whatever
// the server's own says.
func TestEveryKeyExpiresByTheHostsClock(t *testing.T) {
	client := shared(t)
	_, prefix := own(t, client)
	now := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	s, err := redisstore.New(client, redisstore.Config{Prefix: prefix, Now: func() time.Time { return now }})
	require.NoError(t, err)
	r, sess := record(1), signedIn("alice", 1)
	r.ExpiresAt, sess.ExpiresAt = now.Add(10*time.Hour), now.Add(10*time.Hour)
	require.NoError(t, s.CreateFlow(t.Context(), r))
	require.NoError(t, s.CreateSession(t.Context(), sess))
	lives := func(atLeast, atMost time.Duration) {
		t.Helper()
		all := keys(client, prefix)
		require.Len(t, all, 8)
		for _, key := range all {
			left := client.PTTL(t.Context(), key).Val()
			assert.Greater(t, left, atLeast, key)
			assert.LessOrEqual(t, left, atMost, key)
		}
	}
	lives(10*time.Hour, 11*time.Hour)
	r.Version, sess.Version = 1, 1
	r.ExpiresAt, sess.ExpiresAt = now.Add(20*time.Hour), now.Add(20*time.Hour)
	require.NoError(t, s.UpdateFlow(t.Context(), r))
	require.NoError(t, s.UpdateSession(t.Context(), sess))
	lives(20*time.Hour, 21*time.Hour)
}

// A newer build adds a field, and an older one updates the record meanwhile.
func TestAnUpdateLeavesFieldsThatItDoesNotKnow(t *testing.T) {
	client := shared(t)
	s, prefix := own(t, client)
	require.NoError(t, s.CreateFlow(t.Context(), record(1)))
	require.NoError(t, s.CreateSession(t.Context(), signedIn("alice", 1)))
	var rows []string
	for _, key := range keys(client, prefix) {
		if client.Type(t.Context(), key).Val() == "hash" {
			rows = append(rows, key)
			require.NoError(t, client.HSet(t.Context(), key, "later", "of a newer build").Err())
		}
	}
	require.Len(t, rows, 2)
	r, sess := record(1), signedIn("alice", 1)
	r.Version, sess.Version = 1, 1
	require.NoError(t, s.UpdateFlow(t.Context(), r))
	require.NoError(t, s.UpdateSession(t.Context(), sess))
	for _, row := range rows {
		assert.Equal(t, "of a newer build", client.HGet(t.Context(), row, "later").Val())
		assert.Equal(t, "2", client.HGet(t.Context(), row, "version").Val())
	}
}

func TestSessionOwner(t *testing.T) {
	s := over(t, shared(t))
	require.NoError(t, s.CreateSession(t.Context(), signedIn("alice", 1)))
	owner, err := s.SessionOwner(t.Context(), signedIn("alice", 1).ID)
	require.NoError(t, err)
	assert.Equal(t, "alice", owner)
	require.NoError(t, s.DeleteSession(t.Context(), "alice", signedIn("alice", 1).ID))
	_, err = s.SessionOwner(t.Context(), signedIn("alice", 1).ID)
	require.ErrorIs(t, err, session.ErrNotFound)
}
