package settings_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/settingstest"
)

// The SDKs of Kratos do not take a new token from an answer. Like Kratos, an API client
// goes on with the one it has, and its change ends every other session all the same.
func TestLikeKratosAnAPIClientKeepsItsToken(t *testing.T) {
	down := errors.New("the session store is down")
	ways := map[string]func(calls int, run func() error) error{
		"all goes well":                 func(_ int, run func() error) error { return run() },
		"the session cannot be written": func(int, func() error) error { return down },
		"the session cannot be written at first": func(calls int, run func() error) error {
			if calls == 1 {
				return down
			}
			return run()
		},
		"the answer of the session store is lost": func(_ int, run func() error) error { return errors.Join(run(), down) },
	}
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		for name, way := range ways {
			t.Run(name, func(t *testing.T) {
				var events eventLog
				kit, stores := watchedKit(t, mode, events.hook, func(c *settings.Config) { c.Behaviour = settings.LikeKratos() })
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				c, phone, laptop := kit.SignIn(ada, respond.API), kit.SignIn(ada, respond.API), kit.SignIn(ada, respond.Script)
				token, f := c.Token, c.Start()
				calls := 0
				stores.handle(func(call storeCall, run func() error) error {
					if call.Op != "UpdateSession" {
						return run()
					}
					calls++
					return way(calls, run)
				})
				saved := func(a *settingstest.Answer) {
					t.Helper()
					require.Equal(t, http.StatusOK, a.Status, "%v", a)
					assert.Equal(t, []string{"1050001"}, a.Flow.Messages())
					assert.Empty(t, a.Flow.SessionToken)
					assert.Empty(t, a.Flow.ContinueWith, "there is nothing to take")
					assert.Equal(t, token, c.Token)
					assert.Equal(t, http.StatusOK, c.Whoami().Status, "it is signed in with the token it has")
				}
				saved(c.Submit(f, toNewPassword))
				wantNoSession(t, phone.Whoami())
				wantNoSession(t, laptop.Whoami())
				saved(c.Submit(f, toNewPassword)) // again, as the answer was lost
				assert.Len(t, events.all(), 1, "it is one change")
				stores.handle(nil)
				kit.Clock.Advance(session.RetryWindow)
				if name != "the session cannot be written" {
					wantInvalid(t, c, c.Submit(f, toNewPassword), "password:4000039") // it is no retry any more
				}

				saved(c.Submit(f, settingstest.Fields{"method": "password", "password": "eleven ducks in a row"}))
				assert.True(t, kit.PasswordIs(ada, "eleven ducks in a row"))
				assert.Len(t, events.all(), 2)
				again := c.Submit(c.Start(), settingstest.Fields{"method": "password", "password": "eleven ducks in a row"})
				wantInvalid(t, c, again, "password:4000039") // another flow asks for nothing that was made
			})
		}
	})
}

// Two requests of one client at once are one change, whichever comes second.
func TestAKeptTokenAtOnce(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		var events eventLog
		kit := settingstest.New(t, mode, events.hook, func(c *settings.Config) { c.Behaviour = settings.LikeKratos() })
		c := kit.SignIn(kit.AddIdentity("ada@example.com", oldPassword), respond.API)
		f := c.Start()
		answers := make(chan string, 4)
		for range cap(answers) {
			go func() { answers <- fmt.Sprint(c.Copy().Submit(f, toNewPassword).Status) }()
		}
		for range cap(answers) {
			assert.Equal(t, "200", <-answers)
		}
		assert.Len(t, events.all(), 1)
		assert.Equal(t, http.StatusOK, c.Whoami().Status)
	})
}

// A browser takes the cookie that it is sent; and the switch is off unless a host asks
// for it.
func TestWhoGetsANewToken(t *testing.T) {
	rotating := settings.LikeKratos()
	rotating.KeepAPIToken = false
	for name, row := range map[string]struct {
		kind      respond.Client
		behaviour settings.Behaviour
	}{
		"a script, like Kratos":                      {respond.Script, settings.LikeKratos()},
		"a page, like Kratos":                        {respond.Page, settings.LikeKratos()},
		"an API client, strict":                      {respond.API, settings.Strict()},
		"an API client, like Kratos but for the one": {respond.API, rotating},
	} {
		t.Run(name, func(t *testing.T) {
			kit := settingstest.New(t, func(c *settings.Config) { c.Behaviour = row.behaviour })
			c := kit.SignIn(kit.AddIdentity("ada@example.com", oldPassword), row.kind)
			before, old := heldToken(t, c), c.Copy()
			a := c.Submit(c.Start(), toNewPassword)
			assert.NotEqual(t, before, heldToken(t, c))
			if row.kind == respond.API {
				require.Len(t, a.Flow.ContinueWith, 1)
				assert.Equal(t, "set_ory_session_token", a.Flow.ContinueWith[0].Action)
			}
			assert.Equal(t, http.StatusOK, c.Whoami().Status)
			wantNoSession(t, old.Whoami())
		})
	}
}
