package oidc_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/store/memory"
)

// A host offers two providers. At each it is registered with its redirect URI:
// https://app.example.com/auth/self-service/methods/oidc/callback/google and
// …/callback/work.
func Example() {
	logins := oidc.New(oidc.Config{
		Providers: []oidc.Provider{{
			ID: "google", Label: "Google", Issuer: "https://accounts.google.com",
			ClientID: "1234.apps.googleusercontent.com", ClientSecret: "from the environment",
			Scopes: []string{"email"}, AuthURLParams: map[string]string{"prompt": "select_account"},
		}, {
			ID: "work", Label: "Example Ltd.", Issuer: "https://login.example.com/realms/staff",
			ClientID: "app", ClientSecret: "from the environment",
		}},
		OnFailure: func(ctx context.Context, provider string, err error) {
			slog.WarnContext(ctx, "no login", "provider", provider, "error", err)
		},
	})
	store := memory.New()
	_, err := settings.New(settings.Config{
		PublicURL: "https://app.example.com/auth",
		UIURL:     "https://app.example.com/settings",
		LoginURL:  "https://app.example.com/login",
		Keys:      [][]byte{settings.NewKey()},
		Flows:     store, Sessions: store, Identities: store,
		Methods: []settings.Method{password.New(password.Config{}), logins},
	})
	fmt.Println(err)
	// Output: <nil>
}

// The host's login page signs somebody in at a provider by its own means. Whose
// account that is, it finds by the key; then it issues a session:
// Sessions.Issue(w, r, id, aal.OIDC).
func ExampleKey() {
	store := memory.New()
	issuer, subject := "https://accounts.google.com", "110169484474386276334" // of a verified ID token
	_, err := store.IdentityOwner(context.Background(), oidc.Key(issuer, subject))
	if errors.Is(err, identity.ErrNotFound) {
		fmt.Println("nobody's: offer to register, and never guess by the e-mail address")
	}
	// Output: nobody's: offer to register, and never guess by the e-mail address
}

// Somebody registers with a login at a provider, or a host brings such logins
// along from elsewhere.
func ExampleAccount_Credential() {
	ada := identity.Identity{Record: identity.Record{ID: "42", Active: true}}
	credential, key := oidc.Account{
		Provider: "google", Issuer: "https://accounts.google.com", Subject: "110169484474386276334",
		Name: "ada@example.com", LinkedAt: time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC),
	}.Credential()
	ada.Keys = append(ada.Keys, key)
	ada.State.Factors = map[aal.Method]identity.Factor{aal.OIDC: {Serial: 1, Credentials: []identity.Credential{credential}}}
	// ada.Seal(ring) makes the row to store.

	fmt.Println(credential.ID)
	fmt.Println(string(credential.Data))
	fmt.Println(key.Kind, key.Value)
	// Output:
	// google:110169484474386276334
	// {"provider":"google","issuer":"https://accounts.google.com","subject":"110169484474386276334"}
	// oidc ["https://accounts.google.com","110169484474386276334"]
}
