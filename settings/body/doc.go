// Package body is internal to Amend, but for [Fields], which the authors of methods
// meet. It reads the body of a submit, once and strictly.
//
// A body that two readers can read in two ways is an attack waiting for the
// second reader: the proxy that checks the first of two passwords, the handler
// that stores the last. So [Decode] has one rule above the others: what is
// ambiguous is refused, never resolved. It gives [Fields] with one value for each
// name, or an [Error] that says which answer it deserves and why.
//
// # What is read
//
// application/json, application/x-www-form-urlencoded and multipart/form-data
// without files, all in UTF-8 and with no content encoding. A body without a
// Content-Type is fine as long as it is empty.
//
// JSON is one object and white space around it. Beyond what RFC 8259 leaves no
// choice about, refused are a byte order mark, invalid UTF-8, the escape of half a
// surrogate pair and a key that its object already has. Numbers stay text
// ([encoding/json.Number]) and so cannot overflow.
//
// The fields of a form are all strings. Names that begin with "traits." or
// "transient_payload." are paths: traits.name.first=Ada is what JSON writes
// {"traits":{"name":{"first":"Ada"}}}. A path has no empty step and contradicts no
// other field (traits.a=1&traits.a.b=2). A name stands there once, with two
// exceptions. HTML can only say that a box is not ticked with a hidden field before
// it, so of two neighbours, the first "false" or empty and the second "true" or
// "on", the second counts. And a name that [Decode] is told to be a list is one, of
// all its values in order, if it stands there once too: traits.roles=a&traits.roles=b
// is what JSON writes {"traits":{"roles":["a","b"]}}.
//
// # What is refused in both
//
//   - names of one object that differ by letter case only (METHOD and method, or
//     paſsword and password: [strings.EqualFold] says which), and a top-level name
//     that differs from a known one in that way, up to its first dot;
//   - U+0000 anywhere in traits, because some databases cannot hold it;
//     elsewhere it is a character like any other, also in a password;
//   - more than 100 fields, 1,000 values, or objects and arrays nested more than
//     32 deep, the outermost included. An entry of a list (traits.roles again, or
//     traits.roles.7) is a value and no field.
//
// Unknown names hurt nobody. Whether a field has the right type is for its reader
// to judge, with the [Presence] that every accessor returns.
package body
