package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/store/memory"
)

// While nothing can be hashed nobody gets an answer: whoever got one would be
// known not to exist.
func TestEveryAnswerTakesAHash(t *testing.T) {
	ring, err := seal.New(settings.NewKey())
	require.NoError(t, err)
	a, err := newAccounts(memory.New(), ring)
	require.NoError(t, err)
	for id, hash := range map[string]string{"somebody": a.decoy, "without a password": ""} {
		require.NoError(t, a.store.CreateIdentity(t.Context(), identity.Record{ID: id, Active: true, PasswordHash: hash, Keys: []identity.Key{identifierKey(id)}}))
	}

	begun, over := make(chan bool), make(chan bool)
	defer close(over)
	go func() {
		const allThereIs = 1 << 40
		_ = password.ProcessLimiter().Do(context.Background(), "another", allThereIs, func() error {
			close(begun)
			<-over
			return nil
		})
	}()
	<-begun
	for _, identifier := range []string{"somebody", "without a password", "nobody"} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := a.verify(ctx, identifier, "a password")
		cancel()
		assert.ErrorIs(t, err, context.DeadlineExceeded, identifier)
	}
}

// Whoever has no hash is compared with the decoy: a damaged one shows.
func TestWhoHasNoPasswordCostsOne(t *testing.T) {
	ring, err := seal.New(settings.NewKey())
	require.NoError(t, err)
	a, err := newAccounts(memory.New(), ring)
	require.NoError(t, err)
	require.NoError(t, a.store.CreateIdentity(t.Context(), identity.Record{ID: "1", Active: true, Keys: []identity.Key{identifierKey("ada")}}))
	for _, identifier := range []string{"ada", "nobody"} {
		_, err = a.verify(t.Context(), identifier, "a password")
		require.ErrorIs(t, err, errWrong, identifier)
	}
	a.decoy = "damaged"
	for _, identifier := range []string{"ada", "nobody"} {
		_, err = a.verify(t.Context(), identifier, "a password")
		assert.ErrorIs(t, err, password.ErrUnknownHash, identifier)
	}
}
