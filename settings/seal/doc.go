// Package seal is internal to Amend; a host meets its keys by settings.NewKey and
// Config.Keys. It keeps secrets at rest and in transit through places that are
// not trusted: the sealed part of an identity's row, a session's successor
// token, the error behind a redirect.
//
// A [Keyring] seals with XChaCha20-Poly1305. Each sealed record names the key
// that made it, so keys can be rotated: put the new key last in every instance,
// then first, and keep the old one as long as records made with it may be read.
// The additional data binds a record to its purpose, its owner and its identity: a
// record copied to another row, or used for another purpose, does not open.
//
// It also derives what need not be stored (HKDF-SHA256) and authenticates
// short values (HMAC-SHA256), each under a key of its own per purpose.
//
// It does not decide what is sealed, nor when a record is too old.
package seal
