package storetest

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/store"
)

// changedSession is a session with all changed that an update may change, but
// its hashes.
func changedSession(sess session.Session) session.Session {
	sess = sess.Clone()
	sess.Generation, sess.Change = sess.Generation+1, uuid(2000)
	sess.Methods = append(sess.Methods, session.Completed{Method: aal.TOTP, At: noon})
	sess.AuthenticatedAt, sess.IssuedAt, sess.ExpiresAt = noon.Add(tick), noon.Add(2*tick), noon.Add(3*tick)
	sess.UserAgent, sess.IP = "another", "192.0.2.1"
	sess.Extra = json.RawMessage(`{"later":2}`)
	return sess
}

var sessionUpdateRules = []rule[store.SessionStore]{
	{"an update replaces the session and counts the version", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		other := createSession(t, s, sampleSession("alice", 2))
		for range 3 {
			sess = changedSession(sess)
			ok(t, s.UpdateSession(t.Context(), sess), "UpdateSession")
			sess.Version++
			keepsSession(t, s, sess)
		}
		keepsSession(t, s, other)
	}},
	{"an update writes back what it does not know", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		for range 3 { // of a build that knows of neither Extra nor what else the methods have
			got, err := s.GetSession(t.Context(), sess.TokenHash)
			ok(t, err, "GetSession")
			got.Generation, got.Methods = got.Generation+1, append(got.Methods, session.Completed{Method: aal.TOTP, At: noon})
			ok(t, s.UpdateSession(t.Context(), got), "UpdateSession")
			sess.Version, sess.Generation, sess.Methods = sess.Version+1, sess.Generation+1, append(sess.Methods, session.Completed{Method: aal.TOTP, At: noon})
			keepsSession(t, s, sess)
			listsSessions(t, s, "alice", sess)
		}
	}},
	{"what a session has in Extra may be up to 16 KiB, and can be emptied", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		for _, extra := range []string{`{}`, `{"a":"` + strings.Repeat("🦊", 4<<10-2) + `"}`, ``, `{"a":1}`} {
			sess.Extra = json.RawMessage(extra)
			ok(t, s.UpdateSession(t.Context(), sess), "UpdateSession")
			sess.Version++
			keepsSession(t, s, sess)
		}
	}},
	{"after a rotation the old token's hash finds the session as superseded, the one before nothing", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		sess.Superseded = session.Superseded{TokenHash: sess.TokenHash, Until: noon.Add(time.Minute), Successor: []byte("sealed")}
		sess.TokenHash = hashOf(2)
		ok(t, s.UpdateSession(t.Context(), sess), "UpdateSession")
		sess.Version++
		keepsSession(t, s, sess)
		findsNoSession(t, s, oldHashOf(1))
	}},
	{"after a renewal the old hashes find nothing", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		sess.TokenHash, sess.Superseded = hashOf(2), session.Superseded{}
		ok(t, s.UpdateSession(t.Context(), sess), "UpdateSession")
		sess.Version++
		keepsSession(t, s, sess)
		findsNoSession(t, s, "", hashOf(1), oldHashOf(1))
	}},
	{"a token hash that its session no longer has is free", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		sess.TokenHash, sess.Superseded = hashOf(2), session.Superseded{}
		ok(t, s.UpdateSession(t.Context(), sess), "UpdateSession")
		other := sampleSession("bob", 3)
		other.TokenHash = hashOf(1)
		keepsSession(t, s, createSession(t, s, other))
	}},
	{"an update of any version but the stored one is a conflict and changes nothing", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		ok(t, s.UpdateSession(t.Context(), sess), "UpdateSession")
		sess.Version = 2
		for _, version := range []int64{-1, 0, 1, 3, 1 << 40} {
			other := changedSession(sess)
			other.Version, other.TokenHash, other.Superseded = version, hashOf(2), session.Superseded{}
			refused(t, s.UpdateSession(t.Context(), other), session.ErrConflict, "UpdateSession")
			keepsSession(t, s, sess)
			findsNoSession(t, s, hashOf(2))
		}
	}},
	{"an update for another identity is a conflict and changes nothing", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		createSession(t, s, sampleSession("bob", 2))
		for _, owner := range []string{"bob", "", "Alice", "alice ", "carol"} {
			other := sess
			other.IdentityID = owner
			refused(t, s.UpdateSession(t.Context(), other), session.ErrConflict, "UpdateSession")
		}
		keepsSession(t, s, sess)
		listsSessions(t, s, "alice", sess)
	}},
	{"an update to a token hash of another session is a duplicate and changes nothing", func(t tester, s store.SessionStore) {
		for n, owner := range []string{"alice", "bob"} {
			sess, other := createSession(t, s, sampleSession("alice", 10+n)), createSession(t, s, sampleSession(owner, 20+n))
			taking := changedSession(sess)
			taking.TokenHash = other.TokenHash
			refused(t, s.UpdateSession(t.Context(), taking), session.ErrDuplicate, "UpdateSession")
			keepsSession(t, s, sess)
			keepsSession(t, s, other)
		}
	}},
	{"an update of a missing session is not found and creates none", func(t tester, s store.SessionStore) {
		sess := sampleSession("alice", 1)
		sess.Version = 1
		refused(t, s.UpdateSession(t.Context(), sess), session.ErrNotFound, "UpdateSession")
		findsNoSession(t, s, sess.TokenHash, sess.Superseded.TokenHash)
		listsSessions(t, s, "alice")
	}},
	{"an update does not bring a deleted session back", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		ok(t, s.DeleteSession(t.Context(), "alice", sess.ID), "DeleteSession")
		refused(t, s.UpdateSession(t.Context(), sess), session.ErrNotFound, "UpdateSession")
		findsNoSession(t, s, sess.TokenHash, sess.Superseded.TokenHash)
	}},
	{"a refused call leaves nothing behind that the next call waits for or fails of", func(t tester, s store.SessionStore) {
		sess, other := createSession(t, s, sampleSession("alice", 1)), createSession(t, s, sampleSession("alice", 2))
		for range 5 {
			refused(t, s.CreateSession(t.Context(), sess), session.ErrDuplicate, "CreateSession")
			stale, taking := sess, sess
			stale.Version--
			refused(t, s.UpdateSession(t.Context(), stale), session.ErrConflict, "UpdateSession")
			taking.TokenHash = other.TokenHash
			refused(t, s.UpdateSession(t.Context(), taking), session.ErrDuplicate, "UpdateSession")
			refused(t, s.UpdateSession(t.Context(), sampleSession("alice", 3)), session.ErrNotFound, "UpdateSession")
			ok(t, s.UpdateSession(t.Context(), sess), "UpdateSession")
			sess.Version++
		}
		keepsSession(t, s, sess)
	}},
}

var sessionRaceRules = []rule[store.SessionStore]{
	{"of 32 sessions created at once with one token hash, one exists", func(t tester, s store.SessionStore) {
		n := together(t, session.ErrDuplicate, func(i int) error {
			sess := sampleSession("alice", i)
			sess.TokenHash = hashOf(1000)
			return s.CreateSession(t.Context(), sess)
		})
		same(t, n, 1, "creates that succeeded")
		list, err := s.ListSessions(t.Context(), "alice")
		ok(t, err, "ListSessions")
		same(t, len(list), 1, "the number of sessions")
		keepsSession(t, s, list[0])
	}},
	{"of 32 rotations of one version at once, one succeeds, and only its token is found", func(t tester, s store.SessionStore) {
		sess := createSession(t, s, sampleSession("alice", 1))
		var winner atomic.Int64
		n := together(t, session.ErrConflict, func(i int) error {
			sess := sess.Clone()
			sess.TokenHash, sess.Superseded = hashOf(100+i), session.Superseded{TokenHash: hashOf(1), Until: noon}
			err := s.UpdateSession(t.Context(), sess)
			if err == nil {
				winner.Store(int64(i))
			}
			return err
		})
		same(t, n, 1, "updates that succeeded")
		sess.Version, sess.TokenHash, sess.Superseded = 2, hashOf(100+int(winner.Load())), session.Superseded{TokenHash: hashOf(1), Until: noon}
		keepsSession(t, s, sess)
		for i := range crowd {
			if i != int(winner.Load()) {
				findsNoSession(t, s, hashOf(100+i))
			}
		}
	}},
	{"of 32 updates at once, each repeated until it succeeds, none is lost", func(t tester, s store.SessionStore) {
		sess := sampleSession("alice", 1)
		sess.Generation = 0
		sess = createSession(t, s, sess)
		together(t, nil, func(int) error {
			return untilWritten(session.ErrConflict, func() error {
				sess, err := s.GetSession(t.Context(), hashOf(1))
				if err != nil {
					return err
				}
				sess.Generation++
				return s.UpdateSession(t.Context(), sess)
			})
		})
		sess.Version, sess.Generation = 1+crowd, crowd
		keepsSession(t, s, sess)
	}},
}
