package oidc_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/settingstest"
)

var tokenOf = regexp.MustCompile(`name="csrf_token" value="([^"]+)"`)

// The ready login has a button for each provider.
func TestTheReadyLoginSignsInByAProvider(t *testing.T) {
	l := newLogin(t)
	ready, err := page.Login(l.Handler, page.LoginOptions{AfterURL: "/in"})
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/auth/", l.Handler)
	mux.Handle("/login", ready)
	l.App = mux
	press := func(c *settingstest.Client, query string) *settingstest.Answer {
		at := settingstest.LoginURL + query
		shown := string(c.Get(at).Body)
		require.Contains(t, shown, "Continue with The one")
		token := tokenOf.FindStringSubmatch(shown)
		require.NotNil(t, token)
		return c.Post(at, "application/x-www-form-urlencoded", url.Values{"method": {"oidc"}, "site": {"one"}, "csrf_token": token[1:]}.Encode())
	}
	through := func(c *settingstest.Client, query, sub string) *settingstest.Answer {
		return c.Get(c.Get(l.op.signIn(press(c, query).Location, sub)).Location)
	}

	t.Run("signs in, and leads on", func(t *testing.T) {
		c := l.stranger()
		assert.Equal(t, back, through(c, "?return_to="+url.QueryEscape(back), "ada-there").Location)
		now, has := l.current(c)
		require.True(t, has)
		assert.Equal(t, l.ada, now.Identity.ID)
	})
	t.Run("asks for the second factor", func(t *testing.T) {
		l.AddFactor(l.ada, aal.TOTP)
		a := through(l.stranger(), "", "ada-there")
		assert.Contains(t, a.Location, "aal=aal2")
	})
	t.Run("says that nobody has linked it", func(t *testing.T) {
		c := l.stranger()
		a := through(c, "?return_to="+url.QueryEscape(back), "new-there")
		u, err := url.Parse(settingstest.LoginURL)
		require.NoError(t, err)
		to, err := u.Parse(a.Location)
		require.NoError(t, err)
		assert.NotContains(t, to.String(), "code=")
		assert.Contains(t, to.String(), "return_to=")
		assert.Contains(t, string(c.Get(to.String()).Body), "No account here has this login")
	})
	t.Run("refreshes nobody by a session that is open there", func(t *testing.T) {
		c := l.SignIn(l.ada, respond.Page, aal.OIDC, aal.TOTP)
		l.Clock.Advance(time.Hour)
		before, _ := l.current(c)
		assert.Contains(t, through(c, "?refresh=true", "ada-there").Location, "said=stale")
		now, _ := l.current(c)
		assert.Equal(t, before.Session, now.Session)
	})
	t.Run("leaves for no site without its own token", func(t *testing.T) {
		c := l.stranger()
		a := c.Post(settingstest.LoginURL, "application/x-www-form-urlencoded", "method=oidc&site=one")
		assert.Equal(t, http.StatusForbidden, a.Status)
	})
}
