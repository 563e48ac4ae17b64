package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/amend-go/amend/flow"
)

var (
	// ErrUnreachable is returned by Check if no server answers.
	ErrUnreachable = errors.New("redisstore: the server cannot be reached")

	// ErrSetting is returned by Check if a server answers and cannot be used as it is:
	// it throws keys away, refuses to write, or refuses the user. The error's text says
	// what to do.
	ErrSetting = errors.New("redisstore: setting")
)

// Check says in one error why the store cannot work: ErrUnreachable or ErrSetting. It
// writes, reads and deletes a record, and asks each server what it does when its
// memory is full.
func (s *Store) Check(ctx context.Context) error {
	return calls(ctx, func(ctx context.Context) error {
		if err := s.client.Ping(ctx).Err(); err != nil {
			if refused := redis.Error(nil); errors.As(err, &refused) {
				return fmt.Errorf("%w: the server answers %w: look at user, password and database", ErrSetting, err)
			}
			return fmt.Errorf("%w: %w", ErrUnreachable, err)
		}
		if err := s.tryOut(ctx); err != nil {
			return fmt.Errorf("%w: a record cannot be written, read and deleted: %w", ErrSetting, err)
		}
		if s.config.AllowEviction {
			return nil
		}
		if cluster, ok := s.client.(*redis.ClusterClient); ok {
			return cluster.ForEachMaster(ctx, func(ctx context.Context, one *redis.Client) error { return keepsAll(ctx, one) })
		}
		return keepsAll(ctx, s.client)
	})
}

func (s *Store) tryOut(ctx context.Context) error {
	r := flow.Record{Key: "check:" + rand.Text(), ExpiresAt: s.config.Now().Add(time.Minute), Data: []byte("check")}
	if err := s.CreateFlow(ctx, r); err != nil {
		return err
	}
	_, err := s.GetFlow(ctx, r.Key)
	return errors.Join(err, s.DeleteFlow(ctx, r.Key))
}

// keepsAll finds out that a server throws nothing away before it expires.
func keepsAll(ctx context.Context, server interface {
	Info(ctx context.Context, section ...string) *redis.StringCmd
}) error {
	info, err := server.Info(ctx, "memory").Result()
	if err != nil {
		return fmt.Errorf("%w: INFO, which says what happens when memory is full: %w: allow it to the user, or set AllowEviction", ErrSetting, err)
	}
	said := map[string]string{}
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		said[name] = value
	}
	if policy := said["maxmemory_policy"]; policy != "noeviction" && said["maxmemory"] != "0" {
		return fmt.Errorf("%w: the server throws keys away when its memory is full (maxmemory-policy %q), and with them sessions and counts of wrong tries: set noeviction, or AllowEviction", ErrSetting, policy)
	}
	return nil
}
