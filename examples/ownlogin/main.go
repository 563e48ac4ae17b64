// Ownlogin is an app whose login page is its own, for a password and a second factor:
// login.go, which stands in the README, is all of it. Package page has a ready one.
//
//	go run ./examples/ownlogin
package main

import (
	"context"
	"flag"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"time"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
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
		Methods:         []settings.Method{password.New(password.Config{}), totp.New(totp.Config{Issuer: "Ownlogin", Link: true})},
		InsecureCookies: true, // plain http, for this demo only
	})
	check(err)
	hash, err := password.Argon2id{}.Hash(demoPassword)
	check(err)
	check(users.CreateIdentity(context.Background(), identity.Record{
		ID: "1", Active: true, PasswordHash: hash, Keys: []identity.Key{{Kind: identity.Identifier, Value: demoUser}},
	}))
	fmt.Printf("Open %s and sign in as %s with the password %q.\n", base, demoUser, demoPassword)
	server := &http.Server{Addr: *addr, Handler: routes(amend), ReadHeaderTimeout: 5 * time.Second}
	check(server.ListenAndServe())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func routes(amend *settings.Handler) http.Handler {
	ui, err := page.New(amend, page.Options{Look: page.Look{Name: "Example", Home: "/"}})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", amend)
	mux.Handle("/settings", ui)
	mux.Handle("/login", login{amend})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		err := amend.Service.CheckLogin(r, r.PostFormValue("csrf_token"))
		if err == nil {
			err = amend.Sessions.End(w, r)
		}
		if err != nil {
			log.Print("logout: ", err)
		}
		http.Redirect(w, r, "/", http.StatusSeeOther) // which leads to the login, if it has worked
	})
	mux.Handle("GET /{$}", amend.Sessions.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := amend.Service.LoginToken(w, r)
		w.Header().Set("Cache-Control", "no-store")
		_ = home.Execute(w, token)
	})))
	return mux
}

var home = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Home</title>
<h1>Hello</h1><p><a href="/settings">Settings</a></p>
<form method="post" action="/logout"><input type="hidden" name="csrf_token" value="{{.}}"><button>Sign out</button></form>`))
