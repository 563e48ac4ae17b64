package page

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
)

// This file owns what becomes of a form of the login: who sent it, what it proves, and
// what is said if that is nothing. Whoever does not exist gets the answer of a wrong
// password: the same status and words, after the same work.

// The fields of the forms.
const (
	fieldToken      = "csrf_token"
	fieldMethod     = "method"
	fieldIdentifier = "identifier"
	fieldChallenge  = "challenge"
	fieldKeep       = "keep"

	signOut = "sign_out" // a value of method, beside those of aal
)

// values are the fields that have the proofs.
var values = map[aal.Method]string{
	aal.Password: "password", aal.Passkey: "passkey_login", aal.WebAuthn: "webauthn_login", aal.TOTP: "totp_code", aal.Lookup: "lookup_secret",
}

// submit takes a form.
func (l *LoginHandler) submit(w http.ResponseWriter, r *http.Request) {
	form, ok := l.form(w, r)
	if !ok {
		return
	}
	if err := l.amend.Service.CheckLogin(r, form.Get(fieldToken)); err != nil {
		l.forged(w, r, err)
		return
	}
	m := aal.Method(form.Get(fieldMethod))
	if m == signOut { // whoever wants to be somebody else
		l.end(w, r, askedBy(r.URL.Query()).page())
		return
	}
	p := settings.Proof{Method: m, Value: form.Get(values[m]), Challenge: form.Get(fieldChallenge), Source: l.amend.Service.Source(r)}
	switch {
	case !l.offers(m):
		l.showFirst(w, r, http.StatusBadRequest, firstPage{problem: saidNoSuchWay})
	case m == aal.OIDC:
		l.leave(w, r, form)
	case aal.First(m):
		l.begin(w, r, form, p)
	default:
		l.add(w, r, p)
	}
}

// forged answers a form that may be somebody else's, of which nothing is shown. Who has
// signed in meanwhile, in another tab, is asked for what is left.
func (l *LoginHandler) forged(w http.ResponseWriter, r *http.Request, err error) {
	l.config.Logger.WarnContext(r.Context(), "login", "outcome", "refused", "error", err)
	l.open(w, r, http.StatusForbidden, saidForged)
}

// begin signs somebody in by a first factor: it starts a session, or renews the one
// that is theirs already.
func (l *LoginHandler) begin(w http.ResponseWriter, r *http.Request, form url.Values, p settings.Proof) {
	typed := form.Get(fieldIdentifier)
	var err error
	if p.Method == aal.Password {
		p.IdentityID, p.Name, err = l.find(r, typed)
	}
	var id string
	if err == nil {
		id, err = l.amend.Service.Verify(r.Context(), p)
	}
	var s session.Session
	if err == nil {
		s, err = l.amend.Sessions.Issue(w, l.kept(r, form), id, p.Method)
	}
	if errors.Is(err, session.ErrBlocked) || errors.Is(err, identity.ErrNotFound) { // just now
		err = settings.ErrWrong
	}
	if err != nil {
		if status, said := l.notProved(w, r, p, err); said != nil {
			l.showFirst(w, r, status, firstPage{problem: said, typed: typed, tried: p.Method})
		}
		return
	}
	l.proved(w, r, p.Method, s)
}

// kept is the request of somebody who may have asked to be kept signed in.
func (l *LoginHandler) kept(r *http.Request, form url.Values) *http.Request {
	if l.options.KeepFor == 0 || form.Get(fieldKeep) != "true" {
		return r
	}
	return r.WithContext(session.KeepFor(r.Context(), l.options.KeepFor))
}

// find is the host's Find. A name that it has no form for is counted as it was typed.
func (l *LoginHandler) find(r *http.Request, typed string) (id, name string, err error) {
	id, name, err = l.options.Find(r.Context(), typed)
	if errors.Is(err, identity.ErrNotFound) {
		id, err = "", nil
	}
	if name == "" {
		name = strings.ToLower(strings.TrimSpace(typed))
	}
	return id, name, err
}

// add adds a further factor to the session of the request. It never starts one.
func (l *LoginHandler) add(w http.ResponseWriter, r *http.Request, p settings.Proof) {
	q := askedBy(r.URL.Query())
	current, err := l.amend.Sessions.FromRequest(r)
	if err == nil {
		p.IdentityID = current.Identity.ID
		switch next := l.next(current, q); {
		case next == done && !q.Refresh: // pressed twice
			l.goOn(w, q)
			return
		case next == firstFactor: // it has become stale while the second page was open
			lead(w, q.page())
			return
		case !slices.Contains(l.further(current, q), p.Method):
			l.showSecond(w, r, http.StatusBadRequest, current, secondPage{problem: saidAddsNothing})
			return
		}
		_, err = l.amend.Service.Verify(r.Context(), p)
	}
	var s session.Session
	if err == nil {
		s, err = l.amend.Sessions.Renew(w, r, p.Method)
	}
	switch {
	case err == nil:
		l.proved(w, r, p.Method, s)
	case none(err): // it has ended: from the beginning
		q.Further = true
		lead(w, q.page())
	default:
		if status, said := l.notProved(w, r, p, err); said != nil {
			l.showSecond(w, r, status, current, secondPage{problem: said, tried: p.Method})
		}
	}
}

// proved leads on after a proof: to what is still to be proved, or to where the login
// was asked for. Who has a second factor is asked for it right away, and not only when
// something turns out to need it.
func (l *LoginHandler) proved(w http.ResponseWriter, r *http.Request, m aal.Method, s session.Session) {
	l.config.Logger.InfoContext(r.Context(), "login", "outcome", "proved", "method", m, "identity", s.IdentityID, "session", s.ID)
	row, err := l.config.Identities.GetIdentity(r.Context(), s.IdentityID)
	var c session.Current
	if err == nil {
		c, err = l.amend.Sessions.Open(s, row)
	}
	if err != nil {
		l.sorry(w, r, err)
		return
	}
	q := askedBy(r.URL.Query())
	if next := l.next(c, q); next != done {
		q.Further = q.Further || next == secondFactor
		lead(w, q.page())
		return
	}
	if l.options.SignedIn != nil {
		if err := l.options.SignedIn(w, r, c); err != nil {
			l.sorry(w, r, errors.Join(err, l.amend.Sessions.Revoke(r.Context(), c.Identity, s.ID)))
			return
		}
	}
	l.goOn(w, q)
}

// goOn leads to where a login was asked for, if it may.
func (l *LoginHandler) goOn(w http.ResponseWriter, q asked) { lead(w, l.target(q)) }

func (l *LoginHandler) target(q asked) string {
	if target, ok := l.amend.Service.CheckReturnTo(q.ReturnTo); ok && q.ReturnTo != "" {
		return target
	}
	return l.options.AfterURL
}

// notProved is the status and the words for a proof that came to nothing. The words are
// nil if the whole answer is sent already.
func (l *LoginHandler) notProved(w http.ResponseWriter, r *http.Request, p settings.Proof, err error) (status int, said *ui.Text) {
	// What was typed as an identifier is not logged: it may be a password.
	log := func(outcome string) {
		l.config.Logger.WarnContext(r.Context(), "login", "outcome", outcome, "method", p.Method, "identity", p.IdentityID)
	}
	var locked *settings.LockedError
	switch {
	case errors.Is(err, settings.ErrWrong):
		log("wrong")
		return http.StatusUnauthorized, saidWrong[p.Method]
	case errors.As(err, &locked):
		log("locked")
		retryAfter(w, locked.RetryAfter)
		return http.StatusTooManyRequests, saidLocked(int(math.Ceil(locked.RetryAfter.Minutes())))
	case errors.Is(err, settings.ErrBusy):
		log("busy")
		retryAfter(w, 2*time.Second)
		return http.StatusServiceUnavailable, saidBusy
	}
	l.sorry(w, r, err)
	return 0, nil
}

// retryAfter says when to try again, in whole seconds.
func retryAfter(w http.ResponseWriter, d time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int((d+time.Second-1)/time.Second)))
}
