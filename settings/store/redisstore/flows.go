package redisstore

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/amend-go/amend/flow"
)

// This file owns flow records. A record is a hash, and the list of what is due in its
// part; nothing says what an owner has.

// CreateFlow implements store.FlowStore.
func (s *Store) CreateFlow(ctx context.Context, r flow.Record) error {
	row, due, values := s.flowRow(r.Key), s.dueFlows(flowPart(r.Key)), s.flowValues(r)
	return calls(ctx, func(ctx context.Context) error {
		answer, err := createFlow.Run(ctx, s.client, []string{row, due}, values...).Text()
		return meaning(answer, err, flowErrors)
	})
}

// UpdateFlow implements store.FlowStore.
func (s *Store) UpdateFlow(ctx context.Context, r flow.Record) error {
	row, due, values := s.flowRow(r.Key), s.dueFlows(flowPart(r.Key)), append(s.flowValues(r), r.Version, r.Version+1)
	return calls(ctx, func(ctx context.Context) error {
		answer, err := updateFlow.Run(ctx, s.client, []string{row, due}, values...).Text()
		return meaning(answer, err, flowErrors)
	})
}

// flowValues are what both scripts begin with. They are made before a call goes on in
// another goroutine, so that its caller may change the record again.
func (s *Store) flowValues(r flow.Record) []any {
	return []any{newWrite(), s.life(r.ExpiresAt), micros(r.ExpiresAt), r.Owner, string(r.Data)}
}

var flowErrors = map[string]error{"duplicate": flow.ErrDuplicate, "conflict": flow.ErrConflict, "missing": flow.ErrNotFound}

// meaning is what the answer of a script means; "ok" is no error.
func meaning(answer string, err error, means map[string]error) error {
	switch {
	case err != nil || answer == "ok":
		return err
	case means[answer] != nil:
		return means[answer]
	}
	return fmt.Errorf("redisstore: a script answered %q", answer)
}

// GetFlow implements store.FlowStore.
func (s *Store) GetFlow(ctx context.Context, key string) (flow.Record, error) {
	return call(ctx, func(ctx context.Context) (flow.Record, error) {
		row, err := s.client.HGetAll(ctx, s.flowRow(key)).Result()
		switch {
		case err != nil:
			return flow.Record{}, err
		case len(row) == 0:
			return flow.Record{}, flow.ErrNotFound
		}
		var n numbers
		r := flow.Record{Key: key, Owner: row["owner"], Version: n.of(row["version"]), ExpiresAt: timeOf(n.of(row["expires"])), Data: []byte(row["data"])}
		if n.err != nil {
			return flow.Record{}, fmt.Errorf("redisstore: a flow: %w", n.err)
		}
		return r, nil
	})
}

// DeleteFlow implements store.FlowStore.
func (s *Store) DeleteFlow(ctx context.Context, key string) error {
	return calls(ctx, func(ctx context.Context) error {
		return deleteFlow.Run(ctx, s.client, []string{s.flowRow(key), s.dueFlows(flowPart(key))}).Err()
	})
}

// DeleteExpiredFlows implements store.FlowStore.
func (s *Store) DeleteExpiredFlows(ctx context.Context, now time.Time, limit int) (int, error) {
	return s.sweep(ctx, now, limit, s.dueFlows,
		func(ctx context.Context, pipe redis.Pipeliner, p part, most int) *redis.Cmd {
			return sweepFlows.Eval(ctx, pipe, []string{s.dueFlows(p)}, micros(now), most)
		},
		func(_ part, answer *redis.Cmd) (int, []left) {
			n, _ := answer.Int() // an error is the pipeline's too
			return n, nil
		})
}

// micros is a time as it is stored: microseconds since 1970.
func micros(t time.Time) int64 { return t.UnixMicro() }

func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// numbers reads numbers, and keeps the first error.
type numbers struct{ err error }

func (n *numbers) of(text string) int64 {
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil && n.err == nil {
		n.err = err
	}
	return v
}
