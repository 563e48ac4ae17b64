package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// writesNothing fails unless a commit is refused with this error and leaves all
// as it was.
func (d Database) writesNothing(t tester, c store.Commit, want error, before stored) {
	t.Helper()
	refused(t, d.Backend.Commit(t.Context(), c), want, "Commit")
	d.keeps(t, before)
	findsNoSession(t, d.Sessions, hashOf(500))
}

var commitRules = []rule[Database]{
	{"a commit writes identity, session and flow, and counts each version", func(t tester, d Database) {
		alice, bob := d.store(t, "alice", 1), d.store(t, "bob", 2)
		c, after := d.change(alice)
		ok(t, d.Backend.Commit(t.Context(), c), "Commit")
		d.keeps(t, after)
		d.keeps(t, bob)
		findsNoSession(t, d.Sessions, alice.session.Superseded.TokenHash)
		d.loads(t, after.session.TokenHash, after.flow.Key, &after.session, &after.identity, &after.flow)
	}},
	{"a commit writes only what is set", func(t tester, d Database) {
		now := d.store(t, "alice", 1)
		ok(t, d.Backend.Commit(t.Context(), store.Commit{}), "Commit of nothing")
		d.keeps(t, now)
		c, after := d.change(now)
		ok(t, d.Backend.Commit(t.Context(), store.Commit{Flow: c.Flow}), "Commit of a flow")
		now.flow = after.flow
		d.keeps(t, now)
		ok(t, d.Backend.Commit(t.Context(), store.Commit{Identity: c.Identity}), "Commit of an identity")
		now.identity = after.identity
		d.keeps(t, now)
		ok(t, d.Backend.Commit(t.Context(), store.Commit{Session: c.Session}), "Commit of a session")
		d.keeps(t, after)
	}},
	{"a commit that holds a session writes nothing if it is not as it was", func(t tester, d Database) {
		alice, bob := d.store(t, "alice", 1), d.store(t, "bob", 2)
		held := func(change func(*session.Session)) store.Commit {
			c, _ := d.change(alice)
			s := alice.session
			change(&s)
			c.Session, c.IfSession = nil, &s
			return c
		}
		d.writesNothing(t, held(func(s *session.Session) { s.Version-- }), session.ErrConflict, alice)
		d.writesNothing(t, held(func(s *session.Session) { s.Version++ }), session.ErrConflict, alice)
		d.writesNothing(t, held(func(s *session.Session) { s.ID = bob.session.ID }), session.ErrConflict, alice)
		c := held(func(*session.Session) {})
		c.Identity = nil // of a flow alone, too
		ok(t, d.Sessions.DeleteSession(t.Context(), alice.session.IdentityID, alice.session.ID), "DeleteSession")
		refused(t, d.Backend.Commit(t.Context(), c), session.ErrNotFound, "Commit")
		ok(t, d.Sessions.CreateSession(t.Context(), alice.session), "CreateSession")
		d.keeps(t, alice)
		c, after := d.change(alice)
		c.Session, c.IfSession = nil, &alice.session
		after.session = alice.session
		ok(t, d.Backend.Commit(t.Context(), c), "Commit")
		d.keeps(t, after)
	}},
	{"a commit in which any record is stale is a conflict and writes nothing", func(t tester, d Database) {
		alice := d.store(t, "alice", 1)
		for _, off := range []int64{-1, 1} {
			c, _ := d.change(alice)
			c.Identity.Version += off
			d.writesNothing(t, c, identity.ErrConflict, alice)
			c, _ = d.change(alice)
			c.Session.Version += off
			d.writesNothing(t, c, session.ErrConflict, alice)
			c, _ = d.change(alice)
			c.Flow.Version += off
			d.writesNothing(t, c, flow.ErrConflict, alice)
		}
	}},
	{"a commit in which any record is missing is not found and writes nothing", func(t tester, d Database) {
		alice := d.store(t, "alice", 1)
		c, _ := d.change(alice)
		c.Identity.ID = uuid(1)
		d.writesNothing(t, c, identity.ErrNotFound, alice)
		c, _ = d.change(alice)
		c.Session.ID = uuid(100)
		d.writesNothing(t, c, session.ErrNotFound, alice)
		c, _ = d.change(alice)
		c.Flow.Key = sampleFlow("", 100).Key
		d.writesNothing(t, c, flow.ErrNotFound, alice)
		keepsNoFlow(t, d.Flows, sampleFlow("", 100).Key)
	}},
	{"a commit that gives a session or a flow to another is a conflict and writes nothing", func(t tester, d Database) {
		alice, bob := d.store(t, "alice", 1), d.store(t, "bob", 2)
		c, _ := d.change(alice)
		c.Session.IdentityID = bob.identity.ID
		d.writesNothing(t, c, session.ErrConflict, alice)
		c, _ = d.change(alice)
		c.Flow.Owner = bob.identity.ID
		d.writesNothing(t, c, flow.ErrConflict, alice)
		d.keeps(t, bob)
	}},
	{"a commit to a token hash of another session is a duplicate and writes nothing", func(t tester, d Database) {
		alice, bob := d.store(t, "alice", 1), d.store(t, "bob", 2)
		c, _ := d.change(alice)
		c.Session.TokenHash = bob.session.TokenHash
		d.writesNothing(t, c, session.ErrDuplicate, alice)
		d.keeps(t, bob)
	}},
	{"a commit deletes the records it drops, and a missing one is no error", func(t tester, d Database) {
		alice, bob := d.store(t, "alice", 1), d.store(t, "bob", 2)
		tries := createFlow(t, d.Flows, sampleFlow(alice.identity.ID, 3))
		kept := createFlow(t, d.Flows, sampleFlow(alice.identity.ID, 4))
		c, after := d.change(alice)
		c.Drop = []string{tries.Key, sampleFlow("", 100).Key, "flow:%", ""}
		ok(t, d.Backend.Commit(t.Context(), c), "Commit")
		d.keeps(t, after)
		d.keeps(t, bob)
		keepsFlow(t, d.Flows, kept)
		keepsNoFlow(t, d.Flows, tries.Key)
		keepsFlow(t, d.Flows, createFlow(t, d.Flows, tries))
		c, after = d.change(after)
		ok(t, d.Backend.Commit(t.Context(), store.Commit{Flow: c.Flow, Drop: []string{tries.Key}}), "Commit of a flow")
		keepsNoFlow(t, d.Flows, tries.Key)
		keepsFlow(t, d.Flows, after.flow)
		ok(t, d.Backend.Commit(t.Context(), store.Commit{Drop: []string{kept.Key, bob.flow.Key}}), "Commit that only drops")
		keepsNoFlow(t, d.Flows, kept.Key)
		keepsNoFlow(t, d.Flows, bob.flow.Key)
		keepsFlow(t, d.Flows, after.flow)
	}},
	{"a refused commit drops nothing", func(t tester, d Database) {
		alice, bob := d.store(t, "alice", 1), d.store(t, "bob", 2)
		tries := createFlow(t, d.Flows, sampleFlow(alice.identity.ID, 3))
		for want, spoil := range map[error]func(c *store.Commit){
			identity.ErrConflict: func(c *store.Commit) { c.Identity.Version-- },
			session.ErrDuplicate: func(c *store.Commit) { c.Session.TokenHash = bob.session.TokenHash },
			flow.ErrNotFound:     func(c *store.Commit) { c.Flow.Key = sampleFlow("", 100).Key },
		} {
			c, _ := d.change(alice)
			c.Drop = []string{tries.Key}
			spoil(&c)
			d.writesNothing(t, c, want, alice)
			keepsFlow(t, d.Flows, tries)
		}
		c, _ := d.change(alice)
		c.Drop = []string{tries.Key}
		refused(t, d.Backend.Commit(cancelled(t), c), context.Canceled, "Commit")
		keepsFlow(t, d.Flows, tries)
	}},
	{"a commit copies what it is given", func(t tester, d Database) {
		c, after := d.change(d.store(t, "alice", 1))
		ok(t, d.Backend.Commit(t.Context(), c), "Commit")
		clear(c.Identity.Traits)
		clear(c.Identity.Keys)
		clear(c.Identity.SealedState)
		clear(c.Session.Methods)
		clear(c.Session.Superseded.Successor)
		clear(c.Flow.Data)
		*c.Identity, *c.Session, *c.Flow = identity.Record{}, session.Session{}, flow.Record{}
		d.keeps(t, after)
	}},
	{"a commit whose context is done returns its error and writes nothing", func(t tester, d Database) {
		alice := d.store(t, "alice", 1)
		c, _ := d.change(alice)
		refused(t, d.Backend.Commit(cancelled(t), c), context.Canceled, "Commit")
		d.keeps(t, alice)
	}},
	{"a refused commit leaves nothing behind that the next waits for or fails of", func(t tester, d Database) {
		alice := d.store(t, "alice", 1)
		for range 5 {
			c, _ := d.change(alice)
			c.Flow.Version--
			d.writesNothing(t, c, flow.ErrConflict, alice)
		}
		c, after := d.change(alice)
		ok(t, d.Backend.Commit(t.Context(), c), "Commit")
		d.keeps(t, after)
	}},
}

var commitRaceRules = []rule[Database]{
	{"of 32 commits of one version at once, one succeeds, and all of it stands", func(t tester, d Database) {
		c, after := d.change(d.store(t, "alice", 1))
		var winner atomic.Int64
		succeeded := together(t, identity.ErrConflict, func(i int) error {
			who, sess, f := c.Identity.Clone(), c.Session.Clone(), c.Flow.Clone()
			who.SealedState, sess.UserAgent, f.Data = counted(i), string(counted(i)), counted(i)
			err := d.Backend.Commit(t.Context(), store.Commit{Identity: &who, Session: &sess, Flow: &f})
			if err == nil {
				winner.Store(int64(i))
			}
			return anyConflict(err)
		})
		same(t, succeeded, 1, "commits that succeeded")
		won := counted(int(winner.Load()))
		after.identity.SealedState, after.session.UserAgent, after.flow.Data = won, string(won), won
		d.keeps(t, after)
	}},
	{"of 32 commits at once, each repeated until it succeeds, none is lost in any record", func(t tester, d Database) {
		alice := d.store(t, "alice", 1)
		together(t, nil, func(int) error {
			return untilWritten(identity.ErrConflict, func() error {
				l, err := d.Backend.Load(t.Context(), hashOf(1), alice.flow.Key)
				if err != nil {
					return err
				}
				if l.Session == nil || l.Identity == nil || l.Flow == nil {
					return fmt.Errorf("a load of session, identity and flow found %t, %t, %t", l.Session != nil, l.Identity != nil, l.Flow != nil)
				}
				next := counted(count(l.Identity.SealedState) + 1)
				l.Identity.SealedState, l.Session.UserAgent, l.Flow.Data = next, string(next), next
				return anyConflict(d.Backend.Commit(t.Context(), store.Commit{Identity: l.Identity, Session: l.Session, Flow: l.Flow}))
			})
		})
		alice.identity.Version += crowd
		alice.session.Version += crowd
		alice.flow.Version += crowd
		alice.identity.SealedState, alice.session.UserAgent, alice.flow.Data = counted(crowd), string(counted(crowd)), counted(crowd)
		d.keeps(t, alice)
	}},
}

// anyConflict is err, or the one conflict that the rules above tolerate: which
// of the three records a commit finds stale first is its own affair.
func anyConflict(err error) error {
	if errors.Is(err, session.ErrConflict) || errors.Is(err, flow.ErrConflict) {
		return identity.ErrConflict
	}
	return err
}
