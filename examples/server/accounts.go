package main

import (
	"context"
	"errors"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/seal"
)

// accounts are who there is.
type accounts struct {
	store    accountStore
	ring     *seal.Keyring
	fields   []profile.Field // of the traits
	password *password.Method
}

// find gives the id of who signs in with what somebody typed, "" for nobody, and the
// name as it was looked for: the same one for all ways to type it.
func (a *accounts) find(ctx context.Context, typed string) (id, name string, err error) {
	keys := keysTyped(typed)
	name = keys[len(keys)-1].Value
	for _, key := range keys {
		id, err = a.store.IdentityOwner(ctx, key)
		if !errors.Is(err, identity.ErrNotFound) {
			return id, name, err
		}
	}
	return "", name, nil
}

// get reads an identity; identity.ErrNotFound without one.
func (a *accounts) get(ctx context.Context, id string) (identity.Identity, error) {
	row, err := a.store.GetIdentity(ctx, id)
	if err != nil {
		return identity.Identity{}, err
	}
	return identity.Open(a.ring, row)
}

// create stores a new identity.
func (a *accounts) create(ctx context.Context, i identity.Identity) error {
	row, err := i.Seal(a.ring)
	if err != nil {
		return err
	}
	return a.store.CreateIdentity(ctx, row)
}

// edit changes an identity as somebody in charge would: nobody is asked, and
// sessions go on. It begins again on a newer row.
func (a *accounts) edit(ctx context.Context, id string, change func(*identity.Identity) error) error {
	for range 5 {
		i, err := a.get(ctx, id)
		if err != nil {
			return err
		}
		if err := change(&i); err != nil {
			return err
		}
		row, err := i.Seal(a.ring)
		if err != nil {
			return err
		}
		if err = a.store.UpdateIdentity(ctx, row); !errors.Is(err, identity.ErrConflict) {
			return err
		}
	}
	return identity.ErrConflict
}

// know gives the id of whose identifier and password these are, or
// settings.ErrWrong. It is for scripts: no try is counted, and a password counts
// that the server does not offer to sign in with.
func (a *accounts) know(ctx context.Context, identifier, pass string) (id string, err error) {
	if id, _, err = a.find(ctx, identifier); err != nil {
		return "", err
	}
	var i identity.Identity
	if id != "" {
		if i, err = a.get(ctx, id); err != nil {
			return "", err
		}
	}
	_, err = a.password.Verify(ctx, method.View{Identity: i}, settings.Proof{Value: pass}.WithTurn(method.Turn{Known: true}))
	return id, err
}

// hash hashes a password for an account.
func (a *accounts) hash(ctx context.Context, id, pass string) (hash string, err error) {
	writer := password.Argon2id{}
	err = password.ProcessLimiter().Do(ctx, id, writer.Memory(), func() (err error) {
		hash, err = writer.Hash(pass)
		return err
	})
	if errors.Is(err, password.ErrOverloaded) {
		err = settings.ErrBusy
	}
	return hash, err
}
