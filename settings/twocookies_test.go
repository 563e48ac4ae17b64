package settings_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// A browser that sends the cookie of its session twice is the same browser, as long as
// one of them is good. See package session for which.
func TestASessionCookieThatIsSentTwice(t *testing.T) {
	for _, kind := range []respond.Client{respond.Page, respond.Script} {
		for name, other := range map[string]func(own string, ada string) string{
			"the same":                 func(own, _ string) string { return own },
			"an emptied one":           func(string, string) string { return "" },
			"one that nobody gave out": func(_, ada string) string { return session.NewToken(ada) },
			"what is no token":         func(string, string) string { return "deleted" },
		} {
			inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
				t.Run(fmt.Sprint(kind, "/", name), func(t *testing.T) {
					kit := settingstest.New(t, mode)
					ada := kit.AddIdentity("ada@example.com", oldPassword)
					c := kit.SignIn(ada, kind)
					c.Header.Set("Cookie", "__Host-amend_session="+other(heldToken(t, c), ada)) // before that of the jar
					f := c.Start()
					wantSaved(t, c, c.Submit(f, toNewPassword)) // of a token that is rotated away by it
					assert.Equal(t, http.StatusOK, c.Whoami().Status)
					assert.Equal(t, "success", c.Read(f.ID).Flow.State)
					assert.True(t, kit.PasswordIs(ada, toNewPassword["password"].(string)))
				})
			})
		}
	}
}

// Of two people's nobody's change is made. The browser forgets the cookie that is ours;
// the one that was planted it sends on, so that has to be worth nothing: nobody may go on
// in the account of somebody else. Then signing in helps.
func TestTheCookiesOfTwoPeople(t *testing.T) {
	for _, kind := range []respond.Client{respond.Page, respond.Script} {
		t.Run(kind.String(), func(t *testing.T) {
			kit := settingstest.New(t)
			ada, eve := kit.AddIdentity("ada@example.com", oldPassword), kit.AddIdentity("eve@example.com", "a horse of another colour")
			c := kit.SignIn(ada, kind)
			f := c.Start()
			planted := heldToken(t, kit.SignIn(eve, kind))
			c.Header.Set("Cookie", "__Host-amend_session="+planted)

			a := c.Submit(f, toNewPassword)
			requireError(t, a, kind, http.StatusBadRequest, "bad_request")
			assert.Regexp(t, "^__Host-amend_session=; .*Max-Age=0", a.Header.Get("Set-Cookie"))
			assert.True(t, kit.PasswordIs(ada, oldPassword))
			assert.True(t, kit.PasswordIs(eve, "a horse of another colour"))

			wantNoSession(t, c.Whoami())

			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://app.example.com/login", nil)
			r.AddCookie(&http.Cookie{Name: "__Host-amend_session", Value: planted})
			w := httptest.NewRecorder()
			_, err := kit.Handler.Sessions.Issue(w, r, ada, aal.Password)
			require.NoError(t, err)
			fresh := w.Result().Cookies()[0].Value
			kit.Secret("session token", fresh)
			again := kit.Anonymous(kind)
			again.Header.Set("Cookie", "__Host-amend_session="+planted+"; __Host-amend_session="+fresh)
			assert.Equal(t, http.StatusOK, again.Whoami().Status)
			wantSaved(t, again, again.Submit(again.Start(), toNewPassword))
			assert.True(t, kit.PasswordIs(ada, toNewPassword["password"].(string)))
		})
	}
}
