package settings_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/settingstest"
)

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
				var events eventLog
				kit, stores := watchedKit(t, events.hook)
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
			var events eventLog
			kit, stores := watchedKit(t, events.hook)
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
			kit, stores := watchedKit(t)
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
			kit, stores := watchedKit(t)
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
