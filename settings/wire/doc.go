// Package wire is internal to Amend, and no host needs it: it writes JSON for
// answers, without reflection. [Writer] appends to a buffer, in the order the caller says, and escapes every string so that
// the result is also safe inside an HTML script element.
//
// And it reads an object so that there is one way to read it: [Object]. A [Scanner] walks over JSON and judges it in one
// pass, for who makes other values of it.
//
// It knows nothing of what is written; the packages that own a type say how it
// looks on the wire.
package wire
