// Package sqlstore keeps flows, sessions and identities in a SQL database:
// SQLite, PostgreSQL or MariaDB. A dialect for CockroachDB has never been run on
// CockroachDB. The package uses database/sql and imports no driver; the application
// opens the pool with a driver of its choice.
//
// A [Store] is a store.FlowStore, store.SessionStore,
// store.IdentityStore and store.Backend in one: give it to all four
// fields of settings.Config. An application with a users table of its own takes
// flows and sessions from here and writes the two methods of the IdentityStore
// itself; it then must not use the Backend, which is over the identities in
// here. When it deletes a user it calls DeleteIdentity too, which deletes the
// user's sessions and flows.
//
// # Opening
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
//	store, err := sqlstore.New(db, sqlstore.PostgreSQL)
//	err = store.Migrate(ctx) // or Schema, by other means
//	err = store.Check(ctx)   // one clear error, if it cannot work
//
// Check also refuses a connection, server or file that would change what is stored
// or lose it: an encoding other than UTF-8, no autocommit, dirty reads, a MariaDB
// that cuts what is too long (sql_mode without STRICT_TRANS_TABLES), tables without
// transactions, an SQLite journal that undoes nothing; and it writes, reads and
// undoes a row, to find what it has no name for.
//
// SQLite (tested with modernc.org/sqlite). For a file that several connections
// or processes use:
//
//	file:accounts.db?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)
//
// With synchronous(NORMAL) a power failure may take back the last changes, such
// as a new password; it does not damage the file. _txlock is not needed: the
// store begins its transactions with BEGIN IMMEDIATE. One process writes at a
// time, which is enough for some hundred changes a second. In-memory databases
// are one for each connection: use SetMaxOpenConns(1), or package memory.
//
// PostgreSQL (tested with pgx; 15). Any isolation level will do. Behind a
// pooler that gives each transaction another connection, use a mode of the
// driver that prepares nothing: default_query_exec_mode=exec for pgx. Tables
// are looked for on the search_path of the connection.
//
// MariaDB (tested with go-sql-driver/mysql; 10.11). The connection speaks utf8mb4,
// which is the driver's default: with charset=utf8 emoji are refused, or stored as
// question marks, so Check refuses it. Besides, no option of the DSN matters: not
// parseTime, since there is no column of a time, nor a collation, since what is
// compared is binary. The default isolation will do, and READ COMMITTED. The package
// has never been run on MySQL 8, which has no ADD COLUMN IF NOT EXISTS: what Schema
// and Upgrade print is to be run without that there, and nobody has seen the rest work.
//
// CockroachDB has the tables of PostgreSQL, text keys, and no sequence,
// advisory lock or type of its own. Its dialect is tested on PostgreSQL, also
// serializable, and has never been run on CockroachDB: before
// you rely on it, point AMEND_POSTGRES of package tests there, and see that the
// subtests in its dialect pass.
//
// # Tables
//
// All names begin with amend_. Migrations go forward only and are part of the
// package; any number of processes may call Migrate when they start. [Schema] and
// [Upgrade] print them for those who run their own. A schema that is older than the
// package is refused, so deploy migrations before, or with, the code. One that is
// newer is refused only if the package can no longer work with it: the build before
// goes on beside the new one, and its updates leave columns that it does not know
// as they are.
//
//	amend_identities  one row each; sealed_state is encrypted by package identity; due_at (0 for none) is when
//	                  an event is to be told again, and signs_in_elsewhere is the host's: see SetSignsInElsewhere
//	amend_keys        what identities are found by, unique by kind and value
//	amend_sessions    one row each
//	amend_tokens      the hashes that find sessions, old and new in one unique column
//	amend_flows       flows, counts of tries and other records that expire
//	amend_version     the oldest version of the package that can work with the schema (1), and the schema's (2)
//
// Times are integers, microseconds since 1970 in UTC. Keys are compared byte by
// byte; longer ones than [MaxID] and [identity.MaxKeyValue] are refused. Tokens,
// flows' secrets and credentials other than the password's hash stand nowhere in the
// clear. Traits, user agents and addresses do: encrypt the disk.
//
// Version 3 added due_at and signs_in_elsewhere, and an index that reads the identities
// once; writes of identities wait for that in PostgreSQL, seconds for a million. A build
// of version 2 beside it knows no due_at: an event that it fails to tell waits until its
// user comes, or the newer build writes that row.
//
// A host may read all tables. Whoever writes a row of amend_identities by hand
// adds one to its version, so that a change under way starts over; to block
// someone, use SetActive. Service.Erase calls EraseIdentity, which
// spares an account that was begun anew.
//
// # What a call costs
//
// On PostgreSQL a Load and a Commit are one statement and one round trip each,
// once the driver has prepared them; so are creating, reading and updating a
// flow. So a request that reads a flow is one round trip, one that starts or
// submits a flow is two. Elsewhere a Commit is a transaction of about five
// statements, and of about ten if keys and tokens change. A commit that is
// refused costs a transaction more: it finds out what is in the way.
//
// What the database undoes because of others (a deadlock, a serialisation
// failure, SQLITE_BUSY) is repeated, for about two seconds. A commit that is
// undone to the last is the conflict of its first record: the caller reads
// again. A call takes at most 10 seconds, but for Migrate and sweeps, and returns
// context.DeadlineExceeded then. A call whose context ends returns its error; a single statement that
// the server was already running may still be finished after that, as a whole.
//
// Call the Sweep of settings.Service every few minutes, from as many processes
// as there are: sweeps delete 100 records at a time, skip each other's, and
// hold no lock longer than that.
//
// # Sizing
//
// All of this is on paper. 10,000 submits a second are 20,000 statements, half
// of them writes of about five rows. If one takes 1 ms with the network, 20
// connections are busy at any time; allow for 60 in all processes together,
// and not more than about four for each core of the server: more of them wait
// inside it and not in front. Set SetMaxIdleConns as high as SetMaxOpenConns.
// New passwords cost far more than the database: at 25 ms a hash, 10,000 a
// second are 250 cores of the application.
//
// What one server cannot write is split by identity: all records of an identity
// but its keys are found by way of its session. A session token says which part
// of 65,536 its identity is in (session.RouteOf); so route requests, not
// queries, to a process whose Store is over that part's database, and choose
// the part of a new identity by session.Route of its id. Which id an e-mail
// address has, at login, is then a directory of the host's own. Regions are the
// same with more distance: a request goes to the region of its identity, and
// nothing is written in two.
//
// # What is not done
//
//   - No bound on the flows and sessions of one identity, as package memory
//     has: they go when they expire. Bound the rate of requests in front.
//   - No reading from replicas: a change must be seen by the next request.
//   - No encryption of what is not a secret, and no audit of changes.
package sqlstore
