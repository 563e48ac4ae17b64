// Package text maps passwords, user names and e-mail addresses of any script to the form in which settings compares and
// keeps them. One text has several spellings in Unicode, and which one arrives is up to a keyboard, a browser and what
// something was pasted from:
//
//		settings.Config{
//			Text: text.Unicode(),
//			…
//		}
//
//	  - [Password] is the OpaqueString profile of RFC 8265: é is one character whether it was typed as one or as two, and
//	    every space is the same. Case, width and everything else count.
//	  - [Identifier] is a name to sign in with, or the part of an e-mail address before the @: composed, in plain width,
//	    without characters that nobody sees. Those two tell no two people apart.
//	  - [Domain] is the ASCII form of a domain: münchen.de and xn--mnchen-3ya.de are one.
//	  - [Spellings] are the ways in which other programs write such a form. An account from before is found by them, and
//	    whoever takes a name takes them too.
//
// A module of its own keeps the tables of golang.org/x/text and golang.org/x/net out of the core.
//
// # What it does not do
//
// Letters that look alike in two scripts stay two (Unicode Technical Standard 39): a Cyrillic а is no Latin a. Whoever
// sends mail to an address with letters beyond ASCII before the @ needs a server that takes it (SMTPUTF8, RFC 6531).
//
// # Before and after
//
// It can be added to accounts that are there: hashes are compared with what was typed too, and keys are looked for in all
// spellings. It must stay then, because what is stored from then on has these forms.
package text
