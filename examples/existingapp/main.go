// Existingapp is an app with a users table, a profile and a billing page of its own,
// which has adopted the library, its login and its settings page: account.go is what
// that took.
//
//	go run ./examples/existingapp
//
// It signs its users in with the library's cookie. With -sessions own it keeps
// the session cookie it had before: see account_own_sessions.go.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/amend-go/amend/settings"
)

const demoUser, demoPassword = "ada@example.com", "correct horse battery staple"

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen")
	sessions := flag.String("sessions", "amend", "whose cookie signs users in: amend or own")
	flag.Parse()
	if err := run(*addr, *sessions); err != nil {
		log.Fatal(err)
	}
}

func run(addr, sessions string) error {
	hash, err := bcrypt.GenerateFromPassword([]byte(demoPassword), bcryptCost)
	if err != nil {
		return err
	}
	rows := newTable()
	if _, err := rows.insert(context.Background(), user{profile: profile{demoUser, "Ada"}, Bcrypt: string(hash), Changed: time.Now()}); err != nil {
		return err
	}
	c := settings.Config{InsecureCookies: true} // plain http, for this demo only
	a, err := newApp(c, "http://"+addr, rows, sessions)
	if err != nil {
		return err
	}
	routes, err := a.routes()
	if err != nil {
		return err
	}
	go a.sweepEvery(time.Minute)
	server := &http.Server{Addr: addr, Handler: routes, ReadHeaderTimeout: 5 * time.Second}
	fmt.Printf("Open http://%s and sign in as %s with the password %q.\n", addr, demoUser, demoPassword)
	return server.ListenAndServe()
}

// newApp puts the app together. sessions is whose cookie signs users in.
func newApp(c settings.Config, base string, u users, sessions string) (*app, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	a := &app{users: u, web: newWebSessions(!c.InsecureCookies, c.Now)}
	switch sessions {
	case "amend":
	case "own":
		c.Transport = inWebSessions{a.web}
	default:
		return nil, fmt.Errorf("-sessions %s: want amend or own", sessions)
	}
	var err error
	a.amend, err = settings.New(accountConfig(c, base, u))
	return a, err
}

// sweepEvery deletes what has expired, for as long as the process lives.
func (a *app) sweepEvery(d time.Duration) {
	for range time.Tick(d) {
		a.web.sweep()
		if err := a.amend.Service.Sweep(context.Background()); err != nil {
			log.Print("sweep: ", err)
		}
	}
}
