package settings_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

// abroad is a method that sends the browser to another site. When it comes
// back, what it was given there becomes a linked login.
type abroad struct {
	fakeMethod
	back *method.Callback // the last one
}

const (
	abroadSecret = "canary: the verifier that is kept meanwhile"
	otherSite    = "https://id.example/authorize"
)

func (*abroad) Info() (method.Info, error) {
	return method.Info{Name: "abroad", Fields: []string{"go", "state", "code", "error", "iss"}, Buttons: []string{"go"}}, nil
}

func (*abroad) Plan(method.View, method.Submission) (method.Plan, error) {
	return method.Plan{Do: func(context.Context) (method.Result, error) {
		return method.Redirect{
			URL:  func(state string) string { return otherSite + "?state=" + url.QueryEscape(state) },
			Path: "there", Memo: []byte(abroadSecret),
		}, nil
	}}, nil
}

func (m *abroad) Callback(v method.View, r method.Callback) (method.Plan, error) {
	m.back = &r
	return method.Plan{Needs: method.Needs{Privileged: true}, Do: func(context.Context) (method.Result, error) {
		return method.Change{Event: "abroad.linked", Edit: func(i *identity.Identity) error {
			f := i.State.Factors[aal.OIDC]
			i.State.Factors = map[aal.Method]identity.Factor{aal.OIDC: {Serial: f.Serial + 1, Credentials: append(f.Credentials, identity.Credential{ID: r.Query.Get("code"), AddedAt: v.Now})}}
			return nil
		}}, nil
	}}, nil
}

// journey is a browser that was sent away.
type journey struct {
	*settingstest.Kit
	method *abroad
	ada    string
	client *settingstest.Client
	flow   *settingstest.Flow
	state  string
}

func sendAway(t *testing.T, kind respond.Client, changes ...func(*settings.Config)) *journey {
	t.Helper()
	j := &journey{method: &abroad{}}
	j.Kit = settingstest.New(t, append(changes, offering(j.method), func(c *settings.Config) { c.AllowReturnTo = []string{"https://app.example.com/after"} })...)
	j.Secret("what is kept", abroadSecret)
	j.ada = j.AddIdentity("ada@example.com", "correct horse battery staple")
	j.client = j.SignIn(j.ada, kind)
	j.flow = j.client.Start()
	j.state = j.away(t)
	return j
}

// away submits, and gives the state of the URL to open.
func (j *journey) away(t *testing.T) string {
	t.Helper()
	a := j.client.Submit(j.flow, settingstest.Fields{"go": "there"})
	to := a.Location
	if j.client.Kind != respond.Page {
		require.Equal(t, 422, a.Status, a)
		require.Equal(t, "browser_location_change_required", a.Error.ID)
		var body struct {
			To string `json:"redirect_browser_to"`
		}
		decodeInto(t, a.Body, &body)
		to = body.To
	} else {
		require.Equal(t, 303, a.Status, a)
	}
	u, err := url.Parse(to)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(to, otherSite+"?"), to)
	require.GreaterOrEqual(t, len(u.Query().Get("state")), 26, "130 bits in base32")
	return u.Query().Get("state")
}

const callbackPath = "/self-service/methods/abroad/callback/there"

// comeBack is the browser's callback.
func (j *journey) comeBack(c *settingstest.Client, query string) *settingstest.Answer {
	return c.Get(callbackPath + "?" + query)
}

func (j *journey) linked() int { return len(j.Identity(j.ada).State.Factors[aal.OIDC].Credentials) }

func TestABrowserComesBack(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		for _, kind := range []respond.Client{respond.Page, respond.Script} {
			t.Run(kind.String(), func(t *testing.T) {
				j := sendAway(t, kind, mode)
				require.Zero(t, j.linked(), "nothing is linked by going away")
				a := j.comeBack(j.client, "code=c0de&state="+j.state)
				require.Equal(t, 303, a.Status, a)
				require.True(t, strings.HasPrefix(a.Location, uiPage), a)
				assert.Equal(t, []string{"1050001"}, a.Follow().Flow.Messages())
				require.Equal(t, 1, j.linked())
				assert.Equal(t, "c0de", j.Identity(j.ada).State.Factors[aal.OIDC].Credentials[0].ID)
				assert.Equal(t, "there", j.method.back.Path)
				assert.Equal(t, abroadSecret, string(j.method.back.Memo))
				assert.Equal(t, 200, j.client.Whoami().Status, "with the rotated session")
			})
		}
	})
}

// Whoever comes back with a state that is not their own has nothing linked, and
// nothing of theirs is.
func TestACallbackThatIsNotItsOwn(t *testing.T) {
	for _, c := range []struct {
		name string
		back func(t *testing.T, j *journey) *settingstest.Answer
		id   string // of the error behind the redirect; "" for a redirect to the login
	}{
		{"without a state", func(_ *testing.T, j *journey) *settingstest.Answer {
			return j.comeBack(j.client, "code=c")
		}, "security_csrf_violation"},
		{"with an empty state", func(_ *testing.T, j *journey) *settingstest.Answer {
			return j.comeBack(j.client, "code=c&state=")
		}, "security_csrf_violation"},
		{"with two states", func(_ *testing.T, j *journey) *settingstest.Answer {
			return j.comeBack(j.client, "code=c&state="+j.state+"&state=x")
		}, "security_csrf_violation"},
		{"with a state nobody made", func(_ *testing.T, j *journey) *settingstest.Answer {
			return j.comeBack(j.client, "code=c&state="+strings.Repeat("A", 26))
		}, "security_csrf_violation"},
		{"with the state in other letters", func(_ *testing.T, j *journey) *settingstest.Answer {
			return j.comeBack(j.client, "code=c&state="+strings.ToLower(j.state))
		}, "security_csrf_violation"},
		{"with a query that cannot be read whole", func(_ *testing.T, j *journey) *settingstest.Answer {
			return j.comeBack(j.client, "code=c&x=%zz&state="+j.state)
		}, "security_csrf_violation"},
		{"by another path", func(_ *testing.T, j *journey) *settingstest.Answer {
			return j.client.Get("/self-service/methods/abroad/callback/elsewhere?code=c&state=" + j.state)
		}, "security_csrf_violation"},
		{"to another method", func(_ *testing.T, j *journey) *settingstest.Answer {
			return j.client.Get("/self-service/methods/password/callback/there?code=c&state=" + j.state)
		}, "security_csrf_violation"},
		{"to a method nobody offers", func(_ *testing.T, j *journey) *settingstest.Answer {
			return j.client.Get("/self-service/methods/flow/callback/there?code=c&state=" + j.flow.ID)
		}, "security_csrf_violation"},
		{"in a browser that is not signed in: a victim's, that was sent the URL", func(_ *testing.T, j *journey) *settingstest.Answer {
			return j.comeBack(j.Anonymous(respond.Page), "code=c&state="+j.state)
		}, ""},
		{"in the browser of another identity", func(_ *testing.T, j *journey) *settingstest.Answer {
			eve := j.AddIdentity("eve@example.com", "")
			return j.comeBack(j.SignIn(eve, respond.Page), "code=c&state="+j.state)
		}, "security_identity_mismatch"},
		{"in another browser of the same identity", func(_ *testing.T, j *journey) *settingstest.Answer {
			return j.comeBack(j.SignIn(j.ada, respond.Page), "code=c&state="+j.state)
		}, "security_csrf_violation"},
		{"with a token in a header", func(_ *testing.T, j *journey) *settingstest.Answer {
			c := j.SignIn(j.ada, respond.API)
			c.Kind = respond.Page
			c.Header.Set("X-Session-Token", c.Token)
			return j.comeBack(c, "code=c&state="+j.state)
		}, "security_csrf_violation"},
		{"after 15 minutes", func(_ *testing.T, j *journey) *settingstest.Answer {
			j.Clock.Advance(15 * time.Minute)
			return j.comeBack(j.client, "code=c&state="+j.state)
		}, "security_csrf_violation"},
		{"after the flow was used for a change of the password", func(t *testing.T, j *journey) *settingstest.Answer {
			wantSaved(t, j.client, j.client.Submit(j.flow, settingstest.Fields{"method": "password", "password": "a much better horse altogether"}))
			return j.comeBack(j.client, "code=c&state="+j.state)
		}, "security_csrf_violation"},
		{"a second time", func(t *testing.T, j *journey) *settingstest.Answer {
			require.Equal(t, 303, j.comeBack(j.client, "code=c&state="+j.state).Status)
			require.Equal(t, 1, j.linked())
			j.Edit(j.ada, func(i *identity.Identity) { i.State.Factors = nil })
			return j.comeBack(j.client, "code=d&state="+j.state)
		}, "security_csrf_violation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := sendAway(t, respond.Page)
			a := c.back(t, j)
			assert.Zero(t, j.linked())
			require.Equal(t, 303, a.Status, a)
			if c.id == "" {
				require.True(t, strings.HasPrefix(a.Location, loginPage), a)
				return
			}
			require.True(t, strings.HasPrefix(a.Location, errorPage), a)
			failure := a.Failure()
			assert.Equal(t, c.id, failure.ID)
			assert.Equal(t, 403, failure.Code)
		})
	}
}

func TestACallbackIsAGET(t *testing.T) {
	j := sendAway(t, respond.Page)
	for _, method := range []string{http.MethodPost, http.MethodHead, http.MethodPut} {
		a := j.client.Do(method, callbackPath+"?code=c&state="+j.state, "", "")
		assert.Equal(t, 405, a.Status, method)
		assert.Equal(t, "GET", a.Header.Get("Allow"))
	}
	for _, path := range []string{"/self-service/methods/abroad/callback/", "/self-service/methods/abroad/callback/a/b", "/self-service/methods//callback/x", "/self-service/methods/abroad/x"} {
		assert.Equal(t, 404, j.client.Get(path+"?code=c&state="+j.state).Status, path)
	}
	assert.Zero(t, j.linked())
}

// A browser that was away for too long is not sent to the login with what it
// brought: its code is used up. It finds in the form what to do.
func TestACallbackToAStaleSession(t *testing.T) {
	j := sendAway(t, respond.Page)
	j.Clock.Advance(14 * time.Minute)
	state := j.away(t)
	j.Clock.Advance(2 * time.Minute)
	a := j.comeBack(j.client, "code=c&state="+state)
	assert.Zero(t, j.linked())
	assert.Equal(t, []string{"7000001"}, a.Follow().Flow.Messages())
}

func TestManyCallbacksAtOnceAreOne(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		j := sendAway(t, respond.Page, mode)
		var wg sync.WaitGroup
		var strange atomic.Int32
		for range 16 {
			c := j.client.Copy()
			wg.Go(func() {
				switch to := j.comeBack(c, "code=c&state="+j.state).Location; {
				case strings.HasPrefix(to, uiPage): // made, or recognised as made
				case strings.HasPrefix(to, errorPage):
					strange.Add(1)
				default:
					t.Error(to)
				}
			})
		}
		wg.Wait()
		assert.Less(t, strange.Load(), int32(16), "one goes on")
		assert.Equal(t, 1, j.linked())
	})
}

// The browser of an API client is nobody's: what it brings is handed on to the
// client, which has the session.
func TestTheBrowserOfAnAPIClient(t *testing.T) {
	j := sendAway(t, respond.API)
	browser := j.Anonymous(respond.Page)
	a := j.comeBack(browser, "code=c0de&iss=https%3A%2F%2Fid.example&other=x&state="+j.state)
	require.Equal(t, 303, a.Status, a)
	u, err := url.Parse(a.Location)
	require.NoError(t, err)
	assert.Equal(t, "https://app.example.com/settings", u.Scheme+"://"+u.Host+u.Path)
	assert.Equal(t, url.Values{"flow": {j.flow.ID}, "state": {j.state}, "code": {"c0de"}, "iss": {"https://id.example"}}, u.Query())
	assert.Zero(t, j.linked(), "the browser links nothing, whoever holds it")

	for name, thief := range map[string]func() *settingstest.Client{
		"another session of the same identity": func() *settingstest.Client { return j.SignIn(j.ada, respond.API) },
		"another identity":                     func() *settingstest.Client { return j.SignIn(j.AddIdentity("eve@example.com", ""), respond.API) },
	} {
		t.Run(name, func(t *testing.T) {
			c := thief()
			refused := c.Submit(c.Start(), settingstest.Fields{"go": "there", "state": j.state, "code": "c"})
			assert.Equal(t, 403, refused.Status)
			assert.Equal(t, "security_csrf_violation", refused.Error.ID)
			assert.Zero(t, j.linked())
		})
	}
	t.Run("another flow of the same session", func(t *testing.T) {
		refused := j.client.Submit(j.client.Start(), settingstest.Fields{"go": "there", "state": j.state, "code": "c"})
		assert.Equal(t, 403, refused.Status)
		assert.Zero(t, j.linked())
	})

	back := settingstest.Fields{"go": "there", "state": j.state, "code": "c0de"}
	wantSaved(t, j.client, j.client.Submit(j.flow, back))
	require.Equal(t, 1, j.linked())
	assert.Equal(t, abroadSecret, string(j.method.back.Memo))

	again := j.client.Submit(j.client.Start(), settingstest.Fields{"go": "there", "state": j.state, "code": "c0de"})
	assert.Equal(t, 400, again.Status, again)
	assert.Equal(t, []string{"4000001"}, again.Flow.Messages())
	assert.Equal(t, 1, j.linked())
}

func TestTheBrowserOfAnAPIClientGoesToItsReturnTo(t *testing.T) {
	j := sendAway(t, respond.API)
	a := j.client.Get("/self-service/settings/api?return_to=" + url.QueryEscape("https://app.example.com/after?a=b"))
	j.flow = a.Flow
	state := j.away(t)
	to := j.comeBack(j.Anonymous(respond.Page), "error=access_denied&state="+state).Location
	assert.Equal(t, "https://app.example.com/after?a=b&error=access_denied&flow="+j.flow.ID+"&state="+state, to)
}

// A browser's flow takes no code in a submit: its browser comes back itself.
func TestABrowserDoesNotSubmitItsCallback(t *testing.T) {
	j := sendAway(t, respond.Script)
	a := j.client.Submit(j.flow, settingstest.Fields{"go": "there", "state": j.state, "code": "c"})
	assert.Equal(t, 422, a.Status, "it is sent away once more")
	assert.Zero(t, j.linked())
}

func TestAMethodThatCannotTakeABrowserBack(t *testing.T) {
	for name, method := range map[string]settings.Method{
		"it sends the browser away without a way back": fakeMethod{do: func(context.Context, method.View) (method.Result, error) {
			return method.Redirect{URL: func(string) string { return otherSite }}, nil
		}},
		"it wants too much kept": &hoarder{},
	} {
		t.Run(name, func(t *testing.T) {
			kit := settingstest.New(t, offering(method))
			c := kit.SignIn(kit.AddIdentity("ada@example.com", ""), respond.API)
			wantRefused(t, c, c.Submit(c.Start(), toTest), 500, "internal_error")
		})
	}
}

// hoarder wants more kept than there is room for.
type hoarder struct{ fakeMethod }

func (*hoarder) Plan(method.View, method.Submission) (method.Plan, error) {
	return method.Plan{Do: func(context.Context) (method.Result, error) {
		return method.Redirect{URL: func(string) string { return otherSite }, Memo: make([]byte, 8<<10+1)}, nil
	}}, nil
}

func (*hoarder) Callback(method.View, method.Callback) (method.Plan, error) {
	return method.Plan{}, nil
}

// Who reads the store does not learn a state that is still good.
func TestAStateStandsInNoStore(t *testing.T) {
	j := sendAway(t, respond.Page)
	_, err := j.Store.GetFlow(t.Context(), "abroad:"+j.state)
	assert.Error(t, err, "the state itself stands in no store")
}

// The answer may be lost, or its user reloads the page: the browser comes back
// once more, with the token from before the change.
func TestACallbackWhoseAnswerIsLost(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		j := sendAway(t, respond.Page, mode)
		before, thief := j.client.Copy(), j.client.Copy()
		require.Equal(t, 303, j.comeBack(j.client, "code=c&state="+j.state).Status)
		was := j.Snapshot(j.ada)
		again := j.comeBack(before, "code=c&state="+j.state)
		require.True(t, strings.HasPrefix(again.Location, uiPage), again)
		assert.Equal(t, 200, before.Whoami().Status, "it has the new token")
		assert.Equal(t, was, j.Snapshot(j.ada), "nothing is done twice")

		assert.True(t, strings.HasPrefix(j.comeBack(thief, "code=c&state=A"+j.state).Location, errorPage), "without the state it opens nothing")
		wantNoSession(t, thief.Whoami())
		j.Clock.Advance(2 * time.Minute)
		late := j.comeBack(thief, "code=c&state="+j.state)
		assert.True(t, strings.HasPrefix(late.Location, loginPage), late)
	})
}

func TestACallbackOfAnAPIClientWhoseAnswerIsLost(t *testing.T) {
	j := sendAway(t, respond.API)
	before, thief := j.client.Copy(), j.client.Copy()
	back := settingstest.Fields{"go": "there", "state": j.state, "code": "c0de"}
	token := wantSaved(t, j.client, j.client.Submit(j.flow, back))
	assert.Equal(t, token, wantSaved(t, before, before.Submit(j.flow, back)))
	assert.Equal(t, 1, j.linked())
	wantNoSession(t, thief.Submit(j.flow, settingstest.Fields{"go": "there", "state": strings.ToLower(j.state), "code": "c0de"}))
	wantNoSession(t, thief.Submit(j.flow, settingstest.Fields{"go": "there"}))
}

func TestACallbackThatIsFetchedAhead(t *testing.T) {
	j := sendAway(t, respond.Page)
	for _, ahead := range []http.Header{{"Sec-Purpose": {"prefetch"}}, {"Sec-Purpose": {"prefetch;prerender"}}, {"Purpose": {"prefetch"}}} {
		j.client.Header = ahead
		j.comeBack(j.client, "code=c&state="+j.state)
		assert.Zero(t, j.linked(), ahead)
	}
	j.client.Header = http.Header{}
	j.comeBack(j.client, "code=c&state="+j.state)
	assert.Equal(t, 1, j.linked(), "the state is still good for the browser itself")
}
