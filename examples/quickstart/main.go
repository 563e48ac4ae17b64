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

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen")
	flag.Parse()
	base := "http://" + *addr
	server := &http.Server{Addr: *addr, Handler: newApp(base).routes(), ReadHeaderTimeout: 5 * time.Second}
	fmt.Printf("Open %s and sign in as %s with the password %q.\n", base, demoUser, demoPassword)
	check(server.ListenAndServe())
}

type app struct {
	amend    *settings.Handler
	login    *page.LoginHandler
	settings http.Handler
	users    *memory.Store
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
		Text:            text.Unicode(),                                       // é is é, however a keyboard writes it
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
	look := page.Look{Name: "Quickstart", Home: "/"}
	login, err := page.Login(amend, page.LoginOptions{Look: look, IdentifierLabel: "E-mail"})
	check(err)
	ui, err := page.New(amend, page.Options{Look: look})
	check(err)
	return &app{amend, login, ui, users}
}

func (a *app) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/auth/", a.amend)
	mux.HandleFunc("GET /.well-known/change-password", a.amend.ChangePassword)
	mux.Handle("/login", a.login)
	mux.HandleFunc("/logout", a.login.SignOut)
	mux.Handle("/settings", a.settings)
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
	w.Header().Set("Cache-Control", "no-store")
	check(home.Execute(w, current.Identity.FirstIdentifier()))
}

var home = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Quickstart</title>
<style>body{font:16px sans-serif;max-width:32em;margin:3em auto}</style>
<h1>Hello, {{.}}</h1><p><a href="/settings">Settings</a></p><p><a href="/logout">Sign out</a></p>`))
