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
//   - What else is in the scs session (a cart, a flash message) stays when its browser
//     signs in and when its user gets a new token. It goes with a sign-out, which
//     destroys the scs session, and when another account signs in.
//
// # When the session gets a new id
//
// The scs session gets a new id whenever the token is a new one: at a sign-in, a second
// factor, a refresh, the change of a credential. The cookie of before, which may have
// been planted (session fixation) or stolen, is worth nothing then. A change that gives
// no new token leaves the id as it is. After the change of a credential a row stays under
// the old id for session.RetryWindow, two minutes: with the superseded token, by which a
// button that was pressed twice is recognised, and with the app's data out of the app's
// reach, which the answer to the second press gets back. As after any RenewToken of scs,
// a request of the app that is under way meanwhile may write its row under the old id
// again: nobody is signed in by it, but what the app kept is in it.
//
// # How long
//
// Two clocks run, and the first that ends signs the user out. The scs session lasts for
// its Lifetime (24 hours unless set), counted anew from each new id, but at least as long
// as the sign-in; it ends after its IdleTimeout. The sign-in lasts as settings.Config
// says: SessionLifespan (24 hours), at most MaxSessionAge, and IdleTimeout. When the
// sign-in ends first, the scs session goes on with nobody signed in, and with the app's
// data. Set one IdleTimeout only: that of settings.Config ends the sign-in alone, that of
// scs the app's data too. scs goes by the clock of the machine, not by Config.Now.
//
// # What is stored
//
// A token in the store signs in, like a cookie of scs. Set HashTokenInStore to protect
// those; the library's token stands in the data, so the table stays as secret as one of
// cookies, and so do its backups.
package scstransport
