package tests

import (
	"context"
	"database/sql"
	"errors"

	"github.com/amend-go/amend/settings/identity"
)

// What follows stands in README.md to the letter: TestTheReadmesUsersTable compares.

type users struct {
	db          *sql.DB
	get, update string // the SELECT and the UPDATE above
}

func (u users) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	r := identity.Record{ID: id, Active: true}
	var email string
	err := u.db.QueryRowContext(ctx, u.get, id).Scan(&email, &r.PasswordHash, &r.SealedState, &r.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return r, identity.ErrNotFound
	}
	r.Keys = []identity.Key{{Kind: identity.Identifier, Value: email}}
	return r, err
}

func (u users) UpdateIdentity(ctx context.Context, r identity.Record) error {
	res, err := u.db.ExecContext(ctx, u.update, r.PasswordHash, r.SealedState, r.ID, r.Version)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	if _, err := u.GetIdentity(ctx, r.ID); err != nil {
		return err
	}
	return identity.ErrConflict // changed since it was read
}

// IdentityOwner is for linked logins and passkeys. With those, UpdateIdentity
// also writes r.Keys, to a table where kind and value are unique.
func (u users) IdentityOwner(context.Context, identity.Key) (string, error) {
	return "", identity.ErrNotFound
}
