package redisstore_test

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/redisstore"
)

// Flows and sessions in Redis, identities in a table of the host's own.
func ExampleNew() {
	configure := func(ctx context.Context, c *settings.Config, users store.IdentityStore) error {
		kept, err := redisstore.New(redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379"}), redisstore.Config{})
		if err != nil {
			return err
		}
		c.Flows, c.Sessions, c.Identities = kept, kept, users // and no Backend
		return kept.Check(ctx)
	}
	_ = configure
}
