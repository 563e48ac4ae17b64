package settings_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

const (
	csrfOldPassword = "correct horse battery staple"
	csrfNewPassword = "a very different horse"
)

// csrfSender is one way in which a browser sends a form.
type csrfSender struct {
	name   string
	kind   respond.Client
	json   bool
	encode func(t *testing.T, fields settingstest.Fields) (contentType, body string)
}

var csrfSenders = []csrfSender{
	{"a page's form", respond.Page, false, csrfURLEncoded},
	{"a page's multipart form", respond.Page, false, csrfMultipart},
	{"a page's JSON", respond.Page, true, csrfJSON},
	{"a script's JSON", respond.Script, true, csrfJSON},
	{"a script's form", respond.Script, false, csrfURLEncoded},
}

func csrfJSON(t *testing.T, fields settingstest.Fields) (string, string) {
	j, err := json.Marshal(fields)
	require.NoError(t, err)
	return "application/json", string(j)
}

func csrfURLEncoded(_ *testing.T, fields settingstest.Fields) (string, string) {
	form := url.Values{}
	for k, v := range fields {
		form.Set(k, fmt.Sprint(v))
	}
	return "application/x-www-form-urlencoded", form.Encode()
}

func csrfMultipart(t *testing.T, fields settingstest.Fields) (string, string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range fields {
		require.NoError(t, w.WriteField(k, fmt.Sprint(v)))
	}
	require.NoError(t, w.Close())
	return w.FormDataContentType(), b.String()
}

// csrfFixture is a form that is open in a browser, filled in and about to be
// sent. A row changes what it likes of it.
type csrfFixture struct {
	*testing.T
	kit     *settingstest.Kit
	ada     string
	browser *settingstest.Client
	flow    *settingstest.Flow
	fields  settingstest.Fields
	query   string // more of the submit's URL
}

func newCSRFFixture(t *testing.T, kind respond.Client) *csrfFixture {
	kit := settingstest.New(t, func(c *settings.Config) { c.TrustedOrigins = []string{"https://www.example.com"} })
	s := &csrfFixture{T: t, kit: kit, ada: kit.AddIdentity("ada@example.com", csrfOldPassword)}
	kit.Secret("password", csrfNewPassword)
	s.browser = kit.SignIn(s.ada, kind)
	s.flow = s.browser.Start()
	s.fields = settingstest.Fields{"method": "password", "password": csrfNewPassword, "csrf_token": s.flow.CSRFToken()}
	require.NotEmpty(t, s.fields["csrf_token"])
	return s
}

// from sets what the browser says of the page the form is on; "" leaves a
// header out.
func (s *csrfFixture) from(fetchSite, origin string) {
	for name, v := range map[string]string{"Sec-Fetch-Site": fetchSite, "Origin": origin} {
		s.browser.Header[name] = nil
		if v != "" {
			s.browser.Header[name] = []string{v}
		}
	}
}

// cookie is the session token in the browser.
func (s *csrfFixture) cookie() string { return csrfCookie(s.T, s.browser) }

func csrfCookie(t *testing.T, c *settingstest.Client) string {
	t.Helper()
	cookies := c.Jar.Cookies(&url.URL{Scheme: "https", Host: "app.example.com", Path: "/auth"})
	require.Len(t, cookies, 1)
	return cookies[0].Value
}

func (s *csrfFixture) plant(name, value, path string) {
	s.browser.Jar.SetCookies(&url.URL{Scheme: "https", Host: "app.example.com", Path: "/"},
		[]*http.Cookie{{Name: name, Value: value, Path: path, Secure: true}})
}

func (s *csrfFixture) send(by csrfSender) *settingstest.Answer {
	contentType, body := by.encode(s.T, s.fields)
	return s.browser.Post("/self-service/settings?flow="+s.flow.ID+s.query, contentType, body)
}

// flowRecord is the stored record of a flow, whole: equal ones mean that
// nothing was written.
func flowRecord(t *testing.T, kit *settingstest.Kit, id string) string {
	t.Helper()
	r, err := kit.Store.GetFlow(t.Context(), flow.Key(id))
	require.NoError(t, err)
	return fmt.Sprintf("%+v %s", r, r.Data)
}

// requireError finds the error of an answer, behind the redirect to the error
// page if the client is a page.
func requireError(t *testing.T, a *settingstest.Answer, kind respond.Client, code int, id string) *settingstest.Error {
	t.Helper()
	failure := a.Error
	if kind == respond.Page {
		require.Equal(t, 303, a.Status, "%v", a)
		require.True(t, strings.HasPrefix(a.Location, "https://app.example.com/auth/self-service/errors/page?id="), a.Location)
		require.Empty(t, a.Body)
		failure = a.Failure()
	} else {
		require.Equal(t, code, a.Status, "%v", a)
		require.NotNil(t, failure, "%v", a)
		require.Empty(t, a.Location)
	}
	require.Equal(t, code, failure.Code)
	require.Equal(t, id, failure.ID)
	return failure
}

func (s *csrfFixture) tokenInHeader() {
	for _, name := range []string{"X-CSRF-Token", "X-XSRF-Token", "Csrf-Token"} {
		s.browser.Header.Set(name, s.flow.CSRFToken())
	}
	delete(s.fields, "csrf_token")
}

func (s *csrfFixture) tokenInQuery() {
	s.query = "&csrf_token=" + url.QueryEscape(s.flow.CSRFToken())
	delete(s.fields, "csrf_token")
}

// csrfTokenSize is how many bytes a token has.
func csrfTokenSize(s *csrfFixture) int {
	raw, err := base64.RawURLEncoding.DecodeString(s.flow.CSRFToken())
	require.NoError(s, err)
	return len(raw)
}
