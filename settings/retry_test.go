package settings_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
)

const (
	oldPassword = "correct horse battery staple"
	newPassword = "seven clouds over lisbon"
)

var toNewPassword = settingstest.Fields{"method": "password", "password": newPassword}

// told collects the events that After hooks get.
type told struct {
	mu     sync.Mutex
	events []settings.Event
}

func (l *told) hook(c *settings.Config) {
	c.After = append(c.After, func(_ context.Context, e settings.Event) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.events = append(l.events, e)
	})
}

func (l *told) all() []settings.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]settings.Event(nil), l.events...)
}

// changes are the ids of the changes told of, each once, in order.
func (l *told) changes() []string {
	var ids []string
	seen := map[string]bool{}
	for _, e := range l.all() {
		if !seen[e.ID] {
			seen[e.ID] = true
			ids = append(ids, e.ID)
		}
	}
	return ids
}

func TestADoubleClickInTurnIsOneChange(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		var events told
		kit := settingstest.New(t, mode, events.hook)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		first := kit.SignIn(ada, kind)
		before, f := heldToken(t, first), first.Start()
		second := first.Copy()

		token := wantSaved(t, first, first.Submit(f, toNewPassword))
		require.NotEqual(t, before, token, "a credential change rotates the token")
		after := kit.Identity(ada)

		again := wantSaved(t, second, second.Submit(f, toNewPassword))
		assert.Equal(t, token, again, "the second click gets the first one's token")
		assert.Equal(t, after, kit.Identity(ada), "nothing is written a second time: version, hash, generation")
		assert.Len(t, events.all(), 1)
		assert.Equal(t, http.StatusOK, first.Whoami().Status)
		assert.Equal(t, http.StatusOK, second.Whoami().Status)
	})
}

func TestADoubleClickAtOnceIsOneChange(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for range 20 {
			var events told
			kit := settingstest.New(t, mode, events.hook)
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			clicks := []*settingstest.Client{kit.SignIn(ada, kind)}
			f := clicks[0].Start()
			clicks = append(clicks, clicks[0].Copy())

			answers := make([]*settingstest.Answer, len(clicks))
			var both sync.WaitGroup
			for i, c := range clicks {
				both.Go(func() { answers[i] = c.Submit(f, toNewPassword) })
			}
			both.Wait()

			token := wantSaved(t, clicks[0], answers[0])
			assert.Equal(t, token, wantSaved(t, clicks[1], answers[1]), "both get the same new token")
			assert.Len(t, events.all(), 1)
			assert.EqualValues(t, 1, kit.Identity(ada).State.Generation)
			assert.True(t, kit.PasswordIs(ada, newPassword))
		}
	})
}

func TestALostAnswerIsMadeGoodByTheSameRequest(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		var events told
		kit := settingstest.New(t, mode, events.hook)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, kind)
		f := c.Start()
		lost := c.Copy()
		token := wantSaved(t, lost, lost.Submit(f, toNewPassword))
		after := kit.Identity(ada)

		kit.Clock.Advance(time.Minute)
		assert.Equal(t, token, wantSaved(t, c, c.Submit(f, toNewPassword)))
		assert.Equal(t, after, kit.Identity(ada))
		assert.Len(t, events.all(), 1)

		assert.Equal(t, token, heldToken(t, c), "the client goes on with it")
		assert.Equal(t, http.StatusOK, c.Whoami().Status)
		shown := c.Read(f.ID)
		require.Equal(t, http.StatusOK, shown.Status, "%v", shown)
		assert.Equal(t, "success", shown.Flow.State)
		assert.Equal(t, []string{"1050001"}, shown.Flow.Messages())
	})
}

func TestARetryNeedsNoNewSignIn(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode)
		c := kit.SignIn(kit.AddIdentity("ada@example.com", oldPassword), kind)
		kit.Clock.Advance(14*time.Minute + 30*time.Second)
		f := c.Start()
		lost := c.Copy()
		token := wantSaved(t, lost, lost.Submit(f, toNewPassword))

		kit.Clock.Advance(time.Minute) // the sign-in is too old for a change now
		assert.Equal(t, token, wantSaved(t, c, c.Submit(f, toNewPassword)), "it changes nothing, so it needs nothing")
	})
}

func TestASupersededTokenOpensNothingElse(t *testing.T) {
	type scene struct {
		*settingstest.Client
		f, other *settingstest.Flow
	}
	const submitPath = "/self-service/settings?flow="
	rows := []struct {
		name string
		do   func(s scene) *settingstest.Answer
		json bool // even a page is answered in JSON
	}{
		{"whoami", func(s scene) *settingstest.Answer { return s.Whoami() }, true},
		{"the list of sessions", func(s scene) *settingstest.Answer { return s.Get("/sessions") }, true},
		{"ending the other sessions", func(s scene) *settingstest.Answer { return s.Do("DELETE", "/sessions", "", "") }, true},
		{"ending one session", func(s scene) *settingstest.Answer { return s.Do("DELETE", "/sessions/"+s.f.ID, "", "") }, true},
		{"reading the flow", func(s scene) *settingstest.Answer { return s.Read(s.f.ID) }, true},
		{"reading another flow", func(s scene) *settingstest.Answer { return s.Read(s.other.ID) }, true},
		{"starting a flow", func(s scene) *settingstest.Answer {
			return s.Get("/self-service/settings/" + map[bool]string{true: "api", false: "browser"}[s.Kind == respond.API])
		}, false},
		{"resuming the flow", func(s scene) *settingstest.Answer { return s.Get(submitPath + s.f.ID) }, false},
		{"the same submit to another flow", func(s scene) *settingstest.Answer { return s.Submit(s.other, toNewPassword) }, false},
		{"another password", func(s scene) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"method": "password", "password": "a password of the thief"})
		}, false},
		{"the old password", func(s scene) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"method": "password", "password": oldPassword})
		}, false},
		{"a password that the policy refuses", func(s scene) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"method": "password", "password": "short"})
		}, false},
		{"no password", func(s scene) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"method": "password"})
		}, false},
		{"another method", func(s scene) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"method": "test"})
		}, false},
		{"another method that has nothing to do", func(s scene) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"method": "idle"})
		}, false},
		{"a method that is not offered", func(s scene) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"method": "totp"})
		}, false},
		{"no method", func(s scene) *settingstest.Answer {
			return s.Submit(s.f, settingstest.Fields{"password": newPassword})
		}, false},
		{"a body that is no JSON", func(s scene) *settingstest.Answer {
			return s.Post(submitPath+s.f.ID, "application/json", `{"method":"password",`)
		}, false},
		{"a body of another media type", func(s scene) *settingstest.Answer {
			return s.Post(submitPath+s.f.ID, "text/plain", "method=password")
		}, false},
		{"a body that is too large", func(s scene) *settingstest.Answer {
			return s.Post(submitPath+s.f.ID, "application/json", `{"method":"`+strings.Repeat("x", 70_000)+`"}`)
		}, false},
		{"a forged request", func(s scene) *settingstest.Answer {
			s.Header = http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}
			return s.Submit(s.f, toNewPassword)
		}, false},
	}
	idle := puppet{name: "idle", do: func(context.Context, settings.View) (settings.Result, error) { return settings.Unchanged{}, nil }}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				kit, stores := tapKit(t, mode, offering(puppet{edit: settingTraits(`{"email":"thief@example.com"}`)}, idle))
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				c := kit.SignIn(ada, kind)
				s := scene{c.Copy(), c.Start(), c.Start()}
				token := wantSaved(t, c, c.Submit(s.f, toNewPassword))
				before := snapshot(t, kit, ada)
				stores.forget()

				a := row.do(s)
				if row.json {
					wantNoSession(t, a)
				} else {
					wantRefused(t, s.Client, a, http.StatusUnauthorized, "session_inactive")
				}
				assert.Nil(t, a.Flow)
				assert.Empty(t, stores.written(), "nothing is written, not even a message")
				assert.Equal(t, before, snapshot(t, kit, ada))

				s.Header = http.Header{}
				assert.Equal(t, token, wantSaved(t, s.Client, s.Submit(s.f, toNewPassword)), "it was the superseded token, and still opens the retry")
			})
		}
	})
}

func TestASupersededTokenIsWorthARetryForTwoMinutes(t *testing.T) {
	rows := []struct {
		name  string
		after time.Duration
		ok    bool
	}{
		{"at once", 0, true},
		{"a nanosecond before two minutes", 2*time.Minute - time.Nanosecond, true},
		{"at exactly two minutes", 2 * time.Minute, false},
		{"later", time.Hour - time.Minute, false},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				kit := settingstest.New(t, mode)
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				c := kit.SignIn(ada, kind)
				f := c.Start()
				lost := c.Copy()
				token := wantSaved(t, lost, lost.Submit(f, toNewPassword))
				before := snapshot(t, kit, ada)

				kit.Clock.Advance(row.after)
				a := c.Submit(f, toNewPassword)
				if row.ok {
					assert.Equal(t, token, wantSaved(t, c, a))
				} else {
					wantRefused(t, c, a, http.StatusUnauthorized, "session_inactive")
				}
				assert.Equal(t, before, snapshot(t, kit, ada))
			})
		}
	})
}

func TestWhatEndsASessionEndsItsRetryToo(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for name, end := range map[string]func(kit *settingstest.Kit, id, token string) error{
			"the account is blocked": func(kit *settingstest.Kit, id, _ string) error {
				return kit.Store.SetActive(kit.T.Context(), id, false)
			},
			"all sessions are ended": func(kit *settingstest.Kit, id, _ string) error {
				return kit.Handler.Sessions.RevokeAll(kit.T.Context(), id)
			},
			"the session ends": func(kit *settingstest.Kit, _, token string) error {
				return kit.Handler.Sessions.EndToken(kit.T.Context(), token)
			},
			"its user signs in again": func(kit *settingstest.Kit, _, token string) error {
				_, fresh, err := kit.Handler.Sessions.RenewToken(kit.T.Context(), token)
				kit.Secret("session token", fresh)
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				kit := settingstest.New(t, mode)
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				c := kit.SignIn(ada, kind)
				f := c.Start()
				lost := c.Copy()
				wantSaved(t, lost, lost.Submit(f, toNewPassword))
				require.NoError(t, end(kit, ada, heldToken(t, lost)))

				wantRefused(t, c, c.Submit(f, toNewPassword), http.StatusUnauthorized, "session_inactive")
				wantRefused(t, lost, lost.Submit(f, toNewPassword), http.StatusUnauthorized, "session_inactive")
			})
		}
	})
}

func TestTheSamePasswordWithTheNewTokenIsNoRetry(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, kind)
		f := c.Start()
		wantSaved(t, c, c.Submit(f, toNewPassword))
		before := snapshot(t, kit, ada)

		wantInvalid(t, c, c.Submit(f, toNewPassword), "password:4000039")
		wantInvalid(t, c, c.Submit(c.Start(), toNewPassword), "password:4000039")
		assert.Equal(t, before, snapshot(t, kit, ada))
	})
}

// The rotation of the session is a second write after the one that decides,
// where the stores are apart. Whatever becomes of it, the change is made, and
// its user has a way on.
func TestALostRotationLocksNobodyOut(t *testing.T) {
	down := errors.New("the session store is down")
	rotation := func(c storeCall) bool { return c.Op == "UpdateSession" }
	// ways are what may happen to the update of the session; calls counts them.
	ways := map[string]func(calls int, run func() error) error{
		"the first update fails": func(calls int, run func() error) error {
			if calls == 1 {
				return down
			}
			return run()
		},
		"the answer to the first update is lost": func(calls int, run func() error) error {
			if err := run(); err != nil || calls > 1 {
				return err
			}
			return down
		},
		"every update fails": func(int, func() error) error { return down },
		"the first update fails, the answer to the next is lost": func(calls int, run func() error) error {
			switch calls {
			case 1:
				return down
			case 2:
				return errors.Join(run(), down)
			}
			return run()
		},
	}
	for _, kind := range everyClient {
		for name, way := range ways {
			t.Run(fmt.Sprint(kind, ": ", name), func(t *testing.T) {
				var events told
				kit, stores := tapKit(t, events.hook)
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				c, thief := kit.SignIn(ada, kind), kit.SignIn(ada, respond.API)
				before, f := heldToken(t, c), c.Start()
				lost := c.Copy()

				calls := 0
				stores.handle(func(c storeCall, run func() error) error {
					if !rotation(c) {
						return run()
					}
					calls++
					return way(calls, run)
				})
				token := wantSaved(t, lost, lost.Submit(f, toNewPassword))
				require.Positive(t, calls)
				stores.handle(nil)

				assert.True(t, kit.PasswordIs(ada, newPassword))
				assert.Len(t, events.all(), 1)
				wantNoSession(t, thief.Whoami())
				assert.Equal(t, http.StatusOK, lost.Whoami().Status, "who got the answer is signed in")

				again := wantSaved(t, c, c.Submit(f, toNewPassword))
				if rotated := heldToken(t, lost) != before; rotated {
					assert.Equal(t, token, again, "both hold the same token")
				}
				assert.Equal(t, http.StatusOK, c.Whoami().Status, "who lost it too, after the same request again")
				assert.Len(t, events.all(), 1)
				assert.EqualValues(t, 1, kit.Identity(ada).State.Generation)
			})
		}
	}
}

// If not even a read tells whether the session was rotated, an answer would
// name a token that may be dead. The client is asked to come again, and then
// gets the right one.
func TestARotationThatNobodyCanTellOf(t *testing.T) {
	down := errors.New("the session store is down")
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			var events told
			kit, stores := tapKit(t, events.hook)
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			c := kit.SignIn(ada, kind)
			before, f := heldToken(t, c), c.Start()

			updates := 0
			stores.handle(func(c storeCall, run func() error) error {
				switch {
				case c.Op == "UpdateSession" && updates == 0:
					updates++
					return down
				case c.Op == "UpdateSession":
					updates++
					return errors.Join(run(), down)
				case c.Op == "GetSession" && updates > 1:
					return down
				}
				return run()
			})
			wantRefused(t, c, c.Submit(f, toNewPassword), http.StatusServiceUnavailable, "unavailable")
			require.Equal(t, 2, updates)
			stores.handle(nil)

			assert.NotEqual(t, before, wantSaved(t, c, c.Submit(f, toNewPassword)))
			assert.Equal(t, http.StatusOK, c.Whoami().Status)
			assert.True(t, kit.PasswordIs(ada, newPassword))
			assert.Len(t, events.all(), 1)
		})
	}
}

func TestAfterALostRotationAnotherChangeIsPossible(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			kit, stores := tapKit(t)
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			c := kit.SignIn(ada, kind)
			before, f := heldToken(t, c), c.Start()
			stores.handle(func(c storeCall, run func() error) error {
				if c.Op == "UpdateSession" {
					return errors.New("down")
				}
				return run()
			})
			require.Equal(t, before, wantSaved(t, c, c.Submit(f, toNewPassword)), "the token stays, as it could not be rotated")
			stores.handle(nil)

			wantInvalid(t, c, c.Submit(c.Start(), toNewPassword), "password:4000039") // another flow: no retry
			next := settingstest.Fields{"method": "password", "password": "eleven ducks in a row"}
			token := wantSaved(t, c, c.Submit(f, next))
			assert.NotEqual(t, before, token)
			assert.True(t, kit.PasswordIs(ada, "eleven ducks in a row"))
			assert.Equal(t, http.StatusOK, c.Whoami().Status)
		})
	}
}

// A superseded token opens the retry of the change that superseded it, not of
// a later one that could not rotate.
func TestATokenFromTwoChangesAgoIsNoRetry(t *testing.T) {
	for _, kind := range everyClient {
		t.Run(kind.String(), func(t *testing.T) {
			kit, stores := tapKit(t)
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			c := kit.SignIn(ada, kind)
			f := c.Start()
			oldest := c.Copy()
			wantSaved(t, c, c.Submit(f, settingstest.Fields{"method": "password", "password": "one in between"}))
			stores.handle(func(c storeCall, run func() error) error {
				if c.Op == "UpdateSession" {
					return errors.New("down")
				}
				return run()
			})
			wantSaved(t, c, c.Submit(f, toNewPassword))
			stores.handle(nil)

			wantRefused(t, oldest, oldest.Submit(f, toNewPassword), http.StatusUnauthorized, "session_inactive")
			wantSaved(t, c, c.Submit(f, toNewPassword))
			assert.Equal(t, http.StatusOK, c.Whoami().Status)
		})
	}
}

func TestRetryWithKeepOtherSessions(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, func(c *settings.Config) { c.KeepOtherSessions = true })
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c, phone := kit.SignIn(ada, kind), kit.SignIn(ada, respond.API)
		before, f := heldToken(t, c), c.Start()
		lost := c.Copy()
		token := wantSaved(t, lost, lost.Submit(f, toNewPassword))
		require.NotEqual(t, before, token)
		after := kit.Identity(ada)

		wantNoSession(t, c.Whoami())
		assert.Equal(t, token, wantSaved(t, c, c.Submit(f, toNewPassword)))
		assert.Equal(t, after, kit.Identity(ada))
		assert.Equal(t, http.StatusOK, phone.Whoami().Status)
		wantInvalid(t, c, c.Submit(f, toNewPassword), "password:4000039")
	})
}

// In the retry the current password is the one before: the change is made, so
// it is not the current one any more.
func TestRetryWithTheCurrentPasswordAsked(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, func(c *settings.Config) {
			c.Methods = []settings.Method{password.New(password.Config{Writer: password.InsecureFastHash(), RequireCurrentPassword: true})}
		})
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, kind)
		f := c.Start()
		fields := settingstest.Fields{"method": "password", "password": newPassword, "current_password": oldPassword}
		lost := c.Copy()
		token := wantSaved(t, lost, lost.Submit(f, fields))
		before := snapshot(t, kit, ada)

		for range 15 { // more than there are tries
			again := c.Copy()
			require.Equal(t, token, wantSaved(t, again, again.Submit(f, fields)))
		}
		assert.Equal(t, before, snapshot(t, kit, ada), "no try is left counted")
	})
}
