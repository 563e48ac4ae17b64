// Package oidc is the settings method "oidc": a signed-in user links a login at
// another provider to the account, and takes it away again; and the login page of a host
// signs them in by it. Providers speak OpenID Connect, or OAuth 2.0 alone; a module of
// its own keeps what that needs out of the core.
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
// # How somebody signs in by one
//
// With the method among Config.Methods, settings.Service has all that a login page needs:
//
//   - Sites are the providers, for its buttons: an ID and a label each.
//   - BeginSignIn gives the URL of the provider that the button's POST is answered with,
//     with a state, a nonce and PKCE, and sets a cookie that binds them to this browser.
//   - The browser comes back to the same redirect URI as for a link, and is led on to
//     Config.LoginURL, where ReturnsFromSite is true and FinishSignIn does the rest: it
//     finds the account by issuer and subject and issues the session, with aal.OIDC.
//
// [Example_signIn] is such a page. Nothing is stored of a sign-in until the browser is
// back: what has to be known again is sealed into its cookie for 15 minutes, and opens
// by its state alone. A state is good once, in the browser that began, and for the
// provider that it was made for; the return_to is judged when it is used. A login that nobody
// has linked signs nobody in: SignedIn.Unknown, with the provider, the subject and all
// claims for a host that lets people register by it, or that tells them to sign in
// otherwise and link it.
//
// A linked login is a first factor. What the provider says of its own factors (acr, amr)
// is not believed: an account with an authenticator app is asked for a code here.
//
// # Signing in again
//
// Somebody who has a session already is sent to the provider with prompt=login and
// max_age=0. Their session is renewed only if the ID token says that they have proved
// who they are since (auth_time), with ten seconds for clocks that differ; it may be a
// minute ahead. Otherwise it stays as old as it was, SignedIn.NotRefreshed, and the change
// that waits for a newer sign-in goes on waiting: whoever sits at an open browser is
// let in by most providers without a question. So by a provider that sends no auth_time
// nobody refreshes a session; they do it by a password or a passkey, or sign out and in.
// Provider.InsecureTrustPrompt lets them.
//
// A sign-in of somebody who has no session counts from when it is made, whenever the
// provider asked them: a host for which that is too little asks for a second factor.
//
// # Providers
//
// Each is registered with the redirect URI above. What is left out is as in any other:
// an ID, a ClientID, a ClientSecret. [Example_providers] has it as Go.
//
//	Google          Issuer "https://accounts.google.com". One company only:
//	                RequireClaims "hd": its domain. Sends no auth_time.
//
//	Microsoft,      Issuer and Discovery "https://login.microsoftonline.com/<id>/v2.0",
//	one tenant      with the id of the tenant in lower case; Discovery may have its name.
//
//	Microsoft,      Issuer "https://login.microsoftonline.com/{tenantid}/v2.0", as it is
//	several         written here, Discovery "https://login.microsoftonline.com/common/v2.0"
//	                or …/organizations/v2.0, and Tenants or AllowAnyTenant. The issuer of
//	                a linked login is that of its tenant. sub is another one for each
//	                ClientID: with a new registration every link is lost. auth_time is
//	                an optional claim of the app registration.
//
//	Microsoft,      Issuer "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-
//	consumers       36a304b66dad/v2.0": the tenant of all personal accounts.
//
//	Azure AD B2C    Issuer "https://<name>.b2clogin.com/<tenant's id>/v2.0/", with the
//	                slash; Discovery "https://<name>.b2clogin.com/<name>.onmicrosoft.com/
//	                <policy>/v2.0"; RequireClaims "tfp": the policy; Scopes: the ClientID,
//	                without which there is no access token. Sends auth_time.
//
//	Apple           Issuer "https://appleid.apple.com", AppleSecret in place of the
//	                ClientSecret, Scopes "email", FormPost. The name that it posts at the
//	                first sign-in, and never again, is dropped: nobody has signed it.
//
//	GitHub          Issuer "https://github.com/login/oauth", SecretInBody, OAuth2:
//	                AuthURL "https://github.com/login/oauth/authorize",
//	                TokenURL "https://github.com/login/oauth/access_token",
//	                UserURL "https://api.github.com/user", Names "login".
//
//	Discord         Issuer "https://discord.com", Scopes "identify", OAuth2:
//	                AuthURL "https://discord.com/oauth2/authorize",
//	                TokenURL "https://discord.com/api/oauth2/token",
//	                UserURL "https://discord.com/api/users/@me", Names "username".
//
//	LinkedIn        Issuer "https://www.linkedin.com/oauth", Scopes "profile", SecretInBody,
//	                InsecureNoNonce, InsecureNoPKCE: it has neither, so a code that is
//	                stolen before it is used is good in another browser too.
//
//	Keycloak,       Issuer as the discovery document has it. They send auth_time and, where
//	Okta, Auth0, …  they announce it, iss.
//
// # Who is who
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
// It has no page, registers nobody and links nothing while somebody signs in. It keeps no
// session at the provider in step with its own: a sign-out here is none there, and the
// other way round (OpenID Connect Session Management, Back-Channel Logout).
package oidc
