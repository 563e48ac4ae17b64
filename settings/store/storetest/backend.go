package storetest

import (
	"context"
	"slices"
	"testing"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// Database is a store.Backend and the stores over the same data.
type Database struct {
	Backend  store.Backend
	Flows    store.FlowStore
	Sessions store.SessionStore
	Accounts Accounts
}

// Backend checks a store.Backend. The stores are checked by Flows,
// Sessions, Identities and Keys.
func Backend(t *testing.T, open func(t *testing.T) Database) {
	t.Helper()
	run(t, loadRules, open)
	run(t, commitRules, open)
	run(t, commitRaceRules, open)
}

// stored is an identity with a session and a flow, as they stand.
type stored struct {
	identity identity.Record
	session  session.Session
	flow     flow.Record
}

// store stores the n-th identity with a session and a flow.
func (d Database) store(t tester, name string, n int) stored {
	t.Helper()
	i := d.Accounts.create(t, name)
	return stored{i, createSession(t, d.Sessions, sampleSession(i.ID, n)), createFlow(t, d.Flows, sampleFlow(i.ID, n))}
}

// keeps fails unless all three are stored exactly so.
func (d Database) keeps(t tester, want stored) {
	t.Helper()
	d.Accounts.keeps(t, want.identity)
	keepsSession(t, d.Sessions, want.session)
	keepsFlow(t, d.Flows, want.flow)
}

// loads fails unless Load finds exactly this; nil stands for what is missing.
func (d Database) loads(t tester, tokenHash, flowKey string, s *session.Session, i *identity.Record, f *flow.Record) {
	t.Helper()
	got, err := d.Backend.Load(t.Context(), tokenHash, flowKey)
	ok(t, err, "Load")
	same(t, got.Session != nil, s != nil, "whether a session is loaded")
	same(t, got.Identity != nil, i != nil, "whether an identity is loaded")
	same(t, got.Flow != nil, f != nil, "whether a flow is loaded")
	if s != nil {
		same(t, plainSession(*got.Session), plainSession(*s), "the loaded session")
	}
	if i != nil {
		same(t, plainIdentity(*got.Identity), plainIdentity(*i), "the loaded identity")
	}
	if f != nil {
		same(t, plainFlow(*got.Flow), plainFlow(*f), "the loaded flow")
	}
}

var loadRules = []rule[Database]{
	{"a load finds the session, its identity and the flow", func(t tester, d Database) {
		alice, bob := d.store(t, "alice", 1), d.store(t, "bob", 2)
		d.loads(t, alice.session.TokenHash, alice.flow.Key, &alice.session, &alice.identity, &alice.flow)
		d.loads(t, bob.session.TokenHash, bob.flow.Key, &bob.session, &bob.identity, &bob.flow)
	}},
	{"a load finds a session by its superseded token too", func(t tester, d Database) {
		alice := d.store(t, "alice", 1)
		d.loads(t, alice.session.Superseded.TokenHash, alice.flow.Key, &alice.session, &alice.identity, &alice.flow)
	}},
	{"a load of an unknown or empty token hash finds nothing, and is no error", func(t tester, d Database) {
		alice := d.store(t, "alice", 1)
		bare := sampleSession(alice.identity.ID, 2)
		bare.Superseded = session.Superseded{}
		createSession(t, d.Sessions, bare)
		for _, hash := range []string{"", hashOf(3), "%", alice.session.ID} {
			d.loads(t, hash, alice.flow.Key, nil, nil, nil)
		}
	}},
	{"a load without a flow's key, or with a missing one, finds the rest", func(t tester, d Database) {
		alice := d.store(t, "alice", 1)
		for _, key := range []string{"", sampleFlow("", 2).Key, "flow:%"} {
			d.loads(t, alice.session.TokenHash, key, &alice.session, &alice.identity, nil)
		}
	}},
	{"a load finds the flow of another owner too: its caller judges whose it is", func(t tester, d Database) {
		alice, bob := d.store(t, "alice", 1), d.store(t, "bob", 2)
		d.loads(t, alice.session.TokenHash, bob.flow.Key, &alice.session, &alice.identity, &bob.flow)
	}},
	{"a load finds the session of a missing identity", func(t tester, d Database) {
		sess, f := createSession(t, d.Sessions, sampleSession(uuid(1), 1)), createFlow(t, d.Flows, sampleFlow(uuid(1), 1))
		d.loads(t, sess.TokenHash, f.Key, &sess, nil, &f)
	}},
	{"a load finds what is expired", func(t tester, d Database) {
		i := d.Accounts.create(t, "alice")
		sess, f := sampleSession(i.ID, 1), sampleFlow(i.ID, 1)
		sess.ExpiresAt, f.ExpiresAt = noon.AddDate(-20, 0, 0), noon.AddDate(-20, 0, 0)
		sess, f = createSession(t, d.Sessions, sess), createFlow(t, d.Flows, f)
		d.loads(t, sess.TokenHash, f.Key, &sess, &i, &f)
	}},
	{"a load finds what the stores wrote last", func(t tester, d Database) {
		alice := d.store(t, "alice", 1)
		ok(t, d.Sessions.UpdateSession(t.Context(), alice.session), "UpdateSession")
		ok(t, d.Flows.UpdateFlow(t.Context(), alice.flow), "UpdateFlow")
		ok(t, d.Accounts.Store.UpdateIdentity(t.Context(), alice.identity), "UpdateIdentity")
		alice.session.Version++
		alice.flow.Version++
		alice.identity.Version++
		d.loads(t, alice.session.TokenHash, alice.flow.Key, &alice.session, &alice.identity, &alice.flow)
		ok(t, d.Flows.DeleteFlow(t.Context(), alice.flow.Key), "DeleteFlow")
		d.loads(t, alice.session.TokenHash, alice.flow.Key, &alice.session, &alice.identity, nil)
		ok(t, d.Sessions.DeleteSession(t.Context(), alice.identity.ID, alice.session.ID), "DeleteSession")
		d.loads(t, alice.session.TokenHash, alice.flow.Key, nil, nil, nil)
	}},
	{"what a load finds is a copy", func(t tester, d Database) {
		alice := d.store(t, "alice", 1)
		for range 2 {
			got, err := d.Backend.Load(t.Context(), alice.session.TokenHash, alice.flow.Key)
			ok(t, err, "Load")
			if got.Session == nil || got.Identity == nil || got.Flow == nil {
				t.Fatalf("Load has not found all: %+v", got)
			}
			clear(got.Session.Methods)
			clear(got.Session.Superseded.Successor)
			clear(got.Identity.Traits)
			clear(got.Identity.Keys)
			clear(got.Flow.Data)
			*got.Session, *got.Identity, *got.Flow = session.Session{}, identity.Record{}, flow.Record{}
		}
		d.keeps(t, alice)
		d.loads(t, alice.session.TokenHash, alice.flow.Key, &alice.session, &alice.identity, &alice.flow)
	}},
	{"a load whose context is done returns its error", func(t tester, d Database) {
		alice := d.store(t, "alice", 1)
		got, err := d.Backend.Load(cancelled(t), alice.session.TokenHash, alice.flow.Key)
		refused(t, err, context.Canceled, "Load")
		same(t, got, store.Loaded{}, "what is loaded")
	}},
}

// change is a commit of changes to all three, and what then stands.
func (d Database) change(before stored) (store.Commit, stored) {
	i, sess, f := d.Accounts.changed(before.identity), changedSession(before.session), before.flow.Clone()
	i.Keys = slices.Clone(before.identity.Keys)
	sess.Superseded = session.Superseded{TokenHash: sess.TokenHash, Until: noon.Add(session.RetryWindow), Successor: []byte("sealed")}
	sess.TokenHash = hashOf(500)
	f.Data = []byte(`{"state":"success"}`)
	after := stored{i.Clone(), sess.Clone(), f.Clone()}
	after.identity.Version++
	after.session.Version++
	after.flow.Version++
	return store.Commit{Identity: &i, Session: &sess, Flow: &f}, after
}
