package tests

import (
	"context"
	"database/sql"
	"errors"

	"github.com/amend-go/amend/settings/identity"
)

// What follows stands in README.md to the letter: TestTheReadmesUsersTable compares.

type users struct {
	db                *sql.DB
	get, find, update string // the statements above
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

// IdentityOwner finds who signs in. With linked logins and passkeys, UpdateIdentity
// also writes r.Keys, to a table where kind and value are unique, and this reads it.
func (u users) IdentityOwner(ctx context.Context, k identity.Key) (id string, err error) {
	if k.Kind != identity.Identifier {
		return "", identity.ErrNotFound
	}
	err = u.db.QueryRowContext(ctx, u.find, k.Value).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = identity.ErrNotFound
	}
	return id, err
}
