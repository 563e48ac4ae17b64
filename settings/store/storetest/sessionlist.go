package storetest

import (
	"time"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/store"
)

// listsSessions fails unless these are the sessions of an identity, in this
// order.
func listsSessions(t tester, s store.SessionStore, identityID string, want ...session.Session) {
	t.Helper()
	list, err := s.ListSessions(t.Context(), identityID)
	ok(t, err, "ListSessions")
	same(t, len(list), len(want), "the number of sessions")
	for i := range list {
		same(t, plainSession(list[i]), plainSession(want[i]), "a listed session")
	}
}

// sweepSessions fails unless a sweep deletes exactly want sessions.
func sweepSessions(t tester, s store.SessionStore, now time.Time, limit, want int) {
	t.Helper()
	n, err := s.DeleteExpiredSessions(t.Context(), now, limit)
	ok(t, err, "DeleteExpiredSessions")
	same(t, n, want, "the number of deleted sessions")
}

// sessionsExpiringAfter creates one session for each time after noon.
func sessionsExpiringAfter(t tester, s store.SessionStore, after ...time.Duration) (stored []session.Session) {
	t.Helper()
	for n, d := range after {
		sess := sampleSession("alice", n)
		sess.ExpiresAt = noon.Add(d)
		stored = append(stored, createSession(t, s, sess))
	}
	return stored
}

var sessionListRules = []rule[store.SessionStore]{
	{"an identity's sessions are listed newest first", func(t tester, s store.SessionStore) {
		second, first, third := createSession(t, s, sampleSession("alice", 2)), createSession(t, s, sampleSession("alice", 1)), createSession(t, s, sampleSession("alice", 3))
		listsSessions(t, s, "alice", third, second, first)
	}},
	{"the order is to the tick, and that of the last update", func(t tester, s store.SessionStore) {
		older, newer := sampleSession("alice", 1), sampleSession("alice", 2)
		older.IssuedAt, newer.IssuedAt = noon, noon.Add(tick)
		older, newer = createSession(t, s, older), createSession(t, s, newer)
		listsSessions(t, s, "alice", newer, older)
		older.IssuedAt = noon.Add(2 * tick)
		ok(t, s.UpdateSession(t.Context(), older), "UpdateSession")
		older.Version++
		listsSessions(t, s, "alice", older, newer)
	}},
	{"an expired session is listed too", func(t tester, s store.SessionStore) {
		sess := sampleSession("alice", 1)
		sess.ExpiresAt = noon.AddDate(-20, 0, 0)
		sess = createSession(t, s, sess)
		listsSessions(t, s, "alice", sess)
	}},
	{"an identity without sessions has an empty list and no error", func(t tester, s store.SessionStore) {
		listsSessions(t, s, "alice")
		createSession(t, s, sampleSession("bob", 1))
		listsSessions(t, s, "alice")
		listsSessions(t, s, "")
	}},
	{"an identity's id may be any text, and nobody's sessions are listed as another's", func(t tester, s store.SessionStore) {
		stored := make([]session.Session, len(oddIDs))
		for n, id := range oddIDs {
			stored[n] = createSession(t, s, sampleSession(id, n))
		}
		for n, id := range oddIDs {
			listsSessions(t, s, id, stored[n])
			keepsSession(t, s, stored[n])
		}
	}},
	{"a list has 50 sessions", func(t tester, s store.SessionStore) {
		var newestFirst []session.Session
		for n := range 50 {
			newestFirst = append([]session.Session{createSession(t, s, sampleSession("alice", n))}, newestFirst...)
		}
		listsSessions(t, s, "alice", newestFirst...)
	}},
	{"sessions can be updated and deleted while their list is walked", func(t tester, s store.SessionStore) {
		for n := range 4 {
			createSession(t, s, sampleSession("alice", n))
		}
		list, err := s.ListSessions(t.Context(), "alice")
		ok(t, err, "ListSessions")
		same(t, len(list), 4, "the number of sessions")
		for _, sess := range list[:2] {
			ok(t, s.DeleteSession(t.Context(), "alice", sess.ID), "DeleteSession")
		}
		for i := range list[2:] {
			ok(t, s.UpdateSession(t.Context(), list[2+i]), "UpdateSession")
			list[2+i].Version++
		}
		listsSessions(t, s, "alice", list[2:]...)
	}},
	{"a sweep deletes what expires exactly now, and not what expires a tick later", func(t tester, s store.SessionStore) {
		stored := sessionsExpiringAfter(t, s, -time.Hour, -tick, 0, tick, time.Hour)
		sweepSessions(t, s, noon, 10, 3)
		for _, sess := range stored[:3] {
			findsNoSession(t, s, sess.TokenHash, sess.Superseded.TokenHash)
		}
		listsSessions(t, s, "alice", stored[4], stored[3])
		sweepSessions(t, s, noon, 10, 0)
	}},
	{"a sweep deletes no more than its limit, and says how many", func(t tester, s store.SessionStore) {
		sessionsExpiringAfter(t, s, 0, 0, -1*time.Second, 0, -2*time.Second, 0, time.Hour)
		sweepSessions(t, s, noon, 0, 0)
		left := 7
		for _, deleted := range []int{2, 2, 2, 0} {
			sweepSessions(t, s, noon, 2, deleted)
			left -= deleted
			list, err := s.ListSessions(t.Context(), "alice")
			ok(t, err, "ListSessions")
			same(t, len(list), left, "the sessions that are left")
		}
	}},
	{"a sweep goes by the expiry of the last update", func(t tester, s store.SessionStore) {
		stored := sessionsExpiringAfter(t, s, -time.Hour, time.Hour)
		stored[0].ExpiresAt, stored[1].ExpiresAt = stored[1].ExpiresAt, stored[0].ExpiresAt
		for i := range stored {
			ok(t, s.UpdateSession(t.Context(), stored[i]), "UpdateSession")
			stored[i].Version++
		}
		sweepSessions(t, s, noon, 10, 1)
		listsSessions(t, s, "alice", stored[0])
		findsNoSession(t, s, stored[1].TokenHash)
	}},
}
