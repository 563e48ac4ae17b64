// Package memory keeps flows, sessions and identities in the memory of one
// process: the store for tests, for first steps, and for an application that
// runs on one machine and may sign its users out when it restarts.
//
// A [Store] is a store.FlowStore, store.SessionStore,
// store.IdentityStore and store.Backend in one. An application with a
// users table of its own takes flows and sessions from here and writes the two
// methods of the IdentityStore itself; it then must not use the Backend, which
// is over the identities in here.
//
// # What is forgotten
//
// Everything, when the process ends. Before that:
//
//   - Expired records stay until DeleteExpiredFlows and DeleteExpiredSessions
//     are called, for the store has no clock and no goroutine of its own. The
//     Sweep of a settings.Service calls them: call that every few minutes.
//   - An identity has at most [MaxPerOwner] sessions and as many flow records
//     of each kind. One more takes the place of the one of the same identity,
//     and the same kind, that expires first. So nobody can push out the
//     records of another, and a flood of flows pushes out flows only. Counts
//     of tries ("tries:…") are never pushed out: that would give tries back.
//
// # How it is kept
//
// Everything of one identity is guarded by one lock, out of 64 that the
// identities are spread over, so that a Commit is one step under one lock, and
// different identities hardly wait for each other. What is found by a name of
// its own (a flow by its key, a session by its id and token hashes, an identity
// by what it logs in with) is found through an index, which is spread over 64
// locks too. Locks are taken in one order: first those of identities, then
// those of indexes, each in ascending order. No lock is held when a call
// returns.
//
// Expiry is a heap behind each lock. A sweep takes from its top, and gives the
// lock back every few records. So no call costs more than O(log n) for each
// record it writes or deletes, and none looks through more records than one
// identity may have.
//
// A stored value is never changed in place, it is replaced. So reads copy a
// few words under the lock, and the rest after it.
package memory
