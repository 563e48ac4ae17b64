package main

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
)

// bcryptCost is what the app hashes passwords with.
const bcryptCost = 10

// billingAge is how old a sign-in may be to see the billing page.
const billingAge = 15 * time.Minute

type app struct {
	users users
	web   *webSessions
	amend *settings.Handler
}

func (a *app) routes() (http.Handler, error) {
	signedIn := a.amend.Sessions.Require()
	recently := a.amend.Sessions.Require(session.Within(billingAge))

	mux := http.NewServeMux()
	mux.HandleFunc("POST /theme", a.theme)
	mux.Handle("GET /{$}", signedIn(http.HandlerFunc(a.profile)))
	mux.Handle("POST /profile", signedIn(http.HandlerFunc(a.rename)))
	mux.Handle("GET /billing", recently(http.HandlerFunc(a.billing)))

	// The library checks its own requests; this checks the app's.
	return http.NewCrossOriginProtection().Handler(mux), mountAccount(mux, a.amend)
}

func (a *app) profile(w http.ResponseWriter, r *http.Request) { a.showUser(w, r, "profile") }
func (a *app) billing(w http.ResponseWriter, r *http.Request) { a.showUser(w, r, "billing") }

func (a *app) showUser(w http.ResponseWriter, r *http.Request, page string) {
	u, err := a.signedIn(r)
	if err != nil {
		fail(w, r, err)
		return
	}
	a.show(w, r, http.StatusOK, page, u.profile)
}

// rename is the app's own UPDATE of its table.
func (a *app) rename(w http.ResponseWriter, r *http.Request) {
	u, err := a.signedIn(r)
	if err == nil {
		err = a.users.update(r.Context(), u.ID, func(u *user) error {
			u.Name = r.PostFormValue("name")
			return nil
		})
	}
	if err != nil {
		fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// theme is what the app's own sessions are for: it needs nobody signed in.
func (a *app) theme(w http.ResponseWriter, r *http.Request) {
	theme := "light"
	if r.PostFormValue("theme") == "dark" {
		theme = "dark"
	}
	if row := a.web.of(r); row.ID != "" {
		a.web.update(row.ID, func(row *webSession) { row.Theme = theme })
	} else {
		a.web.start(w, webSession{Theme: theme})
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func fail(w http.ResponseWriter, r *http.Request, err error) {
	slog.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "error", err)
	http.Error(w, "Something went wrong on our side.", http.StatusInternalServerError)
}
