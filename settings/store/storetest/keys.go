package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/amend-go/amend/settings/identity"
)

// Keys checks that a store.IdentityStore finds identities by all their keys
// and keeps the keys unique. A store over a host's own table may do without
// until the host uses linked logins or passkeys.
func Keys(t *testing.T, open func(t *testing.T) Accounts) {
	t.Helper()
	run(t, keyRules, open)
}

func passkey(id string) identity.Key { return identity.Key{Kind: identity.WebAuthn, Value: id} }
func login(id string) identity.Key   { return identity.Key{Kind: identity.OIDC, Value: id} }

// give updates an identity to these keys beside its identifiers.
func (a Accounts) give(t tester, r identity.Record, keys ...identity.Key) identity.Record {
	t.Helper()
	r = withKeys(r, keys...)
	ok(t, a.Store.UpdateIdentity(t.Context(), r), "UpdateIdentity")
	r.Version++
	return r
}

func withKeys(r identity.Record, keys ...identity.Key) identity.Record {
	r = r.Clone()
	r.Keys = slices.DeleteFunc(r.Keys, func(k identity.Key) bool { return k.Kind != identity.Identifier })
	r.Keys = append(r.Keys, keys...)
	return r
}

// owns fails unless each key finds this identity.
func (a Accounts) owns(t tester, id string, keys ...identity.Key) {
	t.Helper()
	for _, k := range keys {
		owner, err := a.Store.IdentityOwner(t.Context(), k)
		ok(t, err, fmt.Sprintf("IdentityOwner of %q", k))
		same(t, owner, id, fmt.Sprintf("the owner of %q", k))
	}
}

func (a Accounts) nobodyOwns(t tester, keys ...identity.Key) {
	t.Helper()
	for _, k := range keys {
		_, err := a.Store.IdentityOwner(t.Context(), k)
		refused(t, err, identity.ErrNotFound, fmt.Sprintf("IdentityOwner of %q", k))
	}
}

var keyRules = []rule[Accounts]{
	{"an identity is found by the keys it was created with", func(t tester, a Accounts) {
		alice, bob := a.create(t, "alice"), a.create(t, "bob")
		a.owns(t, alice.ID, alice.Keys...)
		a.owns(t, bob.ID, bob.Keys...)
	}},
	{"a key that nobody has is not found", func(t tester, a Accounts) {
		a.nobodyOwns(t, passkey("p"), login("l"), identity.Key{Kind: identity.Identifier, Value: "nobody@example.com"}, identity.Key{})
	}},
	{"an update replaces the keys: new ones find the identity, old ones nothing", func(t tester, a Accounts) {
		r := a.create(t, "alice")
		r = a.give(t, r, passkey("p1"), passkey("p2"), login("l1"))
		a.owns(t, r.ID, r.Keys...)
		a.keeps(t, r)
		r = a.give(t, r, passkey("p2"), login("l2"))
		a.owns(t, r.ID, r.Keys...)
		a.nobodyOwns(t, passkey("p1"), login("l1"))
		a.keeps(t, r)
		r = a.give(t, r)
		a.nobodyOwns(t, passkey("p2"), login("l2"))
		a.keeps(t, r)
	}},
	{"an identifier can be changed", func(t tester, a Accounts) {
		r := a.create(t, "alice")
		old, fresh := r.Keys[0], identity.Key{Kind: identity.Identifier, Value: "alice@example.org"}
		r.Keys, r.Traits = []identity.Key{fresh}, a.traits(fresh.Value, "alice")
		ok(t, a.Store.UpdateIdentity(t.Context(), r), "UpdateIdentity")
		r.Version++
		if a.FixedIdentifiers {
			old, fresh, r.Keys = fresh, old, []identity.Key{old}
		}
		a.owns(t, r.ID, fresh)
		a.nobodyOwns(t, old)
		a.keeps(t, r)
	}},
	{"a key of one kind is not a key of another", func(t tester, a Accounts) {
		alice, bob := a.create(t, "alice"), a.create(t, "bob")
		a.give(t, alice, passkey("x"))
		a.nobodyOwns(t, login("x"), identity.Key{Kind: identity.Identifier, Value: "x"})
		a.give(t, bob, login("x"))
		a.owns(t, alice.ID, passkey("x"))
		a.owns(t, bob.ID, login("x"))
	}},
	{"logins and passkeys are compared exactly", func(t tester, a Accounts) {
		r := a.create(t, "alice")
		a.give(t, r, passkey("aB"), login("https://idp.example.com sub"))
		a.nobodyOwns(t, passkey("ab"), passkey("AB"), passkey("aB "), passkey("a%"), passkey("a_"), passkey(""), passkey("a"),
			login("https://idp.example.com Sub"), login("https://idp.example.com sub "), login("https://idp.example.com su"))
	}},
	{"a key may be any text, and is no other", func(t tester, a Accounts) {
		alice, bob := a.create(t, "alice"), a.create(t, "bob")
		var keys [2][]identity.Key // in turn one's and the other's
		for n, value := range oddIDs {
			keys[n%2] = append(keys[n%2], passkey(value))
		}
		alice, bob = a.give(t, alice, keys[0]...), a.give(t, bob, keys[1]...)
		a.owns(t, alice.ID, keys[0]...)
		a.owns(t, bob.ID, keys[1]...)
		a.keeps(t, alice)
		a.keeps(t, bob)
	}},
	{"a key of another identity is a duplicate, and the update changes nothing", func(t tester, a Accounts) {
		alice, bob := a.give(t, a.create(t, "alice"), passkey("a"), login("a")), a.create(t, "bob")
		bob = a.give(t, bob, passkey("b1"), passkey("b2"))
		for _, taken := range alice.Keys {
			if a.FixedIdentifiers && taken.Kind == identity.Identifier {
				continue
			}
			taking := withKeys(a.changed(bob), passkey("fresh"), taken, login("fresh"))
			if taken.Kind == identity.Identifier {
				taking.Traits = alice.Traits // as a submit has it: a host may take its column of names from there
			}
			refused(t, a.Store.UpdateIdentity(t.Context(), taking), identity.ErrDuplicate, "UpdateIdentity")
			a.keeps(t, bob)
			a.keeps(t, alice)
			a.owns(t, bob.ID, bob.Keys...)
			a.owns(t, alice.ID, alice.Keys...)
			a.nobodyOwns(t, passkey("fresh"), login("fresh"))
		}
	}},
	{"an update that is a conflict neither takes keys nor gives any up", func(t tester, a Accounts) {
		r := a.give(t, a.create(t, "alice"), passkey("kept"))
		stale := withKeys(r, passkey("fresh"))
		stale.Version--
		refused(t, a.Store.UpdateIdentity(t.Context(), stale), identity.ErrConflict, "UpdateIdentity")
		a.owns(t, r.ID, passkey("kept"))
		a.nobodyOwns(t, passkey("fresh"))
		a.keeps(t, r)
	}},
	{"a key that one identity gives up another can take", func(t tester, a Accounts) {
		alice, bob := a.give(t, a.create(t, "alice"), passkey("p")), a.create(t, "bob")
		alice = a.give(t, alice)
		bob = a.give(t, bob, passkey("p"))
		a.owns(t, bob.ID, passkey("p"))
		refused(t, a.Store.UpdateIdentity(t.Context(), withKeys(alice, passkey("p"))), identity.ErrDuplicate, "UpdateIdentity")
		a.keeps(t, alice)
	}},
	{"a call whose context is done returns its error and moves no key", func(t tester, a Accounts) {
		r := a.give(t, a.create(t, "alice"), passkey("kept"))
		ctx := cancelled(t)
		_, err := a.Store.IdentityOwner(ctx, passkey("kept"))
		refused(t, err, context.Canceled, "IdentityOwner")
		refused(t, a.Store.UpdateIdentity(ctx, withKeys(r, passkey("fresh"))), context.Canceled, "UpdateIdentity")
		a.owns(t, r.ID, passkey("kept"))
		a.nobodyOwns(t, passkey("fresh"))
	}},
	{"of 32 identities that take one key at once, one gets it", func(t tester, a Accounts) {
		var all [crowd]identity.Record
		for i := range all {
			all[i] = a.create(t, fmt.Sprint("user", i))
		}
		n := together(t, identity.ErrDuplicate, func(i int) error {
			return a.Store.UpdateIdentity(t.Context(), withKeys(all[i], passkey("one")))
		})
		same(t, n, 1, "updates that succeeded")
		owner, err := a.Store.IdentityOwner(t.Context(), passkey("one"))
		ok(t, err, "IdentityOwner")
		have := 0
		for _, r := range all {
			if now := a.read(t, r.ID); slices.Contains(now.Keys, passkey("one")) {
				have++
				same(t, owner, now.ID, "the owner of the key")
			} else {
				a.keeps(t, r)
			}
		}
		same(t, have, 1, "identities that have the key")
	}},
}
