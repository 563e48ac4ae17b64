package oidc_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/oidc"
	"github.com/amend-go/amend/settings/settingstest"
)

type fields = settingstest.Fields

var everyClient = []respond.Client{respond.API, respond.Page, respond.Script}

// back is where flows may lead after a change.
const back = "https://app.example.com/back"

// fixture is Ada, who has a password, at a Handler that links logins of one
// provider, "one".
type fixture struct {
	*settingstest.Kit
	op  *op
	ada string

	mu       sync.Mutex
	failures []error
}

func newFixture(t *testing.T, changes ...func(*fixture, *oidc.Config)) *fixture {
	t.Helper()
	return newFixtureWith(t, nil, changes...)
}

func newFixtureWith(t *testing.T, config func(*settings.Config), changes ...func(*fixture, *oidc.Config)) *fixture {
	t.Helper()
	s := &fixture{}
	s.Kit = settingstest.New(t, func(c *settings.Config) {
		s.op = newOP(t, c.Now)
		methodConfig := oidc.Config{Providers: []oidc.Provider{s.op.provider("one")}, OnFailure: s.failed}
		for _, change := range changes {
			change(s, &methodConfig)
		}
		c.Methods = append(c.Methods, oidc.New(methodConfig))
		c.AllowReturnTo = []string{back}
		if config != nil {
			config(c)
		}
	})
	s.Secret("client secret", clientSecret)
	s.ada = s.AddIdentity("ada@example.com", "correct horse battery")
	return s
}

func (s *fixture) failed(_ context.Context, _ string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, err)
}

// told is what OnFailure was told.
func (s *fixture) told() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.failures)
}

// start starts a flow that leads to back.
func start(c *settingstest.Client) *settingstest.Flow {
	c.Kit.T.Helper()
	path := "/self-service/settings/browser?return_to=" + url.QueryEscape(back)
	if c.Kind == respond.API {
		path = "/self-service/settings/api?return_to=" + url.QueryEscape(back)
	}
	a := c.Get(path)
	if c.Kind == respond.Page {
		a = a.Follow()
	}
	require.NotNil(c.Kit.T, a.Flow, "%v", a)
	return a.Flow
}

// away is where an answer sends the browser.
func away(t testing.TB, c *settingstest.Client, a *settingstest.Answer) string {
	t.Helper()
	if c.Kind == respond.Page {
		require.Equal(t, http.StatusSeeOther, a.Status, "%v", a)
		return a.Location
	}
	require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%v", a)
	require.Equal(t, "browser_location_change_required", a.Error.ID)
	var body struct {
		RedirectBrowserTo string `json:"redirect_browser_to"`
	}
	require.NoError(t, json.Unmarshal(a.Body, &body))
	return body.RedirectBrowserTo
}

// begin sends the browser of a client to the provider.
func (s *fixture) begin(c *settingstest.Client, f *settingstest.Flow) string {
	s.T.Helper()
	return away(s.T, c, c.Submit(f, fields{"link": "one"}))
}

// browser is the client's browser, which goes from page to page.
func browser(c *settingstest.Client) *settingstest.Client {
	if c.Kind == respond.API {
		return c.Kit.Anonymous(respond.Page)
	}
	return &settingstest.Client{Kind: respond.Page, Kit: c.Kit, Jar: c.Jar, Header: http.Header{}}
}

// comeBack is what follows from the browser's coming back by a URL. An API
// client submits what its browser brought along.
func (s *fixture) comeBack(c *settingstest.Client, f *settingstest.Flow, callback string) *settingstest.Answer {
	s.T.Helper()
	a := browser(c).Get(callback)
	if c.Kind != respond.API {
		return a
	}
	require.Equal(s.T, http.StatusSeeOther, a.Status, "%v", a)
	to, err := url.Parse(a.Location)
	require.NoError(s.T, err)
	q := to.Query()
	require.Equal(s.T, f.ID, q.Get("flow"))
	to.RawQuery = ""
	require.Equal(s.T, back, to.String())
	submit := fields{"method": "oidc"}
	for _, name := range []string{"state", "code", "error", "iss"} {
		if q.Has(name) {
			submit[name] = q.Get(name)
		}
	}
	return c.Submit(f, submit)
}

// link goes the whole way.
func (s *fixture) link(c *settingstest.Client, f *settingstest.Flow, sub string) *settingstest.Answer {
	s.T.Helper()
	return s.comeBack(c, f, s.op.signIn(s.begin(c, f), sub))
}

// saved asserts a success.
func (s *fixture) saved(c *settingstest.Client, f *settingstest.Flow, a *settingstest.Answer) {
	s.T.Helper()
	if c.Kind != respond.API && a.Status == http.StatusSeeOther {
		require.Equal(s.T, back, a.Location)
	} else {
		require.Equal(s.T, http.StatusOK, a.Status, "%v", a)
	}
	read := c.Read(f.ID)
	require.NotNil(s.T, read.Flow, "%v", read)
	require.Equal(s.T, "success", read.Flow.State)
	require.Equal(s.T, []string{"1050001"}, read.Flow.Messages())
}

// refused asserts a form with messages, read behind a page's redirect.
func (s *fixture) refused(c *settingstest.Client, f *settingstest.Flow, a *settingstest.Answer, messages ...string) *settingstest.Flow {
	s.T.Helper()
	if a.Status == http.StatusSeeOther {
		a = a.Follow()
	} else {
		require.Equal(s.T, http.StatusBadRequest, a.Status, "%v", a)
	}
	require.NotNil(s.T, a.Flow, "%v", a)
	require.Equal(s.T, f.ID, a.Flow.ID)
	require.Equal(s.T, "show_form", a.Flow.State)
	require.Equal(s.T, messages, a.Flow.Messages())
	return a.Flow
}

// forbidden asserts a refusal that shows no form.
func (s *fixture) forbidden(c *settingstest.Client, a *settingstest.Answer) {
	s.T.Helper()
	e := a.Error
	if a.Status == http.StatusSeeOther {
		e = a.Failure()
	} else {
		require.Equal(s.T, http.StatusForbidden, a.Status, "%v", a)
	}
	require.Equal(s.T, "security_csrf_violation", e.ID)
	require.Equal(s.T, http.StatusForbidden, e.Code)
}

// linked are the credentials of the factor, by id.
func (s *fixture) linked(id string) (ids []string) {
	for _, c := range s.Identity(id).State.Factors[aal.OIDC].Credentials {
		ids = append(ids, c.ID)
	}
	return ids
}

func oidcKeys(i identity.Identity) (values []string) {
	for _, k := range i.Keys {
		if k.Kind == identity.OIDC {
			values = append(values, k.Value)
		}
	}
	return values
}

// add links an account behind the library's back, as a host may.
func (s *fixture) add(id string, a oidc.Account) {
	s.T.Helper()
	c, key := a.Credential()
	s.Edit(id, func(i *identity.Identity) {
		if i.State.Factors == nil {
			i.State.Factors = map[aal.Method]identity.Factor{}
		}
		f := i.State.Factors[aal.OIDC]
		f.Serial++
		f.Credentials = append(f.Credentials, c)
		i.State.Factors[aal.OIDC] = f
		i.Keys = append(i.Keys, key)
	})
}

// buttons are the nodes of the group in a short form.
func buttons(f *settingstest.Flow) (all []string) {
	for _, n := range f.UI.Nodes {
		if n.Group != "oidc" {
			continue
		}
		b := n.Name() + "=" + n.Attributes["value"].(string)
		if n.Attributes["disabled"] == true {
			b += " disabled"
		}
		all = append(all, b)
	}
	return all
}

// each runs a test for every kind of client.
func each(t *testing.T, test func(t *testing.T, kind respond.Client)) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) { test(t, kind) })
	}
}
