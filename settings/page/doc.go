// Package page is a ready settings page, for hosts that do not want to write
// one:
//
//	mux.Handle("/auth/", amend)
//	mux.Handle("/settings", page.Handler(amend, page.Options{})) // the path of UIURL
//
// It shows whatever the methods offer: one form for each group of nodes, with
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
// # Security
//
// Everything a form holds is shown as text. A picture is shown if it is a data
// URL, a link if it leads to a page or opens an authenticator app, and a script is
// loaded if it has an http or https URL and subresource integrity; any other is
// left out. The page sends a Content-Security-Policy of
// its own, which allows its one style and those pictures and scripts, and no
// other page may frame it. It is not to be stored.
//
// # What it does not own
//
// Which flow is shown, to whom, and what is answered instead, is decided by
// settings.Handler.Form. Forms are sent to settings.Handler, which checks them.
package page
