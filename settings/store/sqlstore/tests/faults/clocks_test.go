package faults_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/settingstest"
)

// through makes the user's requests go to another instance.
func (w *fixture) through(kit *settingstest.Kit) {
	client := kit.Anonymous(respond.API)
	client.Token = w.client.Token
	w.kit, w.client = kit, client
}

// Two instances whose clocks are a minute apart, by turns: nothing is wrong for
// the user.
func TestClocksAMinuteApart(t *testing.T) {
	onEveryPlace(t, func(t *testing.T, at opened, backend bool) {
		w := begin(t, at, backend)
		both := []*settingstest.Kit{w.kit, w.instance(time.Minute)}
		for n := 0; !w.over(); n++ {
			w.through(both[n%2])
			for _, kit := range both { // insist lets the time of one pass
				if kit != w.kit {
					kit.Clock.Advance(betweenSteps)
				}
			}
			w.insist()
		}
		w.goOnToTheEnd()
		summary.add(at.Store, counts{faults: 1})
		w.end()
	})
}

// An instance whose clock is an hour off trusts no sign-in that it cannot place
// in time, and changes nothing. Who signs in there can go on there.
func TestClocksAnHourApart(t *testing.T) {
	for name, off := range map[string]time.Duration{"an hour ahead": time.Hour, "an hour behind": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			onEveryPlace(t, func(t *testing.T, at opened, backend bool) {
				w := begin(t, at, backend)
				w.insist() // a name: that needs no recent sign-in
				here, there := w.kit, w.instance(off)
				before := w.identity()

				w.through(there)
				form := w.client.Start()
				a := w.client.Submit(form, settingstest.Fields{"method": "password", "password": newPassword()})
				require.Equal(t, http.StatusForbidden, a.Status, brief(a))
				assert.Equal(t, "session_refresh_required", a.Error.ID)
				assert.Equal(t, before, w.identity())
				w.holds()

				_, token, err := there.Handler.Sessions.RenewToken(context.Background(), w.client.Token, aal.Password)
				require.NoError(t, err)
				there.Secret("session token", token)
				here.Secret("session token", token)
				old := w.client.Token
				w.client.Token = token
				w.token(old)
				w.insist()

				w.through(here)
				assert.Equal(t, http.StatusOK, w.client.Whoami().Status)
				w.holds()
				summary.add(at.Store, counts{faults: 1})
				w.end()
			})
		})
	}
}
