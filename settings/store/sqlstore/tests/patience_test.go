package tests

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/store"
)

// A database that gives no connection, or hangs, must not hold a request for as
// long as its client waits: here the one connection is never given back.
func TestAHangingDatabaseIsGivenUp(t *testing.T) {
	t.Parallel()
	s, db := databases[0].store(t)
	db.SetMaxOpenConns(1)
	held, err := db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = held.Close() }) // after the subtests
	for name, call := range map[string]func(context.Context) error{
		"a read": func(ctx context.Context) error {
			_, err := s.Load(ctx, "hash", "")
			return err
		},
		"a write": func(ctx context.Context) error { return s.Commit(ctx, store.Commit{Drop: []string{"flow:x"}}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.ErrorIs(t, call(context.WithoutCancel(t.Context())), context.DeadlineExceeded)
		})
	}
}
