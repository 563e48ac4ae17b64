package main

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
)

// A login has one or two pages. The first asks for a password or a passkey, and
// starts the session or renews the one that is the user's own already. The
// second asks for a further factor, and adds it to that session. Which of the two
// comes next is decided in loginsteps.go.
//
// Between the two nothing is kept but the session itself, at aal1: the library
// asks every session for the level that its account requires, so an aal1 session of
// an account with an authenticator app opens nothing but this login.

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
	a.lead(w, r, target.String())
}

// loginForm shows the page that is asked for: to a stranger the first, and to who
// comes without a wish, to sign in as somebody else; else the one with what is still
// to be proved. Who is sent here by refresh=true is asked for something in any case: a
// page that leads on by itself, to where a newer sign-in is wanted, makes a loop.
func (a *app) loginForm(w http.ResponseWriter, r *http.Request) {
	current, err := a.amend.Sessions.FromRequest(r)
	if err != nil && !errors.Is(err, session.ErrNoSession) && !errors.Is(err, session.ErrAmbiguous) {
		a.sorry(w, r, err)
		return
	}
	q := askedBy(r.URL.Query())
	if err != nil || !q.Refresh && !q.Further {
		a.showLogin(w, r, http.StatusOK, loginPage{asked: q})
		return
	}
	next := a.next(current, q)
	switch {
	case !q.Refresh && current.Level() >= aal.AAL2:
		a.goOn(w, r, q)
	case next == secondFactor, next == done && q.Further && (!q.Refresh || len(a.further(current, q)) > 0):
		a.showFurther(w, r, http.StatusOK, current, furtherPage{asked: q})
	default:
		a.showLogin(w, r, http.StatusOK, loginPage{asked: q, Note: "Sign in again to go on.", Identifier: who(current.Identity)})
	}
}

// login checks what somebody proves on either page.
func (a *app) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		a.showLogin(w, r, http.StatusBadRequest, loginPage{Error: "The form could not be read."})
		return
	}
	form, q := r.PostForm, askedBy(r.PostForm)
	method := aal.Method(form.Get("method"))
	if method == "" {
		method = aal.Password
	}
	proof := settings.Proof{Method: method, Challenge: form.Get("challenge"), Source: a.amend.Service.Source(r)}
	switch method {
	case aal.Password, aal.Passkey:
		a.begin(w, r, q, proof)
	case aal.TOTP, aal.Lookup, aal.WebAuthn:
		a.add(w, r, q, proof)
	default:
		a.showLogin(w, r, http.StatusBadRequest, loginPage{asked: q, Error: "There is no such way to sign in."})
	}
}

// begin signs somebody in by a first factor. Every answer to a wrong one is the
// same, whoever does not exist.
func (a *app) begin(w http.ResponseWriter, r *http.Request, q asked, proof settings.Proof) {
	form := r.PostForm
	p := loginPage{asked: q, Identifier: form.Get("identifier")}
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
	a.proved(w, r, q, proof.Method, s, i)
}

// add adds a further factor to the session of the request. It never starts one.
func (a *app) add(w http.ResponseWriter, r *http.Request, q asked, proof settings.Proof) {
	p := furtherPage{asked: q}
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
		switch next := a.next(current, q); {
		case next == done && !q.Refresh: // pressed twice
			a.goOn(w, r, q)
			return
		case next == firstFactor: // it has become stale while the second page was open
			a.lead(w, r, a.loginPageFor(q))
			return
		case !slices.Contains(a.further(current, q), proof.Method):
			p.Error = "That adds nothing to your sign-in."
			a.showFurther(w, r, http.StatusBadRequest, current, p)
			return
		}
		_, err = a.amend.Service.Verify(r.Context(), proof)
	}
	var s session.Session
	if err == nil {
		s, err = a.amend.Sessions.Renew(w, r, proof.Method)
	}
	switch {
	case err == nil:
		a.proved(w, r, q, proof.Method, s, current.Identity)
	case errors.Is(err, session.ErrNoSession), errors.Is(err, session.ErrAmbiguous): // it has ended: from the beginning
		q.Further = true
		a.lead(w, r, a.loginPageFor(q))
	default:
		if status, sentence := a.notProved(w, r, proof, err); sentence != "" {
			p.Error = sentence
			a.showFurther(w, r, status, current, p)
		}
	}
}

// proved leads on after a proof: to what is still to be proved, or to where the login
// was asked for. Who has a second factor is asked for it right away, and not only when
// something turns out to need it.
func (a *app) proved(w http.ResponseWriter, r *http.Request, q asked, method aal.Method, s session.Session, i identity.Identity) {
	a.log.InfoContext(r.Context(), "login", "outcome", "proved", "method", method, "identity", i.ID, "session", s.ID)
	next := a.next(a.amend.Sessions.Current(s, i, time.Now()), q)
	if next == done {
		a.goOn(w, r, q)
		return
	}
	q.Further = q.Further || next == secondFactor
	a.lead(w, r, a.loginPageFor(q))
}

// goOn leads to where a login was asked for, if it may.
func (a *app) goOn(w http.ResponseWriter, r *http.Request, q asked) {
	target, ok := a.amend.Service.CheckReturnTo(q.ReturnTo)
	if !ok {
		target = a.publicURL + "/"
	}
	a.lead(w, r, target)
}

func (a *app) lead(w http.ResponseWriter, r *http.Request, target string) {
	noStore(w)
	http.Redirect(w, r, target, http.StatusSeeOther)
}
