package main

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/amend-go/amend/settings/identity"
)

// user is a row of the app's users table.
type user struct {
	ID int64
	profile
	Bcrypt  string // the hash of the password
	Blocked bool
	Changed time.Time

	accountColumns // see account.go
}

// profile is what its users see and change of their row.
type profile struct {
	Email string `json:"email"` // unique
	Name  string `json:"name"`
}

// What is wrong, for the app and for the library, which knows the second halves.
var (
	errNoUser     = fmt.Errorf("no such user: %w", identity.ErrNotFound)
	errEmailTaken = fmt.Errorf("another user has this e-mail address: %w", identity.ErrDuplicate)
)

// users is how the whole app reaches that table.
type users interface {
	byID(ctx context.Context, id int64) (user, error)        // SELECT … WHERE id = $1
	byEmail(ctx context.Context, email string) (user, error) // SELECT … WHERE email = $1

	// update is a transaction over one row: SELECT … FOR UPDATE, change, and
	//
	//	UPDATE users SET email = $2, name = $3, …, version = version + 1 WHERE id = $1
	//
	// An error of change rolls it back.
	update(ctx context.Context, id int64, change func(*user) error) error
}

// table is the users table, in memory for this example.
type table struct {
	mu   sync.Mutex
	rows map[int64]user
	last int64
}

func newTable() *table { return &table{rows: map[int64]user{}} }

func (t *table) insert(ctx context.Context, u user) (id int64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	u.ID = t.last + 1
	if t.taken(u) {
		return 0, errEmailTaken
	}
	t.last, t.rows[u.ID] = u.ID, u.clone()
	return u.ID, nil
}

func (t *table) byID(ctx context.Context, id int64) (user, error) {
	return t.find(ctx, func(u user) bool { return u.ID == id })
}

func (t *table) byEmail(ctx context.Context, email string) (user, error) {
	return t.find(ctx, func(u user) bool { return u.Email == email })
}

func (t *table) find(ctx context.Context, is func(user) bool) (user, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return user{}, err
	}
	for _, u := range t.rows {
		if is(u) {
			return u.clone(), nil
		}
	}
	return user{}, errNoUser
}

func (t *table) update(ctx context.Context, id int64, change func(*user) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	u, ok := t.rows[id]
	if !ok {
		return errNoUser
	}
	u = u.clone()
	if err := change(&u); err != nil {
		return err
	}
	if t.taken(u) {
		return errEmailTaken
	}
	u.Version++
	t.rows[id] = u.clone()
	return nil
}

func (t *table) taken(u user) bool {
	for _, other := range t.rows {
		if other.Email == u.Email && other.ID != u.ID {
			return true
		}
	}
	return false
}

func (u user) clone() user {
	u.SealedState = bytes.Clone(u.SealedState)
	return u
}
