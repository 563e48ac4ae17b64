package redisstore_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/store/redisstore"
)

// redisURL is the server that the tests are told to use.
func redisURL(t *testing.T) string {
	t.Helper()
	at := os.Getenv("AMEND_REDIS")
	if at == "" {
		t.Skip("AMEND_REDIS is not set: no server to test with")
	}
	return at
}

// shared is a client of that server.
func shared(t *testing.T) *redis.Client {
	t.Helper()
	o, err := redis.ParseURL(redisURL(t))
	require.NoError(t, err)
	return closed(t, redis.NewClient(o))
}

func closed[C redis.UniversalClient](t *testing.T, client C) C {
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// over is a store of a test's own: no other has its prefix, and what it kept is deleted.
func over(t *testing.T, client redis.UniversalClient) *redisstore.Store {
	s, _ := own(t, client)
	return s
}

// own is over with the prefix.
func own(t *testing.T, client redis.UniversalClient) (s *redisstore.Store, prefix string) {
	t.Helper()
	prefix = "amend-test-" + rand.Text() + ":"
	t.Cleanup(func() {
		for _, key := range keys(client, prefix) {
			client.Del(context.Background(), key)
		}
	})
	return at(t, client, prefix), prefix
}

func at(t *testing.T, client redis.UniversalClient, prefix string) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(client, redisstore.Config{Prefix: prefix})
	require.NoError(t, err)
	return s
}

// keys are those that begin with a prefix.
func keys(client redis.UniversalClient, prefix string) (all []string) {
	ctx := context.Background() // also after the test
	var mu sync.Mutex
	scan := func(ctx context.Context, c *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		for i := c.Scan(ctx, 0, prefix+"*", 1000).Iterator(); i.Next(ctx); {
			all = append(all, i.Val())
		}
		return nil
	}
	switch c := client.(type) {
	case *redis.ClusterClient:
		_ = c.ForEachMaster(ctx, scan)
	case *redis.Client:
		_ = scan(ctx, c)
	}
	return all
}

// server is a redis-server of a test's own, which can be killed.
type server struct {
	addr    string
	flags   []string
	process *exec.Cmd
}

// serve starts a server in a directory of its own. It keeps nothing, unless flags say
// otherwise.
func serve(t *testing.T, flags ...string) *server {
	t.Helper()
	redisURL(t) // who has no server to test with may have no redis-server either
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	require.NoError(t, l.Close())
	s := &server{addr: l.Addr().String(), flags: append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir()}, flags...)}
	t.Cleanup(s.kill)
	s.start(t)
	return s
}

func (s *server) start(t *testing.T) {
	t.Helper()
	s.process = exec.Command("redis-server", s.flags...)
	require.NoError(t, s.process.Start())
	client := s.client(t)
	require.Eventually(t, func() bool { return client.Ping(t.Context()).Err() == nil }, 20*time.Second, 5*time.Millisecond, "redis-server answers")
}

// kill ends the process as a crash does.
func (s *server) kill() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
}

func (s *server) client(t *testing.T) *redis.Client {
	return closed(t, redis.NewClient(&redis.Options{Addr: s.addr}))
}

// serveCluster starts a cluster of three servers.
func serveCluster(t *testing.T) *redis.ClusterClient {
	t.Helper()
	var nodes []*redis.Client
	var addrs []string
	for n := range 3 {
		s := serve(t, "--cluster-enabled", "yes")
		node := s.client(t)
		require.NoError(t, node.ClusterAddSlotsRange(t.Context(), n*16384/3, (n+1)*16384/3-1).Err())
		nodes, addrs = append(nodes, node), append(addrs, s.addr)
	}
	for _, addr := range addrs[1:] {
		host, port, err := net.SplitHostPort(addr)
		require.NoError(t, err)
		require.NoError(t, nodes[0].ClusterMeet(t.Context(), host, port).Err())
	}
	require.Eventually(t, func() bool {
		for _, node := range nodes {
			info, err := node.ClusterInfo(t.Context()).Result()
			if err != nil || !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:3") || !strings.Contains(info, "cluster_slots_assigned:16384") {
				return false
			}
		}
		return true
	}, 60*time.Second, 20*time.Millisecond, "the servers are one cluster")
	return closed(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs}))
}

// later is when the samples expire: long after the tests.
var later = time.Now().Add(100 * time.Hour).Truncate(time.Microsecond).UTC()

func record(n int) flow.Record {
	return flow.Record{Key: fmt.Sprint("tries:alice:", n), Owner: "alice", ExpiresAt: later, Data: []byte("0")}
}

func signedIn(identityID string, n int) session.Session {
	name := fmt.Sprint(identityID, " ", n)
	return session.Session{
		ID: name, IdentityID: identityID, TokenHash: session.Hash(name),
		Superseded: session.Superseded{TokenHash: session.Hash("before " + name), Until: later},
		IssuedAt:   later, AuthenticatedAt: later, ExpiresAt: later,
	}
}
