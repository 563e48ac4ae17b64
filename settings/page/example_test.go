package page_test

import (
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/store/memory"
)

// A host mounts the page at the path of its UIURL. Who is not signed in is
// sent to the login, like everywhere.
func ExampleNew() {
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
		Logger:     slog.New(slog.DiscardHandler),
	})
	if err != nil {
		log.Fatal(err)
	}
	ui, err := page.New(amend, page.Options{
		Look:  page.Look{Name: "Example", Home: "/", Accent: "#7a1f6b", AccentDark: "#e59bd6"},
		Order: []string{page.SectionPassword},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", amend)
	mux.Handle("/settings", ui)

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "https://app.example.com/settings", nil))
	fmt.Println(w.Code, w.Header().Get("Location"))
	// Output:
	// 303 https://app.example.com/login?return_to=https%3A%2F%2Fapp.example.com%2Fauth%2Fself-service%2Fsettings%2Fbrowser
}

// The login stands at the path of LoginURL, and its sign-out wherever the host likes.
// What is wrong with its options, or with the Config for a login, New's caller hears at
// the start.
func ExampleLogin() {
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
		Logger:     slog.New(slog.DiscardHandler),
	})
	if err != nil {
		log.Fatal(err)
	}
	login, err := page.Login(amend, page.LoginOptions{
		IdentifierLabel: "E-mail",
		RecoveryURL:     "/forgot",
		RegisterURL:     "/join",
		SignedIn: func(w http.ResponseWriter, r *http.Request, c session.Current) error {
			return nil // here an app starts a session of its own
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/login", login)
	mux.HandleFunc("/logout", login.SignOut)

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "https://app.example.com/login", nil))
	fmt.Println(w.Code, w.Result().Cookies()[0].Name)

	_, err = page.Login(amend, page.LoginOptions{RecoveryURL: "forgot"})
	fmt.Println(err)
	// Output:
	// 200 __Host-amend_login
	// page: LoginOptions.RecoveryURL: "forgot" is no path like /welcome, and no http or https URL
}
