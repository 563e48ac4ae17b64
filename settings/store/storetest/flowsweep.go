package storetest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/store"
)

// sweepFlows fails unless a sweep deletes exactly want records.
func sweepFlows(t tester, s store.FlowStore, now time.Time, limit, want int) {
	t.Helper()
	n, err := s.DeleteExpiredFlows(t.Context(), now, limit)
	ok(t, err, "DeleteExpiredFlows")
	same(t, n, want, "the number of deleted flows")
}

// flowsExpiringAfter creates one flow for each time after noon.
func flowsExpiringAfter(t tester, s store.FlowStore, after ...time.Duration) (stored []flow.Record) {
	t.Helper()
	for n, d := range after {
		r := sampleFlow(fmt.Sprint("owner ", n%3), n)
		r.ExpiresAt = noon.Add(d)
		stored = append(stored, createFlow(t, s, r))
	}
	return stored
}

var flowSweepRules = []rule[store.FlowStore]{
	{"a sweep deletes what expires exactly now, and not what expires a tick later", func(t tester, s store.FlowStore) {
		stored := flowsExpiringAfter(t, s, -time.Hour, -tick, 0, tick, time.Hour)
		sweepFlows(t, s, noon, 10, 3)
		for _, r := range stored[:3] {
			keepsNoFlow(t, s, r.Key)
		}
		for _, r := range stored[3:] {
			keepsFlow(t, s, r)
		}
		sweepFlows(t, s, noon, 10, 0)
	}},
	{"a sweep reads its time in any zone", func(t tester, s store.FlowStore) {
		stored := flowsExpiringAfter(t, s, 0, tick)
		sweepFlows(t, s, noon.Add(-tick).In(time.FixedZone("", 14*3600)), 10, 0)
		sweepFlows(t, s, noon.In(time.FixedZone("", -9*3600)), 10, 1)
		keepsFlow(t, s, stored[1])
	}},
	{"a sweep deletes no more than its limit, and says how many", func(t tester, s store.FlowStore) {
		stored := flowsExpiringAfter(t, s, 0, 0, -1*time.Second, 0, -2*time.Second, 0, time.Hour)
		sweepFlows(t, s, noon, 0, 0)
		left := 6
		for _, deleted := range []int{2, 2, 2, 0} {
			sweepFlows(t, s, noon, 2, deleted)
			left -= deleted
			found := 0
			for _, r := range stored[:6] {
				if _, err := s.GetFlow(t.Context(), r.Key); err == nil {
					found++
				}
			}
			same(t, found, left, "the expired flows that are left")
		}
		keepsFlow(t, s, stored[6])
	}},
	{"a sweep goes by the expiry of the last update", func(t tester, s store.FlowStore) {
		stored := flowsExpiringAfter(t, s, -time.Hour, time.Hour)
		stored[0].ExpiresAt, stored[1].ExpiresAt = stored[1].ExpiresAt, stored[0].ExpiresAt
		for i := range stored {
			ok(t, s.UpdateFlow(t.Context(), stored[i]), "UpdateFlow")
			stored[i].Version++
		}
		sweepFlows(t, s, noon, 10, 1)
		keepsFlow(t, s, stored[0])
		keepsNoFlow(t, s, stored[1].Key)
	}},
	{"a swept key can be created again", func(t tester, s store.FlowStore) {
		stored := flowsExpiringAfter(t, s, 0)
		sweepFlows(t, s, noon, 10, 1)
		keepsFlow(t, s, createFlow(t, s, stored[0]))
	}},
}

var flowRaceRules = []rule[store.FlowStore]{
	{"of 32 creates of one key at once, one succeeds", func(t tester, s store.FlowStore) {
		var winner atomic.Int64
		n := together(t, flow.ErrDuplicate, func(i int) error {
			r := sampleFlow("alice", 1)
			r.Data = counted(i)
			err := s.CreateFlow(t.Context(), r)
			if err == nil {
				winner.Store(int64(i))
			}
			return err
		})
		same(t, n, 1, "creates that succeeded")
		r := sampleFlow("alice", 1)
		r.Version, r.Data = 1, counted(int(winner.Load()))
		keepsFlow(t, s, r)
	}},
	{"of 32 updates of one version at once, one succeeds", func(t tester, s store.FlowStore) {
		r := createFlow(t, s, sampleFlow("alice", 1))
		var winner atomic.Int64
		n := together(t, flow.ErrConflict, func(i int) error {
			r := r
			r.Data = counted(i)
			err := s.UpdateFlow(t.Context(), r)
			if err == nil {
				winner.Store(int64(i))
			}
			return err
		})
		same(t, n, 1, "updates that succeeded")
		r.Version, r.Data = 2, counted(int(winner.Load()))
		keepsFlow(t, s, r)
	}},
	{"of 32 counts at once, none is lost", func(t tester, s store.FlowStore) {
		r := sampleFlow("alice", 1)
		r.Data = counted(0)
		createFlow(t, s, r)
		together(t, nil, func(int) error {
			return untilWritten(flow.ErrConflict, func() error {
				r, err := s.GetFlow(t.Context(), r.Key)
				if err != nil {
					return err
				}
				r.Data = counted(count(r.Data) + 1)
				return s.UpdateFlow(t.Context(), r)
			})
		})
		r.Version, r.Data = 1+crowd, counted(crowd)
		keepsFlow(t, s, r)
	}},
	{"of 32 sweeps at once, each record is counted by one", func(t tester, s store.FlowStore) {
		flowsExpiringAfter(t, s, make([]time.Duration, 48)...)
		var deleted atomic.Int64
		together(t, nil, func(int) error {
			n, err := s.DeleteExpiredFlows(t.Context(), noon, 5)
			deleted.Add(int64(n))
			return err
		})
		n, err := s.DeleteExpiredFlows(t.Context(), noon, 48) // what sweeps left to one another
		ok(t, err, "DeleteExpiredFlows")
		same(t, deleted.Load()+int64(n), int64(48), "the sum of deleted flows")
	}},
}
