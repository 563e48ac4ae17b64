package page_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/lookup"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/page"
	"github.com/amend-go/amend/settings/settingstest"
)

const (
	adas     = "ada@example.com"
	right    = "correct horse battery staple"
	loginURL = settingstest.LoginURL
	home     = "/"
)

// host is an app whose login and settings pages are ready ones.
type host struct {
	*settingstest.Kit
	ada string
}

func newHost(t *testing.T, o page.LoginOptions, changes ...func(*settings.Config)) *host {
	t.Helper()
	k := settingstest.New(t, append([]func(*settings.Config){func(c *settings.Config) {
		c.Methods = append(c.Methods, totp.New(totp.Config{Issuer: "Example"}), lookup.New(lookup.Config{}))
	}}, changes...)...)
	login, err := page.Login(k.Handler, o)
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/auth/", k.Handler)
	mux.Handle("/settings", settingsPage(t, k, page.Options{}))
	mux.Handle("/login", login)
	mux.HandleFunc("/logout", login.SignOut)
	k.App = mux
	return &host{k, k.AddIdentity(adas, right)}
}

// authenticator is an app whose every code is of a later step than the one before.
type authenticator struct {
	h      *host
	secret []byte
}

// enrol gives Ada an authenticator app, and recovery codes beside it.
func (h *host) enrol() (app authenticator, codes []string) {
	h.T.Helper()
	c := h.SignIn(h.ada, respond.API)
	f := c.Start()
	for _, n := range f.UI.Nodes {
		if n.Name() == "totp_secret_key" {
			text := n.Attributes["text"].(map[string]any)["context"].(map[string]any)["secret"].(string)
			secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
			require.NoError(h.T, err)
			app = authenticator{h, secret}
		}
	}
	require.Equal(h.T, 200, c.Submit(f, settingstest.Fields{"method": "totp", "totp_code": app.code()}).Status)
	made := c.Submit(c.Start(), settingstest.Fields{"lookup_secret_regenerate": true})
	require.Equal(h.T, 200, made.Status, made)
	for _, n := range made.Flow.UI.Nodes {
		if n.Name() != "lookup_secret_codes" {
			continue
		}
		for _, one := range n.Attributes["text"].(map[string]any)["context"].(map[string]any)["secrets"].([]any) {
			codes = append(codes, one.(map[string]any)["context"].(map[string]any)["secret"].(string))
		}
	}
	require.Equal(h.T, 200, c.Submit(made.Flow, settingstest.Fields{"lookup_secret_confirm": true}).Status)
	require.NotEmpty(h.T, codes)
	return app, codes
}

func (a authenticator) code() string {
	a.h.Clock.Advance(30 * time.Second)
	mac := hmac.New(sha1.New, a.secret)
	_ = binary.Write(mac, binary.BigEndian, a.h.Clock.Now().Unix()/30)
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1000000)
}

// visitor is a browser, and the page that it shows.
type visitor struct {
	*settingstest.Client
	at   string
	page string
	last *settingstest.Answer
}

func (h *host) visitor() *visitor { return &visitor{Client: h.Anonymous(respond.Page)} }

// signedIn is a browser in which Ada has signed in by her password.
func (h *host) signedIn() *visitor { return &visitor{Client: h.SignIn(h.ada, respond.Page)} }

// open goes to a URL and where redirects on this origin lead, and says where that is.
func (v *visitor) open(at string) string {
	v.Kit.T.Helper()
	return v.arrive(at, v.Do("GET", at, "", ""))
}

func (v *visitor) arrive(at string, a *settingstest.Answer) string {
	v.Kit.T.Helper()
	for range 10 {
		v.at, v.last, v.page = at, a, string(a.Body)
		if a.Status/100 != 3 {
			return at
		}
		here, err := url.Parse(at)
		require.NoError(v.Kit.T, err)
		next, err := here.Parse(a.Location)
		require.NoError(v.Kit.T, err)
		if at = next.String(); next.Host != "app.example.com" || next.Path == home {
			v.at = at
			return at
		}
		a = v.Do("GET", at, "", "")
	}
	v.Kit.T.Fatalf("redirected for ever, to %s", at)
	return ""
}

var tokenField = regexp.MustCompile(`name="csrf_token" value="([^"]*)"`)

// token is that of the page's forms.
func (v *visitor) token() string {
	v.Kit.T.Helper()
	found := tokenField.FindStringSubmatch(v.page)
	require.NotNil(v.Kit.T, found, v.page)
	return html.UnescapeString(found[1])
}

// post sends a form to the URL of the page.
func (v *visitor) post(fields url.Values) string {
	v.Kit.T.Helper()
	return v.arrive(v.at, v.Do("POST", v.at, "application/x-www-form-urlencoded", fields.Encode()))
}

// fill sends a form of the page with its token.
func (v *visitor) fill(method string, pairs ...string) string {
	v.Kit.T.Helper()
	fields := url.Values{"csrf_token": {v.token()}, "method": {method}}
	for n := 0; n < len(pairs); n += 2 {
		fields.Set(pairs[n], pairs[n+1])
	}
	return v.post(fields)
}

func (v *visitor) password(name, password string) string {
	v.Kit.T.Helper()
	return v.fill("password", "identifier", name, "password", password)
}

// level is the assurance level of the browser's session, "" without one that suffices.
func (v *visitor) level() string {
	v.Kit.T.Helper()
	a := v.Whoami()
	if a.Status == 403 {
		return "too low"
	}
	return regexp.MustCompile(`aal\d|$`).FindString(string(a.Body))
}

// cookies are those that the last answer sets.
func (v *visitor) cookies() []*http.Cookie { return (&http.Response{Header: v.last.Header}).Cookies() }
