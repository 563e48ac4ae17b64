// Package password holds what the settings flow knows about passwords: how a new one is hashed, how a stored hash is
// verified, which candidates are refused, and how much hashing one process does at a time.
//
//   - A [Writer] hashes new passwords: [Argon2id] is the default, [Bcrypt] is for an app that compares with bcrypt
//     elsewhere.
//   - [Verify] reads the hashes that apps already have: bcrypt, argon2i, argon2id, scrypt and PBKDF2. What it reads does
//     not depend on the Writer, so a table of mixed hashes is fine.
//   - A [Policy] judges a candidate: long enough, short enough, not one of the most common passwords, not the user's own
//     name. It has no rules of composition: OWASP ASVS 5.0 (6.2.5) and NIST SP 800-63B-4 (3.1.1.2) forbid them.
//   - [Breaches] knows passwords from data breaches. Nobody is asked by default; [RangeAPI] asks Have I Been Pwned, or a
//     service with the same API, and tells it five digits of a hash.
//   - A [Limiter] bounds the hashes that run at once in the process, by cores and by memory. What strangers send waits in a
//     queue of its own, and never has the last slot.
//   - A right password replaces a weak hash: see [Rehash].
//
// # What it does not do
//
// These parts serve no HTTP and know no store and no session; only a RangeAPI goes to the network. They never log, and no
// error of theirs contains a password or a hash. A hash is a string of the host's own column, without further encryption.
// [Verify] and the Writers neither normalise nor trim nor truncate: two passwords are the same if and only if their bytes
// are. The [Method] hashes the form that settings.Config.Text makes of a password, if it makes one, judges that by the
// Policy, and compares hashes with what was typed too: those from before are of that.
//
// # Dangers
//
// A stored hash says how much work verifying it takes. Whoever can write that column could stop the process with one
// string, so parameters above fixed caps are refused before anything is allocated ([ErrHashTooCostly]).
//
// Hashing is slow by design. Code that hashes for every request without the Limiter is a way to stop a server with a few
// hundred requests; run the hashes of a login through the same Limiter.
package password
