// Package method is the contract between the settings machine and its methods: what a way to change an account says of
// itself, what it sees, and what it answers.
//
//   - [Method] is one way to change an account. It makes the nodes of its part of the form, and plans what a submit does.
//   - [Plan] declares what a change needs of the session; its Do gives a [Result], and a [Change] is what is committed.
//   - [Verifier] and [Challenger] are methods whose credentials a login page can check, by a [Proof].
//   - [Redirector] is one that sends the browser to another site and takes it back.
//
// A method sees no request, no token, no store and no status. The machine, package settings, asks every guard for it.
// The packages beside this one are the methods: password, profile, totp, lookup; webauthn and oidc are modules.
package method
