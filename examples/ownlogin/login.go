package main

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"log"
	"math"
	"net/http"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
)

type login struct{ amend *settings.Handler }

func (l login) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page := map[string]any{"Token": l.amend.Service.LoginToken(w, r), "Second": false}
	if r.Method == http.MethodPost {
		err := l.prove(w, r)
		if err == nil {
			http.Redirect(w, r, r.URL.RequestURI(), http.StatusSeeOther) // to ask for what is left
			return
		}
		log.Print("login: ", err) // it says why, which its user is not told
		page["Said"] = sentence(err)
	}
	if current, err := l.amend.Sessions.FromRequest(r); err == nil {
		left := current.Missing()
		if r.URL.Query().Get("refresh") == "true" {
			left = append(current.Stale(15*time.Minute), left...)
		}
		if len(left) == 0 {
			target, _ := l.amend.Service.CheckReturnTo(r.URL.Query().Get("return_to"))
			http.Redirect(w, r, cmp.Or(target, "/"), http.StatusSeeOther)
			return
		}
		page["Second"] = aal.Second(left[0])
	}
	page["Waiting"], _ = l.amend.Service.Waiting(r)
	w.Header().Set("Cache-Control", "no-store")
	_ = form.Execute(w, page)
}

// prove has the library check what was typed, and starts a session by it, or raises the
// one there is.
func (l login) prove(w http.ResponseWriter, r *http.Request) error {
	current, _ := l.amend.Sessions.FromRequest(r) // of whom the second step is
	proof := settings.Proof{Method: aal.Method(r.PostFormValue("method")), IdentityID: current.Identity.ID, Value: r.PostFormValue("secret"), Source: l.amend.Service.Source(r)}
	err := l.amend.Service.CheckLogin(r, r.PostFormValue("csrf_token"))
	if err == nil && proof.Method == aal.Password {
		proof.IdentityID, proof.Name, err = l.amend.Service.FindIdentity(r.Context(), r.PostFormValue("email"))
	}
	if err == nil {
		proof.IdentityID, err = l.amend.Service.Verify(r.Context(), proof)
	}
	if err == nil {
		_, err = l.amend.Sessions.Issue(w, r, proof.IdentityID, proof.Method)
	}
	return err
}

func sentence(err error) string {
	locked := new(settings.LockedError)
	switch {
	case errors.As(err, &locked):
		return fmt.Sprintf("There were too many wrong tries. Try again in %.0f minutes.", math.Ceil(locked.RetryAfter.Minutes()))
	case errors.Is(err, settings.ErrWrong):
		return "That is not right."
	}
	return "That did not work. Try again in a moment."
}

var form = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title><h1>Sign in</h1>
{{with .Waiting.Method}}<p>A change ({{.}}) that was asked for here waits for you to sign in. If you did not ask for it, do not.</p>{{end}}
<form method="post"><p role="alert">{{.Said}}</p><input type="hidden" name="csrf_token" value="{{.Token}}">
{{if .Second}}<label>Code of your app <input name="secret" inputmode="numeric" autocomplete="one-time-code" required></label>
{{else}}<label>E-mail <input name="email" autocomplete="username" required></label>
<label>Password <input name="secret" type="password" autocomplete="current-password" required></label>{{end}}
<button name="method" value="{{if .Second}}totp{{else}}password{{end}}">Sign in</button></form>`))
