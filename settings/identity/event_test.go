package identity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/seal"
)

// An event of a build that kept no more is read as ever, and due a minute after it.
func TestAnEventOfAnOlderBuildIsReadAndDue(t *testing.T) {
	ring := newRing(t, seal.NewKey())
	sealed := ring.Seal(seal.Binding{Purpose: "identity-state", IdentityID: "42"},
		[]byte(`{"generation":3,"events":[{"id":"7f0c","name":"password.changed","flow":"f","session":"s","method":"password","at":"2030-01-02T03:04:05Z"}]}`))
	i, err := identity.Open(ring, identity.Record{ID: "42", SealedState: sealed})
	require.NoError(t, err)
	e := i.State.Events[0]
	assert.Equal(t, identity.Event{ID: "7f0c", Name: "password.changed", Flow: "f", Session: "s", Method: "password", At: e.At}, e)
	assert.False(t, i.State.IsDue(e.At.Add(time.Minute-1)))
	assert.True(t, i.State.IsDue(e.At.Add(time.Minute)))
}

func TestAnEventThatIsNotTakenIsDueLaterEachTime(t *testing.T) {
	s := identity.State{Events: []identity.Event{{ID: "e", At: at, Attempts: 1}}}
	now := at
	var waits []time.Duration
	for range 9 {
		due := s.DueAt()
		waits = append(waits, due.Sub(now))
		assert.Empty(t, s.Claim(due.Add(-1)), "not before")
		claimed := s.Claim(due)
		require.Len(t, claimed, 1)
		assert.Equal(t, s.Events[0].Attempts-1, claimed[0].Attempts, "how often it was told before")
		assert.Empty(t, s.Claim(due), "nobody else gets it")
		now = due
	}
	minute := time.Minute
	assert.Equal(t, []time.Duration{minute, 2 * minute, 4 * minute, 8 * minute, 16 * minute, 32 * minute, 60 * minute, 60 * minute, 60 * minute}, waits)

	// As when a process could not count: it was never told.
	s = identity.State{Events: []identity.Event{{ID: "e", At: at, Attempts: 1 << 40}}}
	require.Len(t, s.Claim(at.Add(time.Minute)), 1)
	assert.Equal(t, at.Add(time.Hour+time.Minute), s.DueAt())
}

func TestTheEarliestEventSaysWhenARowIsDue(t *testing.T) {
	s := identity.State{}
	assert.True(t, s.DueAt().IsZero())
	assert.False(t, s.IsDue(at.AddDate(100, 0, 0)))
	s.Events = []identity.Event{{ID: "1", At: at, DueAt: at.Add(time.Hour)}, {ID: "2", At: at}, {ID: "3", At: at.Add(time.Second)}}
	assert.Equal(t, at.Add(time.Minute), s.DueAt())
	kept := s
	assert.True(t, s.Strike([]string{"2", "none"}))
	assert.False(t, s.Strike([]string{"2"}))
	assert.Equal(t, at.Add(time.Minute+time.Second), s.DueAt())
	assert.Len(t, kept.Events, 3, "a copy is one")
}

func TestEventsThatWaitAreBounded(t *testing.T) {
	var s identity.State
	for n := range identity.MaxEvents {
		require.True(t, s.AddEvent(identity.Event{ID: fmt.Sprint(n), At: at}))
	}
	assert.False(t, s.AddEvent(identity.Event{ID: "one more", At: at}))
	assert.Len(t, s.Events, identity.MaxEvents)

	s = identity.State{}
	large := identity.Event{Removed: identity.Parts{Identifiers: []string{strings.Repeat("x", identity.MaxKeyValue), strings.Repeat("y", identity.MaxKeyValue)}}}
	n := 0
	for s.AddEvent(large) {
		n++
	}
	assert.Equal(t, 2, n, "large ones sooner: they stand in the account's row")
}

func TestWhatAChangeAddsAndRemoves(t *testing.T) {
	email := func(value string) identity.Address {
		return identity.Address{Via: "email", Value: value, Recovery: true}
	}
	with := func(change func(*identity.Identity)) identity.Identity {
		i := identity.Identity{Record: identity.Record{PasswordHash: "hash", Keys: []identity.Key{{Kind: identity.Identifier, Value: "ada"}, {Kind: identity.OIDC, Value: "o"}}}}
		i.State.Factors = map[aal.Method]identity.Factor{
			aal.TOTP:    {Credentials: []identity.Credential{{ID: "1", Name: "phone", AddedAt: at, Data: []byte(`"secret"`)}}},
			aal.Passkey: {Credentials: []identity.Credential{{ID: "p1", Name: "laptop", AddedAt: at}, {ID: "p2", AddedAt: at}}},
			aal.Lookup:  {Credentials: []identity.Credential{{ID: "1", AddedAt: at, Spent: true}, {ID: "2", AddedAt: at}}},
		}
		change(&i)
		return i
	}
	was := with(func(*identity.Identity) {})
	assert.Equal(t, []identity.Authenticator{
		{Method: aal.Password}, {Method: aal.Passkey, ID: "p1", Name: "laptop", AddedAt: at}, {Method: aal.Passkey, ID: "p2", AddedAt: at},
		{Method: aal.TOTP, ID: "1", Name: "phone", AddedAt: at}, {Method: aal.Lookup, AddedAt: at, Left: 1},
	}, was.Authenticators(), "no secret, first factors first, codes as one set")
	old, renewed := []identity.Address{email("old@example.org")}, []identity.Address{email("new@example.org")}
	later := at.Add(time.Hour)
	for _, c := range []struct {
		name           string
		change         func(*identity.Identity)
		from, to       []identity.Address
		added, removed identity.Parts
	}{
		{name: "nothing", change: func(*identity.Identity) {}},
		{name: "a password that is replaced", change: func(i *identity.Identity) { i.PasswordHash = "another" }},
		{name: "a password that is removed", change: func(i *identity.Identity) { i.PasswordHash = "" },
			removed: identity.Parts{Authenticators: []identity.Authenticator{{Method: aal.Password}}}},
		{name: "a passkey that is removed", change: func(i *identity.Identity) { i.Drop(aal.Passkey, "p1") },
			removed: identity.Parts{Authenticators: []identity.Authenticator{{Method: aal.Passkey, ID: "p1", Name: "laptop", AddedAt: at}}}},
		{name: "an app that takes the place of one with the same id", change: func(i *identity.Identity) { i.State.Factors[aal.TOTP].Credentials[0].AddedAt = later },
			added:   identity.Parts{Authenticators: []identity.Authenticator{{Method: aal.TOTP, ID: "1", Name: "phone", AddedAt: later}}},
			removed: identity.Parts{Authenticators: []identity.Authenticator{{Method: aal.TOTP, ID: "1", Name: "phone", AddedAt: at}}}},
		{name: "an address and a name that change", change: func(i *identity.Identity) { i.Keys[0].Value = "bea" }, from: old, to: renewed,
			added:   identity.Parts{Identifiers: []string{"bea"}, Addresses: renewed},
			removed: identity.Parts{Identifiers: []string{"ada"}, Addresses: old}},
		{name: "an address that stays and may recover no longer", change: func(*identity.Identity) {}, from: old, to: []identity.Address{{Via: "email", Value: "old@example.org"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			is := with(c.change)
			assert.Equal(t, c.added, is.Missing(was, c.to, c.from))
			assert.Equal(t, c.removed, was.Missing(is, c.from, c.to))
		})
	}
}

func TestDroppingCredentials(t *testing.T) {
	account := func() identity.Identity {
		i := identity.Identity{Record: identity.Record{PasswordHash: "hash", Keys: []identity.Key{
			{Kind: identity.Identifier, Value: "p1"}, {Kind: identity.WebAuthn, Value: "p1"}, {Kind: identity.WebAuthn, Value: "p2"}, {Kind: identity.WebAuthn, Value: "k1"},
			{Kind: identity.OIDC, Value: `["https://op","1"]`},
		}}}
		i.State.Factors = map[aal.Method]identity.Factor{
			aal.Passkey:  {Serial: 5, Credentials: []identity.Credential{{ID: "p1"}, {ID: "p2"}}},
			aal.WebAuthn: {Credentials: []identity.Credential{{ID: "k1"}}},
			aal.OIDC:     {Credentials: []identity.Credential{{ID: "op:1"}}},
			aal.TOTP:     {Serial: 3},
		}
		return i
	}
	for _, c := range []struct {
		name    string
		method  aal.Method
		id      string
		dropped bool
		keys    string // the values that are left
	}{
		{"one of two passkeys, with its key and not the name that is spelt like it", aal.Passkey, "p1", true, `p1 p2 k1 ["https://op","1"]`},
		{"all passkeys, and no security key", aal.Passkey, "", true, `p1 k1 ["https://op","1"]`},
		{"a security key by the id of a passkey", aal.WebAuthn, "p1", false, `p1 p1 p2 k1 ["https://op","1"]`},
		{"the linked logins, with keys of a form of their own", aal.OIDC, "", true, `p1 p1 p2 k1`},
		{"an app that is gone already", aal.TOTP, "", false, `p1 p1 p2 k1 ["https://op","1"]`},
		{"what the account never had", aal.Lookup, "", false, `p1 p1 p2 k1 ["https://op","1"]`},
		{"the password", aal.Password, "", true, `p1 p1 p2 k1 ["https://op","1"]`},
		{"a password by an id, which it has not", aal.Password, "1", false, `p1 p1 p2 k1 ["https://op","1"]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			i, untouched := account(), account()
			was := i.Clone()
			serial := i.State.Factors[c.method].Serial
			without := i.Without(c.method, c.id)
			assert.Equal(t, untouched, i, "what an identity would be without it changes nothing")
			assert.Equal(t, c.dropped, i.Drop(c.method, c.id))
			assert.Equal(t, i, without)
			var keys []string
			for _, k := range i.Keys {
				keys = append(keys, k.Value)
			}
			assert.Equal(t, c.keys, strings.Join(keys, " "))
			if c.dropped && c.method != aal.Password {
				assert.Equal(t, serial+1, i.State.Factors[c.method].Serial, "no secret is derived from one serial twice")
			}
			assert.Equal(t, c.dropped, !assert.ObjectsAreEqual(was, i))
			assert.Equal(t, untouched, was, "a copy is one")
		})
	}
}

func TestAWayToSignInElsewhereIsOne(t *testing.T) {
	account := func(elsewhere bool, have ...aal.Method) identity.Identity {
		i := identity.Identity{Record: identity.Record{SignsInElsewhere: elsewhere}, State: identity.State{Factors: map[aal.Method]identity.Factor{}}}
		for _, m := range have {
			i.State.Factors[m] = identity.Factor{Credentials: []identity.Credential{{ID: "1"}}}
		}
		return i
	}
	for _, c := range []struct {
		name      string
		elsewhere bool
		have      []aal.Method
		canSignIn bool
		required  aal.Level
	}{
		{"nothing at all", false, nil, false, aal.AAL1},
		{"the host's way alone", true, nil, true, aal.AAL1},
		{"an app, and no way to sign in", false, []aal.Method{aal.TOTP}, false, aal.AAL1},
		{"an app beside the host's way: two factors, so two are asked for", true, []aal.Method{aal.TOTP}, true, aal.AAL2},
		{"recovery codes beside it oblige nobody", true, []aal.Method{aal.Lookup}, true, aal.AAL1},
		{"an app and codes: the codes stand in for nothing without a password", true, []aal.Method{aal.TOTP, aal.Lookup}, true, aal.AAL2},
		{"a passkey beside it", true, []aal.Method{aal.Passkey}, true, aal.AAL1},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := account(c.elsewhere, c.have...)
			assert.Equal(t, c.canSignIn, identity.CanSignIn(i))
			assert.Equal(t, c.required, i.Required(nil))
		})
	}
	assert.False(t, identity.LocksOut(account(true, aal.Passkey), account(true)), "the last way here may go")
	assert.True(t, identity.LocksOut(account(false, aal.Passkey), account(false)))
	assert.True(t, identity.LocksOut(account(true), account(false)))
	assert.True(t, identity.Diff(account(false), account(true)).Forbidden, "no method says so")
}
