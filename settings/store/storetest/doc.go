// Package storetest checks that a store keeps the contract of package
// settings/store. Whoever writes a store calls it from a test:
//
//	func TestFlows(t *testing.T) {
//		storetest.Flows(t, func(t *testing.T) store.FlowStore { return open(t) })
//	}
//
// There is one function for each interface: [Flows], [Sessions], [Identities]
// with [Keys], [Due] and [Erase] where it is one, and [Backend]. Each runs one subtest for
// each rule, and the subtest's name is the rule.
//
// What the suite expects of the function it is given:
//
//   - It opens a new, empty store each time; t.Cleanup closes it.
//   - Owners of flows and sessions are made up: any text of at most 200 bytes,
//     without NUL. They are found in no table of users, so columns for them
//     are text, compared byte by byte, without a foreign key.
//   - Nothing writes to the store but the suite.
//
// What the suite does not ask for: times finer than a microsecond, since SQL
// databases keep no more (all its times are whole microseconds, and expiry is
// checked to the microsecond); the time zone of a time; a difference between
// nil and empty; the text of a JSON object, as long as its meaning is kept;
// more than 50 flows or sessions of one owner.
//
// It compares sums and results, never durations, so it passes or fails the same
// way on a slow machine. Some rules run 32 calls at once: run it with -race.
package storetest
