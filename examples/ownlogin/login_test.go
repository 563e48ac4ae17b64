package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/totp"
	"github.com/amend-go/amend/settings/settingstest"
)

// The README has the whole login, as it is compiled here.
func TestTheREADMEHasThisLogin(t *testing.T) {
	code, err := os.ReadFile("login.go")
	require.NoError(t, err)
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, login, found := strings.Cut(string(code), "\ntype login ")
	require.True(t, found)
	assert.Contains(t, string(readme), "```go\ntype login "+login+"```\n")
}

// fixture is the app, its user, and one browser at its login page.
type fixture struct {
	*settingstest.Client
	kit *settingstest.Kit
	ada string
	at  string
}

func newFixture(t *testing.T) *fixture {
	k := settingstest.New(t, func(c *settings.Config) { c.Methods = append(c.Methods, totp.New(totp.Config{Issuer: "Example"})) })
	k.App = routes(k.Handler)
	return &fixture{k.Anonymous(respond.Page), k, k.AddIdentity(demoUser, demoPassword), settingstest.LoginURL}
}

func (s *fixture) page() string { return string(s.Do("GET", s.at, "", "").Body) }

func (s *fixture) token() string {
	return regexp.MustCompile(`name="csrf_token" value="([^"]*)"|$`).FindStringSubmatch(s.page())[1]
}

// prove sends the form, and says where it leads and what it shows.
func (s *fixture) prove(token, method, secret string) (location, shown string) {
	form := url.Values{"csrf_token": {token}, "method": {method}, "email": {demoUser}, "secret": {secret}}
	a := s.Do("POST", s.at, "application/x-www-form-urlencoded", form.Encode())
	if a.Status == 303 {
		a = s.Do("GET", s.at, "", "")
	}
	return a.Location, string(a.Body)
}

// enrol adds an authenticator app, and gives its codes, each of a later step.
func (s *fixture) enrol() (code func() string) {
	var secret []byte
	code = func() string {
		s.kit.Clock.Advance(30 * time.Second)
		mac := hmac.New(sha1.New, secret)
		_ = binary.Write(mac, binary.BigEndian, s.kit.Clock.Now().Unix()/30)
		sum := mac.Sum(nil)
		return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1000000)
	}
	c := s.kit.SignIn(s.ada, respond.API)
	f := c.Start()
	for _, n := range f.UI.Nodes {
		if n.Name() == "totp_secret_key" {
			secret, _ = base32.StdEncoding.DecodeString(n.Attributes["text"].(map[string]any)["context"].(map[string]any)["secret"].(string))
		}
	}
	require.Equal(s.kit.T, 200, c.Submit(f, settingstest.Fields{"method": "totp", "totp_code": code()}).Status)
	return code
}

func TestALoginOfOnesOwn(t *testing.T) {
	s := newFixture(t)
	code := s.enrol()
	s.at += "?return_to=" + url.QueryEscape(settingstest.UIURL)
	_, shown := s.prove(s.token(), "password", "not the password")
	assert.Contains(t, shown, "That is not right.")
	_, shown = s.prove("", "password", demoPassword)
	assert.Contains(t, shown, "That did not work.", "without the token of the form")
	assert.Equal(t, 401, s.Whoami().Status)

	_, shown = s.prove(s.token(), "totp", code())
	assert.Contains(t, shown, "That is not right.", "a second factor alone")
	location, shown := s.prove(s.token(), "password", demoPassword)
	assert.Empty(t, location)
	assert.Contains(t, shown, "Code of your app")
	assert.Equal(t, 403, s.Whoami().Status, "half a sign-in opens nothing")
	_, shown = s.prove(s.token(), "totp", "000000")
	assert.Contains(t, shown, "That is not right.")
	location, _ = s.prove(s.token(), "totp", code())
	assert.Equal(t, settingstest.UIURL, location)
	assert.Equal(t, 200, s.Whoami().Status)

	s.kit.Clock.Advance(16 * time.Minute)
	s.at = settingstest.LoginURL + "?refresh=true&return_to=https://evil.example/"
	assert.Contains(t, s.page(), "Password", "what has become stale, first factors first")
	_, shown = s.prove(s.token(), "password", demoPassword)
	assert.Contains(t, shown, "Code of your app")
	location, _ = s.prove(s.token(), "totp", code())
	assert.Equal(t, "/", location, "and nowhere else")
}

func TestWhatALoginOfOnesOwnSays(t *testing.T) {
	s := newFixture(t)
	phone := s.kit.SignIn(s.ada, respond.Page)
	s.kit.Clock.Advance(16 * time.Minute)
	asked := phone.Submit(phone.Start(), settingstest.Fields{"method": "password", "password": "four other words entirely"})
	assert.Contains(t, string(phone.Do("GET", asked.Location, "", "").Body), "A change (password) that was asked for here waits")
	for range 10 {
		s.prove(s.token(), "password", "not the password")
	}
	_, shown := s.prove(s.token(), "password", demoPassword)
	assert.Contains(t, shown, "Try again in 15 minutes.")
}

func TestSigningOutNeedsTheToken(t *testing.T) {
	s := newFixture(t)
	s.prove(s.token(), "password", demoPassword)
	token := regexp.MustCompile(`name="csrf_token" value="([^"]*)"`).FindStringSubmatch(string(s.Do("GET", "https://app.example.com/", "", "").Body))[1]
	s.Do("POST", "https://app.example.com/logout", "application/x-www-form-urlencoded", "")
	assert.Equal(t, 200, s.Whoami().Status)
	s.Do("POST", "https://app.example.com/logout", "application/x-www-form-urlencoded", url.Values{"csrf_token": {token}}.Encode())
	assert.Equal(t, 401, s.Whoami().Status)
}
