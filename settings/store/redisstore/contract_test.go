package redisstore_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/storetest"
)

// on runs a test on one server, and on a cluster, which refuses a script that touches
// keys of two servers.
func on(t *testing.T, test func(t *testing.T, client redis.UniversalClient)) {
	t.Run("a server", func(t *testing.T) { test(t, shared(t)) })
	t.Run("a cluster", func(t *testing.T) { test(t, serveCluster(t)) })
}

func TestFlowStore(t *testing.T) {
	on(t, func(t *testing.T, client redis.UniversalClient) {
		storetest.Flows(t, func(t *testing.T) store.FlowStore { return over(t, client) })
	})
}

func TestSessionStore(t *testing.T) {
	on(t, func(t *testing.T, client redis.UniversalClient) {
		storetest.Sessions(t, func(t *testing.T) store.SessionStore { return over(t, client) })
	})
}
