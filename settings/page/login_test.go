package page_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/settingstest"
)

func TestSigningIn(t *testing.T) {
	h := newHost(t, page.LoginOptions{})
	v := h.visitor()
	v.open(settingstest.UIURL)
	require.Contains(t, v.page, "<h1 id=\"heading\">Sign in</h1>", "settings ask for a sign-in")
	assert.Contains(t, v.password(adas, right), settingstest.UIURL+"?flow=", "and are where it leads")
	assert.Equal(t, "aal1", v.level())

	v = h.visitor()
	v.open(loginURL)
	assert.Equal(t, "https://app.example.com/", v.password(" ADA@example.com", right), "without a wish it leads home")
}

func TestASecondStepFollowsTheFirst(t *testing.T) {
	h := newHost(t, page.LoginOptions{})
	app, codes := h.enrol()
	for name, use := range map[string]func(v *visitor) string{
		"a code of the app": func(v *visitor) string { return v.fill("totp", "totp_code", app.code()) },
		"a recovery code":   func(v *visitor) string { return v.fill("lookup_secret", "lookup_secret", codes[0]) },
	} {
		t.Run(name, func(t *testing.T) {
			v := h.visitor()
			v.open(settingstest.UIURL)
			before := v.password(adas, right)
			assert.True(t, strings.HasPrefix(before, loginURL+"?aal=aal2&return_to="), before)
			assert.Contains(t, v.page, "One more step")
			assert.NotContains(t, v.page, `name="password"`)
			assert.Equal(t, "too low", v.level(), "it opens nothing until then")
			v.open(loginURL)
			assert.Contains(t, v.page, "One more step", "and there is no way round it")
			v.open(before)
			assert.Contains(t, use(v), settingstest.UIURL+"?flow=")
			assert.Equal(t, "aal2", v.level())
		})
	}
	t.Run("a recovery code is good once", func(t *testing.T) {
		v := h.visitor()
		v.open(loginURL)
		v.password(adas, right)
		v.fill("lookup_secret", "lookup_secret", codes[0])
		assert.Equal(t, 401, v.last.Status)
		assert.Contains(t, v.page, "it was used before")
		assert.Contains(t, v.page, "<details open>", "the form that failed is in sight")
		assert.Equal(t, "too low", v.level())
	})
	t.Run("a second factor alone signs nobody in", func(t *testing.T) {
		v := h.visitor()
		v.open(loginURL)
		v.fill("totp", "totp_code", app.code())
		assert.Contains(t, v.page, `name="password"`, "from the beginning")
		assert.Equal(t, "", v.level())
	})
	t.Run("who is somebody else ends the half session", func(t *testing.T) {
		v := h.visitor()
		v.open(loginURL)
		v.password(adas, right)
		v.fill("sign_out")
		assert.Contains(t, v.page, `name="password"`)
		assert.Equal(t, 401, v.Whoami().Status)
	})
}

func TestWhatAStaleSessionIsAskedFor(t *testing.T) {
	for _, row := range []struct {
		name   string
		url    string
		asleep time.Duration // since both factors
		since  bool          // the password was given once more since
		first  bool          // a first factor is asked for
		second bool
	}{
		{"both are stale: the first factor first", "?refresh=true&aal=aal2", time.Hour, false, true, true},
		{"both are stale, and nothing is said of the second", "?refresh=true", time.Hour, false, true, true},
		{"the second alone is stale", "?refresh=true", time.Hour, true, false, true},
		{"nothing is stale, and something is asked for all the same", "?refresh=true", 0, false, true, false},
		{"nothing is stale, and the second is wanted", "?refresh=true&aal=aal2", 0, false, false, true},
		{"a step up that was made before", "?aal=aal2", time.Hour, false, false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := newHost(t, page.LoginOptions{})
			app, _ := h.enrol()
			v := h.visitor()
			v.open(loginURL)
			v.password(adas, right)
			v.fill("totp", "totp_code", app.code())
			h.Clock.Advance(row.asleep)
			if row.since {
				v.SignInAgain()
			}
			at := v.open(loginURL + row.url + "&return_to=" + url.QueryEscape("https://app.example.com/"))
			if row.first {
				require.Contains(t, v.page, "Confirm it is you")
				assert.Contains(t, v.page, `value="ada@example.com" autocomplete="username" autocapitalize="none" spellcheck="false" required readonly>`)
				assert.NotContains(t, v.page, `name="totp_code"`)
				v.password(adas, "another")
				assert.Contains(t, v.page, ">The password is not right.</p>", "the name is not in question")
				at = v.password(adas, right)
			}
			if row.second {
				require.Contains(t, v.page, `name="totp_code"`)
				assert.NotContains(t, v.page, `name="password"`)
				at = v.fill("totp", "totp_code", app.code())
			}
			assert.Equal(t, "https://app.example.com/", at, "nothing else is asked for")
			assert.Equal(t, "aal2", v.level())
		})
	}
}

// A change that was asked for in a stale session waits, is announced, and goes on.
func TestAChangeThatWaits(t *testing.T) {
	h := newHost(t, page.LoginOptions{})
	const announced = "A change of your password was asked for in this browser 2 minutes ago, and waits for you to sign in."
	v := h.signedIn()
	h.Clock.Advance(16 * time.Minute)
	login := v.Submit(v.Start(), settingstest.Fields{"method": "password", "password": "four other words entirely"}).Location
	h.Clock.Advance(2 * time.Minute)

	other := h.visitor()
	other.open(login)
	assert.NotContains(t, other.page, "was asked for", "it is of the browser that asked, and of no other")
	v.open(login)
	assert.Contains(t, v.page, announced)
	v.password(adas, "not the password")
	assert.Contains(t, v.page, announced, "after a wrong one, too")
	v.password(adas, right)
	assert.True(t, h.PasswordIs(h.ada, "four other words entirely"))
	assert.Contains(t, v.page, `data-id="7000014"`)
}

func TestALoginLeadsOnlyWhereItMay(t *testing.T) {
	h := newHost(t, page.LoginOptions{}, func(c *settings.Config) { c.AllowReturnTo = []string{"https://shop.example.org/in"} })
	const home = "https://app.example.com/"
	for _, row := range []struct{ name, to, want string }{
		{"nowhere", "", home},
		{"a path of this origin", "/billing?year=2029", home + "billing?year=2029"},
		{"a page that is allowed", "https://shop.example.org/in/box", "https://shop.example.org/in/box"},
		{"a page beside it", "https://shop.example.org/inside", home},
		{"another site", "https://evil.example/", home},
		{"another site without a scheme", "//evil.example/", home},
		{"another site with a backslash", `/\evil.example/`, home},
		{"another site behind a user", "https://app.example.com@evil.example/", home},
		{"a script", "javascript:alert(1)", home},
		{"a header of its own", "/x\r\nX-Evil: 1", home},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := h.visitor()
			at := loginURL + "?return_to=" + url.QueryEscape(row.to)
			v.open(at)
			a := v.Do("POST", at, "application/x-www-form-urlencoded", url.Values{
				"csrf_token": {v.token()}, "method": {"password"}, "identifier": {adas}, "password": {right},
			}.Encode())
			require.Equal(t, 303, a.Status)
			assert.Empty(t, a.Header.Get("X-Evil"))
			to, err := url.Parse(loginURL)
			require.NoError(t, err)
			to, err = to.Parse(a.Location)
			require.NoError(t, err)
			assert.Equal(t, row.want, to.String())
		})
	}
}

// Who has no account, or none with a password, is answered as a wrong password is.
func TestALoginDoesNotSayWhoExists(t *testing.T) {
	for name, o := range map[string]page.LoginOptions{
		"found by the store": {},
		"found by a host": {Find: func(_ context.Context, typed string) (string, string, error) {
			if typed == adas {
				return "unknown", "", nil // of a row that has just gone
			}
			return "", "", identity.ErrNotFound
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, o)
			h.AddIdentity("grace@example.com", "")
			blocked := h.AddIdentity("mary@example.com", right)
			require.NoError(t, h.Store.SetActive(t.Context(), blocked, false))
			var pages []string
			for _, who := range []string{adas, "nobody@example.com", "grace@example.com", "mary@example.com"} {
				for tries := range 11 {
					v := h.visitor()
					v.open(loginURL)
					v.password(who, "not the password")
					assert.Empty(t, v.last.Header.Get("Set-Cookie"), who)
					if tries == 0 || tries == 10 {
						pages = append(pages, v.last.Header.Get("Retry-After")+tokenField.ReplaceAllString(strings.ReplaceAll(v.page, who, ""), ""))
					}
				}
			}
			assert.Contains(t, pages[0], "The name or the password is not right.")
			assert.Contains(t, pages[1], "There were too many wrong tries. Try again in 15 minutes.")
			for n := 2; n < len(pages); n++ {
				assert.Equal(t, pages[n%2], pages[n], "%d", n)
			}
		})
	}
}

func TestAnAccountThatIsBlockedWhileItSignsIn(t *testing.T) {
	var h *host
	h = newHost(t, page.LoginOptions{}, func(c *settings.Config) {
		c.BeforeVerify = func(ctx context.Context, _ settings.Try) error { return h.Store.SetActive(ctx, h.ada, false) }
	})
	v := h.visitor()
	v.open(loginURL)
	v.password(adas, right)
	assert.Equal(t, 401, v.last.Status)
	assert.Contains(t, v.page, "The name or the password is not right.")
}

func TestWhoIsSignedInIsNotLedOn(t *testing.T) {
	h := newHost(t, page.LoginOptions{})
	v := h.signedIn()
	v.open(loginURL + "?return_to=/billing")
	assert.Equal(t, 200, v.last.Status, "a page of the host that wants another session would make a loop of it")
	assert.Contains(t, v.page, "You are signed in as ada@example.com.")
	assert.Contains(t, v.page, `href="https://app.example.com/billing">Continue</a>`)
	assert.NotContains(t, v.page, `name="password"`)
}

func TestALockIsToldInMinutes(t *testing.T) {
	h := newHost(t, page.LoginOptions{})
	v := h.visitor()
	v.open(loginURL)
	for range 10 {
		v.password(adas, "not the password")
		require.Equal(t, 401, v.last.Status)
	}
	h.Clock.Advance(61 * time.Second)
	v.password(adas, right)
	assert.Equal(t, 429, v.last.Status)
	assert.Equal(t, "839", v.last.Header.Get("Retry-After"))
	assert.Contains(t, v.page, "Try again in 14 minutes.")
	assert.Equal(t, "", v.level())
}

func TestSigningOutAsks(t *testing.T) {
	const out = "https://app.example.com/logout"
	h := newHost(t, page.LoginOptions{AfterURL: "/home"})
	v := h.signedIn()
	v.open(out)
	assert.Contains(t, v.page, "Sign out?")
	assert.Contains(t, v.page, `<a href="/home">Stay signed in</a>`)
	assert.Equal(t, "aal1", v.level(), "a GET ends nothing")
	stolen := v.Copy()

	thief := &visitor{Client: h.SignIn(h.AddIdentity("eve@example.com", right), respond.Page)}
	thief.open(out)
	for name, row := range map[string]struct {
		token  string
		header http.Header
	}{
		"no token":                   {"", nil},
		"a token of another browser": {thief.token(), nil},
		"from another site":          {v.token(), http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}},
	} {
		v.Header = row.header
		v.post(url.Values{"csrf_token": {row.token}})
		assert.Equal(t, 403, v.last.Status, name)
		assert.Contains(t, v.page, "Sign out?", name)
		v.Header = nil
		assert.Equal(t, "aal1", v.level(), name)
	}

	assert.Equal(t, loginURL, v.post(url.Values{"csrf_token": {v.token()}}))
	assert.Equal(t, 401, v.Whoami().Status)
	assert.Equal(t, 401, stolen.Whoami().Status, "for whoever kept the cookie, too")
	assert.Equal(t, loginURL, v.open(out), "who is out is not asked")
}

func TestWhoAsksToBeKeptSignedInIs(t *testing.T) {
	h := newHost(t, page.LoginOptions{KeepFor: 30 * 24 * time.Hour})
	app, _ := h.enrol()
	for name, row := range map[string]struct {
		ticked []string
		after  string
	}{
		"ticked, through both steps": {[]string{"keep", "true"}, "aal2"},
		"not ticked":                 {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			v := h.visitor()
			v.open(loginURL)
			require.Contains(t, v.page, "Keep me signed in")
			v.fill("password", append([]string{"identifier", adas, "password", right}, row.ticked...)...)
			v.fill("totp", "totp_code", app.code())
			require.Equal(t, "aal2", v.level())
			h.Clock.Advance(25 * time.Hour)
			assert.Equal(t, row.after, v.level())
		})
	}
	v := (&host{newHost(t, page.LoginOptions{}).Kit, ""}).visitor()
	v.open(loginURL)
	assert.NotContains(t, v.page, "Keep me signed in", "it is the host's to offer")
	_, err := page.Login(h.Handler, page.LoginOptions{KeepFor: time.Hour})
	assert.ErrorContains(t, err, "no longer than Config.SessionLifespan")
}
