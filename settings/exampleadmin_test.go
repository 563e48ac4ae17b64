package settings_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/store/memory"
)

// exampleAccounts are an installation whose user 42 has a password and an authenticator
// app, and which prints what its After hooks are told.
func exampleAccounts() *settings.Handler {
	key, store := settings.NewKey(), memory.New()
	amend, err := settings.New(settings.Config{
		PublicURL: "https://app.example.com/auth", UIURL: "https://app.example.com/settings", LoginURL: "https://app.example.com/login",
		Keys: [][]byte{key}, Flows: store, Sessions: store, Identities: store,
		Methods: []settings.Method{password.New(password.Config{})},
		After: []func(context.Context, settings.Event) error{func(_ context.Context, e settings.Event) error {
			fmt.Printf("%s of %s by %s", e.Name, e.IdentityID, e.Actor)
			for _, a := range e.Removed.Authenticators {
				fmt.Printf(", without %s", a.Method)
			}
			fmt.Println()
			return nil
		}},
	})
	if err != nil {
		panic(err)
	}
	if err := store.CreateIdentity(context.Background(), withApp("42", key)); err != nil {
		panic(err)
	}
	return amend
}

// The help desk knows whom it talks to, and sets a password. Whoever had the old one is
// signed out.
func ExampleService_SetPassword() {
	amend := exampleAccounts()
	ctx := settings.WithActor(context.Background(), "bob of the help desk") // in a middleware of the administrators' pages
	err := amend.Service.SetPassword(ctx, "42", "12345")
	var refused *method.RefusedError
	if errors.As(err, &refused) {
		fmt.Println(refused) // for whoever typed it
	}
	fmt.Println(amend.Service.SetPassword(ctx, "42", "three words of the help desk"))
	// Output:
	// A password has at least 8 characters; this one has 5.
	// password.changed of 42 by bob of the help desk
	// <nil>
}

// A user has lost the phone: the authenticator app on it goes, with security keys, and
// all sessions end. Passkeys stay, unless aal.Passkey is named too.
func ExampleService_RemoveFactors() {
	amend := exampleAccounts()
	ctx := settings.WithActor(context.Background(), "bob of the help desk")
	fmt.Println(amend.Service.RemoveFactors(ctx, "42", aal.TOTP, aal.WebAuthn))
	account, err := amend.Service.Identity(ctx, "42")
	fmt.Println(account.Authenticators[0].Method, account.Required, err)
	// Output:
	// factors.removed of 42 by bob of the help desk, without totp
	// <nil>
	// password aal1 <nil>
}

// A recovery session may set a password or add a factor, and nothing else. The host
// gives one to who opens a link that it has sent, or that an administrator has handed
// over: random, good once, and for a short time. The second factor is asked for all the
// same, unless it was removed.
func ExampleService_RemoveFactors_recovery() {
	amend := exampleAccounts()
	ctx := settings.WithActor(context.Background(), "bob of the help desk")
	links := map[string]string{"hash of a token": "42"} // a table of the host's, in an app
	if err := amend.Service.RemoveFactors(ctx, "42", aal.TOTP); err != nil {
		panic(err)
	}
	recoverAccount := func(w http.ResponseWriter, r *http.Request) {
		id := links["hash of a token"] // of the token in r
		delete(links, "hash of a token")
		if _, err := amend.Sessions.Issue(w, r, id, aal.LinkRecovery); err != nil {
			http.Error(w, "This link is not good any more.", http.StatusForbidden)
			return
		}
		http.Redirect(w, r, "https://app.example.com/auth/self-service/settings/browser", http.StatusSeeOther)
	}
	w := httptest.NewRecorder()
	recoverAccount(w, httptest.NewRequest("GET", "https://app.example.com/recover?token=…", nil))
	fmt.Println(w.Code, len(w.Result().Cookies()) > 0)
	// Output:
	// factors.removed of 42 by bob of the help desk, without totp
	// 303 true
}

// A host that has sessions of its own ends them when a credential changes. Each of its
// rows has the id of the session that was issued beside it.
func ExampleConfig_after_ownSessions() {
	var db interface { // *sql.DB
		ExecContext(ctx context.Context, query string, args ...any) (any, error)
	} = printsSQL{}
	c := settings.Config{
		After: []func(context.Context, settings.Event) error{func(ctx context.Context, e settings.Event) error {
			if !e.SessionsEnded {
				return nil
			}
			_, err := db.ExecContext(ctx, `DELETE FROM sessions WHERE user_id = $1 AND amend_session <> $2`, e.IdentityID, e.KeptSession)
			return err // told again until it is nil
		}},
	}
	e := settings.Event{IdentityID: "42", Event: identity.Event{Name: "password.changed", SessionsEnded: true, KeptSession: "7f0c"}}
	fmt.Println(c.After[0](context.Background(), e))
	// Output:
	// DELETE FROM sessions WHERE user_id = $1 AND amend_session <> $2 [42 7f0c]
	// <nil>
}

// printsSQL is a database that prints what it is told.
type printsSQL struct{}

func (printsSQL) ExecContext(_ context.Context, query string, args ...any) (any, error) {
	fmt.Println(query, args)
	return nil, nil
}

// withApp is an account with a password and an authenticator app.
func withApp(id string, key []byte) identity.Record {
	hash, err := password.Argon2id{}.Hash("correct horse battery staple")
	if err != nil {
		panic(err)
	}
	ring, err := seal.New(key)
	if err != nil {
		panic(err)
	}
	i := identity.Identity{Record: identity.Record{ID: id, Active: true, PasswordHash: hash}}
	i.State.Factors = map[aal.Method]identity.Factor{aal.TOTP: {Credentials: []identity.Credential{{ID: "1", Name: "phone"}}}}
	r, err := i.Seal(ring)
	if err != nil {
		panic(err)
	}
	return r
}
