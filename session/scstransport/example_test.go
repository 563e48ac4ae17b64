package scstransport_test

import (
	"fmt"
	"log"
	"net/http"
	"net/url"
	"testing"

	"github.com/alexedwards/scs/v2"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/session/scstransport"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store/memory"
)

// app is an app on scs. check compares a password, and gives the user's id.
type app struct {
	amend *settings.Handler
	check func(email, password string) (id string, ok bool)
}

func (a app) login(w http.ResponseWriter, r *http.Request) {
	id, ok := a.check(r.PostFormValue("email"), r.PostFormValue("password"))
	if !ok {
		http.Error(w, "That is not right.", http.StatusUnauthorized)
		return
	}
	if _, err := a.amend.Sessions.Issue(w, r, id, aal.Password); err != nil {
		http.Error(w, "Something went wrong on our side.", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/home", http.StatusSeeOther)
}

func (a app) home(w http.ResponseWriter, r *http.Request) {
	current, _ := session.From(r.Context())
	fmt.Fprintln(w, "Hello,", current.Identity.ID)
}

// routes are the app's, inside its session middleware.
func (a app) routes(sessions *scs.SessionManager) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/auth/", a.amend)
	mux.HandleFunc("POST /login", a.login)
	mux.Handle("GET /home", a.amend.Sessions.Require()(http.HandlerFunc(a.home)))
	return sessions.LoadAndSave(mux)
}

func Example() {
	sessions := scs.New()
	sessions.Cookie.Name, sessions.Cookie.Secure = "__Host-session", true
	users := memory.New()
	amend, err := settings.New(settings.Config{
		PublicURL: "https://app.example.com/auth", UIURL: "https://app.example.com/settings", LoginURL: "https://app.example.com/login",
		Keys: [][]byte{settings.NewKey()}, Flows: users, Sessions: users, Identities: users,
		Methods:   []settings.Method{password.New(password.Config{})},
		Transport: scstransport.New(sessions),
	})
	if err != nil {
		log.Fatal(err)
	}
	_ = app{amend: amend}.routes(sessions) // for http.ListenAndServe
}

// A password change logs the other device out: through the app's own login, home page
// and session library.
func TestAPasswordChangeLogsTheOtherDeviceOut(t *testing.T) {
	const base, old, fresh = "https://app.example.com", "correct horse battery staple", "a much better horse"
	sessions, _ := shop()
	kit := settingstest.New(t, func(c *settings.Config) { c.Transport = scstransport.New(sessions) })
	ada := kit.AddIdentity("ada@example.com", old)
	kit.App = app{kit.Handler, func(email, pass string) (string, bool) {
		return ada, email == "ada@example.com" && kit.PasswordIs(ada, pass)
	}}.routes(sessions)
	kit.Login = func(c *settingstest.Client, _ string) {
		form := url.Values{"email": {"ada@example.com"}, "password": {old}}
		c.Post(base+"/login", "application/x-www-form-urlencoded", form.Encode())
	}
	laptop, phone := kit.SignIn(ada, respond.Page), kit.SignIn(ada, respond.Page)
	if laptop.Get(base+"/home").Status != 200 || phone.Get(base+"/home").Status != 200 {
		t.Fatal("want both signed in")
	}
	laptop.Submit(laptop.Start(), settingstest.Fields{"method": "password", "password": fresh})
	if laptop.Get(base+"/home").Status != 200 || phone.Get(base+"/home").Status != 303 {
		t.Error("want the laptop signed in and the phone led to the login")
	}
}
