package webauthn_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/method/webauthn"
	"github.com/amend-go/amend/settings/settingstest"
)

// One app at several addresses has a Handler for each, over the same stores: a
// credential is of the RPID and of the origins of the one that made it.
func TestAddressesHaveTheirOwnCredentials(t *testing.T) {
	another := func(c webauthn.Config, host string) func(*settings.Config) {
		return func(s *settings.Config) {
			s.PublicURL, s.UIURL, s.LoginURL = "https://"+host+"/auth", "https://"+host+"/settings", "https://"+host+"/login"
			s.Methods = append([]settings.Method{password.New(password.Config{Writer: settingstest.FastHash()})}, webauthn.Both(c)...)
		}
	}
	for _, row := range []struct {
		name string
		host string
		site webauthn.Config
		want int
	}{
		{"of another domain", "app.example.org", webauthn.Config{RPID: "example.org", RPDisplayName: "Example", Origins: []string{"https://app.example.org"}}, http.StatusBadRequest},
		{"of the same domain, for other origins", "shop.example.com", webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://shop.example.com"}}, http.StatusBadRequest},
		{"of the same domain, for both origins", "shop.example.com", webauthn.Config{RPID: "example.com", RPDisplayName: "Example", Origins: []string{"https://shop.example.com", "https://app.example.com"}}, http.StatusOK},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, v := range variants {
				w := newFixture(t)
				other := w.Beside(another(row.site, row.host))
				here := w.SignIn(w.ada, respond.API)
				f := here.Start()
				assert.Contains(t, options(t, f, v), `"example.com"`)
				there := here.At(other)
				assert.Contains(t, options(t, there.Read(f.ID).Flow, v), `"`+row.site.RPID+`"`)

				a := there.Submit(f, settingstest.Fields{v.add: newDevice(t).create(options(t, f, v))})
				require.Equal(t, row.want, a.Status, "%v", a)
			}
		})
	}
}
