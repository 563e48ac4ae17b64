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
	"github.com/amend-go/amend/settings/text"
)

const demoUser, demoPassword = "ada@example.com", "correct horse battery staple"

// recent is how long ago a factor may have been proved for a sensitive change. The
// login page asks for what was proved earlier, so both go by the same age.
const recent = 15 * time.Minute

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen")
	flag.Parse()
	base := "http://" + *addr
	server := &http.Server{Addr: *addr, Handler: newApp(base).routes(), ReadHeaderTimeout: 5 * time.Second}
	fmt.Printf("Open %s and sign in as %s with the password %q.\n", base, demoUser, demoPassword)
	check(server.ListenAndServe())
}

type app struct {
	amend *settings.Handler
	users *memory.Store
}

func newApp(base string) *app {
	users := memory.New()
	amend, err := settings.New(settings.Config{
		PublicURL: base + "/auth", UIURL: base + "/settings", LoginURL: base + "/login",
		Keys:  [][]byte{settings.NewKey()}, // an app that keeps its users keeps its key
		Flows: users, Sessions: users, Identities: users,
		Methods: []settings.Method{
			password.New(password.Config{}), totp.New(totp.Config{Issuer: "Quickstart", Link: true}),
			profile.New(profile.Config{Schemas: map[string]profile.Schema{"": profile.Fields(
				profile.Field{Name: "email", Type: profile.Email, Label: "E-mail", Required: true, Identifier: true},
				profile.Field{Name: "name", Label: "Name", MaxLength: 80},
			)}}),
		},
		Text:                    text.Unicode(), // é is é, however a keyboard writes it
		PrivilegedSessionMaxAge: recent,
		ClientIP:                func(r *http.Request) string { return r.RemoteAddr }, // no proxy before this demo
		InsecureCookies:         true,                                                 // plain http, for this demo only
	})
	check(err)
	hash, err := password.Argon2id{}.Hash(demoPassword)
	check(err)
	check(users.CreateIdentity(context.Background(), identity.Record{
		ID: "1", Active: true, PasswordHash: hash, Traits: []byte(`{"email":"` + demoUser + `"}`),
		Keys: []identity.Key{{Kind: identity.Identifier, Value: demoUser}},
	}))

	return &app{amend, users}
}

func (a *app) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/auth/", a.amend)
	mux.HandleFunc("GET /.well-known/change-password", a.amend.ChangePassword)
	mux.HandleFunc("GET /login", a.loginForm)
	mux.HandleFunc("POST /login", a.login)
	mux.HandleFunc("POST /logout", a.logout)
	mux.Handle("/settings", page.Handler(a.amend, page.Options{Bottom: `<p><a href="/">Home</a></p>`}))
	mux.Handle("GET /{$}", a.amend.Sessions.Require()(http.HandlerFunc(a.home)))
	// The library checks its own requests; this checks the app's.
	return http.NewCrossOriginProtection().Handler(mux)
}

// check ends the program at its start, and only the request later on.
func check(err error) {
	if err != nil {
		log.Panic(err)
	}
}

func (a *app) home(w http.ResponseWriter, r *http.Request) {
	current, _ := session.From(r.Context())
	show(w, http.StatusOK, "home", current.Identity.Identifiers()[0])
}

// form is what the login page shows.
type form struct {
	Second  bool   // it asks for the second factor
	Waiting string // the method of a change that goes on after the login
	Error   string
}

// loginForm asks for what is left to prove: of a newer sign-in (refresh) what was
// proved too long ago, of any the factor that its account requires besides. Once
// nothing is left, it leads to where the login was asked for.
func (a *app) loginForm(w http.ResponseWriter, r *http.Request) {
	var f form
	if current, err := a.amend.Sessions.FromRequest(r); err == nil {
		left := current.Missing()
		if r.FormValue("refresh") == "true" {
			left = append(current.Stale(recent), left...)
		}
		if len(left) == 0 {
			target, ok := a.amend.Service.CheckReturnTo(r.FormValue("return_to"))
			if !ok {
				target = "/"
			}
			http.Redirect(w, r, target, http.StatusSeeOther)
			return
		}
		f.Second = !aal.First(left[0])
	}
	a.showLogin(w, r, http.StatusOK, f)
}

// showLogin also says which change a login lets go on: somebody else may have asked
// for it in this browser.
func (a *app) showLogin(w http.ResponseWriter, r *http.Request, status int, f form) {
	waiting, _ := a.amend.Service.Waiting(r)
	f.Waiting = waiting.Method
	show(w, status, "login", f)
}

// login has the library check what was typed, and then starts a session, or
// renews the one there is. What is left to prove after that the form finds out.
func (a *app) login(w http.ResponseWriter, r *http.Request) {
	proof := settings.Proof{Method: aal.Password, Value: r.PostFormValue("password"), Source: a.amend.Service.Source(r)}
	second := r.PostForm.Has("code")
	if second {
		proof.Method, proof.Value = aal.TOTP, r.PostFormValue("code")
		current, _ := a.amend.Sessions.FromRequest(r) // without a session nobody is asked
		proof.IdentityID = current.Identity.ID
	} else {
		proof.IdentityID, proof.Name, _ = a.amend.Service.FindIdentity(r.Context(), r.PostFormValue("email"))
	}
	id, err := a.amend.Service.Verify(r.Context(), proof)
	if err == nil {
		_, err = a.amend.Sessions.Issue(w, r, id, proof.Method)
	}
	if err != nil {
		log.Print(err) // it says why, where its user is not told
		a.showLogin(w, r, http.StatusUnauthorized, form{Second: second, Error: "That is not right."})
		return
	}
	http.Redirect(w, r, r.URL.RequestURI(), http.StatusSeeOther) // the login page, with what it was asked for
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
{{with .Waiting}}<p>A change ({{.}}) was asked for in this browser and waits for you to sign in. If you did not ask for it, do not sign in here.</p>{{end}}
<form method="post">
{{if .Second}}<label>Code of your authenticator app <input name="code" inputmode="numeric" autocomplete="one-time-code" required></label>
{{else}}<label>E-mail <input name="email" type="email" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>{{end}}<button>Sign in</button></form>
{{if .Second}}<form method="post" action="/logout"><button>Log out</button></form>{{end}}{{end}}`))
