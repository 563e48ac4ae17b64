// Package returnto decides where a browser may be sent once a settings flow is
// done: it is the allow-list behind the return_to parameter.
//
// # The list
//
// [Parse] reads the entries once, when the program starts. An entry is an
// absolute URL:
//
//	https://app.example.com/        every page of that origin
//	https://app.example.com/done    /done and what lies below it, not /done.html
//	https://*.example.org/          every sub-domain, of any depth, not example.org
//	http://localhost:3000/          one port; without one, the scheme's own
//	myapp://callback/               an app's own scheme, never implied by another entry
//
// Nothing is allowed that no entry names: not the default URL, whose origin only
// completes what begins with a slash, and not the host's own origin.
//
// # The rule
//
// An open redirect is seldom a missing check; it is a check that reads a URL
// otherwise than the browser does. [List.Check] therefore lets pass only what
// every reader reads alike, and gives back the URL written anew, so that what was
// judged is what is sent. It refuses
//
//   - more than 2048 bytes, invalid UTF-8, control characters, white space,
//     backslashes, any of < > " ^ ` { | } and percent signs that encode nothing;
//   - invisible characters and those that change the direction of text, encoded or
//     not: a soft hyphen, a zero-width joiner, a right-to-left override;
//   - opaque URLs, relative paths, userinfo, an empty authority or port;
//   - a scheme, host or port that is not an entry's (ASCII letter case and the
//     scheme's own port aside);
//   - a path that begins with two slashes, has a dot segment, or an encoded control
//     character; and, under an entry with a path, one that encodes a dot, slash,
//     backslash or percent sign, since a proxy may decode it once more and leave
//     that path.
//
// What a browser does with such text follows the WHATWG URL standard, what Go
// does follows RFC 3986; the differences between the two are the attacks in
// testdata/return_to.json.
//
// # What it does not do
//
// It holds no public suffix list: https://*.com is refused, https://*.co.uk is
// not. It does not know what the target serves: an entry is a promise that no page
// below it redirects onwards to wherever its caller likes.
package returnto
