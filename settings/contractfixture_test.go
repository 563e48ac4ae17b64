package settings_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

// contractFixture is one cell of the contract under test: Ada with a client of
// one kind, and a flow F that she has started.
type contractFixture struct {
	*settingstest.Kit
	t      *testing.T
	method *contractMethod
	stores *watchedStore
	ada    string
	kind   respond.Client
	client *settingstest.Client // who submits
	flow   *settingstest.Flow   // F
	note   string               // what a row wants to keep from given to then
}

const (
	contractOldPassword = "correct horse battery staple"
	contractNewPassword = "a much better horse, no battery"
)

func newContractFixture(t *testing.T, kind respond.Client, start string, changes ...func(*settings.Config)) *contractFixture {
	t.Helper()
	w := &contractFixture{t: t, kind: kind, method: &contractMethod{fakeMethod: fakeMethod{edit: settingTraits(contractTraits)}}}
	w.Kit, w.stores = watchedKit(t, append([]func(*settings.Config){func(c *settings.Config) {
		c.ErrorURL = "https://app.example.com/error"
		c.AllowReturnTo = []string{"https://app.example.com/after"}
		c.Methods = append(c.Methods, w.method)
	}}, changes...)...)
	w.ada = w.AddIdentity("ada@example.com", contractOldPassword)
	w.client = w.SignIn(w.ada, kind)
	w.flow = w.begin(w.client, start)
	return w
}

// begin starts a flow with a query, as Client.Start does without one.
func (w *contractFixture) begin(c *settingstest.Client, query string) *settingstest.Flow {
	w.t.Helper()
	if query == "" {
		return c.Start()
	}
	a := c.Get(startPath(c.Kind) + query)
	if c.Kind == respond.Page {
		a = a.Follow()
	}
	require.NotNil(w.t, a.Flow, "%v", a)
	return a.Flow
}

func startPath(kind respond.Client) string {
	if kind == respond.API {
		return "/self-service/settings/api"
	}
	return "/self-service/settings/browser"
}

// submit sends the change of the password to F.
func (w *contractFixture) submit() *settingstest.Answer {
	w.t.Helper()
	return w.client.Submit(w.flow, passwordFields())
}

func passwordFields() settingstest.Fields {
	return settingstest.Fields{"method": "password", "password": contractNewPassword}
}

// submitTest sends the test method's fields to F.
func (w *contractFixture) submitTest() *settingstest.Answer {
	w.t.Helper()
	return w.client.Submit(w.flow, settingstest.Fields{"method": "test", "nickname": "ada-l"})
}

// submitSecret is submitTest with a field that must never be shown again.
func (w *contractFixture) submitSecret() *settingstest.Answer {
	w.t.Helper()
	w.Secret("the secret field", "open sesame, please")
	return w.client.Submit(w.flow, settingstest.Fields{"method": "test", "nickname": "ada-l", "secret": "open sesame, please"})
}

// submitTwice sends a body that has the method twice.
func (w *contractFixture) submitTwice() *settingstest.Answer {
	w.t.Helper()
	if w.kind == respond.Page {
		return w.post("?flow="+w.flow.ID, "application/x-www-form-urlencoded", "csrf_token="+w.flow.CSRFToken()+"&method=password&method=test")
	}
	return w.post("?flow="+w.flow.ID, "application/json", `{"csrf_token":"`+w.flow.CSRFToken()+`","method":"password","method":"test"}`)
}

// submitTo sends the change of the password with F's token, with another query.
func (w *contractFixture) submitTo(query string) *settingstest.Answer {
	w.t.Helper()
	fields := map[string]string{"method": "password", "password": contractNewPassword, "csrf_token": w.flow.CSRFToken()}
	if w.kind == respond.Page {
		form := url.Values{}
		for k, v := range fields {
			form.Set(k, v)
		}
		return w.post(query, "application/x-www-form-urlencoded", form.Encode())
	}
	j, err := json.Marshal(fields)
	require.NoError(w.t, err)
	return w.post(query, "application/json", string(j))
}

func (w *contractFixture) post(query, contentType, body string) *settingstest.Answer {
	w.t.Helper()
	return w.client.Post("/self-service/settings"+query, contentType, body)
}

// replacement is the id of the flow in F's place, "" for none.
func (w *contractFixture) replacement() string {
	w.t.Helper()
	var stored struct {
		ReplacedBy string `json:"replaced_by"`
	}
	if r, err := w.Store.GetFlow(w.t.Context(), "flow:"+w.flow.ID); err == nil {
		require.NoError(w.t, json.Unmarshal(r.Data, &stored))
	}
	return stored.ReplacedBy
}

// serve goes on with another Handler over the same stores.
func (w *contractFixture) serve(change func(*settings.Config)) {
	w.t.Helper()
	c := w.Config
	change(&c)
	h, err := settings.New(c)
	require.NoError(w.t, err)
	w.Kit.Handler = h
}

// renew is a re-authentication: the same session, fresh, with a new token.
func (w *contractFixture) renew() {
	w.t.Helper()
	_, token, err := w.Handler.Sessions.RenewToken(w.t.Context(), heldToken(w.t, w.client), aal.Password)
	require.NoError(w.t, err)
	w.client = w.holding(token)
}

// isReplaced checks the one fresh flow in F's place, and that it goes on.
func (w *contractFixture) isReplaced(*settingstest.Answer) {
	w.t.Helper()
	read := w.client.Read(w.replacement())
	require.NotNil(w.t, read.Flow, "%v", read)
	decodable(w.t, read)
	fresh := read.Flow
	assert.NotEqual(w.t, w.flow.ID, fresh.ID)
	assert.Equal(w.t, w.flow.Type, fresh.Type)
	assert.Equal(w.t, "https://app.example.com/after?a=b", fresh.ReturnTo)
	assert.Equal(w.t, []string{"4050001"}, fresh.Messages())
	assert.Equal(w.t, "2030-01-02T13:00:00Z", fresh.UI.Messages[0].Context["expired_at"])
	assert.EqualValues(w.t, 1893589200, fresh.UI.Messages[0].Context["expired_at_unix"])
	shown := ""
	for _, n := range fresh.UI.Nodes {
		if n.Name() == "nickname" {
			shown, _ = n.Attributes["value"].(string)
		}
	}
	assert.Equal(w.t, "ada-l", shown, "what was typed and is no secret is still there")
	submitted := w.client.Submit(fresh, settingstest.Fields{"method": "test", "nickname": "ada-l"})
	assert.Equal(w.t, map[respond.Client]int{respond.API: 200, respond.Page: 303, respond.Script: 200}[w.kind], submitted.Status)
	assert.True(w.t, nicknameChanged(w), "the fresh flow can be submitted")
}

func passwordChanged(w *contractFixture) bool {
	return w.PasswordIs(w.ada, contractNewPassword) && !w.PasswordIs(w.ada, contractOldPassword)
}

func nicknameChanged(w *contractFixture) bool {
	return string(w.Identity(w.ada).Traits) == contractTraits
}

// revoke ends every session of Ada's behind the library's back.
func (w *contractFixture) revoke() {
	w.t.Helper()
	sessions, err := w.Store.ListSessions(w.t.Context(), w.ada)
	require.NoError(w.t, err)
	for _, s := range sessions {
		require.NoError(w.t, w.Store.DeleteSession(w.t.Context(), w.ada, s.ID))
	}
}

// unknownToken is a client whose token has the form of one and was never issued.
func (w *contractFixture) unknownToken() *settingstest.Client {
	return w.holding(session.NewToken(w.ada))
}

// holding is a client that presents a token.
func (w *contractFixture) holding(token string) *settingstest.Client {
	c := w.Anonymous(w.kind)
	c.Token = token
	if w.kind != respond.API {
		u, err := url.Parse("https://app.example.com/auth")
		require.NoError(w.t, err)
		c.Jar.SetCookies(u, []*http.Cookie{{Name: "__Host-amend_session", Value: token, Path: "/", Secure: true}})
	}
	return c
}

// contractMethod is a fakeMethod that reads a nickname, which it shows again, and a
// secret, which it does not.
type contractMethod struct {
	fakeMethod
	shown int // how often its nodes were made
}

func (*contractMethod) Info() (method.Info, error) {
	return method.Info{Name: "test", Fields: []string{"nickname", "secret"}, Echo: []string{"nickname"}}, nil
}

func (m *contractMethod) Nodes(_ context.Context, v method.View) ([]ui.Node, error) {
	m.shown++
	return []ui.Node{{Group: "test", Attributes: &ui.Input{Name: "nickname", Type: ui.InputText, Value: v.Input["nickname"]}}}, nil
}

// Callback is what makes the method one that may send browsers away.
func (*contractMethod) Callback(method.View, method.Callback) (method.Plan, error) {
	return method.Plan{}, errInside
}

// does makes the method's work come to a result.
func (m *contractMethod) does(needs method.Needs, result method.Result, err error) {
	m.fakeMethod = fakeMethod{needs: needs, do: func(context.Context, method.View) (method.Result, error) { return result, err }}
}

// edits makes the method change an identity.
func (m *contractMethod) edits(edit func(*identity.Identity) error) {
	m.fakeMethod = fakeMethod{edit: edit}
}

const contractTraits = `{"email":"ada@example.com","nickname":"ada-l"}`

// errInside is an error for the log. Nothing of it may reach a client.
var errInside = errors.New("sql: connection refused in store.go:12")

// down makes calls of the stores fail: by name, or all that "write". Without
// any they are up.
func (w *contractFixture) down(calls ...string) {
	w.stores.handle(func(c storeCall, run func() error) error {
		if slices.Contains(calls, c.Op) || c.writes() && slices.Contains(calls, "write") {
			return errInside
		}
		return run()
	})
}
