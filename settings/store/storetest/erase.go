package storetest

import (
	"testing"

	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// Erase checks that a store.IdentityStore that is a store.Eraser too deletes an identity
// in the version that it is given, and no other. A store over a host's own table may do
// without.
func Erase(t *testing.T, open func(t *testing.T) Accounts) {
	t.Helper()
	run(t, eraseRules, open)
}

func (a Accounts) eraser(t tester) store.Eraser {
	t.Helper()
	e, is := a.Store.(store.Eraser)
	if !is {
		t.Fatalf("%T is no store.Eraser", a.Store)
	}
	return e
}

var eraseRules = []rule[Accounts]{
	{"an identity is erased in the version that it has, and nobody else is", func(t tester, a Accounts) {
		alice, bob := a.create(t, "alice"), a.create(t, "bob")
		ok(t, a.eraser(t).EraseIdentity(t.Context(), alice.ID, alice.Version), "EraseIdentity")
		_, err := a.Store.GetIdentity(t.Context(), alice.ID)
		refused(t, err, identity.ErrNotFound, "GetIdentity of who is erased")
		a.keeps(t, bob)
	}},
	{"an identity in another version is a conflict and stays as it is", func(t tester, a Accounts) {
		looked := a.create(t, "alice")
		anew := looked
		anew.PasswordHash = "$2a$04$of.who.begins.anew"
		ok(t, a.Store.UpdateIdentity(t.Context(), anew), "UpdateIdentity")
		anew.Version++
		for _, version := range []int64{looked.Version, anew.Version + 1, 0} {
			refused(t, a.eraser(t).EraseIdentity(t.Context(), anew.ID, version), identity.ErrConflict, "EraseIdentity")
			a.keeps(t, anew)
		}
	}},
	{"a missing identity is erased already", func(t tester, a Accounts) {
		ok(t, a.eraser(t).EraseIdentity(t.Context(), a.newIdentity("nobody").ID, 1), "EraseIdentity")
	}},
	{"a call whose context is done returns its error and erases nobody", func(t tester, a Accounts) {
		alice := a.create(t, "alice")
		err := a.eraser(t).EraseIdentity(cancelled(t), alice.ID, alice.Version)
		refused(t, err, cancelled(t).Err(), "EraseIdentity")
		a.keeps(t, alice)
	}},
}
