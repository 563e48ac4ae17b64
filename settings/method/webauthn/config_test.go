package webauthn_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/webauthn"
)

func TestConfigs(t *testing.T) {
	app := "android:apk-key-hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for name, row := range map[string]struct {
		c     webauthn.Config
		wrong string // what the error names, "" for none
	}{
		"one origin":                  {webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://example.com"}}, ""},
		"hosts below, a port, an app": {webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://a.b.example.com:8443", app}}, ""},
		"localhost":                   {webauthn.Config{RPID: "localhost", RPDisplayName: "Example", Origins: []string{"http://localhost:8080"}}, ""},
		"nothing":                     {webauthn.Config{}, "RPID"},
		"no RPID":                     {webauthn.Config{RPDisplayName: "Example", Origins: []string{"https://example.com"}}, "RPID"},
		"a URL as RPID":               {webauthn.Config{RPID: "https://example.com", RPDisplayName: "Example", Origins: []string{"https://example.com"}}, "RPID"},
		"a port in the RPID":          {webauthn.Config{RPID: "example.com:443", RPDisplayName: "Example", Origins: []string{"https://example.com"}}, "RPID"},
		"an address as RPID":          {webauthn.Config{RPID: "127.0.0.1", RPDisplayName: "Example", Origins: []string{"https://127.0.0.1"}}, "RPID"},
		"capitals in the RPID":        {webauthn.Config{RPID: "Example.com", RPDisplayName: "Example", Origins: []string{"https://example.com"}}, "RPID"},
		"no display name":             {webauthn.Config{RPID: "example.com", Origins: []string{"https://example.com"}}, "RPDisplayName"},
		"no origin":                   {webauthn.Config{RPID: "example.com", RPDisplayName: "Example"}, "Origins"},
		"an app only":                 {webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{app}}, "Origins"},
		"an app without a hash":       {webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://example.com", "android:apk-key-hash:"}}, "Origins"},
		"plain http":                  {webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"http://example.com"}}, "Origins"},
		"another domain":              {webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://example.org"}}, "Origins"},
		"a domain that ends alike":    {webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://evilexample.com"}}, "Origins"},
		"a domain above":              {webauthn.Config{RPID: "app.example.com", RPDisplayName: "Example", Origins: []string{"https://example.com"}}, "Origins"},
		"a path":                      {webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://example.com/"}}, "Origins"},
		"a user":                      {webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://u@example.com"}}, "Origins"},
		"a wildcard":                  {webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://*.example.com", "*"}}, "Origins"},
		"no scheme":                   {webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"example.com"}}, "Origins"},
		"an extension of a browser":   {webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://example.com", "chrome-extension://abc"}}, "Origins"},
		"a file":                      {webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://example.com", "file://"}}, "Origins"},
		"capitals":                    {webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://Example.com"}}, "Origins"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, m := range append(webauthn.Both(row.c), webauthn.SecurityKeys(row.c), webauthn.Passkeys(row.c)) {
				_, err := m.Info()
				if row.wrong == "" {
					require.NoError(t, err)
					continue
				}
				require.ErrorContains(t, err, "Config."+row.wrong)
			}
		})
	}
}

// What a Config's owner does with it later changes nothing.
func TestAConfigIsCopied(t *testing.T) {
	c := webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://app.example.com"}}
	w := newFixture(t, func(s *settings.Config) { s.Methods = webauthn.Both(c) })
	c.Origins[0] = "https://evil.example.com"
	w.enrol(w.ada, passkeys)
}

func TestInfo(t *testing.T) {
	for name, row := range map[string]struct {
		m    settings.Method
		want method.Info
	}{
		"keys": {webauthn.SecurityKeys(site), method.Info{
			Name: "webauthn", Fields: []string{"webauthn_register", "webauthn_remove", "webauthn_rename", "webauthn_begin", "webauthn_rename_displayname", "webauthn_register_displayname"},
			Buttons: []string{"webauthn_register", "webauthn_remove", "webauthn_rename", "webauthn_begin"},
			Echo:    []string{"webauthn_rename", "webauthn_rename_displayname", "webauthn_register_displayname"},
		}},
		"passkeys": {webauthn.Passkeys(site), method.Info{
			Name: "passkey", Fields: []string{"passkey_settings_register", "passkey_remove", "passkey_rename", "passkey_begin", "passkey_rename_displayname"},
			Buttons: []string{"passkey_settings_register", "passkey_remove", "passkey_rename", "passkey_begin"},
			Echo:    []string{"passkey_rename", "passkey_rename_displayname"},
		}},
	} {
		info, err := row.m.Info()
		require.NoError(t, err)
		assert.Equal(t, row.want, info, name)
	}
}

func TestOriginsThatAreAccepted(t *testing.T) {
	app := "android:apk-key-hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for _, origin := range []string{"https://app.example.com", "https://example.com:8443", app} {
		for _, v := range variants {
			w := newFixture(t, func(c *settings.Config) {
				c.Methods = webauthn.Both(webauthn.Config{
					RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://app.example.com", "https://example.com:8443", app},
				})
			})
			d := newDevice(t)
			d.browser.Origin = origin
			w.enrolDevice(w.ada, v, d)
			p, options := w.ask(v, v == passkeys)
			p.Value = d.get(options)
			_, err := w.Handler.Service.Verify(t.Context(), p)
			assert.NoError(t, err, origin)
		}
	}
}
