// Package oidc is the settings method "oidc": a signed-in user links a login at
// another provider to the account, and takes it away again. Providers speak
// OpenID Connect; a module of its own keeps what that needs out of the core.
//
// # How a login is linked
//
// The form has a button "link" for every provider that is not linked yet, and a
// button "unlink" for every account that is. To link one, the browser goes to the
// provider, by the authorization code flow with PKCE (S256), a nonce and a state,
// and comes back to
//
//	<PublicURL>/self-service/methods/oidc/callback/<provider>
//
// which is the redirect URI to register there. A page is sent by a 303; a script
// and an API client get a 422 with redirect_browser_to. Of an API client's browser
// nothing is taken: it is sent on to the flow's return_to with flow, state and
// code, and the client, which has the session, submits {"link", "state", "code"}
// and, if they came, "iss" and "error". So the flow of such a client is started
// with a return_to that the client watches.
//
// The state is random, good once, for 15 minutes, and only for the session, flow
// and provider that it was made for. An "iss" parameter must be the provider's,
// and must be there if its metadata announce it (RFC 9207). Of the ID token
// everything that OpenID Connect Core 1.0, section 3.1.3.7, lists is verified,
// with a public key of the provider and at the time of the request, a minute of
// which it may be late. Of the provider's keys those that cannot be read here are
// left out (RFC 7517 section 5).
//
// Linking and unlinking need a recent sign-in and the highest level that the
// account has. A linked login is a credential: other sessions end when one comes
// or goes. The session that links one proves nothing new by it, and whatever the
// provider says of its own factors raises no level. The last way to sign in cannot
// be unlinked.
//
// Nobody is found by an e-mail address. A login that is linked to somebody else is
// refused without a word about whom; a name that the provider tells is shown to
// tell several accounts apart, and decides nothing.
//
// # When a provider fails
//
// [Method.Check] asks all of them at the start of an application, and tells one
// that calls itself something else than its Issuer here (ErrIssuer) from one that
// does not answer.
//
// A provider that cannot be reached, takes too long, or describes itself as
// somebody else is answered as something that may pass: 503 with Retry-After, or a
// message on the page. One that refuses the code, or whose ID token does not hold,
// is an input that is not valid: a message on the form, and nothing linked. Never
// is it a bug of ours, and never are the provider's own words shown. The host
// hears the cause by Config.OnFailure.
//
// # What is stored
//
// A credential of the factor aal.OIDC: its ID is "<provider>:<subject>", its Data
// {"provider", "issuer", "subject"}, its Name what the provider calls the account.
// And a key of kind identity.OIDC, made by [Key]: a JSON array of issuer and
// subject. No token of a provider is kept. A credential without Data is read by
// its ID, and its key may be equal to that ID: such a login is shown and unlinked,
// but it does not keep the same one from being linked to another account, because
// that has another key. [Account.Credential] makes both for hosts that store
// logins themselves.
//
// Only the store knows which keys others have. One that ignores keys on update
// (see store.IdentityStore) would let two accounts have one login.
//
// # What it does not do
//
// It signs nobody in. A host's login page has its own client of the provider, or
// none, and finds the account by [Key]. Providers that speak OAuth 2.0 only, like
// GitHub, give no ID token, and are not supported.
package oidc
