package settings_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// The attacks by a whole page stand in settings/page.
func TestTheTokenOfALoginIsOfOneBrowser(t *testing.T) {
	k := settingstest.New(t, func(c *settings.Config) { c.TrustedOrigins = []string{"https://www.example.com"} })
	read := func() (token string, cookie *http.Cookie) {
		w := httptest.NewRecorder()
		token = k.Handler.Service.LoginToken(w, httptest.NewRequest("GET", settingstest.LoginURL, nil))
		require.Len(t, w.Result().Cookies(), 1)
		return token, w.Result().Cookies()[0]
	}
	mine, cookie := read()
	theirs, other := read()
	short := *cookie
	short.Value = short.Value[1:]
	flows := k.SignIn(k.AddIdentity("ada@example.com", "x"), respond.Page).Start().CSRFToken()
	for _, row := range []struct {
		name         string
		token        string
		cookies      []*http.Cookie
		site, origin string
		good         bool
	}{
		{"a browser's own", mine, []*http.Cookie{cookie}, "same-origin", "https://app.example.com", true},
		{"of a browser that says nothing", mine, []*http.Cookie{cookie}, "", "", true},
		{"of a form on a page without a referrer", mine, []*http.Cookie{cookie}, "same-origin", "null", true},
		{"of a page that is trusted", mine, []*http.Cookie{cookie}, "same-site", "https://www.example.com", true},
		{"typed into the address bar", mine, []*http.Cookie{cookie}, "none", "", true},
		{"from another site", mine, []*http.Cookie{cookie}, "cross-site", "https://evil.example", false},
		{"from another site that sends no Sec-Fetch-Site", mine, []*http.Cookie{cookie}, "", "https://evil.example", false},
		{"from a frame without an origin", mine, []*http.Cookie{cookie}, "", "null", false},
		{"from a sub-domain", mine, []*http.Cookie{cookie}, "same-site", "https://blog.example.com", false},
		{"without a token", "", []*http.Cookie{cookie}, "same-origin", "https://app.example.com", false},
		{"with another browser's token", theirs, []*http.Cookie{cookie}, "same-origin", "https://app.example.com", false},
		{"with another browser's cookie", mine, []*http.Cookie{other}, "same-origin", "https://app.example.com", false},
		{"with two cookies, one of them planted", theirs, []*http.Cookie{cookie, other}, "same-origin", "https://app.example.com", false},
		{"without a cookie", mine, nil, "same-origin", "https://app.example.com", false},
		{"with a cookie that is none of ours", mine, []*http.Cookie{&short}, "same-origin", "https://app.example.com", false},
		{"with the token of a settings form", flows, []*http.Cookie{cookie}, "same-origin", "https://app.example.com", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", settingstest.LoginURL, nil)
			for _, c := range row.cookies {
				r.AddCookie(c)
			}
			for name, value := range map[string]string{"Sec-Fetch-Site": row.site, "Origin": row.origin} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			err := k.Handler.Service.CheckLogin(r, row.token)
			if row.good {
				assert.NoError(t, err)
			} else {
				assert.ErrorIs(t, err, settings.ErrForged)
			}
		})
	}
}

// A form that is open while the keys rotate stays good, at either instance.
func TestTheTokenOfALoginOutlivesARotation(t *testing.T) {
	for _, rotation := range settingstest.Rotations() {
		t.Run(rotation.Name, func(t *testing.T) {
			k := settingstest.New(t, func(c *settings.Config) { c.Keys = rotation.Shows })
			w := httptest.NewRecorder()
			token := k.Handler.Service.LoginToken(w, httptest.NewRequest("GET", settingstest.LoginURL, nil))
			r := httptest.NewRequest("POST", settingstest.LoginURL, nil)
			r.AddCookie(w.Result().Cookies()[0])
			takes := k.Beside(func(c *settings.Config) { c.Keys = rotation.Takes })
			assert.NoError(t, takes.Handler.Service.CheckLogin(r, token))
		})
	}
}

func TestTheConfigThatIsRead(t *testing.T) {
	k := settingstest.New(t)
	c := k.Handler.Service.Config()
	assert.Empty(t, c.Keys, "the keys stay inside")
	assert.NotZero(t, c.PrivilegedSessionMaxAge, "defaults are filled in")
	c.Methods[0] = nil
	assert.NotNil(t, k.Handler.Service.Config().Methods[0], "it is a copy")
}
