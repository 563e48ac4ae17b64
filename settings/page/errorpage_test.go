package page_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/settingstest"
)

// Whatever goes wrong, its page looks like the settings, speaks to people, and leads back.
func TestErrorPages(t *testing.T) {
	k, ada := kit(t)
	bob := k.SignIn(k.AddIdentity("bob@example.com", "correct horse battery staple"), respond.Page)
	errorOf := func(a *settingstest.Answer) string {
		require.Equal(t, 303, a.Status)
		return a.Location
	}
	old, changes := ada.Start(), ada.Start()
	require.Equal(t, 303, ada.Submit(changes, settingstest.Fields{"method": "password", "password": "four other words entirely"}).Status)
	for _, c := range []struct {
		name, at string
		status   int
		said     string
		title    string // "" is the usual one
	}{
		{"a forged form", errorOf(ada.Do("POST", settingstest.PublicURL+"/self-service/settings?flow="+ada.Start().ID, formType, "method=password")), 200, "This form did not come from your settings page", ""},
		{"a flow of somebody else", errorOf(bob.Submit(ada.Start(), settingstest.Fields{"method": "password"})), 200, "This form belongs to another account", ""},
		{"an unknown flow", errorOf(ada.Do("POST", settingstest.PublicURL+"/self-service/settings?flow=00000000-0000-4000-8000-000000000000", formType, "method=password")), 200, "This form is too old, or no longer there. Nothing was changed.", ""},
		{"a form from before a change of the password", errorOf(ada.Submit(old, settingstest.Fields{"method": "password", "password": "one of the thief's own"})), 200, "This form is too old, or no longer there. Nothing was changed.", ""},
		{"an error that is no more", settingstest.PublicURL + "/self-service/errors/page?id=x", 404, "This error is no longer kept", ""},
		{"a path that is none", settingstest.PublicURL + "/nothing", 404, "There is nothing at this address", "Page not found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := ada.Do("GET", c.at, "", "")
			body := string(a.Body)
			assert.Equal(t, c.status, a.Status)
			assert.Contains(t, body, "<title>Error: "+cmp.Or(c.title, "This did not work")+"</title>")
			assert.Contains(t, body, c.said)
			assert.Contains(t, body, `<a class="saves" href="`+settingstest.UIURL+`">Back to the settings</a>`)
			assert.Contains(t, a.Header.Get("Content-Security-Policy"), styleSource(body))
			assert.Equal(t, 1, strings.Count(between(t, body, "<main", "</main>"), "<a "), "there is one way on")
			fresh := ada.Do("GET", settingstest.UIURL, "", "")
			for range 2 { // by way of the start of a flow
				require.Equal(t, 303, fresh.Status)
				fresh = ada.Do("GET", fresh.Location, "", "")
			}
			assert.Contains(t, string(fresh.Body), `name="method" value="password"`, "and it leads to a fresh form")
			for _, word := range []string{"CSRF", "flow", "HTTP", "token", "session"} {
				assert.NotContains(t, between(t, body, "<h1>", "<a class"), word)
			}
		})
	}
	_, err := page.New(k.Handler, page.Options{Look: page.Look{Name: "Another"}})
	require.NoError(t, err)
	assert.NotContains(t, string(ada.Do("GET", settingstest.PublicURL+"/nothing", "", "").Body), "Another", "the first page's look stays")
	script := k.Anonymous(respond.Script).Do("GET", settingstest.PublicURL+"/nothing", "", "")
	assert.Equal(t, 404, script.Status)
	assert.Equal(t, "application/json; charset=utf-8", script.Header.Get("Content-Type"), "a program is answered as before")
}

// Script and style are the same for everybody and every view, so browsers keep them by
// their hash.
func TestTheFilesOfThePage(t *testing.T) {
	k, ada := kit(t)
	body := string(ada.Do("GET", settingstest.UIURL+"?flow="+ada.Start().ID, "", "").Body)
	for kind, mark := range map[string]string{"text/javascript": `<script src="`, "text/css": `<link rel="stylesheet" href="`} {
		f := k.Anonymous(respond.Page).Do("GET", settingstest.UIURL+between(t, body, mark, `"`), "", "")
		assert.Equal(t, 200, f.Status)
		assert.Equal(t, kind+"; charset=utf-8", f.Header.Get("Content-Type"))
		assert.Equal(t, "public, max-age=31536000, immutable", f.Header.Get("Cache-Control"))
		assert.Empty(t, f.Header.Get("Set-Cookie"))
	}
	assert.NotContains(t, body, "<style")
	assert.NotEqual(t, 200, k.Anonymous(respond.Page).Do("GET", settingstest.UIURL+"?script=0", "", "").Status, "no other is there")
}

func TestEachSuccessSaysWhatWasDone(t *testing.T) {
	_, ada := kit(t)
	f := ada.Start()
	require.Equal(t, 303, ada.Submit(f, settingstest.Fields{"method": "password", "password": "four other words entirely"}).Status)
	body := string(ada.Do("GET", settingstest.UIURL+"?flow="+f.ID, "", "").Body)
	assert.Contains(t, body, `autofocus>Your password is changed. Your other devices are signed out.</p>`)
	assert.Contains(t, body, "<title>Saved: Settings</title>")
	assert.Contains(t, body, `passwordrules="minlength: 8;"`)
	assert.Contains(t, body, "At least 8 characters. A sentence is easy to remember and hard to guess.")
}
