package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/store/memory"
)

// This file is what it took to adopt the library, besides the routes in app.go
// that name amend, and the counted version in users.go.

// accountColumns are two new columns of the users table:
//
//	ALTER TABLE users ADD sealed_state BYTEA, ADD version BIGINT NOT NULL DEFAULT 1;
//
// Every UPDATE of a user counts the version, the app's own too: a settings
// change that has read the row before then starts over, and does not write back
// what it read. Where an app has UPDATEs in many places, let a trigger count.
type accountColumns struct {
	SealedState []byte
	Version     int64
}

// newAccount makes the handler of the account settings. base is the app's own
// address, as browsers see it; c has what is not the same in every variant.
func newAccount(c settings.Config, base string, u users) (*settings.Handler, error) {
	store := memory.New()
	c.PublicURL, c.UIURL, c.LoginURL = base+"/auth", base+"/settings", base+"/login"
	// The users table outlives the process, so the key must too: it opens
	// sealed_state. A real app makes it once and keeps it where secrets are kept.
	c.Keys = [][]byte{settings.NewKey()}
	c.Flows, c.Sessions, c.Identities = store, store, accounts{u}
	// Bcrypt, and not the default argon2id: the app's own login compares with it.
	c.Methods = []settings.Method{password.New(password.Config{Writer: password.Bcrypt(bcryptCost)})}
	return settings.New(c)
}

// accounts is the users table as the library sees it.
type accounts struct{ users }

func (a accounts) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	u, err := a.byID(ctx, rowID(id))
	if err != nil {
		return identity.Record{}, known(err)
	}
	traits, err := json.Marshal(u.profile)
	return identity.Record{
		ID: id, Active: !u.Blocked, Traits: traits, PasswordHash: u.Bcrypt,
		Keys:        []identity.Key{{Kind: identity.Identifier, Value: u.Email}},
		SealedState: u.SealedState, Version: u.Version, UpdatedAt: u.Changed,
	}, err
}

func (a accounts) UpdateIdentity(ctx context.Context, r identity.Record) error {
	return known(a.update(ctx, rowID(r.ID), func(u *user) error {
		if u.Version != r.Version {
			return identity.ErrConflict
		}
		u.profile, u.Bcrypt, u.SealedState, u.Changed = profile{}, r.PasswordHash, r.SealedState, r.UpdatedAt
		return json.Unmarshal(r.Traits, &u.profile)
	}))
}

// IdentityOwner is asked for linked logins and passkeys, which are not offered.
func (accounts) IdentityOwner(context.Context, identity.Key) (string, error) {
	return "", identity.ErrNotFound
}

// known are the app's errors by the names the library knows.
func known(err error) error {
	switch {
	case errors.Is(err, errNoUser):
		return identity.ErrNotFound
	case errors.Is(err, errEmailTaken):
		return identity.ErrDuplicate
	}
	return err
}

// rowID is the number in an identity's id. What is no number is 0, and what is
// too long the largest there is: nobody has those.
func rowID(id string) int64 {
	n, _ := strconv.ParseInt(id, 10, 64)
	return n
}

// signIn starts the session of a user who has just given the right password.
func (a *app) signIn(w http.ResponseWriter, r *http.Request, u user) error {
	_, err := a.amend.Sessions.Issue(w, r, strconv.FormatInt(u.ID, 10), aal.Password)
	return err
}

// signedIn is the user of a request that has passed Sessions.Require.
func (a *app) signedIn(r *http.Request) (user, error) {
	current, _ := session.From(r.Context())
	return a.users.byID(r.Context(), rowID(current.Identity.ID))
}

// settings shows the form of a settings flow. Without one, Form has
// answered already.
func (a *app) settings(w http.ResponseWriter, r *http.Request) {
	if form := a.amend.Form(w, r); form != nil {
		a.show(w, r, http.StatusOK, "settings", form)
	}
}
