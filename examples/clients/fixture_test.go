package main_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/method/totp/qr"
	"github.com/amend-go/amend/settings/method/webauthn"
	"github.com/amend-go/amend/settings/settingstest"
)

const (
	adaEmail    = "ada@example.com"
	adaPassword = "correct horse battery staple"
	newPassword = "four other words entirely"
)

// fixture is a Handler with every method on a server of its own, and Ada, who has a
// password. The clock and the stores are those of the kit; requests go over TCP.
type fixture struct {
	*settingstest.Kit
	url      string // of the server: every page of it but the Handler's says "sign in"
	provider *provider
	ada      string
}

// traits have an input of every kind there is for a value.
var traits = profile.Fields(
	profile.Field{Name: "email", Type: profile.Email, Label: "E-mail", Required: true, Identifier: true, Verify: profile.ByEmail, Recover: profile.ByEmail},
	profile.Field{Name: "name.first", Label: "First name", Autocomplete: "given-name", MaxLength: 20},
	profile.Field{Name: "phone", Type: profile.Tel},
	profile.Field{Name: "website", Type: profile.URL},
	profile.Field{Name: "age", Type: profile.Integer, Min: "0"},
	profile.Field{Name: "born", Type: profile.Date},
	profile.Field{Name: "alarm", Type: profile.DateTime},
	profile.Field{Name: "colour", Options: []string{"red", "green"}},
	profile.Field{Name: "newsletter", Type: profile.Checkbox},
	profile.Field{Name: "tags", List: true},
	profile.Field{Name: "roles", List: true, Options: []string{"author", "editor"}},
	profile.Field{Name: "bio", MaxLength: 500},
)

// newFixture branches as Kratos does, unless a change says otherwise.
func newFixture(t *testing.T, changes ...func(*settings.Config)) *fixture {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	w := &fixture{url: "http://" + server.Listener.Addr().String()}
	keys := webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://app.example.com"}}
	w.Kit = settingstest.New(t, append([]func(*settings.Config){func(c *settings.Config) {
		w.provider = newProvider(t, c.Now)
		c.PublicURL, c.UIURL, c.LoginURL = w.url+"/auth", w.url+"/settings", w.url+"/login"
		c.InsecureCookies = true // plain http on this machine
		c.AllowReturnTo = []string{w.url + "/back"}
		c.Behaviour = settings.LikeKratos()
		c.Methods = append(c.Methods, // besides password
			profile.New(profile.Config{Schemas: map[string]profile.Schema{"": traits}}),
			oidc.New(oidc.Config{Providers: []oidc.Provider{{ID: "one", Label: "The One", Issuer: w.provider.URL, ClientID: "app", PublicClient: true}}}),
			lookup.New(lookup.Config{Alone: true}),
			totp.New(totp.Config{Issuer: "Example", QR: qr.PNG}),
		)
		c.Methods = append(c.Methods, webauthn.Both(keys)...)
	}}, changes...)...)
	mux := http.NewServeMux()
	mux.Handle("/auth/", w.Handler)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<h1>Sign in</h1>"))
	})
	server.Config.Handler = mux
	server.Start()
	t.Cleanup(server.Close)
	w.ada = w.AddIdentity(adaEmail, adaPassword)
	return w
}

// without leaves a method out.
func without(name string) func(*settings.Config) {
	return func(c *settings.Config) {
		var rest []settings.Method
		for _, m := range c.Methods {
			if info, _ := m.Info(); info.Name != name {
				rest = append(rest, m)
			}
		}
		c.Methods = rest
	}
}
