package settings_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
)

func askingCurrent(c *settings.Config) {
	c.Methods[0] = password.New(password.Config{Writer: settingstest.FastHash(), RequireCurrentPassword: true})
}

// longSessions lets one session see every lock.
func longSessions(c *settings.Config) {
	c.SessionLifespan, c.PrivilegedSessionMaxAge = 1000*time.Hour, 1000*time.Hour
}

var (
	wrongTry = settingstest.Fields{"method": "password", "password": newPassword, "current_password": "not my password at all"}
	rightTry = settingstest.Fields{"method": "password", "password": newPassword, "current_password": oldPassword}
)

func wantWrong(t testing.TB, c *settingstest.Client, a *settingstest.Answer) {
	t.Helper()
	wantInvalid(t, c, a, "current_password:7000002")
}

// wantLocked asks for the refusal of a locked factor. A page finds the message
// in its flow.
func wantLocked(t testing.TB, c *settingstest.Client, f *settingstest.Flow, a *settingstest.Answer, seconds int) {
	t.Helper()
	wantRefused(t, c, a, http.StatusTooManyRequests, "too_many_tries")
	require.Equal(t, fmt.Sprint(seconds), a.Header.Get("Retry-After"))
	shown := c.Read(f.ID).Flow
	require.NotNil(t, shown)
	require.Equal(t, []string{"7000011"}, shown.Messages())
	require.EqualValues(t, seconds, shown.UI.Messages[0].Context["retry_after_seconds"])
}

// lock makes ten wrong tries of a session, each with a flow of its own, and by turns
// in two instances.
func lock(t testing.TB, elsewhere *settingstest.Kit, c *settingstest.Client) {
	t.Helper()
	for try := range 10 {
		by := c
		if try%2 == 1 {
			by = at(elsewhere, c)
		}
		wantWrong(t, by, by.Submit(by.Start(), wrongTry))
	}
}

func TestTenWrongTriesLockASession(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, askingCurrent)
		elsewhere := instance(t, kit, mode)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		bob := kit.AddIdentity("bob@example.com", oldPassword)
		c, another := kit.SignIn(ada, kind), kit.SignIn(ada, kind)
		lock(t, elsewhere, c)
		was := kit.Identity(ada)

		for _, k := range []*settingstest.Kit{kit, elsewhere} {
			for name, fields := range map[string]settingstest.Fields{"the right one": rightTry, "a wrong one": wrongTry} {
				c := at(k, c)
				f := c.Start()
				t.Log(name)
				wantLocked(t, c, f, c.Submit(f, fields), 900)
			}
		}
		assert.Equal(t, was, kit.Identity(ada))
		wantWrong(t, another, another.Submit(another.Start(), wrongTry)) // another session of hers is not locked
		b := kit.SignIn(bob, kind)
		wantSaved(t, b, b.Submit(b.Start(), rightTry)) // and nobody else

		f := c.Start()
		kit.Clock.Advance(14*time.Minute + 59*time.Second + 999*time.Millisecond)
		wantLocked(t, c, f, c.Submit(f, rightTry), 1)
		kit.Clock.Advance(time.Millisecond)
		wantSaved(t, c, c.Submit(f, rightTry)) // tries while it was locked did not prolong it
		assert.True(t, kit.PasswordIs(ada, newPassword))
	})
}

func TestEachLockIsTwiceAsLongUpToADay(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, askingCurrent, longSessions)
		elsewhere := instance(t, kit, mode, longSessions)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, respond.API)
		for _, minutes := range []int{15, 30, 60, 120, 240, 480, 960, 1440, 1440} {
			lock(t, elsewhere, c)
			f := c.Start()
			wantLocked(t, c, f, c.Submit(f, rightTry), minutes*60)
			kit.Clock.Advance(time.Duration(minutes) * time.Minute)
		}
		wantSaved(t, c, c.Submit(c.Start(), rightTry))
	})
}

func TestSuccessOutsideALockResetsTheCount(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, askingCurrent, longSessions)
		elsewhere := instance(t, kit, mode, longSessions)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		current := oldPassword
		change := func(c *settingstest.Client, to string) {
			wantSaved(t, c, c.Submit(c.Start(), settingstest.Fields{"method": "password", "password": to, "current_password": current}))
			current = to
		}
		c := kit.SignIn(ada, respond.API)
		for _, to := range []string{"a second good one", "a third good one"} {
			f := c.Start()
			for range 9 {
				wantWrong(t, c, c.Submit(f, wrongTry))
			}
			change(c, to)
		}
		// A right one on the tenth try is in time.
		lock(t, elsewhere, c)
		kit.Clock.Advance(15 * time.Minute)
		change(c, "a fourth good one")
		lock(t, elsewhere, c)
		f := c.Start()
		wantLocked(t, c, f, c.Submit(f, rightTry), 900) // the next lock is a first one again
	})
}

func TestTheTenthTryIsStillCompared(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, askingCurrent)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, respond.API)
		f := c.Start()
		for range 9 {
			wantWrong(t, c, c.Submit(f, wrongTry))
		}
		wantSaved(t, c, c.Submit(f, rightTry))
		wantWrong(t, c, c.Submit(c.Start(), settingstest.Fields{"method": "password", "password": "another good one", "current_password": oldPassword}))
	})
}

func TestTheNewPasswordBeingTheOldOneIsNoWayToGuess(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		kit := settingstest.New(t, mode, askingCurrent)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, respond.API)
		f := c.Start()
		for range 10 {
			wantWrong(t, c, c.Submit(f, settingstest.Fields{"method": "password", "password": "a guess at it", "current_password": "a guess at it"}))
		}
		wantLocked(t, c, f, c.Submit(f, settingstest.Fields{"method": "password", "password": oldPassword, "current_password": "a guess at it"}), 900)
	})
}

func TestWhatIsNotComparedIsNoTry(t *testing.T) {
	rows := map[string]func(t *testing.T, c *settingstest.Client, f *settingstest.Flow){
		"a new password that the policy refuses, without the current one": func(t *testing.T, c *settingstest.Client, f *settingstest.Flow) {
			wantInvalid(t, c, c.Submit(f, settingstest.Fields{"method": "password", "password": "short"}), "current_password:4000002", "password:4000032")
		},
		"no current password": func(t *testing.T, c *settingstest.Client, f *settingstest.Flow) {
			wantInvalid(t, c, c.Submit(f, toNewPassword), "current_password:4000002")
		},
		"a sign-in that is too old": func(t *testing.T, c *settingstest.Client, f *settingstest.Flow) {
			c.Kit.Clock.Advance(20 * time.Minute)
			wantRefused(t, c, c.Submit(f, wrongTry), http.StatusForbidden, "session_refresh_required")
			c.Kit.Clock.Advance(-20 * time.Minute)
		},
		"a forged request": func(t *testing.T, c *settingstest.Client, f *settingstest.Flow) {
			if c.Kind == respond.API {
				return // nothing can forge one
			}
			c.Header = http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}
			wantRefused(t, c, c.Submit(f, wrongTry), http.StatusForbidden, "security_csrf_violation")
			c.Header = http.Header{}
		},
	}
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for name, try := range rows {
			t.Run(name, func(t *testing.T) {
				kit := settingstest.New(t, mode, askingCurrent)
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				c := kit.SignIn(ada, kind)
				f := c.Start()
				was := snapshot(t, kit, ada)
				for range 11 {
					try(t, c, f)
				}
				assert.Equal(t, was, snapshot(t, kit, ada))
				wantSaved(t, c, c.Submit(f, rightTry))
			})
		}
	})
}

func TestATryIsCountedBeforeItsSecretIsCompared(t *testing.T) {
	isCount := func(c storeCall) bool { return c.writes() && strings.HasPrefix(c.Key, "tries:") }
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		var order []string
		kit, stores := watchedKit(t, mode, askingCurrent, offering(fakeMethod{
			needs: method.Needs{Tries: "test"},
			do: func(context.Context, method.View) (method.Result, error) {
				order = append(order, "compared")
				return method.Wrong{Messages: []ui.Message{ui.Form(ui.WrongTOTP())}}, nil
			},
		}))
		stores.handle(func(c storeCall, run func() error) error {
			err := run()
			if isCount(c) && err == nil {
				order = append(order, "counted")
			}
			return err
		})
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, respond.API)
		f := c.Start()
		for range 10 {
			order = nil
			wantInvalid(t, c, c.Submit(f, toTest), "4000008")
			require.Equal(t, []string{"counted", "compared"}, order)
		}
		order = nil
		wantLocked(t, c, f, c.Submit(f, toTest), 900)
		require.Empty(t, order, "a locked factor compares nothing")

		for name, fault := range map[string]func(run func() error) error{
			"it cannot be counted":          func(func() error) error { return errors.New("the store is down") },
			"nobody knows if it is counted": func(run func() error) error { return errors.Join(run(), errors.New("the store is down")) },
		} {
			t.Run(name, func(t *testing.T) {
				was := kit.Identity(ada)
				stores.once(isCount, fault)
				wantRefused(t, c, c.Submit(f, rightTry), http.StatusServiceUnavailable, "unavailable")
				assert.Equal(t, was, kit.Identity(ada), "not even the right password gets through uncounted")
			})
		}
		stores.handle(nil)
		wantSaved(t, c, c.Submit(f, rightTry)) // the other factor class was locked, not this one
	})
}

func TestTriesAtOnceAreCountedExactly(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		var compared atomic.Int32
		kit := settingstest.New(t, mode, offering(fakeMethod{
			needs: method.Needs{Tries: "test"},
			do: func(context.Context, method.View) (method.Result, error) {
				compared.Add(1)
				return method.Wrong{Messages: []ui.Message{ui.Form(ui.WrongTOTP())}}, nil
			},
		}))
		elsewhere := instance(t, kit, mode)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		clients := make([]*settingstest.Client, 32)
		flows := make([]*settingstest.Flow, len(clients))
		signedIn := kit.SignIn(ada, kind)
		for i := range clients {
			clients[i] = signedIn.Copy()
			if i%2 == 1 {
				clients[i] = at(elsewhere, clients[i])
			}
			flows[i] = clients[i].Start()
		}
		answers := make([]*settingstest.Answer, len(clients))
		var all sync.WaitGroup
		for i, c := range clients {
			all.Go(func() { answers[i] = c.Submit(flows[i], toTest) })
		}
		all.Wait()
		assert.EqualValues(t, 10, compared.Load())
		wrong, locked := 0, 0
		for i, c := range clients {
			switch messages := c.Read(flows[i].ID).Flow.Messages(); messages[0] {
			case "4000008":
				wantInvalid(t, c, answers[i], "4000008")
				wrong++
			default:
				wantLocked(t, c, flows[i], answers[i], 900)
				locked++
			}
		}
		assert.Equal(t, 10, wrong)
		assert.Equal(t, 22, locked)
	})
}
