package store

import (
	"context"
	"time"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
)

// The three stores are what a host implements, or takes from settings/store.
// One type can be all three. For every method:
//
//   - It is safe for concurrent use, in one process and in many.
//   - What it returns is a copy: changing it changes nothing stored. What it
//     is given it copies.
//   - An update compares and swaps: it writes only if the stored version is the
//     one of the record it is given, and stores that version plus one. It is
//     one atomic step.
//   - It returns ctx.Err() once ctx is done, and has then written nothing or
//     everything, never a part.
//   - What it does not know it keeps. A record is opaque but for the fields that
//     a method names: a flow's Data and an identity's SealedState come back byte
//     for byte, and a session with its Extra and all members of its Methods, in
//     whatever form of JSON. Two builds share the rows while one is rolled out, and
//     an update of the older one must lose nothing of the newer: so it writes the
//     columns that it knows, and leaves others as they are.
//   - The named errors are found by errors.Is. Any other error means that the
//     store could not tell; it is logged, never shown, and answered with 503.
//
// settings/store/storetest checks all of it.

// FlowStore keeps records that expire and may be lost: flows and counters.
type FlowStore interface {
	// CreateFlow stores a new record with Version 1, whatever Version it has.
	// A key that exists, expired or not, is flow.ErrDuplicate.
	CreateFlow(ctx context.Context, r flow.Record) error

	// GetFlow reads a record, also one past ExpiresAt that no sweep has deleted
	// yet. A missing one is flow.ErrNotFound.
	GetFlow(ctx context.Context, key string) (flow.Record, error)

	// UpdateFlow replaces the record of r.Key. Another stored version is
	// flow.ErrConflict, a missing record flow.ErrNotFound, another Owner
	// flow.ErrConflict: a record never changes hands.
	UpdateFlow(ctx context.Context, r flow.Record) error

	// DeleteFlow deletes a record. A missing one is no error.
	DeleteFlow(ctx context.Context, key string) error

	// DeleteExpiredFlows deletes at most limit records whose ExpiresAt is not
	// after now, and says how many it deleted.
	DeleteExpiredFlows(ctx context.Context, now time.Time, limit int) (int, error)
}

// SessionStore keeps sessions. They are found by the hash of a token.
type SessionStore interface {
	// CreateSession stores a new session with Version 1, whatever Version it
	// has. An ID or a token hash that exists is session.ErrDuplicate.
	CreateSession(ctx context.Context, s session.Session) error

	// GetSession reads the session whose TokenHash or Superseded.TokenHash is
	// tokenHash, also an expired one. The empty hash and an unknown one are
	// session.ErrNotFound. Hashes are compared exactly.
	GetSession(ctx context.Context, tokenHash string) (session.Session, error)

	// UpdateSession replaces the session of s.ID. Another stored version is
	// session.ErrConflict, a missing session session.ErrNotFound, another
	// IdentityID session.ErrConflict, a token hash of another session
	// session.ErrDuplicate. Hashes it no longer has find nothing from then on.
	UpdateSession(ctx context.Context, s session.Session) error

	// ListSessions lists the sessions of an identity, expired ones too, newest
	// IssuedAt first. None is an empty list and no error.
	ListSessions(ctx context.Context, identityID string) ([]session.Session, error)

	// DeleteSession deletes a session if it is this identity's. A missing one,
	// or another identity's, is no error and deletes nothing.
	DeleteSession(ctx context.Context, identityID, id string) error

	// DeleteExpiredSessions deletes at most limit sessions whose ExpiresAt is
	// not after now, and says how many it deleted.
	DeleteExpiredSessions(ctx context.Context, now time.Time, limit int) (int, error)
}

// IdentityStore keeps identities. A host with a users table of its own writes
// this one: the first two methods, over its row and two more columns, or three with
// Due.
//
// Every UPDATE of that row counts the version, the host's own too: a change that
// has read the row before then starts over, and does not write back what it
// read. A host that sets a password by itself, for a reset, also calls
// Sessions.RevokeAll: only then are the account's sessions over.
type IdentityStore interface {
	// GetIdentity reads an identity, also one that is not active. A missing
	// one is identity.ErrNotFound.
	GetIdentity(ctx context.Context, id string) (identity.Record, error)

	// UpdateIdentity replaces what a settings change may write: Traits,
	// PasswordHash, Keys, SealedState, DueAt, UpdatedAt and the Version. Another
	// stored version is identity.ErrConflict, a missing identity
	// identity.ErrNotFound, a key of another identity identity.ErrDuplicate.
	// A key may be identity.MaxKeyValue bytes long; one that is not
	// identity.Key.Storable is an error, and nothing is written.
	UpdateIdentity(ctx context.Context, r identity.Record) error

	// IdentityOwner is the id of the identity that has a key. A key that
	// nobody has is identity.ErrNotFound, which is all a host needs to return
	// until it uses linked logins or passkeys.
	IdentityOwner(ctx context.Context, k identity.Key) (string, error)
}

// Due is an optional interface of an IdentityStore: it finds the accounts with events that
// an After hook has not taken, so that Service.Sweep can deliver them. Without it, such an
// event is delivered with the next request of its user, and never if they do not come back.
//
// It needs a column for DueAt, which GetIdentity reads and UpdateIdentity writes, and an
// index on it, in which few rows stand.
type Due interface {
	// DueIdentities are the ids of at most limit identities whose DueAt is not zero and
	// not after before, the earliest first. None is an empty list and no error.
	DueIdentities(ctx context.Context, before time.Time, limit int) ([]string, error)
}

// Eraser is an optional interface of any of the three stores: Service.Erase calls it to
// delete what the store keeps of an identity.
type Eraser interface {
	// EraseIdentity deletes all that the store keeps of an identity: the identity with its
	// keys, its sessions, its flow records with counts of tries. If the store has the
	// identity with another version, it deletes nothing and returns identity.ErrConflict:
	// the account was begun anew. A missing identity is no error.
	EraseIdentity(ctx context.Context, id string, version int64) error
}

// Backend is an optional interface of a database that keeps flows, sessions and identities
// together: it reads and writes what a request needs at once. That makes requests cheaper,
// and protects nothing that is not protected without it. It must be over the same data as
// the three stores.
type Backend interface {
	// Load reads the session of a token's hash, its identity, and the record
	// of flowKey, which is "" for none. What is missing is nil and no error;
	// without a session the other two are nil.
	Load(ctx context.Context, tokenHash, flowKey string) (Loaded, error)

	// Commit writes all that is set or nothing, each under its store's rules
	// of update, and with its errors.
	Commit(ctx context.Context, c Commit) error
}

// Loaded is the result of Backend.Load; a field is nil if the store does not have it.
type Loaded struct {
	Session  *session.Session
	Identity *identity.Record
	Flow     *flow.Record
}

// Commit is all that a change writes together; a nil field is not written.
type Commit struct {
	Identity *identity.Record
	Session  *session.Session
	Flow     *flow.Record

	// IfSession is a session that is not written, but must be stored with this ID, identity
	// and Version, so that a session which has ended makes no change. If it is not, nothing
	// is written, and the error is session.ErrNotFound or session.ErrConflict. It is set
	// only where Session is not.
	IfSession *session.Session

	// Drop are the keys of flow records that are deleted with it. A missing one
	// is no error.
	Drop []string
}
