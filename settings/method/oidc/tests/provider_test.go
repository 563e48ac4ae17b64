// Package tests links logins at a provider that is not ours: the OpenID provider
// of github.com/zitadel/oidc, with its own storage and login page. It is a module
// of its own, so that nobody who imports package oidc requires that one.
package tests

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/settingstest"
)

const (
	back   = "https://app.example.com/back"
	secret = "the secret of the host"
)

// fixture is Ada, at a Handler that links logins of a running provider. There she is
// test-user@127.0.0.1, with id1 for a subject.
type fixture struct {
	*settingstest.Kit
	provider *httptest.Server
	ada      string
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	w := &fixture{}
	var handler http.Handler
	w.provider = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler.ServeHTTP(rw, r) }))
	t.Cleanup(w.provider.Close)
	client := storage.WebClient("the-host", secret, settingstest.PublicURL+"/self-service/methods/oidc/callback/zitadel")
	users := storage.NewUserStore(w.provider.URL)
	handler = exampleop.SetupServer(w.provider.URL, exampleop.Storage(storage.NewStorageWithClients(users, map[string]*storage.Client{"the-host": client})), nil, false)

	w.Kit = settingstest.New(t, func(c *settings.Config) {
		c.Methods = append(c.Methods, oidc.New(oidc.Config{Providers: []oidc.Provider{{
			ID: "zitadel", Label: "Zitadel", Issuer: w.provider.URL, ClientID: "the-host", ClientSecret: secret, Scopes: []string{"email"},
		}}}))
		c.AllowReturnTo = []string{back}
		c.Now = time.Now // the provider signs with the time there is
	})
	w.Secret("client secret", secret)
	w.ada = w.AddIdentity("ada@example.com", "correct horse battery")
	return w
}

// signIn goes to the provider as a browser does, signs in at its login page, and
// gives the URL at which it is sent back.
func (w *fixture) signIn(authURL, user, password string) string {
	t := w.T
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	var callback string
	browser := http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), settingstest.PublicURL) {
			callback = r.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}}
	page, err := browser.Get(authURL)
	require.NoError(t, err)
	defer page.Body.Close()
	body, err := io.ReadAll(page.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, page.StatusCode, "%s", body)
	_, rest, found := strings.Cut(string(body), `name="id" value="`)
	require.True(t, found, "no login page: %s", body)
	id, _, _ := strings.Cut(rest, `"`)
	res, err := browser.PostForm(w.provider.URL+"/login/username", url.Values{"id": {id}, "username": {user}, "password": {password}})
	require.NoError(t, err)
	defer res.Body.Close()
	require.NotEmpty(t, callback, "not sent back: %v", res.Status)
	return callback
}

func start(c *settingstest.Client) *settingstest.Flow {
	kind := "browser"
	if c.Kind == respond.API {
		kind = "api"
	}
	a := c.Get("/self-service/settings/" + kind + "?return_to=" + url.QueryEscape(back))
	if c.Kind == respond.Page {
		a = a.Follow()
	}
	require.NotNil(c.Kit.T, a.Flow, "%v", a)
	return a.Flow
}

func TestALoginAtARunningProvider(t *testing.T) {
	for _, kind := range []respond.Client{respond.API, respond.Page, respond.Script} {
		t.Run(kind.String(), func(t *testing.T) {
			w := newFixture(t)
			c := w.SignIn(w.ada, kind)
			f := start(c)

			a := c.Submit(f, settingstest.Fields{"link": "zitadel", "upstream_parameters": settingstest.Fields{"prompt": "select_account"}})
			to := a.Location
			if kind != respond.Page {
				require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%v", a)
				var body struct {
					RedirectBrowserTo string `json:"redirect_browser_to"`
				}
				require.NoError(t, json.Unmarshal(a.Body, &body))
				to = body.RedirectBrowserTo
			}
			callback := w.signIn(to, "test-user@127.0.0.1", "verysecure")

			browser := &settingstest.Client{Kind: respond.Page, Kit: w.Kit, Jar: c.Jar, Header: http.Header{}}
			a = browser.Get(callback)
			require.Equal(t, http.StatusSeeOther, a.Status, "%v", a)
			if kind == respond.API {
				landed, err := url.Parse(a.Location)
				require.NoError(t, err)
				submit := settingstest.Fields{"link": "zitadel"}
				for _, name := range []string{"state", "code", "iss"} {
					if v := landed.Query().Get(name); v != "" {
						submit[name] = v
					}
				}
				a = c.Submit(f, submit)
				require.Equal(t, http.StatusOK, a.Status, "%v", a)
			} else {
				require.Equal(t, back, a.Location)
			}

			ada := w.Identity(w.ada)
			linked := ada.State.Factors[aal.OIDC].Credentials
			require.Len(t, linked, 1)
			assert.Equal(t, "zitadel:id1", linked[0].ID)
			assert.JSONEq(t, `{"provider":"zitadel","issuer":"`+w.provider.URL+`","subject":"id1"}`, string(linked[0].Data))
			owner, err := w.Store.IdentityOwner(t.Context(), oidc.Key(w.provider.URL, "id1"))
			require.NoError(t, err)
			assert.Equal(t, w.ada, owner)

			a = c.Submit(f, settingstest.Fields{"unlink": "zitadel"})
			if kind == respond.Page {
				require.Equal(t, back, a.Location)
			} else {
				require.Equal(t, http.StatusOK, a.Status, "%v", a)
			}
			assert.Empty(t, w.Identity(w.ada).State.Factors[aal.OIDC].Credentials)
		})
	}
}

// The provider holds us to PKCE: a code is worth nothing with another verifier.
func TestACodeIsTakenOnceByARunningProvider(t *testing.T) {
	w := newFixture(t)
	eve := w.SignIn(w.AddIdentity("eve@example.com", "the horse of eve"), respond.Page)
	hers, err := url.Parse(w.signIn(eve.Submit(start(eve), settingstest.Fields{"link": "zitadel"}).Location, "test-user2", "verysecure"))
	require.NoError(t, err)
	c := w.SignIn(w.ada, respond.Page)
	f := start(c)
	callback, err := url.Parse(w.signIn(c.Submit(f, settingstest.Fields{"link": "zitadel"}).Location, "test-user@127.0.0.1", "verysecure"))
	require.NoError(t, err)
	was := w.Snapshot(w.ada)
	q := callback.Query()
	q.Set("code", hers.Query().Get("code"))
	callback.RawQuery = q.Encode()
	assert.Equal(t, []string{"4000001"}, c.Get(callback.String()).Follow().Flow.Messages())
	assert.Equal(t, was, w.Snapshot(w.ada))
}
