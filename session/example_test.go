package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/store/memory"
)

// exampleSessions are the Sessions that an installation comes with, and one
// user: 42.
func exampleSessions() *session.Sessions {
	store := memory.New()
	_ = store.CreateIdentity(context.Background(), identity.Record{ID: "42", Active: true})
	amend, err := settings.New(settings.Config{
		PublicURL: "https://app.example/auth", UIURL: "https://app.example/settings", LoginURL: "https://app.example/login",
		Keys: [][]byte{settings.NewKey()}, Flows: store, Sessions: store, Identities: store,
		Methods: []settings.Method{password.New(password.Config{})},
	})
	if err != nil {
		panic(err)
	}
	return amend.Sessions
}

// The host has checked who it is; the session and its token come from here.
func ExampleSessions_IssueToken() {
	sessions := exampleSessions()
	ctx := context.Background()

	s, token, err := sessions.IssueToken(ctx, "42", session.Device{UserAgent: "cli/1.0"}, aal.Password)
	fmt.Println(s.IdentityID, s.Completed(), err)

	// Its user has completed a second factor: same session, new token.
	_, fresh, err := sessions.RenewToken(ctx, token, aal.Code)
	fmt.Println(fresh != token, err)
	_, err = sessions.FromToken(ctx, token)
	fmt.Println(errors.Is(err, session.ErrNoSession))

	// A logout.
	fmt.Println(sessions.EndToken(ctx, fresh))
	// Output:
	// 42 [password] <nil>
	// true <nil>
	// true
	// <nil>
}

// A route of the host asks for what it needs. Who lacks it is answered as at
// the settings endpoints: a page is sent to login and comes back.
func ExampleSessions_Require() {
	sessions := exampleSessions()
	payout := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cur, _ := session.From(r.Context())
		fmt.Println("payout for", cur.Identity.ID)
	})
	protected := sessions.Require(session.Within(15 * time.Minute))(payout)

	r := httptest.NewRequest("GET", "/payout", nil)
	w := httptest.NewRecorder()
	protected.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Location"))

	_, token, _ := sessions.IssueToken(context.Background(), "42", session.Device{}, aal.Password)
	r.Header.Set("X-Session-Token", token)
	protected.ServeHTTP(httptest.NewRecorder(), r)
	// Output:
	// 303 https://app.example/login?return_to=https%3A%2F%2Fapp.example%2Fpayout
	// payout for 42
}
