// Package page has the ready pages for hosts that do not want to write them: the
// settings, the login, and what is shown of an error:
//
//	look := page.Look{Name: "Example", Home: "/", Accent: "#7a1f6b", AccentDark: "#e59bd6"}
//	ui, err := page.New(amend, page.Options{Look: look})
//	login, err := page.Login(amend, page.LoginOptions{Look: look})
//
//	mux.Handle("/auth/", amend)
//	mux.Handle("/settings", ui) // the path of UIURL
//	mux.Handle("/login", login) // the path of LoginURL
//
// The settings show whatever the methods offer, in sections: credentials as rows, a form
// for the rest, and what the last submit came to. They also list the devices that are
// signed in, and end their sessions; and with Config.KeepActivity what was done with the
// account lately. All of it is plain HTML and works without a script,
// except for security keys and passkeys, which browsers give to scripts only. One small
// script besides shows a typed password, copies codes, and says why a key did not work.
//
// Before a credential goes the page asks, and says what goes and what stays. What its
// user leaves alone comes back as it was: an e-mail address is no field of the type
// email, whose domain browsers write in ASCII, and a choice that is no longer offered
// stays until another one is made. A choice of several is a row of boxes.
//
// # Languages
//
// Every sentence has an id: those of the pages are the keys of English().Texts, those of
// the methods stand in package flow/ui. A Language says them; the module
// settings/page/lang has German and Arabic. Recovery codes and secrets are written from
// left to right in each.
//
// # Security
//
// Everything a form holds is shown as text. A picture is shown if it is a data
// URL, a link if it leads to a page or opens an authenticator app, and a script is
// loaded if it has an http or https URL and subresource integrity; any other is
// left out. Each page sends a Content-Security-Policy of its own, which allows its
// style and script, those pictures and scripts, and the host's logo and stylesheet. No
// other page may frame one. None is to be stored.
//
// # What it does not own
//
// Which flow is shown, to whom, and what is answered instead, is decided by
// settings.Handler.Form; which sessions end by settings.Handler.EndSessions. Forms are
// sent to settings.Handler, which checks them.
package page
