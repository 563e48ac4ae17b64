package settings_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
)

const (
	oldPassword = "correct horse battery staple"
	newPassword = "seven clouds over lisbon"
)

var toNewPassword = settingstest.Fields{"method": "password", "password": newPassword}

// eventLog collects the events that After hooks get.
type eventLog struct {
	mu     sync.Mutex
	events []settings.Event
}

func (l *eventLog) hook(c *settings.Config) { c.After = append(c.After, l.taken()) }

func (l *eventLog) taken() hook {
	return func(_ context.Context, e settings.Event) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.events = append(l.events, e)
		return nil
	}
}

func (l *eventLog) all() []settings.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]settings.Event(nil), l.events...)
}

// changes are the ids of the changes told of, each once, in order.
func (l *eventLog) changes() []string {
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

func TestADoubleClickAtOnceIsOneChange(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		for range 20 {
			var events eventLog
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

// A double click in turn, or the request again because its answer was lost.
func TestTheSameRequestAgainIsTheSameChange(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		var events eventLog
		kit := settingstest.New(t, mode, events.hook)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		c := kit.SignIn(ada, kind)
		before, f := heldToken(t, c), c.Start()
		lost := c.Copy()
		token := wantSaved(t, lost, lost.Submit(f, toNewPassword))
		require.NotEqual(t, before, token, "a credential change rotates the token")
		after := kit.Identity(ada)

		kit.Clock.Advance(time.Minute)
		assert.Equal(t, token, wantSaved(t, c, c.Submit(f, toNewPassword)), "it gets the first one's token")
		assert.Equal(t, after, kit.Identity(ada), "nothing is written a second time: version, hash, generation")
		assert.Len(t, events.all(), 1)
		assert.Equal(t, http.StatusOK, lost.Whoami().Status)

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
			c.Methods = []settings.Method{password.New(password.Config{Writer: settingstest.FastHash(), RequireCurrentPassword: true})}
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

// Of the changes that one method makes with one flow, a retry is recognised as
// the very one that was made, and as no other.
func TestARetryOfAnotherChangeOfTheMethod(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		removed := fakeMethod{plan: func(v method.View, s method.Submission) (method.Plan, error) {
			value, _ := s.Fields.String("test_value")
			return method.Plan{RepeatKey: "remove " + value, Do: func(context.Context) (method.Result, error) {
				if !v.Identity.Has(aal.TOTP) {
					return method.NoSuchCredential{}, nil
				}
				return method.Change{Event: "test.removed", Edit: removeFactor}, nil
			}}, nil
		}}
		kit := settingstest.New(t, mode, offering(removed))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		kit.AddFactor(ada, aal.TOTP)
		c := kit.SignIn(ada, kind, aal.Password, aal.TOTP)
		first, second := settingstest.Fields{"method": "test", "test_value": "a"}, settingstest.Fields{"method": "test", "test_value": "b"}
		f := c.Start()
		before, thief := c.Copy(), c.Copy()
		token := wantSaved(t, c, c.Submit(f, first))
		again := before.Submit(f, first)
		if kind == respond.API { // that sends nothing only it could know
			wantRefused(t, before, again, http.StatusUnauthorized, "session_inactive")
		} else {
			assert.Equal(t, token, wantSaved(t, before, again))
		}
		wantRefused(t, thief, thief.Submit(f, second), http.StatusUnauthorized, "session_inactive")
		wantRefused(t, c, c.Submit(f, second), http.StatusNotFound, "not_found")
	})
}

// A change may lower the level of its own session. Its retry is its success all
// the same, and what comes next is asked for the factor that is left.
func TestARetryOfAChangeThatLoweredTheLevel(t *testing.T) {
	forEveryClient(t, func(t *testing.T, kind respond.Client, mode func(*settings.Config)) {
		removing := fakeMethod{do: func(_ context.Context, v method.View) (method.Result, error) {
			if !v.Identity.Has(aal.TOTP) {
				return method.NoSuchCredential{}, nil
			}
			return method.Change{Event: "test.removed", Edit: removeFactor}, nil
		}}
		kit := settingstest.New(t, mode, offering(removing))
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		kit.AddFactor(ada, aal.TOTP)
		kit.AddFactor(ada, aal.WebAuthn)
		c := kit.SignIn(ada, kind, aal.Password, aal.TOTP)
		f := c.Start()
		before, thief := c.Copy(), c.Copy()
		c.Submit(f, toTest)
		require.False(t, kit.Identity(ada).Has(aal.TOTP))
		again := before.Submit(f, toTest)
		switch kind {
		case respond.API: // a removal shows no secret
			wantRefused(t, before, again, http.StatusUnauthorized, "session_inactive")
			before = c
		case respond.Page:
			assert.Equal(t, uiPage+f.ID, again.Location)
		default:
			require.Equal(t, http.StatusOK, again.Status, again)
			assert.Equal(t, "success", again.Flow.State)
		}
		wantRefused(t, before, before.Submit(f, toNewPassword), http.StatusForbidden, "session_aal2_required")
		wantRefused(t, thief, thief.Submit(f, toNewPassword), http.StatusUnauthorized, "session_inactive")
	})
}
