// Package redisstore keeps flows and sessions in Redis or Valkey, for hosts whose
// database should only have identities to write. It uses github.com/redis/go-redis/v9
// and is a module of its own.
//
// A [Store] is a store.FlowStore and a store.SessionStore. Identities stay in a SQL
// database or in a table of the host's own, so there is no Backend:
//
//	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379"})
//	kept, err := redisstore.New(client, redisstore.Config{})
//	err = kept.Check(ctx) // one clear error, if it cannot work
//	amend, err := settings.New(settings.Config{
//		Flows: kept, Sessions: kept, Identities: accounts, // Backend stays nil
//		// …
//	})
//
// The client may be a redis.Client, a failover client with Sentinel, or a
// redis.ClusterClient; one that reads from replicas is refused. It needs Redis 5 or
// newer, or Valkey. Tested with Redis 7.0, as one server and as a cluster of three.
// Valkey has not been run.
//
// # What a loss means
//
// Redis answers "written" before the disk has it, unless it is told otherwise. What it
// forgets, whether by a restart, a failover to a replica that is behind, FLUSHALL or
// eviction, is lost for Amend too:
//
//   - A lost session is a user who signs in again.
//   - A lost flow is a form that starts again; a change that waited for a sign-in or
//     for another site is asked for again.
//   - A lost count gives its wrong tries back. Ten more passwords or codes can be
//     tried for each count that is lost; somebody who can make the server restart
//     at will can go on for ever. So count its restarts, and let nobody else near it.
//   - A record that goes back to an older state is worse than one that is lost: a
//     session that was signed out may be there again, until it expires, and a token
//     that was rotated away may be good again. What a credential change ended stays
//     ended, as the identity says so, which is elsewhere. So does a lock-out of an
//     identity by the host.
//
// Where that is too much, run the server with appendonly yes and appendfsync always,
// which loses nothing to a restart, and stop on the loss of replicas
// (min-replicas-to-write), which bounds what a failover loses without excluding it; or
// keep sessions in the SQL database and only flows in here: the two fields of
// settings.Config need not have the same store.
//
// Set maxmemory-policy noeviction, which Check asks for: a full server then refuses
// writes, which is answered with 503, and what is there stays. Sweeps and sign-outs
// work on a full server.
//
// # What a call promises
//
// A call that returns no error has been answered by the server. Each write is one
// script, so it is done whole or not at all. A client repeats a command whose answer
// was lost; the record has the name of its last write, so the repetition finds that it
// is done and does not count twice or report a conflict. A call takes at most 10 seconds
// and ends with its context, whatever the client is told to wait. What was sent by then may
// still be done.
//
// # Keys
//
// All begin with a prefix, "amend:" by default. A part {00} to {ff} is a hash tag: a
// cluster keeps all keys of a part on one server, and no script touches two parts. A
// session's part is the first route byte of its identity, which is also in
// each of its tokens (session.Route). A flow's part is the first byte of the SHA-256 of
// its key.
//
//	amend:{3f}:flow:KEY            a hash: a flow, a count of tries, another record that expires
//	amend:{3f}:session:ID          a hash: a session, with the hashes of its tokens
//	amend:{3f}:of:IDENTITY         a set: ids of an identity's sessions
//	amend:{3f}:due:flows, …:sessions   sorted sets: when what is in the part expires
//	amend:token:HASH, amend:session-id:ID   where a session is; a hint, of which its row decides
//
// Nothing says which flows an owner has. Tokens, and what flows keep secret, stand
// nowhere in the clear; user agents and addresses do. Fields that a newer build adds to
// a hash stay when an older build updates it.
//
// # Expiry
//
// The clock is the caller's. DeleteExpiredFlows and DeleteExpiredSessions, which a
// settings.Service calls as rows are made, delete by the time they are given. Besides,
// every key has a time to live: until the record expires by Config.Now, and an hour
// more. So a host that never sweeps loses no room, and a clock that is some minutes
// behind loses no session.
//
// # What a call costs
//
// One round trip for each call on flows, for ListSessions, and for an UpdateSession that
// changes no token and lengthens no life. GetSession is two: the hash of a token says
// where its session is, and that is read. CreateSession is two, a rotation four. A
// sweep that finds nothing is one round trip of 256 short commands; settings makes one
// for each 64 new records.
package redisstore
