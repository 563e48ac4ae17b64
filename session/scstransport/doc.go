// Package scstransport signs users in by the sessions that an app already keeps with
// github.com/alexedwards/scs/v2: the browser has the app's cookie alone, and the
// library's token stands in the app's session.
//
//	sessions := scs.New()
//	sessions.Cookie.Name, sessions.Cookie.Secure = "__Host-session", true
//	amend, err := settings.New(settings.Config{Transport: scstransport.New(sessions), …})
//	err = http.ListenAndServe(addr, sessions.LoadAndSave(mux)) // around amend's routes too
//
// Every handler that asks who is signed in runs inside LoadAndSave: the Handler, the
// login and logout, and what Sessions.Load and Require wrap. Outside of it scs panics.
//
// # What the app changes
//
//   - The login calls Sessions.Issue in place of RenewToken and Put("userID", id), the
//     logout Sessions.End. Who is signed in is session.From(ctx), after Sessions.Load or
//     Require; a user id that stands in the scs session goes, or a browser that the
//     library has logged out is signed in by that.
//   - What else is in the scs session (a cart, a flash message) stays, over a sign-in
//     and a sign-out. An app that wants it gone at a sign-out calls Destroy after End.
//
// # When the session gets a new id
//
// RenewToken is called whenever the token is a new one: at a sign-in, a second factor,
// a refresh, the change of a credential. The cookie of before is worth nothing then:
// one that was planted (session fixation) or stolen. It is called at a sign-out, and
// not where a change gives no new token. After the change of a credential a session
// stays under the old id for session.RetryWindow, two minutes, in which there is the
// superseded token and nothing else: so a button that is pressed twice is recognised.
//
// # How long
//
// Two clocks run, and the first that ends signs the user out. The scs session lasts for
// its Lifetime (24 hours unless set), counted anew from each RenewToken, and ends after
// its IdleTimeout; the sign-in lasts as settings.Config says: SessionLifespan (24
// hours), at most MaxSessionAge, and IdleTimeout. When the sign-in ends first the scs
// session goes on with nobody in it. So let Lifetime be at least SessionLifespan, and
// set one IdleTimeout only. scs goes by the clock of the machine, not by Config.Now.
//
// # What is stored
//
// A token in the store signs in, like a cookie of scs. Set HashTokenInStore to protect
// those; the library's token stands in the data, so the table stays as secret as one of
// cookies, and so do its backups.
package scstransport
