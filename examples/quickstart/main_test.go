package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
)

// fixture is the app behind a real server, and one browser.
type fixture struct {
	t    *testing.T
	app  *app
	base string
	http.Client
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String()
	app := newApp(base)
	server.Config.Handler = app.routes()
	server.Start()
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &fixture{t, app, base, http.Client{Jar: jar}} // which follows ten redirects, and no more
}

// send goes where redirects lead, and says where that is and what it shows.
func (w *fixture) send(method, target, accept string, body url.Values) (at *url.URL, status int, shown string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, target, strings.NewReader(body.Encode()))
	require.NoError(w.t, err)
	r.Header.Set("Accept", accept)
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", w.base)
	}
	res, err := w.Do(r)
	require.NoError(w.t, err)
	defer res.Body.Close()
	read, err := io.ReadAll(res.Body)
	require.NoError(w.t, err)
	return res.Request.URL, res.StatusCode, string(read)
}

const asPage, asScript = "text/html", "application/json"

// open opens a page.
func (w *fixture) open(target string) (at *url.URL, shown string) {
	w.t.Helper()
	at, status, shown := w.send("GET", target, asPage, nil)
	require.Equal(w.t, 200, status, shown)
	return at, shown
}

var tokenField = regexp.MustCompile(`name="csrf_token" value="([^"]*)"`)

// prove fills in the login page at a URL.
func (w *fixture) prove(at *url.URL, method string, fields ...string) (*url.URL, string) {
	w.t.Helper()
	require.Equal(w.t, "/login", at.Path)
	_, page := w.open(at.String())
	form := url.Values{"method": {method}, "csrf_token": {tokenField.FindStringSubmatch(page)[1]}}
	for n := 0; n < len(fields); n += 2 {
		form.Set(fields[n], fields[n+1])
	}
	at, _, shown := w.send("POST", at.String(), asPage, form)
	return at, shown
}

func (w *fixture) signOut() {
	w.t.Helper()
	_, question := w.open(w.base + "/logout")
	w.send("POST", w.base+"/logout", asPage, url.Values{"csrf_token": {tokenField.FindStringSubmatch(question)[1]}})
}

func (w *fixture) password(at *url.URL) (*url.URL, string) {
	w.t.Helper()
	return w.prove(at, "password", "identifier", demoUser, "password", demoPassword)
}

// settingsForm is a flow of the settings.
type settingsForm struct {
	UI struct {
		Action   string
		Messages []struct{ ID int }
		Nodes    []struct {
			Attributes struct {
				Name, ID string
				Value    any
				Text     struct{ Context struct{ Secret string } }
			}
		}
	}
}

// settings reads a flow that is there, or a new one.
func (w *fixture) settings(flow string) (f settingsForm) {
	w.t.Helper()
	path := "/auth/self-service/settings/browser"
	if flow != "" {
		path = "/auth/self-service/settings/flows?id=" + flow
	}
	_, status, body := w.send("GET", w.base+path, asScript, nil)
	require.Equal(w.t, 200, status, body)
	require.NoError(w.t, json.Unmarshal([]byte(body), &f))
	return f
}

// submit sends a field of the form, with its token.
func (w *fixture) submit(f settingsForm, accept, field, value string) (at *url.URL, status int, shown string) {
	w.t.Helper()
	body := url.Values{"method": {"totp"}, field: {value}}
	for _, n := range f.UI.Nodes {
		if n.Attributes.Name == "csrf_token" {
			body.Set("csrf_token", n.Attributes.Value.(string))
		}
	}
	return w.send("POST", f.UI.Action, accept, body)
}

// authenticator is an app with the secret that a form shows. Each code is of a step
// of its own, since one is accepted once; a clock may be a step off.
type authenticator struct {
	secret []byte
	step   int64
}

func (w *fixture) enrol() *authenticator {
	w.t.Helper()
	f := w.settings("")
	for _, n := range f.UI.Nodes {
		if n.Attributes.ID == "totp_secret_key" {
			secret, err := base32.StdEncoding.DecodeString(n.Attributes.Text.Context.Secret)
			require.NoError(w.t, err)
			a := &authenticator{secret, time.Now().Unix() / 30}
			_, status, body := w.submit(f, asScript, "totp_code", a.code())
			require.Equal(w.t, 200, status, body)
			return a
		}
	}
	w.t.Fatal("the form shows no secret")
	return nil
}

func (a *authenticator) code() string {
	mac := hmac.New(sha1.New, a.secret)
	_ = binary.Write(mac, binary.BigEndian, a.step)
	sum := mac.Sum(nil)
	a.step++
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1000000)
}

// age moves what the user's sessions proved back in time.
func (w *fixture) age(by time.Duration, methods ...aal.Method) {
	w.t.Helper()
	all, err := w.app.users.ListSessions(w.t.Context(), "1")
	require.NoError(w.t, err)
	require.Len(w.t, all, 1)
	s := all[0]
	s.AuthenticatedAt = time.Time{}
	for n, m := range s.Methods {
		for _, stale := range methods {
			if m.Method == stale {
				s.Methods[n].At = m.At.Add(-by)
			}
		}
		if s.Methods[n].At.After(s.AuthenticatedAt) {
			s.AuthenticatedAt = s.Methods[n].At
		}
	}
	require.NoError(w.t, w.app.users.UpdateSession(w.t.Context(), s))
}

// hasApp reports whether the account has an authenticator app.
func (w *fixture) hasApp() bool {
	w.t.Helper()
	for _, n := range w.settings("").UI.Nodes {
		if n.Attributes.Name == "totp_unlink" {
			return true
		}
	}
	return false
}

const waits = "A change of your authenticator app was asked for in this browser just now, and waits for you to sign in."

// An authenticator app is removed when what was proved lies too far back: each stale
// factor is asked for once, and nothing leads in a circle.
func TestRemovingAStaleApp(t *testing.T) {
	for _, c := range []struct {
		name   string
		stale  []aal.Method
		accept string
	}{
		{"both are stale, by a page", []aal.Method{aal.Password, aal.TOTP}, asPage},
		{"both are stale, by a script", []aal.Method{aal.Password, aal.TOTP}, asScript},
		{"the app is stale, by a page", []aal.Method{aal.TOTP}, asPage},
		{"the app is stale, by a script", []aal.Method{aal.TOTP}, asScript},
		{"the password is stale, by a page", []aal.Method{aal.Password}, asPage},
		{"the password is stale, by a script", []aal.Method{aal.Password}, asScript},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newFixture(t)
			at, _ := w.open(w.base + "/")
			w.password(at)
			phone := w.enrol()
			w.age(16*time.Minute, c.stale...)
			f := w.settings("")
			at, status, shown := w.submit(f, c.accept, "totp_unlink", "true")
			if c.accept == asScript {
				require.Equal(t, 403, status, shown)
				var sent struct {
					To string `json:"redirect_browser_to"`
				}
				require.NoError(t, json.Unmarshal([]byte(shown), &sent))
				at, shown = w.open(sent.To)
			}
			for _, m := range c.stale {
				require.Equal(t, "/login", at.Path)
				assert.Equal(t, "true", at.Query().Get("refresh"))
				assert.Contains(t, shown, waits)
				if m == aal.Password {
					require.Contains(t, shown, `name="password"`)
					at, shown = w.password(at)
				} else {
					require.Contains(t, shown, `name="totp_code"`)
					assert.NotContains(t, shown, `name="password"`)
					at, shown = w.prove(at, "totp", "totp_code", phone.code())
				}
			}
			require.Equal(t, "/settings", at.Path, "nothing else is asked for")
			assert.Contains(t, shown, `data-id="7000015"`, "the removal is asked for again")

			_, status, shown = w.submit(w.settings(at.Query().Get("flow")), c.accept, "totp_unlink", "true")
			assert.Equal(t, 200, status, shown)
			assert.False(t, w.hasApp())
		})
	}
}

func TestTheLoginAsksForBothFactors(t *testing.T) {
	w := newFixture(t)
	at, _ := w.open(w.base + "/settings")
	at, _ = w.password(at)
	require.Equal(t, "/settings", at.Path)
	phone := w.enrol()
	w.signOut()

	at, _ = w.open(w.base + "/settings")
	at, shown := w.prove(at, "password", "identifier", demoUser, "password", "not the password")
	assert.Contains(t, shown, "The name or the password is not right.")
	at, shown = w.password(at)
	assert.Equal(t, "/login", at.Path)
	require.Contains(t, shown, `name="totp_code"`)
	for _, path := range []string{"/", "/settings", "/login"} {
		_, shown = w.open(w.base + path)
		assert.Contains(t, shown, `name="totp_code"`, path+" asks for the second one, until it is proved")
	}
	_, shown = w.prove(at, "totp", "totp_code", "000000")
	assert.Contains(t, shown, "The code is not right.")
	at, _ = w.prove(at, "totp", "totp_code", phone.code())
	assert.Equal(t, "/settings", at.Path, "where it was asked for")

	w.signOut()
	at, _ = w.open(w.base + "/login")
	_, shown = w.prove(at, "totp", "totp_code", phone.code())
	assert.Contains(t, shown, `name="password"`, "a second factor alone signs nobody in")
	owner, err := w.app.users.IdentityOwner(t.Context(), identity.Key{Kind: identity.Identifier, Value: demoUser})
	require.NoError(t, err)
	all, err := w.app.users.ListSessions(t.Context(), owner)
	require.NoError(t, err)
	assert.Empty(t, all)
}

func TestTheLoginLeadsOnlyWhereItMay(t *testing.T) {
	for _, elsewhere := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "javascript:alert(1)"} {
		w := newFixture(t)
		at, _ := w.open(w.base + "/login?return_to=" + url.QueryEscape(elsewhere))
		at, _ = w.password(at)
		assert.Equal(t, w.base+"/", at.String(), elsewhere)
	}
}
