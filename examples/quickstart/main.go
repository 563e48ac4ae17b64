// Quickstart is a whole app in one file: a login, a logout, and a settings page
// where its user changes password and profile, and adds an authenticator app.
// Everything is kept in memory.
//
//	go run ./examples/quickstart
package main

import (
	"context"
	"flag"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/store/memory"
)

const demoUser, demoPassword = "ada@example.com", "correct horse battery staple"

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen")
	flag.Parse()
	base := "http://" + *addr
	users := memory.New()
	amend, err := settings.New(settings.Config{
		PublicURL: base + "/auth", UIURL: base + "/settings", LoginURL: base + "/login",
		Keys:  [][]byte{settings.NewKey()}, // an app that keeps its users keeps its key
		Flows: users, Sessions: users, Identities: users,
		Methods: []settings.Method{
			password.New(password.Config{}), totp.New(totp.Config{Issuer: "Quickstart"}),
			profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
				profile.Field{Name: "email", Type: profile.Email, Label: "E-mail", Required: true, Identifier: true},
				profile.Field{Name: "name", Label: "Name", MaxLength: 80},
			)}}),
		},
		ClientIP:        func(r *http.Request) string { return r.RemoteAddr }, // no proxy before this demo
		InsecureCookies: true,                                                 // plain http, for this demo only
	})
	check(err)
	hash, err := password.Argon2id{}.Hash(demoPassword)
	check(err)
	check(users.CreateIdentity(context.Background(), identity.Record{
		ID: "1", Active: true, PasswordHash: hash, Traits: []byte(`{"email":"` + demoUser + `"}`),
		Keys: []identity.Key{{Kind: identity.Identifier, Value: demoUser}},
	}))

	app := &app{amend, users}
	mux := http.NewServeMux()
	mux.Handle("/auth/", amend)
	mux.HandleFunc("GET /.well-known/change-password", amend.ChangePassword)
	mux.HandleFunc("GET /login", app.loginForm)
	mux.HandleFunc("POST /login", app.login)
	mux.HandleFunc("POST /logout", app.logout)
	mux.Handle("/settings", page.Handler(amend, page.Options{Bottom: `<p><a href="/">Home</a></p>`}))
	mux.Handle("GET /{$}", amend.Sessions.Require(session.AtHighest())(http.HandlerFunc(app.home)))

	// The library checks its own requests; this checks the app's.
	server := &http.Server{Addr: *addr, Handler: http.NewCrossOriginProtection().Handler(mux), ReadHeaderTimeout: 5 * time.Second}
	fmt.Printf("Open %s and sign in as %s with the password %q.\n", base, demoUser, demoPassword)
	check(server.ListenAndServe())
}

// check ends the program at its start, and only the request later on.
func check(err error) {
	if err != nil {
		log.Panic(err)
	}
}

// form is what the login page shows.
type form struct {
	ReturnTo string
	Second   bool // it asks for the second factor
	Error    string
}

type app struct {
	amend *settings.Handler
	users *memory.Store
}

func (a *app) home(w http.ResponseWriter, r *http.Request) {
	current, _ := session.From(r.Context())
	show(w, http.StatusOK, "home", current.Identity.Identifiers()[0])
}

func (a *app) loginForm(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	show(w, http.StatusOK, "login", form{q.Get("return_to"), q.Get("aal") == "aal2", ""})
}

// login has the library check what was typed, and then starts a session, or
// renews the one there is: if settings asked for a newer sign-in or for the
// second factor, the change that was waiting goes on.
func (a *app) login(w http.ResponseWriter, r *http.Request) {
	f := form{r.PostFormValue("return_to"), r.PostForm.Has("code"), "That is not right."}
	proof := settings.Proof{Method: aal.Password, Value: r.PostFormValue("password"), Source: a.amend.Service.Source(r)}
	if f.Second {
		proof.Method, proof.Value = aal.TOTP, r.PostFormValue("code")
		current, _ := a.amend.Sessions.FromRequest(r) // without a session nobody is asked
		proof.IdentityID = current.Identity.ID
	} else {
		proof.Name = strings.ToLower(strings.TrimSpace(r.PostFormValue("email")))
		proof.IdentityID, _ = a.users.IdentityOwner(r.Context(), identity.Key{Kind: identity.Identifier, Value: proof.Name})
	}
	id, err := a.amend.Service.Verify(r.Context(), proof)
	if err != nil {
		show(w, http.StatusUnauthorized, "login", f)
		return
	}
	_, err = a.amend.Sessions.Issue(w, r, id, proof.Method)
	check(err)
	target, ok := a.amend.Service.CheckReturnTo(f.ReturnTo)
	if !ok {
		target = "/"
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

func (a *app) logout(w http.ResponseWriter, r *http.Request) {
	check(a.amend.Sessions.End(w, r))
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

func show(w http.ResponseWriter, status int, name string, data any) {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	check(pages.ExecuteTemplate(w, name, data))
}

var pages = template.Must(template.New("").Parse(`
{{define "head"}}<!doctype html><html lang="en"><meta charset="utf-8"><title>Quickstart</title>
<style>body{font:16px sans-serif;max-width:32em;margin:3em auto}label,input,button{display:block;margin:.4em 0}.error{color:#b00020}.success{color:#06681b}</style>{{end}}
{{define "home"}}{{template "head"}}<h1>Hello, {{.}}</h1><p><a href="/settings">Settings</a></p><form method="post" action="/logout"><button>Log out</button></form>{{end}}
{{define "login"}}{{template "head"}}<h1>Sign in</h1>{{with .Error}}<p class="error">{{.}}</p>{{end}}
<form method="post"><input type="hidden" name="return_to" value="{{.ReturnTo}}">
{{if .Second}}<label>Code of your authenticator app <input name="code" inputmode="numeric" autocomplete="one-time-code" required></label>
{{else}}<label>E-mail <input name="email" type="email" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>{{end}}<button>Sign in</button></form>{{end}}`))
