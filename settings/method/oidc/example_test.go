package oidc_test

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"html"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
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

// The login page of a host, at Config.LoginURL, with a button for each provider. It has
// the button in a form of its own, by POST; the answer of the provider comes by GET.
func Example_signIn() {
	store := memory.New()
	logins := oidc.New(oidc.Config{Providers: []oidc.Provider{{
		ID: "google", Label: "Google", Issuer: "https://accounts.google.com", ClientID: "id", ClientSecret: "from the environment",
	}}})
	amend, err := settings.New(settings.Config{
		PublicURL: "https://app.example.com/auth",
		UIURL:     "https://app.example.com/settings",
		LoginURL:  "https://app.example.com/login",
		Keys:      [][]byte{settings.NewKey()},
		Flows:     store, Sessions: store, Identities: store,
		Methods: []settings.Method{password.New(password.Config{}), logins},
	})
	if err != nil {
		log.Fatal(err)
	}
	begin := func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		to, err := amend.Service.BeginSignIn(w, r, r.PostFormValue("site"), method.SignInAsked{
			ReturnTo: q.Get("return_to"), Refresh: q.Get("refresh") == "true", AAL2: q.Get("aal") == "aal2",
		})
		if err != nil {
			http.Error(w, "The provider does not answer.", http.StatusServiceUnavailable)
			return
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
	page := func(w http.ResponseWriter, r *http.Request) {
		if !amend.Service.ReturnsFromSite(r) {
			for _, site := range amend.Service.Sites() {
				fmt.Fprintf(w, `<form method="post"><button name="site" value="%s">Go on with %s</button></form>`, site.ID, html.EscapeString(site.Label))
			}
			return
		}
		came, err := amend.Service.FinishSignIn(w, r)
		switch {
		case errors.Is(err, settings.ErrCancelled), errors.Is(err, settings.ErrNotBegun), errors.Is(err, settings.ErrWrong):
			http.Error(w, "You are not signed in. Begin again.", http.StatusUnauthorized)
		case err != nil:
			http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		case came.Unknown(): // offer to register, with came.Login, and never guess by the address
			http.Redirect(w, r, "/register", http.StatusSeeOther)
		default: // now the second factor, if Current.Missing has one, as after a password
			http.Redirect(w, r, cmp.Or(came.Asked.ReturnTo, "/"), http.StatusSeeOther)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", amend)
	mux.HandleFunc("GET /login", page)
	mux.Handle("POST /login", http.NewCrossOriginProtection().Handler(http.HandlerFunc(begin)))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "https://app.example.com/login", nil))
	fmt.Println(w.Body)
	// Output: <form method="post"><button name="site" value="google">Go on with Google</button></form>
}

// The providers of the table in the package documentation that need more than an Issuer.
func Example_providers() {
	appleKey, _ := x509.MarshalPKCS8PrivateKey(newKey("").key) // for this example: it is AuthKey_KEY1234567.p8
	providers := []oidc.Provider{
		{
			ID: "google", ClientID: "id", ClientSecret: "secret", Issuer: "https://accounts.google.com",
			RequireClaims: map[string]string{"hd": "example.com"},
		},
		{
			ID: "tenant", ClientID: "id", ClientSecret: "secret",
			Issuer: "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0",
		},
		{
			ID: "microsoft", ClientID: "id", ClientSecret: "secret",
			Issuer: "https://login.microsoftonline.com/{tenantid}/v2.0", Discovery: "https://login.microsoftonline.com/common/v2.0",
			AllowAnyTenant: true,
		},
		{
			ID: "consumers", ClientID: "id", ClientSecret: "secret",
			Issuer: "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
		},
		{
			ID: "b2c", ClientID: "id", ClientSecret: "secret",
			Issuer:    "https://contoso.b2clogin.com/11111111-2222-3333-4444-555555555555/v2.0/",
			Discovery: "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin/v2.0",
			Scopes:    []string{"id"}, RequireClaims: map[string]string{"tfp": "B2C_1_signin"},
		},
		{
			ID: "apple", ClientID: "com.example.app", Issuer: "https://appleid.apple.com", Scopes: []string{"email"}, FormPost: true,
			AppleSecret: &oidc.AppleSecret{
				TeamID: "TEAM123456", KeyID: "KEY1234567", Key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: appleKey}),
			},
		},
		{
			ID: "github", ClientID: "id", ClientSecret: "secret", Issuer: "https://github.com/login/oauth", SecretInBody: true,
			OAuth2: &oidc.OAuth2{
				AuthURL: "https://github.com/login/oauth/authorize", TokenURL: "https://github.com/login/oauth/access_token",
				UserURL: "https://api.github.com/user", Names: []string{"login"},
			},
		},
		{
			ID: "discord", ClientID: "id", ClientSecret: "secret", Issuer: "https://discord.com", Scopes: []string{"identify"},
			OAuth2: &oidc.OAuth2{
				AuthURL: "https://discord.com/oauth2/authorize", TokenURL: "https://discord.com/api/oauth2/token",
				UserURL: "https://discord.com/api/users/@me", Names: []string{"username"},
			},
		},
		{
			ID: "linkedin", ClientID: "id", ClientSecret: "secret", Issuer: "https://www.linkedin.com/oauth", Scopes: []string{"profile"},
			SecretInBody: true, InsecureNoNonce: true, InsecureNoPKCE: true,
		},
	}
	_, err := oidc.New(oidc.Config{Providers: providers}).Info()
	fmt.Println(err)
	// Output: <nil>
}

// A host that signs somebody in by its own client of a provider finds the account by the
// key, and issues the session: Sessions.Issue(w, r, id, aal.OIDC).
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
