// Package faults lets everything go wrong that a store can do to package
// settings, over memory, SQLite, PostgreSQL and MariaDB, and looks after each
// fault whether what is promised still holds: the promises stand in one
// function, check.
//
// A user does what users do: changes the name, a password, adds an
// authenticator app and recovery codes, signs in with them, and sends again
// what got no answer. Meanwhile calls fail before and after they take effect,
// stores go down, hang and are restarted, wires are cut, clients go away, and
// the process is killed.
//
//	go test ./faults             20 kills for each store; all other rounds over memory, and a part elsewhere
//	go test ./faults -long       1,000 kills, and all other rounds
//	go test ./faults -seed=7     other steps to be killed at, and another part
//	go test ./faults -v          prints rounds, faults and violations for each store
//
// The servers are those of AMEND_POSTGRES and AMEND_MARIADB, as in package
// tests. AMEND_SMALL_DISK is a directory of a file system of 16 MiB that may
// be filled; without it, only SQLite's own limit of pages is met.
package faults
