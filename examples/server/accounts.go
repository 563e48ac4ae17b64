package main

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/store/memory"
)

// accounts are who can sign in, and by which password.
type accounts struct {
	store *memory.Store
	ring  *seal.Keyring
	decoy string // the hash of a password nobody has
}

func newAccounts(store *memory.Store, ring *seal.Keyring) (*accounts, error) {
	decoy, err := password.Argon2id{}.Hash(rand.Text())
	return &accounts{store, ring, decoy}, err
}

// identifierKey is the key of what somebody types to sign in: case and space
// around it do not tell two people apart.
func identifierKey(typed string) identity.Key {
	return identity.Key{Kind: identity.Identifier, Value: strings.ToLower(strings.TrimSpace(typed))}
}

// errWrong is the answer to a wrong password and to an unknown identifier
// alike.
var errWrong = errors.New("that identifier and that password do not belong together")

// verify gives the id of who signs in with identifier and password; errWrong if
// they do not fit, password.ErrOverloaded if too many try at once.
//
// An identifier nobody has, and an account without a password, cost the same
// hash and wait in the same queue as a wrong password: the time of the answer
// does not tell who exists.
func (a *accounts) verify(ctx context.Context, identifier, pass string) (id string, err error) {
	key := identifierKey(identifier)
	hash, turn, exists := a.decoy, "nobody "+key.Value, false
	switch id, err = a.store.IdentityOwner(ctx, key); {
	case err == nil:
		user, err := a.store.GetIdentity(ctx, id)
		if err != nil {
			return "", err
		}
		turn = id
		if user.PasswordHash != "" {
			hash, exists = user.PasswordHash, true
		}
	case !errors.Is(err, identity.ErrNotFound):
		return "", err
	}
	var right bool
	err = password.ProcessLimiter().Do(ctx, turn, password.Argon2id{}.Memory(), func() (err error) {
		right, err = password.Verify(hash, pass)
		return err
	})
	switch {
	case err != nil:
		return "", err
	case !right || !exists:
		return "", errWrong
	}
	return id, nil
}

// hash hashes a password for a new account.
func (a *accounts) hash(ctx context.Context, id, pass string) (hash string, err error) {
	writer := password.Argon2id{}
	err = password.ProcessLimiter().Do(ctx, id, writer.Memory(), func() (err error) {
		hash, err = writer.Hash(pass)
		return err
	})
	return hash, err
}
