package page

import "net/http"

// This file owns the sign-out. A GET asks, since a link or a picture of any other site
// makes one; only the form of the question, which has a token of this browser, ends the
// session.

// SignOut is the page that signs out, for the host to mount where it likes. A GET shows
// a question, and a POST with its token ends the session, here and in every instance,
// and leads to SignedOutURL. A page of the host's own may have the form too:
//
//	<form method="post" action="/logout"><input type="hidden" name="csrf_token" value="{{.Token}}"><button>Sign out</button></form>
//
// with amend.Service.LoginToken(w, r) for its Token; a link to the question needs none.
func (l *LoginHandler) SignOut(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		l.askToSignOut(w, r, http.StatusOK)
	case http.MethodPost:
		form, ok := l.form(w, r)
		if !ok {
			return
		}
		if err := l.amend.Service.CheckLogin(r, form.Get(fieldToken)); err != nil {
			l.config.Logger.WarnContext(r.Context(), "sign-out", "outcome", "refused", "error", err)
			l.askToSignOut(w, r, http.StatusForbidden)
			return
		}
		l.end(w, r, l.options.SignedOutURL)
	default:
		wrongMethod(w)
	}
}

// askToSignOut asks. Without a session there is nothing to end, but maybe one of the
// host's own.
func (l *LoginHandler) askToSignOut(w http.ResponseWriter, r *http.Request, status int) {
	c, err := l.amend.Sessions.FromRequest(r)
	switch {
	case err != nil && !none(err):
		l.sorry(w, r, err)
		return
	case err != nil && l.options.SignedOut == nil:
		lead(w, l.options.SignedOutURL)
		return
	}
	v := l.newPage(r, "sign-out?")
	v.Question, v.GoOn = true, l.options.AfterURL
	if err == nil {
		v.Lead = v.signedInAs(c.Identity.FirstIdentifier())
	}
	v.Token = l.amend.Service.LoginToken(w, r)
	l.send(w, status, v)
}

// end ends the session of a request, and one of the host's own.
func (l *LoginHandler) end(w http.ResponseWriter, r *http.Request, then string) {
	err := l.amend.Sessions.End(w, r)
	if err == nil && l.options.SignedOut != nil {
		err = l.options.SignedOut(w, r)
	}
	if err != nil {
		l.sorry(w, r, err)
		return
	}
	lead(w, then)
}
