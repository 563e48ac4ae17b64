package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/store"
)

// CreateFlow implements store.FlowStore.
func (s *Store) CreateFlow(ctx context.Context, r flow.Record) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !storable(MaxID, r.Key, r.Owner) {
		return errText
	}
	return s.retry(ctx, nil, func() error {
		n, err := s.exec(ctx, s.db, s.d.insert("amend_flows", flowColumns, 1), r.Key, r.Owner, 1, micros(r.ExpiresAt), bytesOf(r.Data))
		if err == nil && n == 0 {
			return flow.ErrDuplicate
		}
		return err
	})
}

// GetFlow implements store.FlowStore.
func (s *Store) GetFlow(ctx context.Context, key string) (flow.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !storable(MaxID, key) {
		return flow.Record{}, flow.ErrNotFound
	}
	var row flowRow
	err := s.retry(ctx, nil, func() error {
		return s.db.QueryRowContext(ctx, s.d.bound("SELECT "+flowColumns+" FROM amend_flows f WHERE f.flow_key = ?"), key).Scan(row.appendFields(nil)...)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return flow.Record{}, flow.ErrNotFound
	}
	if err != nil {
		return flow.Record{}, err
	}
	return *row.record(), nil
}

// UpdateFlow implements store.FlowStore. It is one statement.
func (s *Store) UpdateFlow(ctx context.Context, r flow.Record) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := storableCommit(store.Commit{Flow: &r}); err != nil {
		return err
	}
	return s.retry(ctx, flow.ErrConflict, func() error { return s.updateFlow(ctx, s.db, r) })
}

func (s *Store) updateFlow(ctx context.Context, r runner, f flow.Record) error {
	n, err := s.exec(ctx, r, "UPDATE amend_flows SET expires_at = ?, data = ?, version = version + 1 WHERE flow_key = ? AND version = ? AND owner_id = ?",
		micros(f.ExpiresAt), bytesOf(f.Data), f.Key, f.Version, f.Owner)
	if err != nil || n > 0 {
		return err
	}
	there, err := s.exists(ctx, r, "SELECT 1 FROM amend_flows WHERE flow_key = ?", f.Key)
	switch {
	case err != nil:
		return err
	case there:
		return flow.ErrConflict
	}
	return flow.ErrNotFound
}

// DeleteFlow implements store.FlowStore.
func (s *Store) DeleteFlow(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.retry(ctx, nil, func() error { return s.dropFlows(ctx, s.db, []string{key}) })
}

// dropFlows deletes the records of these keys.
func (s *Store) dropFlows(ctx context.Context, r runner, keys []string) error {
	keys = findable(keys)
	if len(keys) == 0 {
		return nil
	}
	_, err := s.exec(ctx, r, "DELETE FROM amend_flows WHERE flow_key IN ("+marks(len(keys))+")", anys(keys)...)
	return err
}

// findable are those of the keys that a record can have.
func findable(keys []string) (some []string) {
	for _, key := range keys {
		if storable(MaxID, key) {
			some = append(some, key)
		}
	}
	return some
}

// DeleteExpiredFlows implements store.FlowStore.
func (s *Store) DeleteExpiredFlows(ctx context.Context, now time.Time, limit int) (int, error) {
	return s.sweep(ctx, limit, func(r runner, most int) (int64, error) {
		keys, err := s.column(ctx, r, "SELECT flow_key FROM amend_flows WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"+s.d.skipLocked(), micros(now), most)
		if err != nil || len(keys) == 0 {
			return 0, err
		}
		return s.exec(ctx, r, "DELETE FROM amend_flows WHERE flow_key IN ("+marks(len(keys))+")", anys(keys)...)
	})
}

// sweepAtOnce is how many records a sweep deletes in one transaction.
const sweepAtOnce = 100

// sweep deletes at most limit records by short transactions. A sweep whose
// records another one is deleting leaves them to it.
func (s *Store) sweep(ctx context.Context, limit int, some func(r runner, most int) (int64, error)) (deleted int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	for deleted < limit {
		most := min(sweepAtOnce, limit-deleted)
		var n int64
		err := s.transact(ctx, nil, func(r runner) (err error) {
			n, err = some(r, most)
			return err
		})
		if err != nil {
			return deleted, err
		}
		deleted += int(n)
		if int(n) < most {
			break
		}
	}
	return deleted, nil
}

// marks are n parameters.
func marks(n int) string { return strings.TrimPrefix(strings.Repeat(", ?", n), ", ") }

func anys(texts []string) []any {
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = text
	}
	return all
}
