// Package page is a ready settings page and a ready login, for hosts that do not want
// to write them:
//
//	login, err := page.Login(amend, page.LoginOptions{})
//	mux.Handle("/auth/", amend)
//	mux.Handle("/settings", page.Handler(amend, page.Options{})) // the path of UIURL
//	mux.Handle("/login", login)                                  // the path of LoginURL
//	mux.HandleFunc("/logout", login.SignOut)
//
// The settings page shows whatever the methods offer: one form for each group of nodes, with
// what the last submit came to. It is plain HTML and works without a script,
// except for security keys and passkeys, which browsers give to scripts only.
// Labels and messages are in English, or in whatever Options.Text makes of
// them.
//
// What its user leaves alone comes back as it was: an e-mail address is no field
// of the type email, whose domain browsers write in ASCII, and a choice that is
// no longer offered stays until another one is made. A choice of several is a
// row of boxes, which need no script.
//
// # The login
//
// The first page of a login asks for a password or a passkey, which the browser also
// offers where the name is typed. The second follows right away where the account asks
// for a further factor, and takes any that completes the sign-in: a code of an app, a
// security key, a passkey, a recovery code. Between the two there is a session at AAL1,
// which opens nothing else.
//
// It understands what the library asks a login for: refresh=true is a sign-in again, of
// what was proved longer ago than Config.PrivilegedSessionMaxAge, first factors first;
// aal=aal2 is a second factor; and it leads to return_to afterwards, if
// Service.CheckReturnTo lets it. A change that waits for the sign-in in this browser is
// announced.
//
// Whoever has no account is answered as for a wrong password: the same status, words and
// work. Wrong tries are counted by Service.Verify, and a lock is told in minutes. Each
// form has a token of the browser (Service.LoginToken), so that no other site can sign
// somebody in, or out. A sign-in gives the session a new token, whatever was there
// before. A sign-out by GET asks.
//
// What the login says has ids from 7001001 on, and goes through Options.Text.
//
// # Security
//
// Everything that a page holds is shown as text. A picture is shown if it is a data
// URL, a link if it leads to a page or opens an authenticator app, and a script is
// loaded if it has an http or https URL and subresource integrity; any other is
// left out. The page sends a Content-Security-Policy of
// its own, which allows its one style and those pictures and scripts, and no
// other page may frame it. It is not to be stored.
//
// # What it does not own
//
// Which flow is shown, to whom, and what is answered instead, is decided by
// settings.Handler.Form. Forms are sent to settings.Handler, which checks them. What a
// login proves is decided by settings.Service.Verify, and what a session needs by
// session.Current; recovery and registration are the host's pages, which the login links.
package page
