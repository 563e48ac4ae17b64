package settings_test

import (
	"context"
	"fmt"
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
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method/password"
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
	c.SignInAs(id)
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
			assert.Equal(t, []string{"1050001", "7000014"}, p.messages(p.client), "and it is said what was made")
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

// What is not good any more when the browser comes back is refused then.
func TestAPausedChangeIsJudgedWhenItIsTakenUp(t *testing.T) {
	p := pauseOne(t, respond.Page)
	p.Edit(p.id, func(i *identity.Identity) {
		i.Keys = append(i.Keys, identity.Key{Kind: identity.Identifier, Value: pauseNew[2:]})
	})
	assert.Empty(t, p.messages(p.client))
	p.Clock.Advance(time.Minute)
	p.signInAgain(t, p.client, p.id)
	require.Equal(t, 303, p.client.Get(p.resume).Status)
	assert.Equal(t, []string{"password:4000031"}, p.messages(p.client))
	assert.True(t, p.PasswordIs(p.id, pauseOld))
}

// everyOf is what each kind of client is answered.
func everyOf(json, page string) map[respond.Client]string {
	return map[respond.Client]string{respond.API: json, respond.Script: json, respond.Page: page}
}

// nobodyAsks is a corpus of breached passwords that is not asked.
type nobodyAsks struct{ t *testing.T }

func (nobodyAsks) Check() error { return nil }

func (n nobodyAsks) Breached(context.Context, string) (bool, error) {
	n.t.Error("the corpus was asked")
	return false, nil
}

// Nobody signs in again to hear that a password is too short. Whoever holds a session
// that signed in long ago learns of the password what its rule is, and nothing else.
func TestWhatNeedsNoSecretIsJudgedBeforeASignInIsAskedFor(t *testing.T) {
	refreshes := everyOf("403 session_refresh_required", "303 REFRESH")
	refused := func(message string) map[respond.Client]string { return everyOf("400 "+message, "303 UI ⇒ "+message) }
	for _, c := range []struct {
		name, typed string
		current     any // nil: it is not asked for
		like        func() settings.Behaviour
		want        map[respond.Client]string
	}{
		{"too short", "short", nil, settings.Strict, refused("password:4000032")},
		{"too short, as Kratos answers", "short", nil, settings.LikeKratos, refreshes},
		{"the identifier", "ada@example.com", nil, settings.Strict, refused("password:4000031")},
		{"nothing", "", nil, settings.Strict, refused("password:4000002")},
		{"no current password", pauseNew, "", settings.Strict, refused("current_password:4000002")},
		{"a wrong current one", pauseNew, "a guess at the password", settings.Strict, refreshes},
		{"too short, where the current one is compared first", "short", pauseOld, settings.Strict, refreshes},
		{"the present one", pauseOld, nil, settings.Strict, refreshes},
		{"one that a look-up might know", pauseNew, nil, settings.Strict, refreshes},
	} {
		for kind, want := range c.want {
			t.Run(fmt.Sprint(c.name, "/", kind), func(t *testing.T) {
				kit := settingstest.New(t, func(config *settings.Config) {
					config.Behaviour = c.like()
					config.Methods = []settings.Method{password.New(password.Config{Writer: settingstest.FastHash(), RequireCurrentPassword: c.current != nil, Breaches: nobodyAsks{t}})}
				})
				ada := kit.AddIdentity("ada@example.com", pauseOld)
				client := kit.SignIn(ada, kind)
				kit.Clock.Advance(15*time.Minute + 1)
				before := kit.Snapshot(ada)
				fields := settingstest.Fields{"method": "password", "password": c.typed}
				if c.current != nil {
					fields["current_password"] = c.current
				}
				assert.Equal(t, want, client.Submit(client.Start(), fields).Brief())
				assert.Equal(t, before, kit.Snapshot(ada), "nothing is counted")
			})
		}
	}
}

// The login in between issues a session of its own where the first one has run
// out. The change is of the browser and of the identity, so it goes on.
func TestAPausedChangeOutlivesItsSession(t *testing.T) {
	p := pauseOne(t, respond.Page, func(c *settings.Config) { c.SessionLifespan = 16 * time.Minute })
	p.Clock.Advance(5 * time.Minute)
	require.Equal(t, 401, p.client.Whoami().Status)
	p.signInAgain(t, p.client, p.id)
	require.Equal(t, 303, p.client.Get(p.resume).Status)
	assert.True(t, p.PasswordIs(p.id, pauseNew))
}

// A change that somebody paused who held the session for a moment is not made by the
// sign-in of its owner: it belongs to the browser that typed it.
func TestAPauseBelongsToItsBrowser(t *testing.T) {
	const stolen = "the password that a thief wants"
	for _, c := range []struct {
		name string
		back func(t *testing.T, p *pausing, owner *settingstest.Client) *settingstest.Answer
	}{
		{"the owner comes back from the login", func(_ *testing.T, p *pausing, owner *settingstest.Client) *settingstest.Answer {
			return owner.Get(p.resume)
		}},
		{"the thief planted a cookie of that name", func(t *testing.T, p *pausing, owner *settingstest.Client) *settingstest.Answer {
			u, err := url.Parse(settingstest.PublicURL)
			require.NoError(t, err)
			owner.Jar.SetCookies(u, []*http.Cookie{{Name: "__Host-amend_pause_" + p.flow.ID[:8], Value: p.flow.ID + ".x", Path: "/", Secure: true}})
			return owner.Get(p.resume)
		}},
		{"the thief comes back, with the session as it was", func(_ *testing.T, p *pausing, _ *settingstest.Client) *settingstest.Answer {
			return p.client.Get(p.resume)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			kit := settingstest.New(t)
			p := &pausing{Kit: kit, id: kit.AddIdentity("ada@example.com", pauseOld)}
			owner := kit.SignIn(p.id, respond.Page)
			kit.Clock.Advance(15*time.Minute + 1)
			p.client = owner.Copy() // the thief
			p.flow = p.client.Start()
			p.resume = p.submit(t, stolen)
			kit.Clock.Advance(time.Minute)
			p.signInAgain(t, owner, p.id)
			a := c.back(t, p, owner)
			assert.Equal(t, 303, a.Status)
			assert.True(t, p.PasswordIs(p.id, pauseOld))
			if f := owner.Read(p.flow.ID).Flow; strings.Contains(a.Location, "/settings?flow=") {
				assert.Equal(t, []string{"7000001"}, f.Messages(), "the owner is told to finish it, or to leave it")
			}
		})
	}
}

// What a browser fetches for a page, and what looks ahead, takes nothing up; a person
// who comes back does, also from a provider on another site.
func TestWhoTakesAPausedChangeUp(t *testing.T) {
	for _, c := range []struct {
		name              string
		kind              respond.Client
		dest, site, ahead string
		taken             bool
	}{
		{"a link, a redirect of the login page", respond.Page, "document", "same-origin", "", true},
		{"a redirect of a login page on another host", respond.Page, "document", "same-site", "", true},
		{"a sign-in at a provider", respond.Page, "document", "cross-site", "", true},
		{"a browser that does not say", respond.Page, "", "", "", true},
		{"a script of a page of ours", respond.Script, "empty", "same-origin", "", true},
		{"a script of a page on another host", respond.Script, "empty", "same-site", "", false},
		{"a script of another site", respond.Script, "empty", "cross-site", "", false},
		{"a script that hides where it is", respond.Script, "empty", "", "", false},
		{"an image", respond.Page, "image", "same-origin", "", false},
		{"an image of another site", respond.Page, "image", "cross-site", "", false},
		{"a frame", respond.Page, "iframe", "same-origin", "", false},
		{"a look ahead", respond.Page, "document", "none", "prefetch", false},
		{"a page rendered ahead", respond.Page, "document", "same-origin", "prefetch;prerender", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pauseOne(t, c.kind)
			p.Clock.Advance(time.Minute)
			p.signInAgain(t, p.client, p.id)
			for name, value := range map[string]string{"Sec-Fetch-Dest": c.dest, "Sec-Fetch-Site": c.site, "Sec-Purpose": c.ahead} {
				p.client.Header[name] = nil
				if value != "" {
					p.client.Header.Set(name, value)
				}
			}
			a := p.client.Get(p.resume)
			assert.Less(t, a.Status, 400)
			assert.Equal(t, c.taken, p.PasswordIs(p.id, pauseNew))
			p.client.Header = http.Header{}
			if !c.taken {
				assert.Less(t, p.client.Get(p.resume).Status, 400)
				assert.True(t, p.PasswordIs(p.id, pauseNew), "it still waits for who may")
			}
		})
	}
}

func TestTwoFlowsPauseAChangeEach(t *testing.T) {
	p := pauseOne(t, respond.Page)
	first, resume := p.flow, p.resume
	p.flow = p.client.Start() // another tab
	p.submit(t, "the second thought of ada")
	p.Clock.Advance(time.Minute)
	p.signInAgain(t, p.client, p.id)
	require.Equal(t, 303, p.client.Get(resume).Status)
	assert.True(t, p.PasswordIs(p.id, pauseNew), "each tab takes up its own")
	assert.Equal(t, []string{"1050001", "7000014"}, p.client.Read(first.ID).Flow.Messages())
}

func TestABrowserKeepsFourPauses(t *testing.T) {
	p := pauseOne(t, respond.Page)
	for range 6 {
		p.flow = p.client.Start()
		p.submit(t, pauseNew)
	}
	u, err := url.Parse(settingstest.PublicURL)
	require.NoError(t, err)
	var pauses []string
	for _, k := range p.client.Jar.Cookies(u) {
		if strings.HasPrefix(k.Name, "__Host-amend_pause_") {
			pauses = append(pauses, k.Name)
		}
	}
	assert.Len(t, pauses, 4)
	assert.Contains(t, pauses, "__Host-amend_pause_"+p.flow.ID[:8], "the newest is among them")
}

// A login page of this process can say what the sign-in will do.
func TestWaiting(t *testing.T) {
	p := pauseOne(t, respond.Page)
	u, err := url.Parse(settingstest.PublicURL)
	require.NoError(t, err)
	at := func(c *settingstest.Client) (settings.Waiting, bool) {
		r := httptest.NewRequest("GET", settingstest.LoginURL, nil)
		for _, k := range c.Jar.Cookies(u) {
			r.AddCookie(k)
		}
		return p.Handler.Service.Waiting(r)
	}
	w, ok := at(p.client)
	require.True(t, ok)
	assert.Equal(t, settings.Waiting{FlowID: p.flow.ID, IdentityID: p.id, Method: "password", Since: p.Clock.Now()}, w)
	_, ok = at(p.SignIn(p.id, respond.Page))
	assert.False(t, ok, "another browser of the same user")
	p.Clock.Advance(time.Minute)
	p.signInAgain(t, p.client, p.id)
	p.client.Get(p.resume)
	_, ok = at(p.client)
	assert.False(t, ok, "it is made")
}

// A removal that was paused is not made by coming back: what goes is asked again.
func TestAPausedRemovalAsksAgain(t *testing.T) {
	kit := settingstest.New(t, offering(fakeMethod{edit: func(i *identity.Identity) error {
		i.State.Factors[aal.OIDC] = identity.Factor{Serial: 2}
		return nil
	}}))
	id := kit.AddIdentity("ada@example.com", pauseOld)
	kit.AddFactor(id, aal.OIDC)
	c := kit.SignIn(id, respond.Page)
	kit.Clock.Advance(16 * time.Minute)
	f := c.Start()
	require.Equal(t, 303, c.Submit(f, toTest).Status)
	c.SignInAs(id)
	kit.Clock.Advance(-time.Nanosecond)
	kit.Clock.Advance(time.Minute)
	c.SignInAs(id)
	require.Equal(t, 303, c.Get("/self-service/settings?flow="+f.ID).Status)
	assert.Len(t, kit.Identity(id).State.Factors[aal.OIDC].Credentials, 1, "it is there")
	again := c.Read(f.ID).Flow
	assert.Equal(t, []string{"7000015"}, again.Messages())
	wantSaved(t, c, c.Submit(again, toTest))
	assert.Empty(t, kit.Identity(id).State.Factors[aal.OIDC].Credentials)
}

func TestAPausedChangeThatIsTooLargeToKeepIsOnlyRefused(t *testing.T) {
	p := pauseOne(t, respond.Script)
	a := p.client.Submit(p.flow, settingstest.Fields{
		"method": "password", "password": pauseNew, "transient_payload": map[string]any{"x": strings.Repeat("y", 20<<10)},
	})
	assert.Equal(t, 403, a.Status)
	assert.Equal(t, "session_refresh_required", a.Error.ID)
}
