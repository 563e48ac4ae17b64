package memory

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// setDue takes down when an identity is due; zero is never. It needs the account's lock.
func (s *Store) setDue(a *account, at time.Time) {
	if at.IsZero() {
		delete(s.due[a.part], a.id)
		return
	}
	s.due[a.part][a.id] = at
}

// DueIdentities implements store.Due.
func (s *Store) DueIdentities(ctx context.Context, before time.Time, limit int) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	type one struct {
		id string
		at time.Time
	}
	var all []one
	for n := range s.due {
		s.accounts.locks[n].RLock()
		for id, at := range s.due[n] {
			if !at.After(before) {
				all = append(all, one{id, at})
			}
		}
		s.accounts.locks[n].RUnlock()
	}
	slices.SortFunc(all, func(a, b one) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
	ids := []string{}
	for _, due := range all[:min(len(all), max(limit, 0))] {
		ids = append(ids, due.id)
	}
	return ids, nil
}
