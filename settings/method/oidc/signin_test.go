package oidc_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

func TestALinkedLoginSignsItsOwnerIn(t *testing.T) {
	l := newLogin(t)
	assert.Equal(t, []method.Site{{ID: "one", Label: "The one"}}, l.Handler.Service.Sites())
	// Grace has the address that the provider tells of Ada: it says nothing.
	l.AddIdentity("ada-there@provider.example", "the horse of grace")
	c := l.stranger()
	away := l.leave(c, "one", "return_to="+url.QueryEscape(back)+"&aal=aal2")
	assert.Empty(t, query(t, away).Get("prompt"))
	assert.Empty(t, query(t, away).Get("max_age"))
	assert.Equal(t, settingstest.PublicURL+"/self-service/methods/oidc/callback/one", query(t, away).Get("redirect_uri"))
	l.come(c, l.op.signIn(away, "ada-there"))
	require.NoError(t, l.err)
	assert.False(t, l.came.Unknown())
	assert.False(t, l.came.NotRefreshed)
	assert.Equal(t, method.SignInAsked{ReturnTo: back, AAL2: true}, l.came.Asked)
	now, has := l.current(c)
	require.True(t, has)
	assert.Equal(t, l.ada, now.Identity.ID)
	assert.Equal(t, l.came.Session.ID, now.Session.ID)
	assert.Equal(t, []aal.Method{aal.OIDC}, now.Session.Completed())
	for _, cookie := range c.Jar.Cookies(&url.URL{Scheme: "https", Host: "app.example.com", Path: "/"}) {
		assert.NotContains(t, cookie.Name, "signin", "what was begun is over")
	}
}

// A provider's own second factors count for nothing: the op says "mfa".
// A form tells when a login was linked and last used, and a row is written for it once a
// day at most. That it cannot be written keeps nobody out.
func TestTheLastUseOfALinkedLoginIsNoted(t *testing.T) {
	for name, c := range map[string]struct {
		config func(*settings.Config)
		told   any
	}{
		"documented": {func(*settings.Config) {}, "2030-01-04T13:00:00Z"},
		"kratos":     {func(c *settings.Config) { c.Behaviour = settings.LikeKratos() }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoginWith(t, c.config)
			l.Clock.Advance(48 * time.Hour)
			require.NoError(t, l.goThrough(l.stranger(), "ada-there", ""))
			first := l.Identity(l.ada)
			assert.Equal(t, l.Clock.Now(), first.State.Factors[aal.OIDC].Credentials[0].LastUsedAt)
			l.Clock.Advance(time.Hour)
			require.NoError(t, l.goThrough(l.stranger(), "ada-there", ""))
			assert.Equal(t, first.Version, l.Identity(l.ada).Version, "the same day")

			l.Edit(l.ada, func(i *identity.Identity) { i.State.Factors[aal.OIDC].Credentials[0].LastUsedAt = l.Clock.Now() })
			api := l.SignIn(l.ada, respond.API)
			nodes := api.Start().UI.Nodes
			n := slices.IndexFunc(nodes, func(n settingstest.Node) bool { return n.Attributes["name"] == "unlink" })
			require.GreaterOrEqual(t, n, 0)
			label := nodes[n].Meta.Label
			assert.Equal(t, c.told, label.Context["last_used_at"])
			assert.Equal(t, c.told == nil, label.Context["added_at"] == nil)
		})
	}
}

func TestALinkedLoginIsOneFactor(t *testing.T) {
	l := newLogin(t)
	l.AddFactor(l.ada, aal.TOTP)
	c := l.stranger()
	require.NoError(t, l.goThrough(c, "ada-there", ""))
	now, _ := l.current(c)
	assert.Equal(t, aal.AAL1, now.Level())
	assert.False(t, now.Suffices())
	assert.Contains(t, now.Missing(), aal.TOTP)
}

func TestALoginThatNobodyHasLinked(t *testing.T) {
	l := newLogin(t)
	was := l.Snapshot(l.ada)
	c := l.stranger()
	l.op.claims = func(c map[string]any) { c["email"], c["email_verified"] = "ada@example.com", true }
	require.NoError(t, l.goThrough(c, "new-there", "return_to="+url.QueryEscape(back)))
	assert.True(t, l.came.Unknown(), "Ada's address makes nobody Ada")
	_, has := l.current(c)
	assert.False(t, has)
	assert.Equal(t, was, l.Snapshot(l.ada))
	who := l.came.Login
	assert.Equal(t, method.Site{ID: "one", Label: "The one"}, who.Site)
	assert.Equal(t, l.op.URL, who.Issuer)
	assert.Equal(t, "new-there", who.Subject)
	assert.Equal(t, "ada@example.com", who.Name)
	assert.Contains(t, string(who.Claims), `"email_verified":true`)
	assert.Equal(t, back, l.came.Asked.ReturnTo)

	// The host registers an account for it.
	id := l.AddIdentity("new@example.com", "")
	l.Edit(id, func(i *identity.Identity) {
		i.Keys = append(i.Keys, who.Key)
		i.State.Factors = map[aal.Method]identity.Factor{aal.OIDC: {Serial: 1, Credentials: []identity.Credential{who.Credential}}}
	})
	require.NoError(t, l.goThrough(c, "new-there", ""))
	assert.Equal(t, id, l.came.Session.IdentityID)

	// Somebody who is signed in stays who they are.
	ada := l.SignIn(l.ada, respond.Page)
	require.NoError(t, l.goThrough(ada, "other-there", ""))
	now, _ := l.current(ada)
	assert.True(t, l.came.Unknown())
	assert.Equal(t, l.ada, now.Identity.ID)
}

func TestSignInsThatTheProviderDoesNotConfirm(t *testing.T) {
	broken := answering("/token", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	for name, row := range map[string]struct {
		fault  func(*op)
		answer func(url.Values)
		err    error
	}{
		"its user went back":            {nil, func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }, settings.ErrCancelled},
		"another failure":               {nil, func(q url.Values) { q.Set("error", "server_error") }, settings.ErrWrong},
		"no code":                       {nil, func(q url.Values) { q.Del("code") }, settings.ErrWrong},
		"the code of somebody else":     {nil, setting("code", "x"), settings.ErrWrong},
		"another issuer":                {nil, setting("iss", "http://other.example"), settings.ErrWrong},
		"an issuer that is missing":     {describing("authorization_response_iss_parameter_supported", true), nil, settings.ErrWrong},
		"an ID token of another nonce":  {claiming("nonce", "x"), nil, settings.ErrWrong},
		"an ID token of another client": {claiming("aud", "x"), nil, settings.ErrWrong},
		"an ID token of another issuer": {claiming("iss", "http://other.example"), nil, settings.ErrWrong},
		"it does not answer":            {broken, nil, settings.ErrBusy},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLogin(t)
			if row.fault != nil {
				row.fault(l.op)
			}
			c := l.stranger()
			callback := l.op.signIn(l.leave(c, "one", "return_to="+url.QueryEscape(back)), "ada-there")
			if row.answer != nil {
				callback = with(t, callback, row.answer)
			}
			l.come(c, callback)
			require.ErrorIs(t, l.err, row.err)
			assert.Equal(t, row.err == settings.ErrCancelled, errors.Is(l.err, settings.ErrCancelled))
			assert.NotContains(t, l.err.Error(), clientSecret)
			assert.Equal(t, back, l.came.Asked.ReturnTo, "the page can be shown again")
			_, has := l.current(c)
			assert.False(t, has)
		})
	}
	t.Run("it cannot be asked where it is", func(t *testing.T) {
		l := newLogin(t)
		describing("issuer", "http://other.example")(l.op)
		c := l.stranger()
		c.Post(settingstest.LoginURL, "application/x-www-form-urlencoded", "site=one")
		require.ErrorIs(t, l.err, settings.ErrBusy)
		c.Post(settingstest.LoginURL, "application/x-www-form-urlencoded", "site=nobody")
		require.ErrorIs(t, l.err, settings.ErrWrong)
	})
}

func TestWhomALinkedLoginDoesNotSignIn(t *testing.T) {
	refusal := errors.New("not from there")
	unlinking := &unlinkingSessions{}
	for name, row := range map[string]struct {
		config func(*settings.Config)
		before func(l *loginFixture)
		err    error
	}{
		"somebody who is blocked": {nil, func(l *loginFixture) { require.NoError(t, l.Store.SetActive(t.Context(), l.ada, false)) }, settings.ErrWrong},
		"whom the host refuses": {func(c *settings.Config) {
			c.BeforeVerify = func(_ context.Context, try settings.Try) error {
				assert.Equal(t, aal.OIDC, try.Method)
				return refusal
			}
		}, func(*loginFixture) {}, refusal},
		"whose login is taken away at that moment": {func(c *settings.Config) {
			unlinking.SessionStore = c.Sessions
			c.Sessions = unlinking
		}, func(l *loginFixture) { unlinking.unlink = func() { l.Edit(l.ada, unlinkAll) } }, settings.ErrWrong},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoginWith(t, row.config)
			row.before(l)
			c := l.stranger()
			require.ErrorIs(t, l.goThrough(c, "ada-there", ""), row.err)
			_, has := l.current(c)
			assert.False(t, has)
			sessions, err := l.Store.ListSessions(t.Context(), l.ada)
			require.NoError(t, err)
			assert.Empty(t, sessions)
		})
	}
}

func unlinkAll(i *identity.Identity) {
	i.State.Factors, i.Keys = nil, i.Keys[:1]
	i.State.Generation++
}

// unlinkingSessions takes the login away while the session is made.
type unlinkingSessions struct {
	store.SessionStore
	unlink func()
}

func (u *unlinkingSessions) CreateSession(ctx context.Context, s session.Session) error {
	u.unlink()
	return u.SessionStore.CreateSession(ctx, s)
}

func TestWhereASignInLeads(t *testing.T) {
	for name, row := range map[string]struct{ asked, leads string }{
		"nowhere":                    {"", ""},
		"a page that is allowed":     {back, back},
		"a page of this origin":      {settingstest.PublicURL + "/self-service/settings?flow=x", settingstest.PublicURL + "/self-service/settings?flow=x"},
		"another site":               {"https://evil.example/", ""},
		"another site by slashes":    {"//evil.example/", ""},
		"a script":                   {"javascript:alert(1)", ""},
		"more than fits in a cookie": {back + "?" + strings.Repeat("x", 1200), ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLogin(t)
			require.NoError(t, l.goThrough(l.stranger(), "ada-there", "return_to="+url.QueryEscape(row.asked)))
			assert.Equal(t, row.leads, l.came.Asked.ReturnTo)
		})
	}
}

func TestABrowserKeepsFourSignInsThatItHasBegun(t *testing.T) {
	l := newLogin(t)
	c := l.stranger()
	var callbacks []string
	for range 5 {
		callbacks = append(callbacks, l.op.signIn(l.leave(c, "one", ""), "nobody-there"))
	}
	l.come(c, callbacks[0])
	require.ErrorIs(t, l.err, settings.ErrNotBegun)
	for _, callback := range callbacks[1:] {
		l.come(c, callback)
		require.NoError(t, l.err)
	}
}
