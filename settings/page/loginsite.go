package page

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
)

// This file owns signing in by a login at another site: its buttons, the way there, and
// what is said when nothing came of it.
//
// The browser comes back to this page with what must not stay in its address: a code.
// Whatever came of that, the answer is a redirect; a page is shown by the next request.

const (
	fieldSite = "site" // a button's value is the ID of one
	paramSaid = "said" // of the page: what came of a site, one of siteWords
)

// siteWords are what is said then, by the value of the parameter. Whoever makes up a link
// with one has a page say a sentence of ours.
var siteWords = map[string]*ui.Text{
	"cancelled": saidCancelled, "refused": saidSiteRefused, "busy": saidSiteBusy, "stranger": saidStranger, "stale": saidNotRefreshed,
}

// sites are those that are offered.
func (l *LoginHandler) sites() []method.Site {
	if l.options.SecondStepOnly {
		return nil
	}
	return l.amend.Service.Sites()
}

// leave sends a browser to a site.
func (l *LoginHandler) leave(w http.ResponseWriter, r *http.Request, form url.Values) {
	q := askedBy(r.URL.Query())
	to, err := l.amend.Service.BeginSignIn(w, r, form.Get(fieldSite), method.SignInAsked{ReturnTo: q.ReturnTo, Refresh: q.Refresh, AAL2: q.Further})
	switch {
	case errors.Is(err, settings.ErrBusy):
		l.open(w, r, http.StatusServiceUnavailable, saidSiteBusy)
	case errors.Is(err, settings.ErrWrong):
		l.open(w, r, http.StatusBadRequest, saidNoSuchWay)
	case err != nil:
		l.sorry(w, r, err)
	default:
		lead(w, to)
	}
}

// arrive takes a browser back.
func (l *LoginHandler) arrive(w http.ResponseWriter, r *http.Request) {
	came, err := l.amend.Service.FinishSignIn(w, r)
	q := asked{came.Asked.ReturnTo, came.Asked.Refresh, came.Asked.AAL2}
	r = r.Clone(r.Context())
	r.URL.RawQuery = q.query().Encode()
	said := ""
	switch {
	case errors.Is(err, settings.ErrCancelled):
		said = "cancelled"
	case errors.Is(err, settings.ErrWrong), errors.Is(err, settings.ErrNotBegun):
		said = "refused"
	case errors.Is(err, settings.ErrBusy):
		said = "busy"
	case err != nil:
		l.sorry(w, r, err)
		return
	case came.Unknown() && l.options.Unknown != nil:
		l.options.Unknown(w, r, came)
		return
	case came.Unknown():
		said = "stranger"
	case came.NotRefreshed && q.Refresh:
		said = "stale"
	default:
		l.proved(w, r, aal.OIDC, came.Session)
		return
	}
	l.config.Logger.WarnContext(r.Context(), "login", "outcome", said, "method", aal.OIDC, "site", came.Login.Site.ID, "error", err)
	query := q.query()
	query.Set(paramSaid, said)
	lead(w, "?"+query.Encode())
}
