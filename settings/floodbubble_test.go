//go:build !race

package settings_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/password"
	"github.com/amend-go/amend/settings/settingstest"
	"github.com/amend-go/amend/settings/store"
)

// The race detector dies in one of fifty runs of this bubble (golang.org/issue/78156),
// so it is run without. The same code under the detector, at the pace of the machine, is
// in the tests of concurrency.

// slowCounts is a store that takes so long to begin a count. In a bubble hashes take no
// time, so this is what makes a queue there.
type slowCounts struct {
	store.FlowStore
	takes time.Duration
}

func (s slowCounts) CreateFlow(ctx context.Context, r flow.Record) error {
	if strings.HasPrefix(r.Key, "tries:") {
		time.Sleep(s.takes)
	}
	return s.FlowStore.CreateFlow(ctx, r)
}

// 150 clients sign in with names that nobody has, more than are answered. Who is signed in, or comes
// from a known device, waits for none of them; and everybody else cannot tell by status
// or time whether a name exists. The clock is a bubble's.
func TestACrowdStarvesNobodyAndLearnsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const probes = 200
		kit := settingstest.New(t, func(c *settings.Config) {
			c.Flows = slowCounts{c.Flows, 150 * time.Millisecond} // of which five are under way: 33 a second
			c.Methods = []settings.Method{password.New(password.Config{Writer: settingstest.FastHash(), Limiter: password.NewLimiter(2, 0, 0)})}
			c.Now = time.Now
			c.PrivilegedSessionMaxAge = time.Hour
		})
		var err error
		kit.Handler, err = settings.New(kit.Config) // past the Kit's watch, which keeps all that is stored
		require.NoError(t, err)
		ada := kit.AddIdentity("ada@example.com", oldPassword)
		for n := range probes {
			kit.AddIdentity(fmt.Sprintf("user%d@example.com", n), oldPassword)
		}
		laptop := newPage(kit)
		laptop.signIn(ada, oldPassword)

		ctx, stop := context.WithCancel(t.Context())
		done := crowd(ctx, 150, func(name string) error { return namedTry(kit, name, "a guess at it") })
		time.Sleep(5 * time.Second)

		var existing, invented [probes]answered
		var all sync.WaitGroup
		for n := range 10 {
			all.Go(func() {
				for i := n; i < probes; i += 10 {
					invented[i] = clock(func() error { return namedTry(kit, fmt.Sprintf("nobody%d@example.com", i), "a guess at it") })
					existing[i] = clock(func() error { return namedTry(kit, fmt.Sprintf("user%d@example.com", i), "a guess at it") })
				}
			})
		}
		c := kit.SignIn(ada, respond.API)
		for n := range 100 {
			time.Sleep(100 * time.Millisecond)
			began := time.Now()
			next := []string{newPassword, oldPassword}[n%2]
			wantSaved(t, c, c.Submit(c.Start(), settingstest.Fields{"method": "password", "password": next}))
			require.Equal(t, answered{"right", 0}, clock(func() error { return laptop.try(ada, next) }))
			require.Zero(t, time.Since(began), "nobody known waits for the crowd")
		}
		all.Wait()
		stop()
		done()

		outcomes := map[string]int{}
		for _, one := range slices.Concat(existing[:], invented[:]) {
			outcomes[one.said]++
		}
		t.Log(outcomes)
		require.Len(t, outcomes, 2, "it is a flood: some are answered, and some are not: %v", outcomes)
		// Two samples of 200 of one distribution are so far apart once in a million.
		assert.Less(t, apart(existing[:], invented[:]), 0.27)
	})
}
