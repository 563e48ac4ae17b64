package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/store/memory"
)

// This file is what it took to adopt the library, with a login that asks for a second
// factor, besides the middleware in app.go and the counted version in users.go.

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

// accountConfig is how the library works here. base is the app's own address, as
// browsers see it; c has what is not the same in every variant.
func accountConfig(c settings.Config, base string, u users) settings.Config {
	store := memory.New()
	c.PublicURL, c.UIURL, c.LoginURL = base+"/auth", base+"/settings", base+"/login"
	// The users table outlives the process, so the key must too: it opens
	// sealed_state. A real app makes it once and keeps it where secrets are kept.
	c.Keys = [][]byte{settings.NewKey()}
	c.Flows, c.Sessions, c.Identities = store, store, accounts{u}
	// Bcrypt, and not the default argon2id: the app's other code compares with it.
	c.Methods = []settings.Method{password.New(password.Config{Writer: password.Bcrypt(bcryptCost)}), totp.New(totp.Config{Issuer: "Existing app", Link: true}), lookup.New(lookup.Config{})}
	return c
}

// mountAccount adds what the library answers to the app's own routes. The login took
// the place of one with an e-mail address and a password, which knew no second factor.
func mountAccount(mux *http.ServeMux, amend *settings.Handler) error {
	look := page.Look{Name: "Existing app", Home: "/"}
	login, err := page.Login(amend, page.LoginOptions{Look: look, IdentifierLabel: "E-mail"})
	ui, wrong := page.New(amend, page.Options{Look: look})
	if err := errors.Join(err, wrong); err != nil {
		return err
	}
	mux.Handle("/auth/", amend)
	mux.Handle("/login", login)
	mux.HandleFunc("/logout", login.SignOut)
	mux.Handle("/settings", ui)
	mux.HandleFunc("GET /.well-known/change-password", amend.ChangePassword)
	return nil
}

// accounts is the users table as the library sees it.
type accounts struct{ users }

func (a accounts) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	u, err := a.byID(ctx, rowID(id))
	if err != nil {
		return identity.Record{}, err
	}
	traits, err := json.Marshal(u.profile)
	return identity.Record{
		ID: id, Active: !u.Blocked, Traits: traits, PasswordHash: u.Bcrypt,
		Keys:        []identity.Key{{Kind: identity.Identifier, Value: u.Email}},
		SealedState: u.SealedState, Version: u.Version, UpdatedAt: u.Changed,
	}, err
}

func (a accounts) UpdateIdentity(ctx context.Context, r identity.Record) error {
	return a.update(ctx, rowID(r.ID), func(u *user) error {
		if u.Version != r.Version {
			return identity.ErrConflict
		}
		u.profile, u.Bcrypt, u.SealedState, u.Changed = profile{}, r.PasswordHash, r.SealedState, r.UpdatedAt
		return json.Unmarshal(r.Traits, &u.profile)
	})
}

// IdentityOwner finds who signs in.
func (a accounts) IdentityOwner(ctx context.Context, k identity.Key) (string, error) {
	if k.Kind != identity.Identifier {
		return "", identity.ErrNotFound // linked logins and passkeys are not offered
	}
	u, err := a.byEmail(ctx, k.Value)
	return strconv.FormatInt(u.ID, 10), err
}

// rowID is the number in an identity's id. What is no number is 0, and what is
// too long the largest there is: nobody has those.
func rowID(id string) int64 {
	n, _ := strconv.ParseInt(id, 10, 64)
	return n
}

// signedIn is the user of a request that has passed Sessions.Require.
func (a *app) signedIn(r *http.Request) (user, error) {
	current, _ := session.From(r.Context())
	return a.users.byID(r.Context(), rowID(current.Identity.ID))
}
