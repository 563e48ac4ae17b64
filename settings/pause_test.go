package settings_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

const (
	pauseOld = "correct horse battery staple"
	pauseNew = "a much better horse altogether"
)

// pausing is a browser whose password change was paused for a newer sign-in.
type pausing struct {
	*settingstest.Kit
	id     string
	client *settingstest.Client
	flow   *settingstest.Flow
	resume string // the path to come back to
}

func pauseOne(t *testing.T, kind respond.Client, changes ...func(*settings.Config)) *pausing {
	t.Helper()
	p := &pausing{Kit: settingstest.New(t, changes...)}
	p.id = p.AddIdentity("ada@example.com", pauseOld)
	p.client = p.SignIn(p.id, kind)
	p.Clock.Advance(15*time.Minute + 1)
	p.flow = p.client.Start()
	p.resume = p.submit(t, pauseNew)
	return p
}

// submit submits a password that needs a newer sign-in, and gives the path that
// its login leads back to.
func (p *pausing) submit(t *testing.T, pass string) string {
	t.Helper()
	a := p.client.Submit(p.flow, settingstest.Fields{"method": "password", "password": pass})
	login := a.Location
	if p.client.Kind != respond.Page {
		require.Equal(t, 403, a.Status, a)
		require.Equal(t, "session_refresh_required", a.Error.ID)
		var body struct {
			To string `json:"redirect_browser_to"`
		}
		decodeInto(t, a.Body, &body)
		login = body.To
	} else {
		require.Equal(t, 303, a.Status, a)
	}
	u, err := url.Parse(login)
	require.NoError(t, err)
	require.Equal(t, "true", u.Query().Get("refresh"))
	back := u.Query().Get("return_to")
	require.True(t, strings.HasPrefix(back, settingstest.PublicURL+"/self-service/settings?flow="), back)
	require.True(t, p.PasswordIs(p.id, pauseOld), "nothing is changed before the login")
	return strings.TrimPrefix(back, settingstest.PublicURL)
}

// signInAgain does what a login page does after it has checked a password.
func (p *pausing) signInAgain(t *testing.T, c *settingstest.Client, id string) {
	t.Helper()
	u, err := url.Parse(settingstest.PublicURL)
	require.NoError(t, err)
	r := httptest.NewRequest("POST", settingstest.LoginURL, nil)
	for _, k := range c.Jar.Cookies(u) {
		r.AddCookie(k)
	}
	w := httptest.NewRecorder()
	_, err = p.Handler.Sessions.Issue(w, r, id, aal.Password)
	require.NoError(t, err)
	c.Jar.SetCookies(u, w.Result().Cookies())
}

// messages are those of the flow, as a client reads it.
func (p *pausing) messages(c *settingstest.Client) []string {
	return c.Read(p.flow.ID).Flow.Messages()
}

func TestAPausedChangeGoesOnAfterTheLogin(t *testing.T) {
	for _, kind := range []respond.Client{respond.Page, respond.Script} {
		t.Run(kind.String(), func(t *testing.T) {
			p := pauseOne(t, kind)
			other := p.SignIn(p.id, respond.API)
			p.Clock.Advance(time.Minute)
			p.signInAgain(t, p.client, p.id)

			a := p.client.Get(p.resume)
			if kind == respond.Page {
				require.Equal(t, 303, a.Status)
				assert.Equal(t, settingstest.UIURL+"?flow="+p.flow.ID, a.Location)
			} else {
				require.Equal(t, 200, a.Status)
				assert.Equal(t, "success", a.Flow.State)
			}
			assert.NotEmpty(t, a.Header.Get("Set-Cookie"), "the token is rotated")
			assert.True(t, p.PasswordIs(p.id, pauseNew))
			assert.Equal(t, []string{"1050001"}, p.messages(p.client))
			assert.Equal(t, 200, p.client.Whoami().Status)
			assert.Equal(t, 401, other.Whoami().Status, "other devices are out")

			version := p.Identity(p.id).Version
			again := p.client.Get(p.resume)
			assert.Contains(t, []int{200, 303}, again.Status)
			assert.Equal(t, version, p.Identity(p.id).Version, "coming back once more changes nothing")
		})
	}
}

func TestAPausedChangeOfAnAPIClientIsItsOwnToRepeat(t *testing.T) {
	kit := settingstest.New(t)
	id := kit.AddIdentity("ada@example.com", pauseOld)
	c := kit.SignIn(id, respond.API)
	kit.Clock.Advance(16 * time.Minute)
	f := c.Start()
	fields := settingstest.Fields{"method": "password", "password": pauseNew}
	a := c.Submit(f, fields)
	require.Equal(t, 403, a.Status)
	assert.Equal(t, map[string]any{"login": map[string]any{"refresh": true}}, a.Error.Details)

	_, token, err := kit.Handler.Sessions.RenewToken(t.Context(), c.Token, aal.Password)
	require.NoError(t, err)
	c.Token = token
	a = c.Get("/self-service/settings?flow=" + f.ID)
	require.Equal(t, 200, a.Status)
	assert.True(t, kit.PasswordIs(id, pauseOld), "nothing was kept for it")
	assert.Equal(t, 200, c.Submit(f, fields).Status)
	assert.True(t, kit.PasswordIs(id, pauseNew))
}

// Each row comes back to a paused change in a way that must not make it. None
// leads to a login: the page would bounce back, for ever.
func TestAPausedChangeStaysUndone(t *testing.T) {
	for _, c := range []struct {
		name    string
		attempt func(t *testing.T, p *pausing) *settingstest.Answer
		status  int
		message string // on the flow, as its owner reads it
	}{
		{"a login page that sends the signed-in user straight back", func(t *testing.T, p *pausing) *settingstest.Answer {
			first := p.client.Get(p.resume)
			assert.Equal(t, settingstest.UIURL+"?flow="+p.flow.ID, first.Location)
			return p.client.Get(p.resume)
		}, 303, "7000001"},
		{"a login from before the pause", func(t *testing.T, p *pausing) *settingstest.Answer {
			p.Clock.Advance(-time.Minute)
			p.signInAgain(t, p.client, p.id)
			p.Clock.Advance(time.Minute)
			return p.client.Get(p.resume)
		}, 303, "7000001"},
		{"a login in another browser", func(t *testing.T, p *pausing) *settingstest.Answer {
			p.Clock.Advance(time.Minute)
			return p.SignIn(p.id, respond.Page).Get(p.resume)
		}, 303, "7000001"},
		{"a quarter of an hour later", func(t *testing.T, p *pausing) *settingstest.Answer {
			p.Clock.Advance(15 * time.Minute)
			p.signInAgain(t, p.client, p.id)
			return p.client.Get(p.resume)
		}, 303, "7000001"},
		{"the browser only fetches ahead", func(t *testing.T, p *pausing) *settingstest.Answer {
			p.Clock.Advance(time.Minute)
			p.signInAgain(t, p.client, p.id)
			p.client.Header.Set("Sec-Purpose", "prefetch;prerender")
			defer p.client.Header.Del("Sec-Purpose")
			return p.client.Get(p.resume)
		}, 303, ""},
		{"HEAD", func(t *testing.T, p *pausing) *settingstest.Answer {
			p.Clock.Advance(time.Minute)
			p.signInAgain(t, p.client, p.id)
			return p.client.Do(http.MethodHead, p.resume, "", "")
		}, 405, ""},
		{"without a session", func(t *testing.T, p *pausing) *settingstest.Answer {
			return p.Anonymous(respond.Page).Get(p.resume)
		}, 303, ""},
		{"a submit in between has ended it", func(t *testing.T, p *pausing) *settingstest.Answer {
			p.Clock.Advance(time.Minute)
			p.signInAgain(t, p.client, p.id)
			f := p.client.Read(p.flow.ID).Flow
			a := p.client.Submit(f, settingstest.Fields{"method": "password", "password": "short"})
			require.Equal(t, 303, a.Status)
			return p.client.Get(p.resume)
		}, 303, "password:4000032"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pauseOne(t, respond.Page)
			a := c.attempt(t, p)
			assert.Equal(t, c.status, a.Status, a)
			assert.True(t, p.PasswordIs(p.id, pauseOld), "the password is the old one")
			var want []string
			if c.message != "" {
				want = []string{c.message}
			}
			p.signInAgain(t, p.client, p.id)
			assert.Equal(t, want, p.messages(p.client))
		})
	}
}

func TestAnotherIdentityCannotTakeUpAPausedChange(t *testing.T) {
	p := pauseOne(t, respond.Page)
	eve := p.AddIdentity("eve@example.com", "the password of eve")
	p.Clock.Advance(time.Minute)
	p.signInAgain(t, p.client, eve)

	a := p.client.Get(p.resume)
	assert.Equal(t, "security_identity_mismatch", a.Failure().ID)
	assert.Equal(t, 403, a.Failure().Code)
	assert.True(t, p.PasswordIs(p.id, pauseOld))
	assert.True(t, p.PasswordIs(eve, "the password of eve"))
}

func TestAPausedChangeEndsWithACredentialChangeElsewhere(t *testing.T) {
	p := pauseOne(t, respond.Page)
	p.Clock.Advance(time.Minute)
	phone := p.SignIn(p.id, respond.API)
	require.Equal(t, 200, phone.Submit(phone.Start(), settingstest.Fields{"method": "password", "password": "set by the phone"}).Status)
	p.signInAgain(t, p.client, p.id) // with a new session: the old one ended

	a := p.client.Get(p.resume)
	assert.Equal(t, "self_service_flow_expired", a.Failure().ID)
	assert.Equal(t, 410, a.Failure().Code)
	assert.True(t, p.PasswordIs(p.id, "set by the phone"))
}

func TestTheLastOfTwoPausedChangesCounts(t *testing.T) {
	p := pauseOne(t, respond.Page)
	p.submit(t, "the second thought of ada")
	p.Clock.Advance(time.Minute)
	p.signInAgain(t, p.client, p.id)
	require.Equal(t, 303, p.client.Get(p.resume).Status)
	assert.True(t, p.PasswordIs(p.id, "the second thought of ada"))
}

func TestTwoTabsTakeUpAPausedChangeOnce(t *testing.T) {
	p := pauseOne(t, respond.Page)
	p.Clock.Advance(time.Minute)
	p.signInAgain(t, p.client, p.id)
	before := p.Identity(p.id).Version
	var tabs sync.WaitGroup
	for range 8 {
		tab := p.client.Copy()
		tabs.Go(func() {
			a := tab.Get(p.resume)
			assert.Equal(t, 303, a.Status)
		})
	}
	tabs.Wait()
	assert.True(t, p.PasswordIs(p.id, pauseNew))
	assert.Equal(t, before+1, p.Identity(p.id).Version, "one write")
}

// What was refused for its fields says so when the browser comes back, and not
// before: who is not freshly signed in learns nothing about it.
func TestAPausedChangeIsJudgedWhenItIsTakenUp(t *testing.T) {
	p := pauseOne(t, respond.Page)
	p.submit(t, "short")
	assert.Empty(t, p.messages(p.client))
	p.Clock.Advance(time.Minute)
	p.signInAgain(t, p.client, p.id)
	require.Equal(t, 303, p.client.Get(p.resume).Status)
	assert.Equal(t, []string{"password:4000032"}, p.messages(p.client))
	assert.True(t, p.PasswordIs(p.id, pauseOld))
}

// The login in between issues a session of its own where the first one has run
// out: it is another session, so the change is not taken up.
func TestAPausedChangeDoesNotOutliveItsSession(t *testing.T) {
	p := pauseOne(t, respond.Page, func(c *settings.Config) { c.SessionLifespan = 16 * time.Minute })
	p.Clock.Advance(5 * time.Minute)
	p.signInAgain(t, p.client, p.id)
	require.Equal(t, 303, p.client.Get(p.resume).Status)
	assert.Equal(t, []string{"7000001"}, p.messages(p.client))
	assert.True(t, p.PasswordIs(p.id, pauseOld))
}

func TestAPausedChangeThatIsTooLargeToKeepIsOnlyRefused(t *testing.T) {
	p := pauseOne(t, respond.Script)
	a := p.client.Submit(p.flow, settingstest.Fields{
		"method": "password", "password": pauseNew, "transient_payload": map[string]any{"x": strings.Repeat("y", 20<<10)},
	})
	assert.Equal(t, 403, a.Status)
	assert.Equal(t, "session_refresh_required", a.Error.ID)
}
