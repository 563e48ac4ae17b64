package main

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
)

// A login has one or two pages. The first asks for a password or a passkey, and
// starts the session or renews the one that is the user's own already. The
// second asks for a further factor, and raises that session.
//
// Between the two nothing is kept but the session itself, at aal1: the library
// asks for the level that a change needs whenever it is asked for one, so an aal1
// session of an account with two factors opens nothing that needs both.

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

// loginForm shows the page that is asked for: aal=aal2 the second to who is
// signed in, refresh=true the first to them too.
func (a *app) loginForm(w http.ResponseWriter, r *http.Request) {
	current, err := a.amend.Sessions.FromRequest(r)
	if err != nil && !errors.Is(err, session.ErrNoSession) && !errors.Is(err, session.ErrAmbiguous) {
		a.sorry(w, r, err)
		return
	}
	signedIn := err == nil
	query := r.URL.Query()
	p := loginPage{ReturnTo: query.Get("return_to"), Further: query.Get("aal") == aal.AAL2.String()}
	refresh := query.Get("refresh") == "true"
	switch {
	case signedIn && refresh:
		p.Note, p.Identifier = "Sign in again to go on.", who(current.Identity)
	case signedIn && p.Further && current.Level() >= aal.AAL2:
		a.goOn(w, r, p.ReturnTo)
		return
	case signedIn && p.Further:
		a.showFurther(w, r, http.StatusOK, current, furtherPage{ReturnTo: p.ReturnTo})
		return
	}
	a.showLogin(w, r, http.StatusOK, p)
}

// login checks what somebody proves on either page.
func (a *app) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		a.showLogin(w, r, http.StatusBadRequest, loginPage{Error: "The form could not be read."})
		return
	}
	form := r.PostForm
	method := aal.Method(form.Get("method"))
	if method == "" {
		method = aal.Password
	}
	proof := settings.Proof{Method: method, Challenge: form.Get("challenge"), Source: a.amend.Service.Source(r)}
	switch method {
	case aal.Password, aal.Passkey:
		a.begin(w, r, proof)
	case aal.TOTP, aal.Lookup, aal.WebAuthn:
		a.raise(w, r, proof)
	default:
		a.showLogin(w, r, http.StatusBadRequest, loginPage{ReturnTo: form.Get("return_to"), Error: "There is no such way to sign in."})
	}
}

// begin signs somebody in by a first factor. Every answer to a wrong one is the
// same, whoever does not exist.
func (a *app) begin(w http.ResponseWriter, r *http.Request, proof settings.Proof) {
	form := r.PostForm
	p := loginPage{ReturnTo: form.Get("return_to"), Further: form.Get("aal") == aal.AAL2.String(), Identifier: form.Get("identifier")}
	if find(a.offered, proof.Method) == nil {
		p.Error = "There is no such way to sign in."
		a.showLogin(w, r, http.StatusBadRequest, p)
		return
	}
	var err error
	if proof.Value = form.Get("passkey_login"); proof.Method == aal.Password {
		proof.Value = form.Get("password")
		if proof.IdentityID, proof.Name, err = a.accounts.find(r.Context(), p.Identifier); err != nil {
			a.sorry(w, r, err)
			return
		}
	}
	id, err := a.amend.Service.Verify(r.Context(), proof)
	var s session.Session
	if err == nil { // Issue renews a session that is the user's own already
		s, err = a.amend.Sessions.Issue(w, r, id, proof.Method)
	}
	var i identity.Identity
	if err == nil {
		i, err = a.accounts.get(r.Context(), id)
	}
	if errors.Is(err, session.ErrBlocked) || errors.Is(err, identity.ErrNotFound) { // just now
		err = settings.ErrWrong
	}
	if err != nil {
		if status, sentence := a.notProved(w, r, proof, err); sentence != "" {
			p.Error = sentence
			a.showLogin(w, r, status, p)
		}
		return
	}
	a.log.InfoContext(r.Context(), "login", "outcome", "proved", "method", proof.Method, "identity", id, "session", s.ID)
	current := session.Current{Session: s, Identity: i}
	// Who has a second factor expects to be asked for it, and not only when
	// something turns out to need it.
	asked := p.Further && current.Level() < aal.AAL2
	if asked || !a.allowAAL1 && len(a.further(current)) > 0 {
		noStore(w)
		http.Redirect(w, r, a.furtherURL(p.ReturnTo), http.StatusSeeOther)
		return
	}
	a.goOn(w, r, p.ReturnTo)
}

// raise adds a further factor to the session of the request. It never starts
// one.
func (a *app) raise(w http.ResponseWriter, r *http.Request, proof settings.Proof) {
	p := furtherPage{ReturnTo: r.PostForm.Get("return_to")}
	current, err := a.amend.Sessions.FromRequest(r)
	if err == nil {
		switch proof.IdentityID = current.Identity.ID; proof.Method {
		case aal.TOTP: // apps show it in two halves
			proof.Value = strings.Join(strings.Fields(r.PostForm.Get("totp_code")), "")
		case aal.Lookup:
			proof.Value = r.PostForm.Get("lookup_secret")
		case aal.WebAuthn:
			proof.Value = r.PostForm.Get("webauthn_login")
		}
		if current.Level() >= aal.AAL2 { // pressed twice
			a.goOn(w, r, p.ReturnTo)
			return
		}
		if !a.raises(current, proof.Method) {
			p.Error = "That adds nothing to your sign-in."
			a.showFurther(w, r, http.StatusBadRequest, current, p)
			return
		}
		_, err = a.amend.Service.Verify(r.Context(), proof)
	}
	if err == nil {
		_, err = a.amend.Sessions.Renew(w, r, proof.Method)
	}
	switch {
	case err == nil:
		a.log.InfoContext(r.Context(), "login", "outcome", "proved", "method", proof.Method, "identity", proof.IdentityID, "session", current.Session.ID)
		a.goOn(w, r, p.ReturnTo)
	case errors.Is(err, session.ErrNoSession), errors.Is(err, session.ErrAmbiguous): // it has ended: from the beginning
		noStore(w)
		http.Redirect(w, r, a.furtherURL(p.ReturnTo), http.StatusSeeOther)
	default:
		if status, sentence := a.notProved(w, r, proof, err); sentence != "" {
			p.Error = sentence
			a.showFurther(w, r, status, current, p)
		}
	}
}

// further are the factors that would raise a session to aal2, of those that its
// user has and this server offers.
func (a *app) further(c session.Current) (methods []aal.Method) {
	for _, m := range []aal.Method{aal.Passkey, aal.WebAuthn, aal.TOTP, aal.Lookup} {
		if a.raises(c, m) {
			methods = append(methods, m)
		}
	}
	return methods
}

func (a *app) raises(c session.Current, m aal.Method) bool {
	return c.Level() < aal.AAL2 && find(a.offered, m) != nil && c.Identity.Has(m) &&
		c.Identity.Level(append(c.Session.Completed(), m)...) == aal.AAL2
}

// furtherURL is the second page.
func (a *app) furtherURL(returnTo string) string {
	return a.publicURL + "/login?" + url.Values{"aal": {aal.AAL2.String()}, "return_to": {returnTo}}.Encode()
}

// goOn leads to where a login was asked for, if it may.
func (a *app) goOn(w http.ResponseWriter, r *http.Request, returnTo string) {
	target, ok := a.amend.Service.CheckReturnTo(returnTo)
	if !ok {
		target = a.publicURL + "/"
	}
	noStore(w)
	http.Redirect(w, r, target, http.StatusSeeOther)
}
