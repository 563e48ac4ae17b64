package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/text"
)

// spelling is how passwords, names and addresses of any script are compared.
var spelling = text.Unicode()

// accounts are who there is.
type accounts struct {
	store    accountStore
	ring     *seal.Keyring
	service  *settings.Service
	names    method.Named // also if the profile is disabled
	password *password.Method
}

// keys are what an identity with these traits signs in with. All have the one schema
// that there is, whatever they call theirs.
func (a *accounts) keys(traits json.RawMessage) ([]identity.Key, error) {
	var object map[string]any
	if err := json.Unmarshal(traits, &object); err != nil || object == nil {
		return nil, errors.New("the traits are no object")
	}
	return a.names.IdentityKeys(spelling, identity.Identity{Record: identity.Record{Traits: traits}})
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
	if id, _, err = a.service.FindIdentity(ctx, identifier); err != nil {
		return "", err
	}
	var i identity.Identity
	if id != "" {
		if i, err = a.get(ctx, id); err != nil {
			return "", err
		}
	}
	_, err = a.password.Verify(ctx, method.View{Identity: i, Text: spelling}, settings.Proof{Value: pass}.WithTurn(method.Turn{Known: true}))
	return id, err
}

// hash hashes a password for an account, in the form that settings hashes.
func (a *accounts) hash(ctx context.Context, id, pass string) (hash string, err error) {
	if form, err := spelling.Password(pass); err == nil {
		pass = form
	}
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
