package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestAPasswordChangeLogsTheOtherDeviceOut(t *testing.T) {
	rows, web := newTable(), newWebSessions(true, time.Now)
	hash, err := bcrypt.GenerateFromPassword([]byte("an old password"), bcrypt.MinCost)
	require.NoError(t, err)
	_, err = rows.insert(t.Context(), user{profile: profile{"ada@example.com", "Ada"}, Bcrypt: string(hash)})
	require.NoError(t, err)
	kit := settingstest.New(t, func(c *settings.Config) {
		c.Transport = inWebSessions{web} // the app's own sessions
		*c = accountConfig(*c, "https://app.example.com", rows)
	})
	kit.App, err = (&app{users: rows, web: web, amend: kit.Handler}).routes()
	require.NoError(t, err)
	signIn := func() *settingstest.Client { // by the app's own routes
		c := kit.Anonymous(respond.Page)
		c.FillIn(settingstest.LoginURL, settingstest.Fields{"identifier": "ada@example.com", "password": "an old password"})
		return c
	}
	home := func(c *settingstest.Client) int { return c.Do("GET", "https://app.example.com/", "", "").Status }
	laptop, phone := signIn(), signIn()
	require.Equal(t, http.StatusOK, home(phone))
	laptop.Submit(laptop.Start(), settingstest.Fields{"method": "password", "password": "a much better horse"})
	assert.Equal(t, http.StatusOK, home(laptop))
	assert.Equal(t, http.StatusSeeOther, home(phone), "to the login")
}

func TestASecondFactorIsAskedFor(t *testing.T) {
	w := newFixture(t, "own")
	kit := settingstest.New(t, func(c *settings.Config) { *c = accountConfig(*c, base, w.rows) })
	var err error
	kit.App, err = (&app{users: w.rows, web: w.app.web, amend: kit.Handler}).routes()
	require.NoError(t, err)
	kit.AddFactor("1", aal.TOTP)
	laptop := kit.SignIn("1", respond.Page)
	home := laptop.Do("GET", base+"/", "", "")
	assert.True(t, strings.HasPrefix(home.Location, base+"/login?aal=aal2&return_to="), home.Location)
	assert.Contains(t, string(laptop.Do("GET", home.Location, "", "").Body), `name="totp_code"`)
}
