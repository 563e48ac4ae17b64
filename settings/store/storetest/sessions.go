package storetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/store"
)

// Sessions checks a store.SessionStore.
func Sessions(t *testing.T, open func(t *testing.T) store.SessionStore) {
	t.Helper()
	run(t, sessionRules, open)
	run(t, sessionUpdateRules, open)
	run(t, sessionListRules, open)
	run(t, sessionRaceRules, open)
}

func createSession(t tester, s store.SessionStore, sess session.Session) session.Session {
	t.Helper()
	ok(t, s.CreateSession(t.Context(), sess), "CreateSession")
	sess.Version = 1
	return sess
}

// keepsSession fails unless exactly this session is stored, and found by all
// its hashes.
func keepsSession(t tester, s store.SessionStore, want session.Session) {
	t.Helper()
	for _, hash := range []string{want.TokenHash, want.Superseded.TokenHash} {
		if hash == "" {
			continue
		}
		got, err := s.GetSession(t.Context(), hash)
		ok(t, err, "GetSession")
		same(t, plainSession(got), plainSession(want), "the stored session")
	}
}

func findsNoSession(t tester, s store.SessionStore, hashes ...string) {
	t.Helper()
	for _, hash := range hashes {
		_, err := s.GetSession(t.Context(), hash)
		refused(t, err, session.ErrNotFound, "GetSession of a hash that no session has")
	}
}

var sessionRules = []rule[store.SessionStore]{
	{"a session is read as it was created, with version 1 whatever version was given", func(t tester, s store.SessionStore) {
		sess := sampleSession("alice", 1)
		sess.Version = 7
		keepsSession(t, s, createSession(t, s, sess))
	}},
	{"a session is found by the hash of its token and of its superseded token", func(t tester, s store.SessionStore) {
		createSession(t, s, sampleSession("alice", 1))
		createSession(t, s, sampleSession("alice", 2))
		for _, hash := range []string{hashOf(1), oldHashOf(1)} {
			got, err := s.GetSession(t.Context(), hash)
			ok(t, err, "GetSession")
			same(t, got.ID, sampleSession("alice", 1).ID, "the session found")
		}
	}},
	{"what a session has not stays empty", func(t tester, s store.SessionStore) {
		sess := sampleSession("alice", 1)
		sess = session.Session{ID: sess.ID, IdentityID: sess.IdentityID, TokenHash: sess.TokenHash, AuthenticatedAt: noon, IssuedAt: noon, ExpiresAt: noon}
		keepsSession(t, s, createSession(t, s, sess))
	}},
	{"an expired session is read until it is swept", func(t tester, s store.SessionStore) {
		sess := sampleSession("alice", 1)
		sess.ExpiresAt = noon.AddDate(-20, 0, 0)
		keepsSession(t, s, createSession(t, s, sess))
	}},
	{"the empty hash finds nothing, also where a session has no superseded token", func(t tester, s store.SessionStore) {
		sess := sampleSession("alice", 1)
		sess.Superseded = session.Superseded{}
		createSession(t, s, sess)
		sess = sampleSession("alice", 2)
		sess.Superseded = session.Superseded{}
		keepsSession(t, s, createSession(t, s, sess))
		findsNoSession(t, s, "")
	}},
	{"hashes are compared exactly", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		h := sess.TokenHash
		findsNoSession(t, s, hashOf(2), strings.ToUpper(h), h+" ", " "+h, h[:len(h)-1], h[1:], h[:10]+"%", strings.Repeat("_", len(h)), "%", "*", sess.ID)
	}},
	{"an id that exists is a duplicate, and its session stays", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		for _, owner := range []string{"alice", "bob"} {
			again := sampleSession(owner, 2)
			again.ID = sess.ID
			refused(t, s.CreateSession(t.Context(), again), session.ErrDuplicate, "CreateSession")
			findsNoSession(t, s, again.TokenHash, again.Superseded.TokenHash)
		}
		keepsSession(t, s, sess)
	}},
	{"a token hash that exists is a duplicate, and its session stays", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		for _, owner := range []string{"alice", "bob"} {
			again := sampleSession(owner, 2)
			again.TokenHash = sess.TokenHash
			refused(t, s.CreateSession(t.Context(), again), session.ErrDuplicate, "CreateSession")
			findsNoSession(t, s, again.Superseded.TokenHash)
		}
		keepsSession(t, s, sess)
		keepsSession(t, s, createSession(t, s, sampleSession("bob", 2)))
	}},
	{"a deleted session is found by no hash, and no other is deleted", func(t tester, s store.SessionStore) {
		sess, other := createSession(t, s, sampleSession("alice", 1)), createSession(t, s, sampleSession("alice", 2))
		ok(t, s.DeleteSession(t.Context(), "alice", sess.ID), "DeleteSession")
		findsNoSession(t, s, sess.TokenHash, sess.Superseded.TokenHash)
		keepsSession(t, s, other)
	}},
	{"deleting a session as another identity is no error and deletes nothing", func(t tester, s store.SessionStore) {
		sess, other := createSession(t, s, sampleSession("alice", 1)), createSession(t, s, sampleSession("bob", 2))
		for _, owner := range []string{"bob", "carol", "", "Alice", "alice ", "%"} {
			ok(t, s.DeleteSession(t.Context(), owner, sess.ID), "DeleteSession")
		}
		keepsSession(t, s, sess)
		keepsSession(t, s, other)
	}},
	{"deleting a missing session is no error", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		for _, id := range []string{uuid(2), uuid(1001)} {
			ok(t, s.DeleteSession(t.Context(), "alice", id), "DeleteSession")
		}
		keepsSession(t, s, sess)
		ok(t, s.DeleteSession(t.Context(), "alice", sess.ID), "DeleteSession")
		ok(t, s.DeleteSession(t.Context(), "alice", sess.ID), "DeleteSession again")
	}},
	{"what is read is a copy", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		for range 2 {
			got, err := s.GetSession(t.Context(), sess.TokenHash)
			ok(t, err, "GetSession")
			clear(got.Methods)
			clear(got.Superseded.Successor)
			clear(got.Extra)
			list, err := s.ListSessions(t.Context(), "alice")
			ok(t, err, "ListSessions")
			same(t, len(list), 1, "the number of sessions")
			clear(list[0].Methods)
			clear(list[0].Superseded.Successor)
			clear(list[0].Extra)
			clear(list)
		}
		keepsSession(t, s, sess)
		listsSessions(t, s, "alice", sess)
	}},
	{"what is written is copied", func(t tester, s store.SessionStore) {
		sess := sampleSession("alice", 1)
		ok(t, s.CreateSession(t.Context(), sess), "CreateSession")
		clear(sess.Methods)
		clear(sess.Superseded.Successor)
		clear(sess.Extra)
		want := sampleSession("alice", 1)
		want.Version = 1
		keepsSession(t, s, want)

		sess = want.Clone()
		ok(t, s.UpdateSession(t.Context(), sess), "UpdateSession")
		clear(sess.Methods)
		clear(sess.Superseded.Successor)
		clear(sess.Extra)
		want.Version = 2
		keepsSession(t, s, want)
	}},
	{"a time keeps its instant, whatever its zone", func(t tester, s store.SessionStore) {
		for n, zone := range []*time.Location{time.UTC, time.FixedZone("", 14*3600), time.FixedZone("", -9*3600-1800)} {
			sess := sampleSession("alice", n)
			for _, at := range []*time.Time{&sess.AuthenticatedAt, &sess.IssuedAt, &sess.ExpiresAt, &sess.Superseded.Until, &sess.Methods[0].At, &sess.Methods[1].At} {
				*at = at.In(zone)
			}
			keepsSession(t, s, createSession(t, s, sess))
		}
	}},
	{"a call whose context is done returns its error and writes nothing", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		ctx := cancelled(t)
		_, err := s.GetSession(ctx, sess.TokenHash)
		refused(t, err, context.Canceled, "GetSession")
		_, err = s.ListSessions(ctx, "alice")
		refused(t, err, context.Canceled, "ListSessions")
		refused(t, s.CreateSession(ctx, sampleSession("alice", 2)), context.Canceled, "CreateSession")
		refused(t, s.UpdateSession(ctx, sess), context.Canceled, "UpdateSession")
		refused(t, s.DeleteSession(ctx, "alice", sess.ID), context.Canceled, "DeleteSession")
		_, err = s.DeleteExpiredSessions(ctx, noon.AddDate(1, 0, 0), 10)
		refused(t, err, context.Canceled, "DeleteExpiredSessions")
		keepsSession(t, s, sess)
		listsSessions(t, s, "alice", sess)
	}},
}
