// Package aal knows authentication methods and the assurance levels they
// reach: what a set of methods proves, what an identity could reach with what
// it has, and whether an authentication is recent enough for a sensitive
// change.
//
// It is pure: values in, values out, no clock, no store, no HTTP. Who may do
// what at which level is decided by the settings package, from these answers.
//
// Levels follow NIST SP 800-63B-4 section 2: AAL1 is one factor, AAL2 two
// distinct ones.
package aal
