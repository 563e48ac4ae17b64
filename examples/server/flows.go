package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
	"github.com/amend-go/amend/settings/store/redisstore"
)

// redisOptions reads the value of -flows. Its error has no password in it.
func redisOptions(value string) (*redis.Options, error) {
	o, err := redis.ParseURL(value)
	if err != nil {
		return nil, errors.New("-flows: want redis://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	return o, nil
}

// identities is what stays where -store says.
type identities interface {
	store.IdentityStore
	CreateIdentity(ctx context.Context, r identity.Record) error
	Close() error
}

// besideRedis has identities in one store, and flows and sessions in Redis. What is in
// two stores is not written together.
type besideRedis struct {
	identities
	*redisstore.Store
	client *redis.Client
}

func (s besideRedis) backend() store.Backend { return nil }

func (s besideRedis) Close() error { return errors.Join(s.client.Close(), s.identities.Close()) }

// withFlowsIn puts flows and sessions into the Redis that -flows names.
func withFlowsIn(value string, in accountStore, log *slog.Logger) (accountStore, error) {
	o, err := redisOptions(value)
	if err != nil {
		return nil, err
	}
	redis.SetLogger(redisLog{slog.New(slog.DiscardHandler)}) // a start that fails is one line
	client := redis.NewClient(o)
	kept, err := redisstore.New(client, redisstore.Config{})
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		err = kept.Check(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("-flows: %w", err), client.Close())
	}
	redis.SetLogger(redisLog{log})
	return besideRedis{in, kept, client}, nil
}

// redisLog is what the client says by itself.
type redisLog struct{ log *slog.Logger }

func (l redisLog) Printf(ctx context.Context, format string, values ...any) {
	l.log.WarnContext(ctx, "redis", "says", fmt.Sprintf(format, values...))
}
