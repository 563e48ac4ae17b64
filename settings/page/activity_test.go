package page_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/settingstest"
)

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

func TestTheActivityOfThePage(t *testing.T) {
	k := settingstest.New(t, func(c *settings.Config) {
		c.KeepActivity = true
		c.ClientIP = func(*http.Request) string { return "192.0.2.7" }
	})
	ask := func(c *settingstest.Client, o page.Options) string {
		mux := http.NewServeMux()
		mux.Handle("/auth/", k.Handler)
		mux.Handle("/settings", settingsPage(t, k, o))
		k.App = mux
		return string(c.Do("GET", settingstest.UIURL+"?flow="+c.Start().ID, "", "").Body)
	}
	leeds := page.Options{Place: func(ip string) string { return map[string]string{"192.0.2.7": "Leeds"}[ip] }}
	ada := k.AddIdentity("ada@example.com", "correct horse battery staple")
	_, token, err := k.Handler.Sessions.IssueToken(t.Context(), ada, session.Device{UserAgent: firefox, IP: "192.0.2.7"}, aal.Password)
	require.NoError(t, err)
	app := k.SignIn(ada, respond.API)
	app.Token = token

	_, err = k.Handler.Service.DeviceToken(t.Context(), token, "")
	require.NoError(t, err)
	k.Clock.Advance(time.Minute)
	require.Equal(t, 200, app.Submit(app.Start(), settingstest.Fields{"method": "password", "password": "four other words entirely"}).Status)
	require.NoError(t, k.Handler.Service.RemoveFactors(settings.WithActor(t.Context(), "mallory at the help desk"), ada, aal.TOTP))
	browser := k.SignIn(ada, respond.Page)
	body := ask(browser, leeds)
	section := between(t, body, `id="activity"`, `</section>`)
	assert.Contains(t, section, "<li><div class=\"what\">Password changed\n<p>Firefox on Linux\u00a0· Leeds</p></div>\n<time datetime=\"2030-01-02T12:01:00Z\">2 January 2030, 12:01 UTC</time></li>")
	assert.Contains(t, section, "Signed in on a new device\n<p>Firefox on Linux\u00a0· Leeds</p></div>\n<time datetime=\"2030-01-02T12:00:00Z\">")
	assert.Contains(t, section, "Ways to sign in removed\n<p>By an administrator</p>")
	assert.NotContains(t, body, "mallory", "who that was is the host's to know")
	assert.NotContains(t, body, "192.0.2.7", "no address is shown")
	assert.Greater(t, strings.Index(body, `id="activity"`), strings.Index(body, `id="devices"`), "it is the last section")
	assert.Contains(t, body, `<a href="#activity">Activity</a>`)
	assert.NotContains(t, ask(browser, page.Options{Hide: []string{page.SectionActivity}}), "Password changed")
}

// A host's own event is told, in words that fit any; and where nothing was done yet, or
// is kept, the page says so, or nothing.
func TestTheActivityWithoutWords(t *testing.T) {
	keeps := func(c *settings.Config) { c.KeepActivity = true }
	k, c := kit(t, keeps)
	see := func() string { return string(c.Do("GET", settingstest.UIURL+"?flow="+c.Start().ID, "", "").Body) }
	assert.Contains(t, between(t, see(), `id="activity"`, `</section>`), "<p class=\"body\">Nothing yet.</p>")
	k.Edit(accountOf(c), func(i *identity.Identity) {
		i.State.Factors = map[aal.Method]identity.Factor{"magic": {Credentials: []identity.Credential{{ID: "1"}}}}
	})
	ada := accountOf(c)
	require.NoError(t, k.Handler.Service.RemoveFactor(settings.WithActor(t.Context(), "x"), ada, "magic", ""))
	c = k.SignIn(ada, respond.Page)
	assert.Contains(t, between(t, see(), `id="activity"`, `</section>`), ">Account changed\n")

	for range 5 {
		require.NoError(t, k.Handler.Service.EndSessions(settings.WithActor(t.Context(), "x"), ada))
	}
	c = k.SignIn(ada, respond.Page)
	f := c.Start()
	few := string(c.Do("GET", settingstest.UIURL+"?flow="+f.ID, "", "").Body)
	assert.Equal(t, 5, strings.Count(few, "<time "))
	assert.Contains(t, few, `<a href="?flow=`+f.ID+`&amp;activity=all">Show all 6</a>`)
	all := string(c.Do("GET", settingstest.UIURL+"?flow="+f.ID+"&activity=all", "", "").Body)
	assert.Equal(t, 6, strings.Count(all, "<time "))
	assert.Equal(t, 1, strings.Count(all, "<section "), "and nothing else")

	_, c = kit(t)
	assert.NotContains(t, see(), `id="activity"`, "nothing is kept")
}

// A session's last use is shown where it is written down.
func TestWhenADeviceWasSeen(t *testing.T) {
	for name, want := range map[string]string{"": "Signed in 2 January 2030</p>", "with an IdleTimeout": "Signed in 2 January 2030\u00a0· Last seen 3 January 2030</p>"} {
		t.Run(name, func(t *testing.T) {
			k, c := kit(t, func(c *settings.Config) {
				if c.SessionLifespan = 100 * time.Hour; name != "" {
					c.IdleTimeout = 50 * time.Hour
				}
			})
			k.Clock.Advance(24 * time.Hour)
			see := func() bool {
				return strings.Contains(string(c.Do("GET", settingstest.UIURL+"?flow="+c.Start().ID, "", "").Body), want)
			}
			require.Eventually(t, see, time.Minute, time.Millisecond, "a use is written beside the answer")
		})
	}
}
