package settings_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/store/memory"
)

// The handler on the mux of an app, and a route of the app that asks for a
// sign-in not older than a quarter of an hour.
func ExampleNew() {
	billing := http.NotFoundHandler()
	users := memory.New()
	amend, err := settings.New(settings.Config{
		PublicURL:  "https://app.example.com/auth",
		UIURL:      "https://app.example.com/settings",
		LoginURL:   "https://app.example.com/login",
		Keys:       [][]byte{settings.NewKey()},
		Flows:      users,
		Sessions:   users,
		Identities: users,
		Methods:    []settings.Method{password.New(password.Config{})},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", amend)
	mux.HandleFunc("GET /.well-known/change-password", amend.ChangePassword)
	mux.Handle("GET /billing", amend.Sessions.Require(session.Within(15*time.Minute))(billing))

	for _, path := range []string{"/auth/self-service/settings/browser", "/.well-known/change-password", "/billing"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Code, w.Header().Get("Location"))
	}
	// Output:
	// 303 https://app.example.com/login?return_to=https%3A%2F%2Fapp.example.com%2Fauth%2Fself-service%2Fsettings%2Fbrowser
	// 303 https://app.example.com/settings
	// 303 https://app.example.com/login?return_to=https%3A%2F%2Fapp.example.com%2Fbilling
}

// One app at two addresses: a Handler for each, over the same stores and keys. What
// is not said of an address is the same at all.
func ExampleNew_addresses() {
	users := memory.New()
	shared := settings.Config{
		Keys:  [][]byte{settings.NewKey()},
		Flows: users, Sessions: users, Identities: users,
		Methods: []settings.Method{password.New(password.Config{})}, // those of webauthn differ by address
	}
	mux := http.NewServeMux()
	for _, host := range []string{"a.example", "b.example"} {
		c := shared
		c.PublicURL, c.UIURL, c.LoginURL = "https://"+host+"/auth", "https://"+host+"/settings", "https://"+host+"/login"
		amend, err := settings.New(c)
		if err != nil {
			log.Fatal(err)
		}
		mux.Handle(host+"/auth/", amend)
	}

	for _, host := range []string{"a.example", "b.example", "c.example"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", "https://"+host+"/auth/self-service/settings/browser", nil))
		fmt.Println(w.Code, w.Header().Get("Location"))
	}
	// Output:
	// 303 https://a.example/login?return_to=https%3A%2F%2Fa.example%2Fauth%2Fself-service%2Fsettings%2Fbrowser
	// 303 https://b.example/login?return_to=https%3A%2F%2Fb.example%2Fauth%2Fself-service%2Fsettings%2Fbrowser
	// 404
}

// What is wrong with a Config is said at the start, by the name of the field.
func ExampleNew_error() {
	_, err := settings.New(settings.Config{PublicURL: "http://app.example.com"})
	fmt.Println(err)
	// Output:
	// settings: Config.PublicURL: "http://app.example.com" is plain http; InsecureCookies allows that for development
}
