package faults_test

import (
	"context"
	"sync"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// watchedStores stands between a Handler and its stores: a test gets every call and may
// do what it likes with it.
type watchedStores struct {
	stores

	mu   sync.Mutex
	on   handler
	most int // bytes of a flow record
}

// handler is put around a call: run makes it.
type handler func(ctx context.Context, run func(context.Context) error) error

// handle puts a function around every call from now on; nil takes it away.
func (s *watchedStores) handle(on handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on = on
}

// wrote takes down the size of a flow record.
func (s *watchedStores) wrote(r *flow.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r != nil {
		s.most = max(s.most, len(r.Data))
	}
}

func (s *watchedStores) largest() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

func tapped[T any](ctx context.Context, s *watchedStores, run func(context.Context) (T, error)) (T, error) {
	s.mu.Lock()
	on := s.on
	s.mu.Unlock()
	if on == nil {
		return run(ctx)
	}
	var out, none T
	err := on(ctx, func(ctx context.Context) (err error) {
		out, err = run(ctx)
		return err
	})
	if err != nil {
		return none, err
	}
	return out, nil
}

func watchedWrite(ctx context.Context, s *watchedStores, run func(context.Context) error) error {
	_, err := tapped(ctx, s, func(ctx context.Context) (struct{}, error) { return struct{}{}, run(ctx) })
	return err
}

func (s *watchedStores) CreateFlow(ctx context.Context, r flow.Record) error {
	s.wrote(&r)
	return watchedWrite(ctx, s, func(ctx context.Context) error { return s.stores.CreateFlow(ctx, r) })
}

func (s *watchedStores) GetFlow(ctx context.Context, key string) (flow.Record, error) {
	return tapped(ctx, s, func(ctx context.Context) (flow.Record, error) { return s.stores.GetFlow(ctx, key) })
}

func (s *watchedStores) UpdateFlow(ctx context.Context, r flow.Record) error {
	s.wrote(&r)
	return watchedWrite(ctx, s, func(ctx context.Context) error { return s.stores.UpdateFlow(ctx, r) })
}

func (s *watchedStores) DeleteFlow(ctx context.Context, key string) error {
	return watchedWrite(ctx, s, func(ctx context.Context) error { return s.stores.DeleteFlow(ctx, key) })
}

func (s *watchedStores) DeleteExpiredFlows(ctx context.Context, now time.Time, limit int) (int, error) {
	return tapped(ctx, s, func(ctx context.Context) (int, error) { return s.stores.DeleteExpiredFlows(ctx, now, limit) })
}

func (s *watchedStores) CreateSession(ctx context.Context, r session.Session) error {
	return watchedWrite(ctx, s, func(ctx context.Context) error { return s.stores.CreateSession(ctx, r) })
}

func (s *watchedStores) GetSession(ctx context.Context, hash string) (session.Session, error) {
	return tapped(ctx, s, func(ctx context.Context) (session.Session, error) { return s.stores.GetSession(ctx, hash) })
}

func (s *watchedStores) UpdateSession(ctx context.Context, r session.Session) error {
	return watchedWrite(ctx, s, func(ctx context.Context) error { return s.stores.UpdateSession(ctx, r) })
}

func (s *watchedStores) ListSessions(ctx context.Context, id string) ([]session.Session, error) {
	return tapped(ctx, s, func(ctx context.Context) ([]session.Session, error) { return s.stores.ListSessions(ctx, id) })
}

func (s *watchedStores) DeleteSession(ctx context.Context, owner, id string) error {
	return watchedWrite(ctx, s, func(ctx context.Context) error { return s.stores.DeleteSession(ctx, owner, id) })
}

func (s *watchedStores) DeleteExpiredSessions(ctx context.Context, now time.Time, limit int) (int, error) {
	return tapped(ctx, s, func(ctx context.Context) (int, error) { return s.stores.DeleteExpiredSessions(ctx, now, limit) })
}

func (s *watchedStores) GetIdentity(ctx context.Context, id string) (identity.Record, error) {
	return tapped(ctx, s, func(ctx context.Context) (identity.Record, error) { return s.stores.GetIdentity(ctx, id) })
}

func (s *watchedStores) UpdateIdentity(ctx context.Context, r identity.Record) error {
	return watchedWrite(ctx, s, func(ctx context.Context) error { return s.stores.UpdateIdentity(ctx, r) })
}

func (s *watchedStores) IdentityOwner(ctx context.Context, k identity.Key) (string, error) {
	return tapped(ctx, s, func(ctx context.Context) (string, error) { return s.stores.IdentityOwner(ctx, k) })
}

func (s *watchedStores) DueIdentities(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return tapped(ctx, s, func(ctx context.Context) ([]string, error) { return s.stores.DueIdentities(ctx, before, limit) })
}

func (s *watchedStores) Load(ctx context.Context, hash, key string) (store.Loaded, error) {
	return tapped(ctx, s, func(ctx context.Context) (store.Loaded, error) { return s.stores.Load(ctx, hash, key) })
}

func (s *watchedStores) Commit(ctx context.Context, c store.Commit) error {
	s.wrote(c.Flow)
	return watchedWrite(ctx, s, func(ctx context.Context) error { return s.stores.Commit(ctx, c) })
}
