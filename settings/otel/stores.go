package otel

import (
	"context"
	"errors"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// This file owns the stores that put a span around each call. Unwrap lets the machine find what else they can do.

// expected reports whether an error of a store is an answer, and no failure.
func expected(err error) bool {
	for _, answer := range []error{
		flow.ErrNotFound, flow.ErrConflict, flow.ErrDuplicate, session.ErrNotFound, session.ErrConflict, session.ErrDuplicate,
		identity.ErrNotFound, identity.ErrConflict, identity.ErrDuplicate,
	} {
		if errors.Is(err, answer) {
			return true
		}
	}
	return false
}

// get is call for one that answers something.
func get[T any](ctx context.Context, i *instruments, name string, run func(context.Context) (T, error)) (found T, err error) {
	err = i.call(ctx, name, func(ctx context.Context) (err error) {
		found, err = run(ctx)
		return err
	})
	return found, err
}

type flows struct {
	of store.FlowStore
	*instruments
}

func (f flows) Unwrap() any { return f.of }

func (f flows) CreateFlow(ctx context.Context, r flow.Record) error {
	return f.call(ctx, "CreateFlow", func(ctx context.Context) error { return f.of.CreateFlow(ctx, r) })
}

func (f flows) GetFlow(ctx context.Context, key string) (flow.Record, error) {
	return get(ctx, f.instruments, "GetFlow", func(ctx context.Context) (flow.Record, error) { return f.of.GetFlow(ctx, key) })
}

func (f flows) UpdateFlow(ctx context.Context, r flow.Record) error {
	return f.call(ctx, "UpdateFlow", func(ctx context.Context) error { return f.of.UpdateFlow(ctx, r) })
}

func (f flows) DeleteFlow(ctx context.Context, key string) error {
	return f.call(ctx, "DeleteFlow", func(ctx context.Context) error { return f.of.DeleteFlow(ctx, key) })
}

func (f flows) DeleteExpiredFlows(ctx context.Context, now time.Time, limit int) (int, error) {
	return get(ctx, f.instruments, "DeleteExpiredFlows", func(ctx context.Context) (int, error) { return f.of.DeleteExpiredFlows(ctx, now, limit) })
}

type sessions struct {
	of store.SessionStore
	*instruments
}

func (s sessions) Unwrap() any { return s.of }

func (s sessions) CreateSession(ctx context.Context, one session.Session) error {
	return s.call(ctx, "CreateSession", func(ctx context.Context) error { return s.of.CreateSession(ctx, one) })
}

func (s sessions) GetSession(ctx context.Context, hash string) (session.Session, error) {
	return get(ctx, s.instruments, "GetSession", func(ctx context.Context) (session.Session, error) { return s.of.GetSession(ctx, hash) })
}

func (s sessions) UpdateSession(ctx context.Context, one session.Session) error {
	return s.call(ctx, "UpdateSession", func(ctx context.Context) error { return s.of.UpdateSession(ctx, one) })
}

func (s sessions) ListSessions(ctx context.Context, identityID string) ([]session.Session, error) {
	return get(ctx, s.instruments, "ListSessions", func(ctx context.Context) ([]session.Session, error) { return s.of.ListSessions(ctx, identityID) })
}

func (s sessions) DeleteSession(ctx context.Context, identityID, id string) error {
	return s.call(ctx, "DeleteSession", func(ctx context.Context) error { return s.of.DeleteSession(ctx, identityID, id) })
}

func (s sessions) DeleteExpiredSessions(ctx context.Context, now time.Time, limit int) (int, error) {
	return get(ctx, s.instruments, "DeleteExpiredSessions", func(ctx context.Context) (int, error) { return s.of.DeleteExpiredSessions(ctx, now, limit) })
}

type identities struct {
	of store.IdentityStore
	*instruments
}

func (s identities) Unwrap() any { return s.of }

func (s identities) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	return get(ctx, s.instruments, "GetIdentity", func(ctx context.Context) (identity.Record, error) { return s.of.GetIdentity(ctx, id) })
}

func (s identities) UpdateIdentity(ctx context.Context, r identity.Record) error {
	return s.call(ctx, "UpdateIdentity", func(ctx context.Context) error { return s.of.UpdateIdentity(ctx, r) })
}

func (s identities) IdentityOwner(ctx context.Context, k identity.Key) (string, error) {
	return get(ctx, s.instruments, "IdentityOwner", func(ctx context.Context) (string, error) { return s.of.IdentityOwner(ctx, k) })
}

type backend struct {
	of store.Backend
	*instruments
}

func (b backend) Unwrap() any { return b.of }

func (b backend) Load(ctx context.Context, tokenHash, flowKey string) (store.Loaded, error) {
	return get(ctx, b.instruments, "Load", func(ctx context.Context) (store.Loaded, error) { return b.of.Load(ctx, tokenHash, flowKey) })
}

func (b backend) Commit(ctx context.Context, c store.Commit) error {
	return b.call(ctx, "Commit", func(ctx context.Context) error { return b.of.Commit(ctx, c) })
}
