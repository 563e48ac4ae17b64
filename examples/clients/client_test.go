package main_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	ory "github.com/ory/client-go"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
)

// client is a program that uses the SDK: an app, which holds a session token, or
// a script with the cookies of a browser.
type client struct {
	ory.FrontendAPI
	w     *fixture
	http  *http.Client
	token string // of an app, "" of a script
}

// each runs a test for both kinds of client.
func each(t *testing.T, test func(t *testing.T, kind respond.Client)) {
	for _, kind := range []respond.Client{respond.API, respond.Script} {
		t.Run(kind.String(), func(t *testing.T) { test(t, kind) })
	}
}

// signIn starts a session of an identity that has just completed methods; none
// given means its password. Headers, if there are any, go with every request.
func (w *fixture) signIn(id string, kind respond.Client, methods ...aal.Method) *client {
	w.T.Helper()
	signedIn := w.SignIn(id, kind, methods...)
	c := w.newClient(http.Header{})
	c.token = signedIn.Token
	if kind == respond.Script {
		c.http.Jar = signedIn.Jar
	}
	return c
}

// anonymous is a client without a session.
func (w *fixture) anonymous(kind respond.Client) *client {
	w.T.Helper()
	c := w.newClient(http.Header{})
	if kind == respond.Script {
		var err error
		c.http.Jar, err = cookiejar.New(nil)
		require.NoError(w.T, err)
	}
	return c
}

func (w *fixture) newClient(header http.Header) *client {
	c := &client{w: w, http: &http.Client{Transport: &http.Transport{}}}
	w.T.Cleanup(c.http.CloseIdleConnections)
	c.FrontendAPI = sdk(w.Config.PublicURL, c.http, header)
	return c
}

// sdk is the part of the SDK that this is about.
func sdk(publicURL string, h *http.Client, header http.Header) ory.FrontendAPI {
	config := ory.NewConfiguration()
	config.Servers = ory.ServerConfigurations{{URL: publicURL}}
	config.HTTPClient = h
	for name := range header {
		config.AddDefaultHeader(name, header.Get(name))
	}
	return ory.NewAPIClient(config).FrontendAPI
}

// with is the same client, but for a header that it sends with every request.
func (c *client) with(name, value string) *client {
	other := *c
	other.FrontendAPI = sdk(c.w.Config.PublicURL, c.http, http.Header{name: {value}})
	return &other
}

// begin starts a flow, whatever comes of it.
func (c *client) begin() (*ory.SettingsFlow, *http.Response, error) {
	if c.http.Jar != nil {
		return c.CreateBrowserSettingsFlow(c.w.T.Context()).Execute()
	}
	return c.CreateNativeSettingsFlow(c.w.T.Context()).XSessionToken(c.token).Execute()
}

// start starts a flow.
func (c *client) start() *ory.SettingsFlow {
	c.w.T.Helper()
	return succeeded(c.w.T, wrap(c.begin()))
}

// read reads a flow, whatever comes of it.
func (c *client) read(id string) answer[*ory.SettingsFlow] {
	r := c.GetSettingsFlow(c.w.T.Context()).Id(id)
	if c.token != "" {
		r = r.XSessionToken(c.token)
	}
	return wrap(r.Execute())
}

// submit completes a flow, whatever comes of it. A new session token is taken up,
// as an app has to: by continue_with.
func (c *client) submit(f *ory.SettingsFlow, body ory.UpdateSettingsFlowBody) answer[*ory.SettingsFlow] {
	r := c.UpdateSettingsFlow(c.w.T.Context()).Flow(f.Id).UpdateSettingsFlowBody(body)
	if c.token != "" {
		r = r.XSessionToken(c.token)
	}
	a := wrap(r.Execute())
	if a.err == nil {
		for _, next := range a.value.ContinueWith {
			if next.ContinueWithSetOrySessionToken != nil {
				c.token = next.ContinueWithSetOrySessionToken.OrySessionToken
			}
		}
	}
	return a
}

// whoami asks who is signed in, whatever comes of it.
func (c *client) whoami() answer[*ory.Session] {
	r := c.ToSession(c.w.T.Context())
	if c.token != "" {
		r = r.XSessionToken(c.token)
	}
	return wrap(r.Execute())
}

// answer is what the SDK gives.
type answer[T any] struct {
	value T
	res   *http.Response
	err   error
}

func wrap[T any](value T, res *http.Response, err error) answer[T] {
	return answer[T]{value, res, err}
}

// succeeded is the value of an answer that is a success.
func succeeded[T any](t testing.TB, a answer[T]) T {
	t.Helper()
	require.NoError(t, a.err, "%s", body(a.err))
	require.Equal(t, http.StatusOK, a.res.StatusCode)
	return a.value
}

// refused is the error of an answer with a status, decoded by the SDK as an M:
// the model that it has for the status, and nothing else.
func refused[M, T any](t testing.TB, status int, a answer[T]) M {
	t.Helper()
	require.Error(t, a.err)
	require.NotNil(t, a.res, "%v", a.err)
	require.Equal(t, status, a.res.StatusCode, "%s", body(a.err))
	var e *ory.GenericOpenAPIError
	require.ErrorAs(t, a.err, &e)
	model, ok := e.Model().(M)
	require.True(t, ok, "decoded as %T: %v: %s", e.Model(), e, e.Body())
	return model
}

// body is what came with an error.
func body(err error) []byte {
	if e, ok := err.(*ory.GenericOpenAPIError); ok {
		return e.Body()
	}
	return nil
}

// csrf is the anti-CSRF token of a flow: nil of an app's, which needs none.
func csrf(f *ory.SettingsFlow) *string {
	if token := input(f, "csrf_token").Value.(string); token != "" {
		return &token
	}
	return nil
}

// node finds a node by its name or its id, nil if there is none.
func node(f *ory.SettingsFlow, name string) *ory.UiNode {
	for i := range f.Ui.Nodes {
		if n := &f.Ui.Nodes[i]; nameOf(n) == name {
			return n
		}
	}
	return nil
}

// nameOf is the name of an input, the id of another node.
func nameOf(n *ory.UiNode) string {
	switch a := n.Attributes.GetActualInstance().(type) {
	case *ory.UiNodeInputAttributes:
		return a.Name
	case *ory.UiNodeTextAttributes:
		return a.Id
	case *ory.UiNodeImageAttributes:
		return a.Id
	case *ory.UiNodeScriptAttributes:
		return a.Id
	case *ory.UiNodeAnchorAttributes:
		return a.Id
	}
	return ""
}

// input is an input by its name. A test that asks for one that is not there ends.
func input(f *ory.SettingsFlow, name string) *ory.UiNodeInputAttributes {
	return node(f, name).Attributes.UiNodeInputAttributes
}

// messages are those of a flow in a short form: the id, or "node:id" of one that
// stands on a node.
func messages(f *ory.SettingsFlow) string {
	var all []string
	for _, m := range f.Ui.Messages {
		all = append(all, fmt.Sprint(m.Id))
	}
	for i := range f.Ui.Nodes {
		for _, m := range f.Ui.Nodes[i].Messages {
			all = append(all, fmt.Sprintf("%s:%d", nameOf(&f.Ui.Nodes[i]), m.Id))
		}
	}
	return strings.Join(all, " ")
}

// saved asserts that a submit has changed what it asked for, and gives the flow.
func (c *client) saved(f *ory.SettingsFlow, a answer[*ory.SettingsFlow]) *ory.SettingsFlow {
	t := c.w.T
	t.Helper()
	done := succeeded(t, a)
	require.Equal(t, f.Id, done.Id)
	require.Equal(t, ory.SETTINGSFLOWSTATE_SUCCESS, done.State)
	require.Equal(t, "1050001", messages(done))
	require.Equal(t, "success", done.Ui.Messages[0].Type)
	require.Equal(t, f.Identity.Id, done.Identity.Id)
	require.Equal(t, "1050001", messages(succeeded(t, c.read(f.Id))), "it is told on a reload too")
	return done
}

// invalid asserts that a submit was refused with messages, as a flow.
func (c *client) invalid(f *ory.SettingsFlow, a answer[*ory.SettingsFlow], want string) *ory.SettingsFlow {
	t := c.w.T
	t.Helper()
	again := refused[ory.SettingsFlow](t, http.StatusBadRequest, a)
	require.Equal(t, f.Id, again.Id)
	require.Equal(t, ory.SETTINGSFLOWSTATE_SHOW_FORM, again.State)
	require.Equal(t, want, messages(&again))
	return &again
}

// failed asserts that an answer is an error that the SDK decodes as ErrorGeneric,
// and gives it.
func failed[T any](t testing.TB, status int, id string, a answer[T]) ory.ErrorGeneric {
	t.Helper()
	e := refused[ory.ErrorGeneric](t, status, a)
	require.Equal(t, id, e.Error.GetId(), "%s", body(a.err))
	require.NotEmpty(t, e.Error.GetMessage())
	require.EqualValues(t, status, e.Error.AdditionalProperties["code"])
	require.Equal(t, http.StatusText(status), e.Error.AdditionalProperties["status"])
	require.NotEmpty(t, e.Error.AdditionalProperties["reason"])
	return e
}
