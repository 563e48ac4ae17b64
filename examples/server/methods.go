package main

import (
	"log/slog"
	"slices"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/profile"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/method/totp/qr"
	"github.com/amend-go/amend/settings/method/webauthn"
)

// title is what authenticators call this server.
const title = "Amend"

// everyMethod are all that this server has, disabled ones too: the demo API
// plants credentials of any.
func everyMethod(o options, passwords *password.Method, schema profile.Schema, log *slog.Logger) []settings.Method {
	methods := []settings.Method{
		passwords,
		profile.New(profile.Config{Schemas: map[string]profile.Schema{"": schema}, ProveAddresses: o.mail}),
		totp.New(totp.Config{Issuer: title, QR: qr.PNG, Link: o.behaviour.Responses == nil}),
		lookup.New(lookup.Config{Alone: o.codesAlone}),
	}
	switch {
	case o.rp == nil:
	case o.isDisabled(aal.WebAuthn): // which has the script of both
		methods = append(methods, webauthn.SecurityKeys(*o.rp), webauthn.Passkeys(*o.rp))
	default:
		methods = append(methods, webauthn.Both(*o.rp)...)
	}
	if len(o.providers) > 0 {
		methods = append(methods, logins(o.providers, log))
	}
	return methods
}

func (o options) isDisabled(m aal.Method) bool { return slices.Contains(o.disabled, string(m)) }

// nameOf is a method's name. What is wrong with one is settings.New's to say.
func nameOf(m settings.Method) aal.Method {
	info, _ := m.Info()
	return aal.Method(info.Name)
}

// offered are the methods that are not disabled.
func offered(o options, all []settings.Method) []settings.Method {
	some := slices.DeleteFunc(slices.Clone(all), func(m settings.Method) bool { return o.isDisabled(nameOf(m)) })
	if len(some) == 0 {
		some = append(some, nothing{})
	}
	return some
}

// find is the method of a name, nil if there is none.
func find(methods []settings.Method, name aal.Method) settings.Method {
	n := slices.IndexFunc(methods, func(m settings.Method) bool { return nameOf(m) == name })
	if n < 0 {
		return nil
	}
	return methods[n]
}

// afterOffered leaves out the URLs of methods that are not offered: nothing is
// ever changed by those.
func afterOffered(urls map[string]string, methods []settings.Method) map[string]string {
	out := map[string]string{}
	for _, m := range methods {
		if name := string(nameOf(m)); urls[name] != "" {
			out[name] = urls[name]
		}
	}
	return out
}
