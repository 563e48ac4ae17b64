// Package webauthn adds and removes security keys and passkeys in the settings
// flow, and verifies them at a login (W3C Web Authentication, Level 3).
//
//   - [SecurityKeys] is the method "webauthn": a key as second factor, besides a
//     password or a linked login. Its holder touches it; no PIN is asked for.
//   - [Passkeys] is the method "passkey": a credential that signs in on its own.
//     The authenticator finds the account and verifies its user, by PIN or
//     finger, so it counts as two factors.
//   - [Both] offers the two.
//
// # In the form
//
// The creation options stand in the form as JSON, {"publicKey": {…}}: for a
// security key as the value of webauthn_register_trigger, for a passkey as that of
// passkey_create_data. The credential that answers them comes back as JSON, in
// webauthn_register or passkey_settings_register. In a browser our script does
// that: it is served at /.well-known/ory/webauthn.js below PublicURL and is named,
// with its integrity, by the node webauthn_script. An app takes the same options
// from the same nodes of its API flow and passes them to its platform.
//
// Options are shown to a session that may use them. One that would have to sign in
// again finds a button in their place, webauthn_begin or passkey_begin, that asks for
// that and then shows the form with the options. See
// settings.Behaviour.AllowPendingWhenStale.
//
// Each credential has a button webauthn_rename or passkey_rename, with its id, which gives
// it the name in the field webauthn_rename_displayname or passkey_rename_displayname: at
// most 64 characters, on one line; an empty one takes its own name away. The labels of the
// buttons that remove one tell in their context what is known of it: own_name,
// authenticator (see [Config].AuthenticatorName), last_used_at, synced. All that is no part
// of Kratos' form: see settings.Behaviour.OmitHints.
//
// A page without a UI kit gives each trigger button the attribute
// data-amend-trigger with the node's onclickTrigger, and the script finds it. If
// nothing comes of a ceremony, because it was cancelled or because the
// authenticator is registered already, the form stays as it is, and the event
// "amend:webauthn-error" is dispatched at it with the error as its detail.
//
// # At a login
//
// settings.Service.Challenge makes the request options, and settings.Service.Verify
// checks what comes back; the page between them is the host's. With our script in
// it, a click on data-amend-trigger="oryPasskeyLogin" takes the options from the
// field passkey_challenge and submits the form with the answer in passkey_login;
// "oryWebAuthnLogin" takes them from the button webauthn_login_trigger itself and
// answers in webauthn_login.
//
// # What is stored
//
// In the sealed state of the identity, for each credential: its id, the name that
// its owner gave it, the times of its addition and of its last use, the public key,
// the signature counter, the backup flags, the transports, the AAGUID where the
// authenticator tells it, and the user handle. A last use that is all that there is to
// write is written once a day. Besides it, each credential id is a
// key of the identity ([identity.WebAuthn], in hex), so that no two accounts have
// one, and a passkey finds its account. No attestation is asked for or kept.
//
// A challenge is not stored: it follows from the identity, the flow, the user
// handle and the factor's serial, so it is good for one registration of one
// account. It is no secret, and stays good while its user signs in again: a ceremony
// that was done before need not be done twice. The user handle is random to anyone without the keys of the library,
// one for both methods, and stays as long as the account has a credential.
//
// # What it does not do
//
// It trusts no maker of authenticators and asks no metadata service. It issues no
// session: settings.Service.Challenge and Verify prove a credential, and the
// host's login page goes on from there.
package webauthn
