// Package aaguid knows what authenticators are called by their AAGUID, the id of a model or
// of a password manager (W3C Web Authentication, Level 3, section 6.5.1). It is a module of
// its own, because its list grows by itself:
//
//	webauthn.Config{…, AuthenticatorName: aaguid.Name}
//
// A name is for the list in which somebody looks for their passkey, and for nothing that has
// to be sure: without an attestation anything can claim to be of any kind.
package aaguid
