package memory

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// MaxPerOwner is the greatest number of sessions of an identity, and of its flow records of
// each kind. Counts of tries are not limited.
const MaxPerOwner = 100

// Store keeps flows, sessions and identities in memory. It is made by New and
// safe for concurrent use.
type Store struct {
	// accounts are found by the id of their identity. The lock of an account's
	// part guards all that the account owns, and the queues of that part.
	accounts      *index[string, *account]
	flowQueues    [width]queue[flow.Record]
	sessionQueues [width]queue[session.Session]
	sweepsBegun   atomic.Uint32
	due           [width]map[string]time.Time // by the id of the identity: its DueAt, if it has one

	flows    *index[string, *entry[flow.Record]]
	sessions *index[handle, *entry[session.Session]]
	keys     *index[identity.Key, *account]
}

var (
	_ store.FlowStore     = (*Store)(nil)
	_ store.SessionStore  = (*Store)(nil)
	_ store.IdentityStore = (*Store)(nil)
	_ store.Backend       = (*Store)(nil)
	_ store.Due           = (*Store)(nil)
	_ store.Eraser        = (*Store)(nil)
)

// New makes an empty store.
func New() *Store {
	s := &Store{
		accounts: newIndex[string, *account](),
		flows:    newIndex[string, *entry[flow.Record]](),
		sessions: newIndex[handle, *entry[session.Session]](),
		keys:     newIndex[identity.Key, *account](),
	}
	for n := range s.due {
		s.due[n] = map[string]time.Time{}
	}
	return s
}

// account is all that belongs to one identity. It exists as long as anything
// of it does.
type account struct {
	id       string
	part     int              // of the index of accounts
	identity *identity.Record // nil for an identity that is kept elsewhere
	sessions []*entry[session.Session]
	flows    []*entry[flow.Record]
}

// account finds the account of an id or begins it. It needs the account's
// lock.
func (s *Store) account(id string) *account {
	n := s.accounts.part(id)
	a := s.accounts.parts[n][id]
	if a == nil {
		a = &account{id: id, part: n}
		s.accounts.parts[n][id] = a
	}
	return a
}

// forgetEmpty forgets an account of which nothing is left. It needs the
// account's lock.
func (s *Store) forgetEmpty(a *account) {
	if a.identity == nil && len(a.sessions) == 0 && len(a.flows) == 0 {
		delete(s.accounts.parts[a.part], a.id)
	}
}

// handle is what finds a session.
type handle struct {
	what  byte // 'i' for its id, 't' for the hash of a token
	value string
}

// handles are all that finds a session, in an array of the caller's. The empty
// token hash finds nothing.
func handles(s *session.Session, room *[3]handle) []handle {
	all := append(room[:0], handle{'i', s.ID})
	if s.TokenHash != "" {
		all = append(all, handle{'t', s.TokenHash})
	}
	if s.Superseded.TokenHash != "" {
		all = append(all, handle{'t', s.Superseded.TokenHash})
	}
	return all
}

// crowd are the account's flow records of a kind, if there are so many that a
// new one must take the place of one of them; else nil.
func (a *account) crowd(kind string) []*entry[flow.Record] {
	if len(a.flows) < MaxPerOwner || kind == "tries" {
		return nil
	}
	var same []*entry[flow.Record]
	for _, e := range a.flows {
		if kindOf(e.record.Key) == kind {
			same = append(same, e)
		}
	}
	if len(same) < MaxPerOwner {
		return nil
	}
	return same
}

func kindOf(key string) string {
	kind, _, _ := strings.Cut(key, ":")
	return kind
}
