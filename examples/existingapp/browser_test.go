package main

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

const (
	base        = "https://app.example.com"
	email       = "ada@example.com"
	oldPassword = "correct horse battery staple"
	newPassword = "four other words entirely"
)

// fixture is the app with one user, who is older than the library's adoption, and
// a clock that stands still.
type fixture struct {
	t     *testing.T
	rows  *table
	busy  *busyTable
	clock *settingstest.Clock
	app   *app
	http  http.Handler
}

func newFixture(t *testing.T, sessions string) *fixture {
	t.Helper()
	w := &fixture{t: t, rows: newTable(), clock: settingstest.NewClock(time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC))}
	hash, err := bcrypt.GenerateFromPassword([]byte(oldPassword), bcrypt.MinCost)
	require.NoError(t, err)
	_, err = w.rows.insert(t.Context(), user{profile: profile{email, "Ada"}, Bcrypt: string(hash)})
	require.NoError(t, err)
	w.busy = &busyTable{table: w.rows}
	w.app, err = newApp(settings.Config{Now: w.clock.Now}, base, w.busy, sessions)
	require.NoError(t, err)
	w.http, err = w.app.routes()
	require.NoError(t, err)
	return w
}

// inBothVariants runs a test with the library's cookie and with the app's own.
func inBothVariants(t *testing.T, test func(t *testing.T, w *fixture)) {
	for _, sessions := range []string{"amend", "own"} {
		t.Run("-sessions "+sessions, func(t *testing.T) { test(t, newFixture(t, sessions)) })
	}
}

func (w *fixture) ada() user {
	w.t.Helper()
	u, err := w.rows.byEmail(w.t.Context(), email)
	require.NoError(w.t, err)
	return u
}

// passwordIs asks as the app's other code does: by bcrypt, without the library.
func (w *fixture) passwordIs(password string) bool {
	w.t.Helper()
	return bcrypt.CompareHashAndPassword([]byte(w.ada().Bcrypt), []byte(password)) == nil
}

// RoundTrip answers in this process: browsers of a test reach nothing else.
func (w *fixture) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	w.http.ServeHTTP(rec, in)
	res := rec.Result()
	res.Request = r
	return res, nil
}

// browser keeps cookies, and follows no redirect but by follow.
type browser struct {
	w *fixture
	http.Client
}

func (w *fixture) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(w.t, err)
	return &browser{w, http.Client{Transport: w, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signedIn is a browser in which the user has signed in.
func (w *fixture) signedIn() *browser {
	w.t.Helper()
	b := w.browser()
	p := b.signIn(b.get("/login"), oldPassword)
	require.Equal(w.t, base+"/", p.location, "after the sign-in")
	return b
}

// stolen is another browser, of somebody who has copied this one's cookies.
func (b *browser) stolen() *browser {
	thief := b.w.browser()
	u, _ := url.Parse(base)
	thief.Jar.SetCookies(u, b.Jar.Cookies(u))
	return thief
}

// shown is an answer, read.
type shown struct {
	at       string // where it was asked for
	status   int
	location string // of a redirect, absolute
	body     string
}

func (b *browser) get(path string) shown { return b.send("GET", path, nil) }

func (b *browser) send(method, path string, form url.Values) shown {
	t := b.w.t
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, strings.TrimPrefix(path, base), strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.URL.Scheme, r.URL.Host = "https", "app.example.com"
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", base)
	}
	res, err := b.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	p := shown{at: r.URL.String(), status: res.StatusCode, body: string(body)}
	if to, err := res.Location(); err == nil {
		p.location = to.String()
	}
	return p
}

// follow goes where redirects lead.
func (b *browser) follow(p shown) shown {
	b.w.t.Helper()
	for range 5 {
		if p.location == "" {
			return p
		}
		p = b.get(p.location)
	}
	b.w.t.Fatalf("redirected for ever, at last to %s", p.location)
	return p
}

var (
	formTag = regexp.MustCompile(`(?s)<form method="post"(?: action="([^"]*)")?>(.*?)</form>`)
	hidden  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
)

// fill sends the first form that has the first of these fields, filled in with them.
func (b *browser) fill(p shown, fields ...string) shown {
	b.w.t.Helper()
	for _, f := range formTag.FindAllStringSubmatch(p.body, -1) {
		if !strings.Contains(f[2], `name="`+fields[0]+`"`) {
			continue
		}
		to, form := p.at, url.Values{}
		if f[1] != "" {
			to = html.UnescapeString(f[1])
		}
		for _, h := range hidden.FindAllStringSubmatch(f[2], -1) {
			form.Set(h[1], html.UnescapeString(h[2]))
		}
		for i := 0; i < len(fields); i += 2 {
			form.Set(fields[i], fields[i+1])
		}
		return b.send("POST", to, form)
	}
	b.w.t.Fatalf("no form for %s in a page with status %d: %s", fields[0], p.status, p.body)
	return p
}

func (b *browser) signIn(p shown, password string) shown {
	b.w.t.Helper()
	return b.fill(p, "identifier", email, "password", password)
}

// settings opens the settings page, and change changes the password there.
func (b *browser) settings() shown { return b.follow(b.get("/settings")) }

func (b *browser) change(p shown, password string) shown {
	b.w.t.Helper()
	return b.fill(p, "password", password, "method", "password")
}

// signOut answers the question of the sign-out.
func (b *browser) signOut() shown {
	b.w.t.Helper()
	return b.fill(b.get("/logout"), "csrf_token", tokenOf(b.get("/logout")))
}

func tokenOf(p shown) string {
	return regexp.MustCompile(`name="csrf_token" value="([^"]*)"`).FindStringSubmatch(p.body)[1]
}

// isIn reports whether the app's own profile page is shown.
func (b *browser) isIn() bool {
	b.w.t.Helper()
	p := b.get("/")
	if p.status == http.StatusOK {
		return strings.Contains(p.body, "You sign in as "+email)
	}
	require.Equal(b.w.t, base+"/login?return_to="+url.QueryEscape(base+"/"), p.location)
	return false
}
