// Package identity is what the library knows about one account.
//
// A [Record] is the row a host stores: a few columns every users table has,
// and one sealed blob for everything else. An [Identity] is that row opened:
// the same columns and a typed [State]. Methods and hooks see identities,
// stores see records; [Open] and [Identity.Seal] stand between them.
//
// The rule of the package is: what must not be lost stands in the identity's
// row. A changed credential, the end of all other sessions and the events that
// tell of it are one update of one row, so they cannot come apart.
//
// It is a leaf: no HTTP, no store, no decision about who may do what.
package identity
