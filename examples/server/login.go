package main

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/method/password"
)

// startLogin is where clients of Kratos begin a login: it leads to the login
// page, and hands on what was asked for.
func (a *app) startLogin(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	query := url.Values{}
	for _, name := range []string{"refresh", "aal", "return_to"} {
		if v := asked.Get(name); v != "" {
			query.Set(name, v)
		}
	}
	target, err := url.Parse(a.loginURL)
	if err != nil {
		a.sorry(w, r, err)
		return
	}
	for name, values := range target.Query() {
		query[name] = values
	}
	target.RawQuery = query.Encode()
	noStore(w)
	http.Redirect(w, r, target.String(), http.StatusSeeOther)
}

// loginPage is what the login form shows.
type loginPage struct {
	ReturnTo   string
	Identifier string
	Note       string // why somebody who is signed in is here
	Error      string
}

func (a *app) loginForm(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	page := loginPage{ReturnTo: query.Get("return_to")}
	switch {
	case query.Get("aal") == aal.AAL2.String():
		page.Note = "A second factor is asked for. This page knows passwords only."
	case query.Get("refresh") == "true":
		page.Note = "Sign in again to go on."
	}
	show(w, http.StatusOK, "login", page)
}

// login checks a password and signs its user in. Every answer to a wrong one is
// the same, whoever does not exist.
func (a *app) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		show(w, http.StatusBadRequest, "login", loginPage{Error: "The form could not be read."})
		return
	}
	page := loginPage{ReturnTo: r.PostForm.Get("return_to"), Identifier: r.PostForm.Get("identifier")}
	id, err := a.accounts.verify(r.Context(), page.Identifier, r.PostForm.Get("password"))
	if err == nil { // Issue renews a session that is the user's own already
		_, err = a.amend.Sessions.Issue(w, r, id, aal.Password)
	}
	switch {
	case errors.Is(err, errWrong):
		page.Error = "That is not right."
		show(w, http.StatusUnauthorized, "login", page)
	case errors.Is(err, password.ErrOverloaded):
		w.Header().Set("Retry-After", "2")
		page.Error = "There is too much to do just now. Try again in a moment."
		show(w, http.StatusServiceUnavailable, "login", page)
	case err != nil:
		a.sorry(w, r, err)
	default:
		target, ok := a.amend.Service.CheckReturnTo(page.ReturnTo)
		if !ok {
			target = a.publicURL + "/"
		}
		noStore(w)
		http.Redirect(w, r, target, http.StatusSeeOther)
	}
}
