package main

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/page"
)

// newLogin is the library's login page, nil where -login-url names one of another
// origin. What -disable leaves may be second factors alone: those who come by the demo
// API are signed in already.
func (a *app) newLogin() (*page.LoginHandler, error) {
	if originOf(a.loginURL) != originOf(a.publicURL) {
		return nil, nil
	}
	nobody := !slices.ContainsFunc(a.offered, func(m settings.Method) bool { return nameOf(m) == aal.Password || nameOf(m) == aal.Passkey })
	return page.Login(a.amend, page.LoginOptions{AfterURL: a.publicURL + "/", SecondStepOnly: nobody})
}

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

// lead sends a browser to a URL of the options.
func (a *app) lead(w http.ResponseWriter, r *http.Request, target string) {
	noStore(w)
	http.Redirect(w, r, target, http.StatusSeeOther)
}
