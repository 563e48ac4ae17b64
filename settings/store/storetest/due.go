package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// Due checks a store.IdentityStore that is a store.Due too: it keeps DueAt, and finds the
// identities that are due. A store over a host's own table need not be one.
func Due(t *testing.T, open func(t *testing.T) Accounts) {
	t.Helper()
	run(t, dueRules, open)
}

// dueAt updates an identity to be due at a time; zero is never.
func (a Accounts) dueAt(t tester, r identity.Record, at time.Time) identity.Record {
	t.Helper()
	r.DueAt = at
	ok(t, a.Store.UpdateIdentity(t.Context(), r), "UpdateIdentity")
	r.Version++
	same(t, instant(a.read(t, r.ID).DueAt), instant(at), "DueAt, as it is read")
	return r
}

// areDue fails unless these identities are due, in this order.
func (a Accounts) areDue(t tester, before time.Time, limit int, want ...string) {
	t.Helper()
	due, is := a.Store.(store.Due)
	if !is {
		t.Fatalf("%T is no store.Due", a.Store)
	}
	got, err := due.DueIdentities(t.Context(), before, limit)
	ok(t, err, "DueIdentities")
	same(t, append([]string{}, got...), append([]string{}, want...), fmt.Sprintf("who is due, at most %d", limit))
}

var dueRules = []rule[Accounts]{
	{"nobody is due who was never made so", func(t tester, a Accounts) {
		same(t, a.create(t, "alice").DueAt.IsZero(), true, "DueAt of a new identity is zero")
		a.areDue(t, noon.AddDate(1000, 0, 0), 10)
	}},
	{"who is due exactly then is found, and who is a tick later is not", func(t tester, a Accounts) {
		alice, bob := a.create(t, "alice"), a.create(t, "bob")
		a.dueAt(t, alice, noon)
		a.dueAt(t, bob, noon.Add(tick))
		a.areDue(t, noon.Add(-tick), 10)
		a.areDue(t, noon, 10, alice.ID)
		a.areDue(t, noon.In(time.FixedZone("", -9*3600)), 10, alice.ID)
	}},
	{"of many the earliest come first, and no more than the limit", func(t tester, a Accounts) {
		var ids []string
		for n, name := range []string{"alice", "bob", "carol", "dave"} {
			r := a.dueAt(t, a.create(t, name), noon.Add(-time.Duration(n)*time.Second))
			ids = append(ids, r.ID)
		}
		slices.Reverse(ids)
		a.areDue(t, noon, 10, ids...)
		a.areDue(t, noon, 3, ids[:3]...)
		a.areDue(t, noon, 0)
	}},
	{"who is due no longer is not found", func(t tester, a Accounts) {
		r := a.dueAt(t, a.create(t, "alice"), noon)
		r = a.dueAt(t, r, noon.Add(time.Hour))
		a.areDue(t, noon, 10)
		a.areDue(t, noon.Add(time.Hour), 10, r.ID)
		r = a.dueAt(t, r, time.Time{})
		a.areDue(t, noon.AddDate(1000, 0, 0), 10)
		a.keeps(t, r)
	}},
	{"an update that is refused makes nobody due", func(t tester, a Accounts) {
		r := a.create(t, "alice")
		stale := r
		stale.Version--
		stale.DueAt = noon
		refused(t, a.Store.UpdateIdentity(t.Context(), stale), identity.ErrConflict, "UpdateIdentity")
		a.areDue(t, noon, 10)
		a.keeps(t, r)
	}},
	{"a Backend over the same rows keeps it too", func(t tester, a Accounts) {
		b, is := a.Store.(store.Backend)
		if !is {
			return
		}
		r := a.create(t, "alice")
		r.DueAt = noon
		ok(t, b.Commit(t.Context(), store.Commit{Identity: &r}), "Commit")
		a.areDue(t, noon, 10, r.ID)
	}},
	{"a call whose context is done returns its error", func(t tester, a Accounts) {
		due, is := a.Store.(store.Due)
		if !is {
			t.Fatalf("%T is no store.Due", a.Store)
		}
		_, err := due.DueIdentities(cancelled(t), noon, 10)
		refused(t, err, cancelled(t).Err(), "DueIdentities")
	}},
}
