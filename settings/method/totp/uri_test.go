package totp_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/totp"
)

// uriOf is the URI that a form's picture is drawn of, without its secret.
func uriOf(t *testing.T, config totp.Config, identifiers ...string) string {
	t.Helper()
	var uri string
	config.QR = func(u string) (string, error) {
		uri = u
		return "data:,", nil
	}
	secrets, err := method.NewSecrets("totp", "ada", settings.NewKey())
	require.NoError(t, err)
	ada := identity.Identity{Record: identity.Record{ID: "ada"}}
	for _, id := range identifiers {
		ada.Keys = append(ada.Keys, identity.Key{Kind: identity.Identifier, Value: id})
	}
	nodes, err := totp.New(config).Nodes(t.Context(), method.View{Identity: ada, Session: session.Session{ID: "s"}, Secrets: secrets, ShowPending: true})
	require.NoError(t, err)
	require.Len(t, nodes, 4)
	before, rest, ok := strings.Cut(uri, "?secret=")
	require.True(t, ok, uri)
	require.Regexp(t, "^[A-Z2-7]{32}&", rest)
	return before + "?secret=" + rest[32:]
}

func TestTheURIThatAppsRead(t *testing.T) {
	named := func(name string) func(identity.Identity) string {
		return func(identity.Identity) string { return name }
	}
	for name, row := range map[string]struct {
		config      totp.Config
		identifiers []string
		want        string
	}{
		"the first identifier names the account": {totp.Config{Issuer: "Example"}, []string{"ada@example.com", "ada"},
			"otpauth://totp/Example:ada%40example.com?secret=&issuer=Example&algorithm=SHA1&digits=6&period=30"},
		"without one the issuer stands alone": {totp.Config{Issuer: "Example"}, nil,
			"otpauth://totp/Example?secret=&issuer=Example&algorithm=SHA1&digits=6&period=30"},
		"a host's own name": {totp.Config{Issuer: "Example", AccountName: named("Ada Lovelace")}, []string{"ada"},
			"otpauth://totp/Example:Ada%20Lovelace?secret=&issuer=Example&algorithm=SHA1&digits=6&period=30"},
		"a space is no plus sign": {totp.Config{Issuer: "Example & Co+"}, []string{"ada"},
			"otpauth://totp/Example%20%26%20Co%2B:ada?secret=&issuer=Example%20%26%20Co%2B&algorithm=SHA1&digits=6&period=30"},
		"a name cannot bring a secret of its own": {totp.Config{Issuer: "Example"}, []string{"x?secret=JBSWY3DP&issuer=Bank#:/"},
			"otpauth://totp/Example:x%3Fsecret%3DJBSWY3DP%26issuer%3DBank%23%3A%2F?secret=&issuer=Example&algorithm=SHA1&digits=6&period=30"},
		"a name that is not ASCII": {totp.Config{Issuer: "Exämple"}, []string{"łódź"},
			"otpauth://totp/Ex%C3%A4mple:%C5%82%C3%B3d%C5%BA?secret=&issuer=Ex%C3%A4mple&algorithm=SHA1&digits=6&period=30"},
		"a long name is cut between characters": {totp.Config{Issuer: "Example"}, []string{strings.Repeat("ä", 65)},
			"otpauth://totp/Example:" + strings.Repeat("%C3%A4", 64) + "?secret=&issuer=Example&algorithm=SHA1&digits=6&period=30"},
	} {
		t.Run(name, func(t *testing.T) {
			got := uriOf(t, row.config, row.identifiers...)
			assert.Equal(t, row.want, got)
			u, err := url.Parse(got)
			require.NoError(t, err)
			assert.Equal(t, row.config.Issuer, u.Query().Get("issuer"))
			assert.True(t, strings.HasPrefix(u.Path, "/"+row.config.Issuer), u.Path)
		})
	}
}

func TestAConfigThatCannotBeUsed(t *testing.T) {
	narrow := func(uri string) (string, error) {
		if len(uri) > 900 {
			return "", errors.New("too long")
		}
		return "data:,", nil
	}
	for name, row := range map[string]struct {
		config totp.Config
		wrong  string // "" for nothing
	}{
		"an issuer is enough":         {totp.Config{Issuer: "Example"}, ""},
		"without an issuer":           {totp.Config{}, "Issuer is empty"},
		"an issuer with a colon":      {totp.Config{Issuer: "Example: Co"}, "colon"},
		"a picture that holds it":     {totp.Config{Issuer: "Example", QR: narrow}, ""},
		"a picture too small for all": {totp.Config{Issuer: strings.Repeat("Example", 10), QR: narrow}, "QR cannot draw"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := totp.New(row.config).Info()
			if row.wrong == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, row.wrong)
			}
		})
	}
}
