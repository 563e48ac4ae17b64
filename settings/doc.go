// Package settings lets the signed-in users of a Go app change their account:
// password, profile, second factors, passkeys, linked logins. It speaks the
// wire protocol of the Ory Kratos settings flow.
//
// # Mounting
//
// [New] checks a [Config] and gives a [Handler], which a host mounts on its own
// mux at the path of PublicURL:
//
//	store := memory.New()
//	amend, err := settings.New(settings.Config{
//		PublicURL: "https://app.example.com/auth",
//		UIURL:     "https://app.example.com/settings",
//		LoginURL:  "https://app.example.com/login",
//		Keys:      [][]byte{key}, // made once by settings.NewKey, kept secret
//		Flows:     store, Sessions: store, Identities: store,
//		Methods:   []settings.Method{password.New(password.Config{})},
//	})
//	mux.Handle("/auth/", amend)
//
// After the host's own login has checked a user, it calls
// amend.Sessions.Issue; the host's other routes use the session by
// amend.Sessions.Require. Package settings/settingstest drives all of it in a
// unit test.
//
// # Several addresses
//
// An app that is reached at several addresses has a Handler for each, with its own
// PublicURL, UIURL and LoginURL, over the same stores, Keys and hooks, mounted by the
// pattern of its host:
//
//	mux.Handle("a.example/auth/", atA)
//	mux.Handle("b.example/auth/", atB)
//
// Nothing is taken from a request's Host. What follows:
//
//   - Cookies are of one address. Who is signed in at a.example signs in at b.example
//     too; the token itself, which apps hold, is good at both. A change of a credential
//     ends the sessions of all addresses.
//   - A form is good at the address that it was read at: it has the token of that
//     session. Its flow can be read anew at another one by the same user. A change that
//     waits for a sign-in goes on where it was typed.
//   - A page of another address may neither submit nor be returned to, unless that
//     address names it in TrustedOrigins or AllowReturnTo.
//   - Security keys and passkeys are of one RPID, and each address needs its own
//     webauthn.Config. Addresses below one domain share it (RPID "example.com", all
//     Origins); of several domains, give the methods to one: a key of the other would
//     count for the account's level and could not be shown.
//   - Providers of oidc have to know the callback of each address.
//
// ExampleNew_addresses is such an app.
//
// # A submit
//
// A [Service] is the machine behind the Handler, without HTTP. A submit goes one
// way, in Service.Submit: which client, which session, which flow, its level,
// its owner, the body, is it forged, has it expired. Then the [Method] that
// was asked for plans the change, the session must meet what the plan needs,
// the work is done, and one commit writes the change. What is answered is
// decided by the table in package respond.
//
// A method may send the browser to another site, and takes it back at
// /self-service/methods/<method>/callback/<path>: see [method.Redirector].
//
// # Signing in
//
// Package settings/page has a ready login. A host's own begins its forms by
// Service.LoginToken and checks them by Service.CheckLogin. A login page finds whom somebody is by Service.FindIdentity, and has proofs
// checked by Service.Verify: passwords, codes, and answers to a Service.Challenge.
// Wrong tries are counted over all instances, and what is good once is used up in
// the identity's row. Who has linked a login at another site signs in by that with
// Service.BeginSignIn and Service.FinishSignIn: package oidc.
//
// Tries count by who tries. A browser that has signed in has a device cookie, by
// Sessions.Issue, and an app its Service.DeviceToken; Service.Source brings them back
// with the next Proof. Ten wrong tries make a device unknown. All unknown devices
// share one count of an account's factor, and find it closed after ten: for 15
// minutes, and twice as long each time, up to a day. So nobody locks somebody else
// out of a device that signed in before. Service.Unlock opens what is closed.
//
// With Proof.Name nobody learns which names exist: tries are counted for names that
// nobody has, too, and their answers take as long and wait in the same queue.
//
// Passwords are compared as they were typed, and names and addresses are ASCII,
// unless Config.Text maps them: the module settings/text does that for all of
// Unicode.
//
// # What must not be lost
//
// A credential change is one update of one row: the new credential and the end
// of all other sessions cannot come apart. See package settings/identity.
// Rotating the session's token and the flow's success follow. They can be
// repaired by the next request, and never make an error of a change that is
// done.
//
// What tells a host of it, an [Event] for Config.After, is in the same update too. It
// stays in the row until every hook has taken it, and is told again with all that it
// said at first, by a later request of that user and by Service.Sweep.
//
// Messages to the owner of the account, a [Message] for Config.Send, are kept and sent in
// the same way: notices of what a thief would change, and codes that prove an address.
//
// # Administrators
//
// Service.Identity and Service.ListSessions show an account without its secrets.
// Service.SetPassword, RemoveFactor, RemoveFactors (a lost phone), EndSessions and Erase
// change it: one update of its row each, which ends its sessions and has the event, with
// the actor that [WithActor] names. Service.Unlock opens what wrong tries have closed. A
// recovery session, which may repair an account and nothing else, is
// Sessions.Issue with aal.LinkRecovery or aal.CodeRecovery.
//
// # Errors
//
// An error has two halves. The client gets an id of respond.ErrorIDs and a
// sentence; the log gets the cause. The second half never leaves.
package settings
