package settings_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
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
)

// Every lock has a key.
func TestWhatOpensAClosedFactor(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, kit *settingstest.Kit, id string){
		"Unlock": func(t *testing.T, kit *settingstest.Kit, id string) {
			require.NoError(t, kit.Handler.Service.Unlock(t.Context(), id))
		},
		"RevokeAll": func(t *testing.T, kit *settingstest.Kit, id string) {
			require.NoError(t, kit.Handler.Sessions.RevokeAll(t.Context(), id))
		},
		"a recovery": func(t *testing.T, kit *settingstest.Kit, id string) {
			_, _, err := kit.Handler.Sessions.IssueToken(t.Context(), id, session.Device{}, aal.CodeRecovery)
			require.NoError(t, err)
		},
		"a recovery by a link": func(t *testing.T, kit *settingstest.Kit, id string) { newPage(kit).issue(id, aal.LinkRecovery) },
		"the right password in a settings form": func(t *testing.T, kit *settingstest.Kit, id string) {
			c := kit.SignIn(id, respond.API)
			wantSaved(t, c, c.Submit(c.Start(), rightTry))
			wantSaved(t, c, c.Submit(c.Start(), settingstest.Fields{"method": "password", "password": oldPassword, "current_password": newPassword}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
				kit := settingstest.New(t, mode, askingCurrent)
				ada := kit.AddIdentity("ada@example.com", oldPassword)
				strangers(kit, ada)
				open(t, kit, ada)
				require.NoError(t, newPage(kit).try(ada, oldPassword))
				strangers(kit, ada) // the next lock is a first one again
				var locked *settings.LockedError
				require.ErrorAs(t, newPage(kit).try(ada, oldPassword), &locked)
				assert.Equal(t, 15*time.Minute, locked.RetryAfter)
			})
		})
	}
}

// A new password proves nothing of the old one, and a sign-in by other means nothing of
// the password.
func TestWhatOpensNothing(t *testing.T) {
	for name, do := range map[string]func(t *testing.T, kit *settingstest.Kit, id string){
		"a new password": func(t *testing.T, kit *settingstest.Kit, id string) {
			c := kit.SignIn(id, respond.API)
			wantSaved(t, c, c.Submit(c.Start(), toNewPassword))
		},
		"another login": func(t *testing.T, kit *settingstest.Kit, id string) { newPage(kit).issue(id, aal.OIDC) },
		"somebody else's unlocking": func(t *testing.T, kit *settingstest.Kit, _ string) {
			require.NoError(t, kit.Handler.Service.Unlock(t.Context(), "bob"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			kit := settingstest.New(t)
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			strangers(kit, ada)
			do(t, kit, ada)
			wantClosed(t, newPage(kit).try(ada, newPassword))
		})
	}
}

func TestUnlockOpensSessionsAndDevices(t *testing.T) {
	kit := settingstest.New(t, askingCurrent)
	elsewhere := instance(t, kit, askingCurrent)
	ada := kit.AddIdentity("ada@example.com", oldPassword)
	laptop := newPage(kit)
	laptop.signIn(ada, oldPassword)
	for range 10 {
		require.ErrorIs(t, laptop.try(ada, "mistyped"), settings.ErrWrong)
	}
	c := kit.SignIn(ada, respond.API)
	lock(t, elsewhere, c)
	f := c.Start()
	wantLocked(t, c, f, c.Submit(f, rightTry), 900)

	require.NoError(t, kit.Handler.Service.Unlock(t.Context(), ada))
	strangers(kit, ada)
	assert.NoError(t, laptop.try(ada, oldPassword))
	wantSaved(t, c, c.Submit(f, rightTry))
	require.NoError(t, kit.Handler.Service.Unlock(t.Context(), ada), "there is nothing to open")
}

// The host hears of it once, over all instances.
func TestTheHostHearsOfAHundredWrongTries(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		var told []string
		var mu sync.Mutex
		hook := func(c *settings.Config) {
			c.OnLock = func(_ context.Context, id, factor string) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, factor+" of "+id)
				panic("what a host does there is its own")
			}
		}
		kit := settingstest.New(t, mode, hook)
		elsewhere := instance(t, kit, mode, hook)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		guess := func(n int) {
			for i := range n {
				require.ErrorIs(t, newPage([]*settingstest.Kit{kit, elsewhere}[i%2]).try(ada, "a guess"), settings.ErrWrong)
			}
			kit.Clock.Advance(24 * time.Hour)
		}
		for range 9 {
			guess(10)
		}
		require.NoError(t, newPage(kit).try(ada, oldPassword), "ninety, and a right one")
		for range 9 {
			guess(10)
		}
		guess(9)
		assert.Empty(t, told)
		guess(1)
		assert.Equal(t, []string{"password of " + ada}, told)
		for range 15 {
			guess(10)
		}
		assert.Len(t, told, 1)
	})
}

func TestTheHostHearsNothingOfNobody(t *testing.T) {
	kit := settingstest.New(t, func(c *settings.Config) {
		c.OnLock = func(context.Context, string, string) { t.Error("called") }
	})
	for range 12 {
		for range 10 {
			require.Equal(t, "wrong", said(namedTry(kit, "nobody@example.com", "a guess")))
		}
		kit.Clock.Advance(24 * time.Hour)
	}
}

func TestBeforeVerify(t *testing.T) {
	inBothModes(t, func(t *testing.T, mode func(*settings.Config)) {
		captcha := errors.New("solve this first")
		var asked []settings.Try
		var refuse func(settings.Try) error
		var compared atomic.Int32
		kit, totp, ada := counted(t, mode, func(c *settings.Config) {
			c.ClientIP = func(r *http.Request) string { return r.RemoteAddr }
			c.BeforeVerify = func(_ context.Context, try settings.Try) error {
				asked = append(asked, try)
				return refuse(try)
			}
		})
		totp.looked = func() { compared.Add(1) }
		device := newPage(kit)
		device.issue(ada, aal.Password, aal.TOTP)
		prove := func(p *signInPage, id, name, value string) error {
			r := p.request()
			r.Header.Set("User-Agent", "test/1")
			_, err := kit.Handler.Service.Verify(t.Context(), settings.Proof{
				Method: aal.TOTP, IdentityID: id, Name: name, Value: value, Source: kit.Handler.Service.Source(r),
			})
			return err
		}
		// A captcha after three wrong ones, from unknown devices.
		refuse = func(try settings.Try) error {
			if try.Wrong >= 3 && !try.KnownDevice {
				return captcha
			}
			return nil
		}
		for _, who := range []struct{ id, name string }{{ada, "ada"}, {"", "nobody"}} {
			for range 3 {
				require.ErrorIs(t, prove(newPage(kit), who.id, who.name, "7"), settings.ErrWrong)
			}
			before := compared.Load()
			for range 20 {
				require.Equal(t, captcha, prove(newPage(kit), who.id, who.name, "1"), "as it is, and no try")
			}
			assert.Equal(t, before, compared.Load())
			last := asked[len(asked)-1]
			assert.Equal(t, settings.Try{
				Method: aal.TOTP, IdentityID: who.id, Name: who.name, Wrong: 3,
				Source: method.Source{IP: "192.0.2.1", UserAgent: "test/1"},
			}, last)
		}
		require.NoError(t, prove(device, ada, "ada", "1"))
		last := asked[len(asked)-1]
		assert.True(t, last.KnownDevice)
		assert.Zero(t, last.Wrong)

		refuse = func(settings.Try) error { panic("a bug of the host's") }
		err := prove(device, ada, "ada", "2")
		require.Error(t, err, "nobody gets past it by a panic")
		assert.NotErrorIs(t, err, settings.ErrWrong)
	})
}

func TestBeforeVerifyIsAskedOfAnswersToo(t *testing.T) {
	refused := errors.New("not from there")
	var asked settings.Try
	kit := settingstest.New(t, offering(&signing{}), func(c *settings.Config) {
		c.BeforeVerify = func(_ context.Context, try settings.Try) error {
			asked = try
			return refused
		}
	})
	ada := kit.AddIdentity("ada@example.com", "")
	kit.Edit(ada, func(i *identity.Identity) { i.Keys = append(i.Keys, identity.Key{Kind: identity.WebAuthn, Value: "k"}) })
	c, err := kit.Handler.Service.Challenge(t.Context(), aal.Passkey, "")
	require.NoError(t, err)
	_, err = kit.Handler.Service.Verify(t.Context(), settings.Proof{Method: aal.Passkey, Challenge: c.ID, Value: "k"})
	assert.Equal(t, refused, err)
	assert.Equal(t, settings.Try{Method: aal.Passkey, IdentityID: ada}, asked)
}

// What a host says of an address is shown and told, if it is an address.
func TestClientIP(t *testing.T) {
	for says, want := range map[string]string{
		"192.0.2.1:1234": "192.0.2.1", "192.0.2.7": "192.0.2.7", "[2001:db8::1%eth0]:443": "2001:db8::1", "2001:db8::1": "2001:db8::1",
		"::ffff:192.0.2.1": "192.0.2.1", "": "", "unknown": "", "192.0.2.1, 10.0.0.1": "", "<script>": "",
	} {
		t.Run(says, func(t *testing.T) {
			var events eventLog
			kit := settingstest.New(t, events.hook, func(c *settings.Config) { c.ClientIP = func(*http.Request) string { return says } })
			ada := kit.AddIdentity("ada@example.com", oldPassword)
			laptop := newPage(kit)
			laptop.signIn(ada, oldPassword)
			assert.Equal(t, want, kit.Handler.Service.Source(laptop.request()).IP)

			c := kit.SignIn(ada, respond.API)
			assert.Contains(t, string(c.Get("/sessions").Body), fmt.Sprintf(`"ip_address":%q`, want))
			wantSaved(t, c, c.Submit(c.Start(), toNewPassword))
			require.Len(t, events.all(), 1)
			assert.Equal(t, want, events.all()[0].ClientIP)
		})
	}
}

func TestWithoutClientIPNoAddressIsKnown(t *testing.T) {
	kit := settingstest.New(t)
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Forwarded-For", "192.0.2.1")
	assert.Equal(t, method.Source{}, kit.Handler.Service.Source(r))
}
