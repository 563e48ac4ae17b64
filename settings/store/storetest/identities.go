package storetest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// Accounts is a store.IdentityStore with what the tests need besides.
type Accounts struct {
	Store store.IdentityStore

	// Create stores a new identity, in the host's own way. It returns the id
	// of it, which need not be r.ID: a host may number its users. What the
	// host has no column for (CreatedAt, MetadataPublic, SchemaID,
	// SignsInElsewhere) it may leave out.
	Create func(ctx context.Context, r identity.Record) (id string, err error)

	// Traits makes traits that the store can keep. nil makes {"email": email, "name":
	// name}.
	Traits func(email, name string) json.RawMessage

	// NeverBlocked is for a host that has no blocked users: Active is always
	// true.
	NeverBlocked bool

	// WithoutUpdatedAt is for a host that keeps no time of the last change.
	WithoutUpdatedAt bool

	// WithoutTraits is for a host that maps no profile: Traits is always nil.
	WithoutTraits bool

	// FixedIdentifiers is for a host whose UpdateIdentity does not change what an account
	// logs in with, because its own code does.
	FixedIdentifiers bool
}

func (a Accounts) traits(email, name string) json.RawMessage {
	if a.WithoutTraits {
		return nil
	}
	if a.Traits != nil {
		return a.Traits(email, name)
	}
	text, err := json.Marshal(map[string]string{"email": email, "name": name})
	if err != nil {
		panic(err) // a map of strings
	}
	return text
}

// Identities checks what every store.IdentityStore keeps, also one over a
// host's own table that implements GetIdentity and UpdateIdentity only. Keys
// checks the rest.
func Identities(t *testing.T, open func(t *testing.T) Accounts) {
	t.Helper()
	run(t, identityRules, open)
	run(t, identityRaceRules, open)
}

// newIdentity is an identity to create. It has a password, and logs in with an
// e-mail address.
func (a Accounts) newIdentity(name string) identity.Record {
	email := strings.ToLower(name) + "@example.com"
	return identity.Record{
		ID: fmt.Sprintf("5eed0000-0000-4000-8000-%.12s", session.Hash(name)), Active: true,
		Traits: a.traits(email, name), PasswordHash: "$2a$04$of." + name,
		Keys:      []identity.Key{{Kind: identity.Identifier, Value: email}},
		CreatedAt: noon, UpdatedAt: noon,
	}
}

// create stores a new identity and reads it as it stands.
func (a Accounts) create(t tester, name string) identity.Record {
	t.Helper()
	id, err := a.Create(t.Context(), a.newIdentity(name))
	ok(t, err, "creating an identity")
	r := a.read(t, id)
	if len(r.Identifiers()) == 0 {
		t.Fatalf("an identity that logs in with an e-mail address is read without any identifier in its Keys")
	}
	return r
}

func (a Accounts) read(t tester, id string) identity.Record {
	t.Helper()
	r, err := a.Store.GetIdentity(t.Context(), id)
	ok(t, err, "GetIdentity")
	same(t, r.ID, id, "the id of the identity")
	return r
}

// keeps fails unless exactly this identity is stored.
func (a Accounts) keeps(t tester, want identity.Record) {
	t.Helper()
	got := a.read(t, want.ID)
	if a.WithoutUpdatedAt {
		got.UpdatedAt, want.UpdatedAt = time.Time{}, time.Time{}
	}
	same(t, plainIdentity(got), plainIdentity(want), "the stored identity")
}

// blocked is an identity to create that is not active, if there are such.
func (a Accounts) blocked(name string) identity.Record {
	r := a.newIdentity(name)
	r.Active = a.NeverBlocked
	return r
}

// changed is an identity with all changed that an update writes, but its keys.
func (a Accounts) changed(r identity.Record) identity.Record {
	r = r.Clone()
	r.Traits = a.traits(r.Identifiers()[0], `Zoë "Z" O'Neill \ 100% 🦊`)
	r.PasswordHash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"
	r.SealedState = everyByte()
	r.UpdatedAt = r.UpdatedAt.Add(time.Hour + tick)
	return r
}

// plainIdentity is an identity in the form in which it is compared.
func plainIdentity(r identity.Record) string {
	keys := slices.SortedFunc(slices.Values(r.Keys), func(a, b identity.Key) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	return fmt.Sprintf("%q active %t, elsewhere %t, schema %q\ntraits %s\nmetadata %s\npassword %q\nkeys %q\nstate %x\nversion %d, created %s, updated %s",
		r.ID, r.Active, r.SignsInElsewhere, r.SchemaID, meaning(r.Traits), meaning(r.MetadataPublic), r.PasswordHash, keys, r.SealedState,
		r.Version, instant(r.CreatedAt), instant(r.UpdatedAt))
}

// meaning is a JSON text without what is only its form.
func meaning(text json.RawMessage) string {
	if len(text) == 0 {
		return "none"
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return fmt.Sprintf("not JSON: %q", text)
	}
	sorted, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(sorted)
}

var identityRules = []rule[Accounts]{
	{"an identity is read as it was created", func(t tester, a Accounts) {
		want, got := a.newIdentity("alice"), a.create(t, "alice")
		same(t, got.Active, true, "Active")
		same(t, meaning(got.Traits), meaning(want.Traits), "the traits")
		same(t, got.PasswordHash, want.PasswordHash, "the password hash")
		same(t, len(got.SealedState), 0, "the length of the sealed state")
	}},
	{"what an identity logs in with stands in its keys", func(t tester, a Accounts) {
		same(t, a.create(t, "alice").Identifiers(), []string{"alice@example.com"}, "the identifiers")
	}},
	{"a blocked identity is read too, as not active", func(t tester, a Accounts) {
		id, err := a.Create(t.Context(), a.blocked("alice"))
		ok(t, err, "creating an identity")
		same(t, a.read(t, id).Active, a.NeverBlocked, "Active")
	}},
	{"a missing identity is not found, also by an id of a form that no identity has", func(t tester, a Accounts) {
		r := a.create(t, "alice")
		for _, id := range []string{uuid(1), "none", "", "%", strings.Repeat("x", 200)} {
			_, err := a.Store.GetIdentity(t.Context(), id)
			refused(t, err, identity.ErrNotFound, "GetIdentity")
			missing := a.changed(r)
			missing.ID = id
			refused(t, a.Store.UpdateIdentity(t.Context(), missing), identity.ErrNotFound, "UpdateIdentity")
		}
		a.keeps(t, r)
	}},
	{"an update writes traits, password, state and time, and counts the version", func(t tester, a Accounts) {
		r := a.create(t, "alice")
		for range 3 {
			r = a.changed(r)
			ok(t, a.Store.UpdateIdentity(t.Context(), r), "UpdateIdentity")
			r.Version++
			a.keeps(t, r)
		}
	}},
	{"an update writes nothing else: it does not unblock, nor rewrite what is the host's", func(t tester, a Accounts) {
		blocked := a.blocked("alice")
		blocked.SignsInElsewhere = true
		id, err := a.Create(t.Context(), blocked)
		ok(t, err, "creating an identity")
		r := a.read(t, id)
		other := r.Clone()
		other.SignsInElsewhere = !r.SignsInElsewhere
		other.Active, other.SchemaID, other.MetadataPublic, other.CreatedAt = true, "another", json.RawMessage(`{"role":"admin"}`), noon.AddDate(-1, 0, 0)
		ok(t, a.Store.UpdateIdentity(t.Context(), other), "UpdateIdentity")
		r.Version++
		a.keeps(t, r)
	}},
	{"an update of any version but the stored one is a conflict and changes nothing", func(t tester, a Accounts) {
		r := a.create(t, "alice")
		ok(t, a.Store.UpdateIdentity(t.Context(), r), "UpdateIdentity")
		r.Version++
		for _, off := range []int64{-2, -1, 1, 1 << 40} {
			other := a.changed(r)
			other.Version += off
			refused(t, a.Store.UpdateIdentity(t.Context(), other), identity.ErrConflict, "UpdateIdentity")
			a.keeps(t, r)
		}
	}},
	{"an update that changes nothing counts as one", func(t tester, a Accounts) {
		r := a.create(t, "alice")
		ok(t, a.Store.UpdateIdentity(t.Context(), r), "UpdateIdentity")
		refused(t, a.Store.UpdateIdentity(t.Context(), r), identity.ErrConflict, "UpdateIdentity again")
		r.Version++
		a.keeps(t, r)
	}},
	{"an update changes no other identity", func(t tester, a Accounts) {
		r, other := a.create(t, "alice"), a.create(t, "bob")
		ok(t, a.Store.UpdateIdentity(t.Context(), a.changed(r)), "UpdateIdentity")
		a.keeps(t, other)
	}},
	{"a password can be taken away and set again", func(t tester, a Accounts) {
		r := a.create(t, "alice")
		for _, hash := range []string{"", "$2a$04$another", strings.Repeat("h", 200), ""} {
			r.PasswordHash = hash
			ok(t, a.Store.UpdateIdentity(t.Context(), r), "UpdateIdentity")
			r.Version++
			a.keeps(t, r)
		}
	}},
	{"an identity that never had a password, NULL in its column, is read without one and can set one", func(t tester, a Accounts) {
		fresh := a.newIdentity("alice")
		fresh.PasswordHash = ""
		id, err := a.Create(t.Context(), fresh)
		ok(t, err, "creating an identity")
		r := a.read(t, id)
		same(t, r.PasswordHash, "", "the password hash")
		r.PasswordHash = "$2a$04$another"
		ok(t, a.Store.UpdateIdentity(t.Context(), r), "UpdateIdentity")
		r.Version++
		a.keeps(t, r)
	}},
	{"a sealed state of any bytes comes back, up to 16 KiB, and can be emptied", func(t tester, a Accounts) {
		r := a.create(t, "alice")
		for _, state := range [][]byte{{0}, everyByte(), []byte("\xff\xfe ' \" \\ %"), largest(), nil} {
			r.SealedState = state
			ok(t, a.Store.UpdateIdentity(t.Context(), r), "UpdateIdentity")
			r.Version++
			a.keeps(t, r)
		}
	}},
	{"a time keeps its instant, whatever its zone", func(t tester, a Accounts) {
		r := a.create(t, "alice")
		for _, zone := range []*time.Location{time.UTC, time.FixedZone("", 14*3600), time.FixedZone("", -9*3600-1800)} {
			r.UpdatedAt = r.UpdatedAt.Add(tick).In(zone)
			ok(t, a.Store.UpdateIdentity(t.Context(), r), "UpdateIdentity")
			r.Version++
			a.keeps(t, r)
		}
	}},
	{"what is read is a copy", func(t tester, a Accounts) {
		r := a.changed(a.create(t, "alice"))
		ok(t, a.Store.UpdateIdentity(t.Context(), r), "UpdateIdentity")
		r.Version++
		for range 2 {
			got := a.read(t, r.ID)
			clear(got.Traits)
			clear(got.Keys)
			clear(got.SealedState)
			clear(got.MetadataPublic)
		}
		a.keeps(t, r)
	}},
	{"what is written is copied", func(t tester, a Accounts) {
		r := a.changed(a.create(t, "alice"))
		given := r.Clone()
		ok(t, a.Store.UpdateIdentity(t.Context(), given), "UpdateIdentity")
		clear(given.Traits)
		clear(given.Keys)
		clear(given.SealedState)
		r.Version++
		a.keeps(t, r)
	}},
	{"a call whose context is done returns its error and writes nothing", func(t tester, a Accounts) {
		r := a.create(t, "alice")
		ctx := cancelled(t)
		_, err := a.Store.GetIdentity(ctx, r.ID)
		refused(t, err, context.Canceled, "GetIdentity")
		refused(t, a.Store.UpdateIdentity(ctx, a.changed(r)), context.Canceled, "UpdateIdentity")
		a.keeps(t, r)
	}},
	{"a refused call leaves nothing behind that the next call waits for or fails of", func(t tester, a Accounts) {
		r := a.create(t, "alice")
		missing := r
		missing.ID = uuid(1)
		for range 5 {
			refused(t, a.Store.UpdateIdentity(t.Context(), missing), identity.ErrNotFound, "UpdateIdentity")
			stale := r
			stale.Version--
			refused(t, a.Store.UpdateIdentity(t.Context(), stale), identity.ErrConflict, "UpdateIdentity")
			ok(t, a.Store.UpdateIdentity(t.Context(), r), "UpdateIdentity")
			r.Version++
		}
		a.keeps(t, r)
	}},
}
