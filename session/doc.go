// Package session is the user's session: who, since when, by which methods,
// and the token that carries it.
//
// A token is 256 random bits; only its SHA-256 is stored. A [Session] passes
// while it has not expired, its identity is active, and it is of the
// identity's generation or the one session that made the last credential
// change ([ValidityOf]). So a credential change ends all other sessions by the same
// update that makes it.
//
// [Sessions] is the login side: it issues sessions after the host has
// checked a login, renews them after a re-authentication or a second factor,
// ends and revokes them. Its middleware puts the session into the context of
// the host's own routes, and asks there for a session, a level or freshness.
// Each method that takes a ResponseWriter has a twin without HTTP.
//
// A [Transport] is how a token reaches a browser: a cookie of ours, or the
// session a host has already.
//
// The package does not check passwords or codes, and does not complete
// settings flows.
package session
