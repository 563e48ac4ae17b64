package storetest

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/settings/store"
)

// Flows checks a store.FlowStore.
func Flows(t *testing.T, open func(t *testing.T) store.FlowStore) {
	t.Helper()
	run(t, flowRules, open)
	run(t, flowSweepRules, open)
	run(t, flowRaceRules, open)
}

func createFlow(t tester, s store.FlowStore, r flow.Record) flow.Record {
	t.Helper()
	ok(t, s.CreateFlow(t.Context(), r), "CreateFlow")
	r.Version = 1
	return r
}

// keepsFlow fails unless exactly this record is stored.
func keepsFlow(t tester, s store.FlowStore, want flow.Record) {
	t.Helper()
	got, err := s.GetFlow(t.Context(), want.Key)
	ok(t, err, "GetFlow")
	same(t, plainFlow(got), plainFlow(want), "the stored flow")
}

func keepsNoFlow(t tester, s store.FlowStore, key string) {
	t.Helper()
	_, err := s.GetFlow(t.Context(), key)
	refused(t, err, flow.ErrNotFound, "GetFlow of a missing key")
}

var flowRules = []rule[store.FlowStore]{
	{"a record is read as it was created, with version 1 whatever version was given", func(t tester, s store.FlowStore) {
		r := sampleFlow("alice", 1)
		r.Version = 7
		keepsFlow(t, s, createFlow(t, s, r))
	}},
	{"a missing record is not found", func(t tester, s store.FlowStore) {
		createFlow(t, s, sampleFlow("alice", 1))
		keepsNoFlow(t, s, sampleFlow("alice", 2).Key)
		keepsNoFlow(t, s, "")
		refused(t, s.UpdateFlow(t.Context(), sampleFlow("alice", 2)), flow.ErrNotFound, "UpdateFlow")
		keepsNoFlow(t, s, sampleFlow("alice", 2).Key)
	}},
	{"a key that exists is a duplicate, and its record stays", func(t tester, s store.FlowStore) {
		r := createFlow(t, s, sampleFlow("alice", 1))
		again := sampleFlow("alice", 1)
		again.Data = []byte("another")
		refused(t, s.CreateFlow(t.Context(), again), flow.ErrDuplicate, "CreateFlow")
		again.Owner = "bob"
		refused(t, s.CreateFlow(t.Context(), again), flow.ErrDuplicate, "CreateFlow for another owner")
		keepsFlow(t, s, r)
	}},
	{"a key that exists is a duplicate also after its record expired", func(t tester, s store.FlowStore) {
		r := sampleFlow("alice", 1)
		r.ExpiresAt = noon.AddDate(-20, 0, 0)
		r = createFlow(t, s, r)
		refused(t, s.CreateFlow(t.Context(), sampleFlow("alice", 1)), flow.ErrDuplicate, "CreateFlow")
		keepsFlow(t, s, r)
	}},
	{"an expired record is read until it is swept", func(t tester, s store.FlowStore) {
		r := sampleFlow("alice", 1)
		r.ExpiresAt = noon.AddDate(-20, 0, 0)
		keepsFlow(t, s, createFlow(t, s, r))
	}},
	{"an update replaces data and expiry, and counts the version", func(t tester, s store.FlowStore) {
		r := createFlow(t, s, sampleFlow("alice", 1))
		for n := range 3 {
			r.Data, r.ExpiresAt = []byte{byte(n)}, r.ExpiresAt.Add(time.Minute)
			ok(t, s.UpdateFlow(t.Context(), r), "UpdateFlow")
			r.Version++
			keepsFlow(t, s, r)
		}
	}},
	{"an update of any version but the stored one is a conflict and changes nothing", func(t tester, s store.FlowStore) {
		r := createFlow(t, s, sampleFlow("alice", 1))
		ok(t, s.UpdateFlow(t.Context(), r), "UpdateFlow")
		r.Version = 2
		for _, version := range []int64{-1, 0, 1, 3, 1 << 40} {
			other := r
			other.Version, other.Data, other.ExpiresAt = version, []byte("another"), noon
			refused(t, s.UpdateFlow(t.Context(), other), flow.ErrConflict, "UpdateFlow")
			keepsFlow(t, s, r)
		}
	}},
	{"an update for another owner is a conflict and changes nothing", func(t tester, s store.FlowStore) {
		r := createFlow(t, s, sampleFlow("alice", 1))
		createFlow(t, s, sampleFlow("bob", 2))
		for _, owner := range []string{"bob", "", "Alice", "alice ", "carol"} {
			other := r
			other.Owner, other.Data = owner, []byte("another")
			refused(t, s.UpdateFlow(t.Context(), other), flow.ErrConflict, "UpdateFlow")
			keepsFlow(t, s, r)
		}
	}},
	{"an update changes no other record", func(t tester, s store.FlowStore) {
		r := createFlow(t, s, sampleFlow("alice", 1))
		others := []flow.Record{createFlow(t, s, sampleFlow("alice", 2)), createFlow(t, s, sampleFlow("bob", 3))}
		r.Data = []byte("another")
		ok(t, s.UpdateFlow(t.Context(), r), "UpdateFlow")
		for _, other := range others {
			keepsFlow(t, s, other)
		}
	}},
	{"a deleted record is gone, and no other is", func(t tester, s store.FlowStore) {
		r := createFlow(t, s, sampleFlow("alice", 1))
		other := createFlow(t, s, sampleFlow("alice", 2))
		ok(t, s.DeleteFlow(t.Context(), r.Key), "DeleteFlow")
		keepsNoFlow(t, s, r.Key)
		keepsFlow(t, s, other)
	}},
	{"deleting a missing record is no error", func(t tester, s store.FlowStore) {
		ok(t, s.DeleteFlow(t.Context(), "flow:none"), "DeleteFlow")
		r := createFlow(t, s, sampleFlow("alice", 1))
		ok(t, s.DeleteFlow(t.Context(), r.Key), "DeleteFlow")
		ok(t, s.DeleteFlow(t.Context(), r.Key), "DeleteFlow again")
	}},
	{"an update does not bring a deleted record back", func(t tester, s store.FlowStore) {
		r := createFlow(t, s, sampleFlow("alice", 1))
		ok(t, s.DeleteFlow(t.Context(), r.Key), "DeleteFlow")
		refused(t, s.UpdateFlow(t.Context(), r), flow.ErrNotFound, "UpdateFlow")
		keepsNoFlow(t, s, r.Key)
	}},
	{"a deleted key can be created again, for anyone", func(t tester, s store.FlowStore) {
		r := createFlow(t, s, sampleFlow("alice", 1))
		ok(t, s.UpdateFlow(t.Context(), r), "UpdateFlow")
		ok(t, s.DeleteFlow(t.Context(), r.Key), "DeleteFlow")
		r.Owner = "bob"
		keepsFlow(t, s, createFlow(t, s, r))
	}},
	{"what is read is a copy", func(t tester, s store.FlowStore) {
		r := createFlow(t, s, sampleFlow("alice", 1))
		for range 2 {
			got, err := s.GetFlow(t.Context(), r.Key)
			ok(t, err, "GetFlow")
			clear(got.Data)
		}
		keepsFlow(t, s, r)
	}},
	{"what is written is copied", func(t tester, s store.FlowStore) {
		r := sampleFlow("alice", 1)
		ok(t, s.CreateFlow(t.Context(), r), "CreateFlow")
		clear(r.Data)
		want := sampleFlow("alice", 1)
		want.Version = 1
		keepsFlow(t, s, want)

		r = want.Clone()
		ok(t, s.UpdateFlow(t.Context(), r), "UpdateFlow")
		clear(r.Data)
		want.Version = 2
		keepsFlow(t, s, want)
	}},
	{"data of any bytes comes back, up to 16 KiB", func(t tester, s store.FlowStore) {
		for n, data := range [][]byte{nil, {}, {0}, everyByte(), []byte("\xff\xfe ' \" \\ % 🦊"), bytes.Repeat([]byte{0}, 500), largest()} {
			r := sampleFlow("alice", n)
			r.Data = data
			keepsFlow(t, s, createFlow(t, s, r))

			r = createFlow(t, s, sampleFlow("bob", 100+n))
			r.Data = data
			ok(t, s.UpdateFlow(t.Context(), r), "UpdateFlow")
			r.Version = 2
			keepsFlow(t, s, r)
		}
	}},
	{"keys are compared exactly", func(t tester, s store.FlowStore) {
		var stored []flow.Record
		for _, key := range []string{"tries:a:x", "tries:A:x", "tries:a:X", "tries:a:x ", "tries:a:%", "tries:a:_", "tries:a:'", `tries:a:"`, `tries:a:\`, "paused:a:x", "tries:a:*",
			"tries:" + strings.Repeat("k", 194), "tries:" + strings.Repeat("k", 193) + "K"} {
			r := sampleFlow("alice", 0)
			r.Key, r.Data = key, []byte(key)
			stored = append(stored, createFlow(t, s, r))
		}
		for i, r := range stored {
			keepsFlow(t, s, r)
			ok(t, s.DeleteFlow(t.Context(), r.Key), "DeleteFlow")
			keepsNoFlow(t, s, r.Key)
			for _, other := range stored[i+1:] {
				keepsFlow(t, s, other)
			}
		}
	}},
	{"an owner's id may be any text", func(t tester, s store.FlowStore) {
		for n, id := range oddIDs {
			r := createFlow(t, s, sampleFlow(id, n))
			keepsFlow(t, s, r)
			ok(t, s.UpdateFlow(t.Context(), r), "UpdateFlow")
			for _, other := range oddIDs {
				if other != id {
					r := r
					r.Owner, r.Version = other, 2
					refused(t, s.UpdateFlow(t.Context(), r), flow.ErrConflict, "UpdateFlow for another owner")
				}
			}
		}
	}},
	{"a time keeps its instant, whatever its zone", func(t tester, s store.FlowStore) {
		for n, zone := range []*time.Location{time.UTC, time.FixedZone("", 14*3600), time.FixedZone("", -9*3600-1800)} {
			for m, at := range []time.Time{noon, noon.Add(tick), noon.Truncate(time.Second), noon.AddDate(200, 0, 0)} {
				r := sampleFlow("alice", 10*n+m)
				r.ExpiresAt = at.In(zone)
				keepsFlow(t, s, createFlow(t, s, r))
			}
		}
	}},
	{"a call whose context is done returns its error and writes nothing", func(t tester, s store.FlowStore) {
		r := createFlow(t, s, sampleFlow("alice", 1))
		ctx := cancelled(t)
		_, err := s.GetFlow(ctx, r.Key)
		refused(t, err, context.Canceled, "GetFlow")
		refused(t, s.CreateFlow(ctx, sampleFlow("alice", 2)), context.Canceled, "CreateFlow")
		refused(t, s.UpdateFlow(ctx, r), context.Canceled, "UpdateFlow")
		refused(t, s.DeleteFlow(ctx, r.Key), context.Canceled, "DeleteFlow")
		_, err = s.DeleteExpiredFlows(ctx, noon.AddDate(1, 0, 0), 10)
		refused(t, err, context.Canceled, "DeleteExpiredFlows")
		keepsFlow(t, s, r)
		keepsNoFlow(t, s, sampleFlow("alice", 2).Key)
	}},
	{"a refused call leaves nothing behind that the next call waits for or fails of", func(t tester, s store.FlowStore) {
		r := createFlow(t, s, sampleFlow("alice", 1))
		for range 5 {
			refused(t, s.CreateFlow(t.Context(), r), flow.ErrDuplicate, "CreateFlow")
			stale := r
			stale.Version--
			refused(t, s.UpdateFlow(t.Context(), stale), flow.ErrConflict, "UpdateFlow")
			refused(t, s.UpdateFlow(t.Context(), sampleFlow("alice", 2)), flow.ErrNotFound, "UpdateFlow")
			keepsNoFlow(t, s, sampleFlow("alice", 2).Key)
			ok(t, s.UpdateFlow(t.Context(), r), "UpdateFlow")
			r.Version++
		}
		keepsFlow(t, s, r)
	}},
}
