package faults_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
	"github.com/amend-go/amend/settings/settingstest"
)

// atOnce runs functions at once and gives what they returned, in their order.
func atOnce[T any](all ...func() T) []T {
	results, start := make([]T, len(all)), make(chan struct{})
	var running sync.WaitGroup
	for n, f := range all {
		running.Go(func() {
			<-start
			results[n] = f()
		})
	}
	close(start)
	running.Wait()
	return results
}

// until does the scenario up to a step.
func (w *fixture) until(done int) {
	for w.user.Done < done {
		w.insist()
	}
}

// 32 sign-ins with one recovery code at once, over two instances: one succeeds.
func TestOneCodeAtOnce(t *testing.T) {
	onEveryPlace(t, func(t *testing.T, at opened, backend bool) {
		w := begin(t, at, backend)
		defer w.end()
		w.until(afterTheCodes)
		kits := []*settingstest.Kit{w.kit, w.instance(0)}
		for name, proof := range map[string]settings.Proof{
			"a recovery code": {Method: aal.Lookup, Value: w.user.Codes[0]},
			"a code of the app": {Method: aal.TOTP, Value: func() string {
				w.advance(betweenSteps)
				kits[1].Clock.Advance(betweenSteps)
				return w.codeNow()
			}()},
		} {
			proof.IdentityID, proof.SkipTries = w.user.ID, true // all are to be compared
			var all []func() error
			for n := range 32 {
				all = append(all, func() error {
					_, err := kits[n%2].Handler.Service.Verify(context.Background(), proof)
					return err
				})
			}
			accepted := 0
			for _, err := range atOnce(all...) {
				switch {
				case err == nil:
					accepted++
				case !errors.Is(err, method.ErrWrong) && !errors.Is(err, identity.ErrConflict):
					t.Errorf("%s: %v", name, err)
				}
			}
			assert.Equal(t, 1, accepted, name)
			w.user.Accepted[proof.Value] += accepted
		}
		w.holds()
	})
}

// Two new passwords at once, from two sessions: one is the password, the other
// one gets 400 or no session any more.
func TestTwoPasswordsAtOnce(t *testing.T) {
	onEveryPlace(t, func(t *testing.T, at opened, backend bool) {
		for _, sameSession := range []bool{true, false} {
			w := begin(t, at, backend)
			clients := []*settingstest.Client{w.client, w.client.Copy()}
			if !sameSession {
				clients[1].Token = w.user.Phone
			}
			wanted := []string{newPassword(), newPassword()}
			var submits []func() *settingstest.Answer
			for n, c := range clients {
				form := c.Start()
				submits = append(submits, func() *settingstest.Answer {
					return c.Submit(form, settingstest.Fields{"method": "password", "password": wanted[n]})
				})
			}
			answers := atOnce(submits...)
			won := slices.IndexFunc(answers, func(a *settingstest.Answer) bool { return a.Status == http.StatusOK })
			require.GreaterOrEqual(t, won, 0, "%s, %s", brief(answers[0]), brief(answers[1]))
			lost := answers[1-won]
			may := []int{http.StatusUnauthorized}
			if sameSession {
				may = append(may, http.StatusBadRequest, http.StatusGone)
			}
			assert.Contains(t, may, lost.Status, brief(lost))

			w.client = clients[won]
			before := w.user.Token
			if won == 1 && !sameSession {
				before, w.user.Phone = w.user.Phone, before
			}
			w.user.Password = wanted[won]
			w.user.Changes = append(w.user.Changes, "password.changed")
			w.token(before)
			w.user.Done = afterTheFirstPassword // so check knows that the phone's session is over
			w.holds()
			w.end()
		}
	})
}

// The same request twice at once is one change, and both are told so.
func TestTheSameRequestAtOnce(t *testing.T) {
	onEveryPlace(t, func(t *testing.T, at opened, backend bool) {
		w := begin(t, at, backend)
		form := w.client.Start()
		w.user.Wanted = newPassword()
		twin := w.client.Copy()
		send := func(c *settingstest.Client) func() *settingstest.Answer {
			return func() *settingstest.Answer {
				return c.Submit(form, settingstest.Fields{"method": "password", "password": w.user.Wanted})
			}
		}
		before := w.client.Token
		for _, a := range atOnce(send(w.client), send(twin)) {
			require.Equal(t, http.StatusOK, a.Status, brief(a))
		}
		assert.Equal(t, w.client.Token, twin.Token)
		w.user.Password, w.user.Changes = w.user.Wanted, []string{"password.changed"}
		w.token(before)
		w.holds()
		w.end()
	})
}

// What changes other things may come at once: all of it is made, in some order.
func TestOtherChangesAtOnce(t *testing.T) {
	onEveryPlace(t, func(t *testing.T, at opened, backend bool) {
		w := begin(t, at, backend)
		w.until(afterTheCodes)
		form, other := w.client.Start(), w.client.Start()
		twin := w.client.Copy()
		before := w.client.Token
		answers := atOnce(
			func() *settingstest.Answer { return w.client.Submit(form, settingstest.Fields{"totp_unlink": true}) },
			func() *settingstest.Answer {
				return twin.Submit(other, settingstest.Fields{"method": "profile", "traits": map[string]any{"email": w.user.Email, "name": "Countess"}})
			},
		)
		require.Equal(t, http.StatusOK, answers[0].Status, brief(answers[0]))
		w.user.Changes = append(w.user.Changes, "totp.removed")
		if answers[1].Status == http.StatusOK {
			w.user.Changes = append(w.user.Changes, "profile.changed")
			assert.Contains(t, string(w.identity().Traits), "Countess")
		} else { // its row has changed meanwhile, its form is from before that, or its session has another token by then
			assert.Contains(t, []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusGone}, answers[1].Status, brief(answers[1]))
			assert.NotContains(t, string(w.identity().Traits), "Countess")
		}
		assert.False(t, w.identity().Has(aal.TOTP))
		w.token(before)
		w.holds()
		w.end()
	})
}
