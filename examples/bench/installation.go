package main

import (
	"log/slog"
	"os"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/method/totp/qr"
	"github.com/amend-go/amend/settings/method/webauthn"
	"github.com/amend-go/amend/settings/store"
)

const (
	origin    = "https://app.example.com"
	publicURL = origin + "/auth"
)

// offer is which methods an installation has on.
type offer string

const (
	passwordAlone offer = "password"
	withProfile   offer = "profile" // the password and the profile
	everyMethod   offer = "every"   // all there are, as examples/server has them
)

// traits are the profile of both offers: the one of examples/server.
var traits = profile.Fields(
	profile.Field{Name: "email", Type: profile.Email, Label: "E-mail", Required: true, Identifier: true, Verify: profile.ByEmail, Recover: profile.ByEmail},
	profile.Field{Name: "username", Label: "User name", Autocomplete: "username", MaxLength: 64, Identifier: true},
	profile.Field{Name: "name.first", Label: "First name", Autocomplete: "given-name", MaxLength: 100},
	profile.Field{Name: "name.last", Label: "Last name", Autocomplete: "family-name", MaxLength: 100},
	profile.Field{Name: "nickname", Label: "Nickname", Autocomplete: "nickname", MaxLength: 100},
	profile.Field{Name: "newsletter", Type: profile.Checkbox, Label: "Send me the newsletter"},
)

// methods are those of an offer; writer hashes new passwords.
func (o offer) methods(writer password.Writer) []settings.Method {
	all := []settings.Method{password.New(password.Config{Writer: writer})}
	if o != passwordAlone {
		all = append(all, profile.New(profile.Config{Schemas: map[string]profile.Schema{"": traits}}))
	}
	if o != everyMethod {
		return all
	}
	all = append(all,
		totp.New(totp.Config{Issuer: "Example", QR: qr.PNG}),
		lookup.New(lookup.Config{}),
		oidc.New(oidc.Config{Providers: []oidc.Provider{
			{ID: "work", Label: "Work", Issuer: "https://id.example.com", ClientID: "app", ClientSecret: "secret"},
		}}),
	)
	return append(all, webauthn.Both(webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{origin}})...)
}

// key is that of all installations of this run: two over one store are instances
// of the same.
var key = settings.NewKey()

// install makes an installation over a store. It logs a line for each request, as
// by default, to where nobody reads.
func install(s stores, methods []settings.Method) (*settings.Handler, error) {
	return installOver(s, s, s, s, methods)
}

// installOver makes one over three stores; both is nil where they are not in one database.
func installOver(flows store.FlowStore, sessions store.SessionStore, identities store.IdentityStore, both store.Backend, methods []settings.Method) (*settings.Handler, error) {
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	return settings.New(settings.Config{
		PublicURL: publicURL, UIURL: origin + "/settings", LoginURL: origin + "/login",
		Keys:  [][]byte{key},
		Flows: flows, Sessions: sessions, Identities: identities, Backend: both,
		Methods: methods,
		Logger:  slog.New(slog.NewTextHandler(nowhere, nil)),
	})
}
