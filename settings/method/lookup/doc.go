// Package lookup is the settings method "lookup_secret": recovery codes, each good once, for somebody who has lost the other
// second factor. With a password they are a second factor of their own.
//
//   - One button makes twelve codes and shows them, a second one says that they are kept. Only then do they count, and only
//     then do those before them die.
//   - The form of an account with codes shows how many are left, never which: see below.
//   - The host's login page checks codes by settings.Service.Verify with aal.Lookup. Case, spaces and hyphens do not matter.
//
// # What is stored
//
// Nothing, until its user has confirmed to have the codes. Those that a form shows are derived from a key of the Config, the
// identity, its session, the sign-in they were made in, the flow and a number that moves with every change of the factor. A
// session that would have to sign in again does not see them.
//
// Then a keyed hash of each code and of a salt, in the identity's State, which is sealed. A code has 65 random bits, so
// whoever has the hashes but not the keys learns nothing, and nobody can show the codes again: to reveal them is refused.
// Codes of an older build, of 50 bits and without a salt, are good until they are used or replaced.
//
// # What it does not do
//
// It counts no tries and asks for no recent sign-in: the settings do, for what it declares.
package lookup
