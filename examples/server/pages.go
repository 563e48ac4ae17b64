package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
)

// home says who is signed in.
func (a *app) home(w http.ResponseWriter, r *http.Request) {
	page := struct{ Who, Settings, Login, PublicURL, Token string }{Settings: a.uiURL, Login: a.loginURL, PublicURL: a.publicURL}
	if current, ok := session.From(r.Context()); ok {
		page.Who = who(current.Identity)
		if a.login != nil { // else the sign-out is elsewhere, too
			page.Token = a.amend.Service.LoginToken(w, r)
		}
	}
	show(w, http.StatusOK, "home", page)
}

// who is a name for somebody: what they sign in with, if anything.
func who(i identity.Identity) string {
	if names := i.Identifiers(); len(names) > 0 {
		return names[0]
	}
	return i.ID
}

// showError shows the error that a redirect to this page has in its id.
func (a *app) showError(w http.ResponseWriter, r *http.Request) {
	status := http.StatusOK
	failure, ok := respond.OpenError(a.ring, r.URL.Query().Get("id"), time.Now())
	if !ok {
		status, failure = http.StatusNotFound, respond.Error{ID: respond.NotFoundID, Reason: "There is no such error, or no longer."}
	}
	show(w, status, "error", errorPage{failure, a.publicURL})
}

type errorPage struct {
	respond.Error
	Home string
}

// sorry is the page after something went wrong that is not its reader's fault: a
// store that does not answer, mostly.
func (a *app) sorry(w http.ResponseWriter, r *http.Request, err error) {
	a.log.ErrorContext(r.Context(), "page", "path", r.URL.Path, "error", err)
	failure := respond.Error{ID: respond.UnavailableID, Reason: respond.ErrorIDs[respond.UnavailableID]}
	retryAfter(w, unavailable)
	show(w, http.StatusServiceUnavailable, "error", errorPage{failure, a.publicURL})
}

// unavailable is how long to wait for a store that does not answer.
const unavailable = 5 * time.Second

// retryAfter says when to try again, in whole seconds.
func retryAfter(w http.ResponseWriter, d time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int((d+time.Second-1)/time.Second)))
}

// show sends a page, all or none of it. Nothing in one may be kept, run or
// framed by anyone else. The referrer stays on this origin but is sent on it:
// without one a browser would send the form with Origin null.
func show(w http.ResponseWriter, status int, name string, data any) {
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, name, data); err != nil {
		panic(err) // a mistake in a template below
	}
	noStore(w)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src "+styleHash)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // a reader that has gone away
}

// noStore keeps an answer out of every cache.
func noStore(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-store") }

const style = `body{font:16px/1.4 sans-serif;max-width:32em;margin:3em auto;padding:0 1em}label,input,button{display:block;margin:.4em 0;font:inherit}.error{color:#b00020}.success{color:#06681b}`

// styleHash lets the pages' one style through their own policy (CSP Level 3).
var styleHash = func() string {
	sum := sha256.Sum256([]byte(style))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

// pages are all but the login and the settings.
var pages = template.Must(template.New("").Parse(`
{{define "head"}}<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Amend</title><style>` + style + `</style>{{end}}

{{define "home"}}{{template "head"}}
{{if .Who}}<h1>Hello, {{.Who}}</h1><p><a href="{{.Settings}}">Settings</a></p>
{{with .Token}}<form method="post" action="{{$.PublicURL}}/logout"><input type="hidden" name="csrf_token" value="{{.}}"><button>Sign out</button></form>{{end}}
{{else}}<h1>Hello</h1><p><a href="{{.Login}}">Sign in</a></p>{{end}}{{end}}

{{define "error"}}{{template "head"}}<h1>That did not work</h1>
<p class="error" data-id="{{.ID}}">{{.Reason}}</p><p><a href="{{.Home}}/">Home</a></p>{{end}}`))
