package memory

import (
	"container/heap"
	"context"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/store"
)

// CreateFlow implements store.FlowStore.
func (s *Store) CreateFlow(ctx context.Context, r flow.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r = r.Clone()
	r.Version = 1
	lock := s.accounts.lockOf(r.Owner)
	lock.Lock()
	defer lock.Unlock()

	a := s.account(r.Owner)
	e := &entry[flow.Record]{owner: a, record: r, due: r.ExpiresAt}
	if !s.flows.claim(e, []string{r.Key}) {
		s.forgetEmpty(a)
		return flow.ErrDuplicate
	}
	if crowd := a.crowd(kindOf(r.Key)); crowd != nil {
		s.dropFlow(firstToExpire(crowd))
	}
	a.flows = append(a.flows, e)
	heap.Push(&s.flowQueues[a.part], e)
	return nil
}

// GetFlow implements store.FlowStore.
func (s *Store) GetFlow(ctx context.Context, key string) (flow.Record, error) {
	if err := ctx.Err(); err != nil {
		return flow.Record{}, err
	}
	e, ok := s.flows.get(key)
	if !ok {
		return flow.Record{}, flow.ErrNotFound
	}
	lock := &s.accounts.locks[e.owner.part]
	lock.RLock()
	r, gone := e.record, e.gone
	lock.RUnlock()
	if gone {
		return flow.Record{}, flow.ErrNotFound
	}
	return r.Clone(), nil
}

// UpdateFlow implements store.FlowStore.
func (s *Store) UpdateFlow(ctx context.Context, r flow.Record) error {
	return s.Commit(ctx, store.Commit{Flow: &r})
}

// DeleteFlow implements store.FlowStore.
func (s *Store) DeleteFlow(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e, ok := s.flows.get(key)
	if !ok {
		return nil
	}
	lock := &s.accounts.locks[e.owner.part]
	lock.Lock()
	defer lock.Unlock()
	if !e.gone {
		s.dropFlow(e)
		s.forgetEmpty(e.owner)
	}
	return nil
}

// DeleteExpiredFlows implements store.FlowStore. It holds each lock for a
// few records at a time.
func (s *Store) DeleteExpiredFlows(ctx context.Context, now time.Time, limit int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return sweep(s, &s.flowQueues, now, limit, func(e *entry[flow.Record]) {
		s.dropFlow(e)
		s.forgetEmpty(e.owner)
	}), nil
}

// dropFlow deletes a stored flow. It needs the lock of its owner.
func (s *Store) dropFlow(e *entry[flow.Record]) {
	s.flows.release([]string{e.record.Key})
	heap.Remove(&s.flowQueues[e.owner.part], e.at)
	e.owner.flows = without(e.owner.flows, e)
	e.gone = true
}
