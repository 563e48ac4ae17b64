// Package jsonrecord encodes the JSON records that builds of different ages share: the state of an identity, a flow, a
// change that waits, what a method keeps of a credential. While a new build is rolled out, or rolled back, an older one
// reads what the newer has written, changes it and writes it whole.
//
// Two rules keep that from losing anything:
//
//   - What a build has no field for it keeps, in a field of type [Unknown], and writes it back where it stood. So a newer
//     build may add members, and an older one carries them along.
//   - A member that an older build must not overlook, because what it does without it would be wrong, is written together
//     with [Head].MinReader. [Decode] is then [ErrNewer] in a build below it, which answers 503 and changes nothing.
//
// A struct takes part by a field of type Unknown, tagged json:"-"; the record as a whole by embedding Head, which has one.
// A nested struct that is to keep its members has a field of its own: what belongs to a credential goes when the
// credential goes. A struct without one is read and written as encoding/json does. Every other field has a JSON name in
// its tag; no record contains itself, and none has pointers.
package jsonrecord
