package faults_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/settingstest"
)

// onEveryServer runs a test on the stores that a network leads to.
func onEveryServer(t *testing.T, test func(t *testing.T, p place)) {
	for _, place := range places[2:] {
		t.Run(place.name, func(t *testing.T) {
			t.Parallel()
			test(t, place.make(t))
		})
	}
}

// Something happens to the network in every step, at the k-th piece of what is
// sent. Then it is well again, and nobody restarts anything.
func TestEveryStepWithTroubleInTheNetwork(t *testing.T) {
	onEveryServer(t, func(t *testing.T, p place) {
		x, behind := newProxy(t, p)
		at, straight := behind.open(t), p.open(t)
		rounds := 12
		if *long {
			rounds = 60
		}
		for n, trouble := range everyTrouble {
			for k := range rounds {
				if !*long && uint64(n+k)%6 != *seed%6 {
					continue
				}
				backend := k/2%2 == 0
				t.Run(fmt.Sprintf("%s, piece %d, backend %v", trouble.name, k, backend), func(t *testing.T) {
					w := begin(t, at, backend)
					// The pool of what looks after it is not the one in trouble.
					w.at = straight
					defer w.end()
					for !w.over() && !t.Failed() {
						w.troubled(x, at.db, trouble, k)
					}
					w.goOnToTheEnd()
				})
			}
		}
	})
}

// troubled does a step while the network is in trouble, and again when it is
// well.
func (w *fixture) troubled(x *proxy, pool *sql.DB, what trouble, k int) {
	var pieces atomic.Int64
	leave := w.leaving()
	defer leave()
	x.meets(func(toServer bool, _ []byte) verdict {
		n := int(pieces.Add(1)) - 1 - k
		if n < 0 {
			return pass
		}
		if what.leaves {
			leave()
		}
		return what.meet(toServer, n)
	})
	done := w.attempt()
	if int(pieces.Load()) > k {
		summary.add(w.at.Store, counts{faults: 1})
	} else if !done {
		w.violated("it is not done, and nothing happened")
	}
	x.meets(nil)
	w.staying()
	// A connection of the pool that has died unnoticed would cost another request
	// a 503, and this one is about one.
	pool.SetMaxIdleConns(0)
	pool.SetMaxIdleConns(10)
	w.holds()
	if !done {
		w.insist()
	} else {
		w.advance(betweenSteps)
	}
}

// While a server cannot be reached every request is told so, and to come again;
// after it all go on, with the same sessions and forms.
func TestServerDown(t *testing.T) {
	onEveryServer(t, func(t *testing.T, p place) {
		x, behind := newProxy(t, p)
		w := begin(t, behind.open(t), true)
		w.at = p.open(t)
		require.True(t, w.openForm())
		x.down()
		for range 3 {
			for name, a := range map[string]int{
				"whoami":   w.client.Whoami().Status,
				"the form": w.client.Read(w.user.Flow).Status,
				"a form":   w.client.Get("/self-service/settings/api").Status,
			} {
				assert.Equal(t, http.StatusServiceUnavailable, a, name)
			}
			require.False(t, w.attempt())
		}
		summary.add(w.at.Store, counts{faults: 1})
		x.up()
		w.insist()
		w.goOnToTheEnd()
		w.end()
	})
}

// A server that takes everything and says nothing holds a request as long as its
// client waits, and no longer.
func TestServerHangs(t *testing.T) {
	onEveryServer(t, func(t *testing.T, p place) {
		x, behind := newProxy(t, p)
		w := begin(t, behind.open(t), true)
		require.True(t, w.openForm())
		for name, request := range map[string]func() *settingstest.Answer{
			"whoami":   w.client.Whoami,
			"the form": func() *settingstest.Answer { return w.client.Read(w.user.Flow) },
			"a form":   func() *settingstest.Answer { return w.client.Get("/self-service/settings/api") },
			"a submit": func() *settingstest.Answer {
				return w.client.Submit(&settingstest.Flow{ID: w.user.Flow}, settingstest.Fields{"method": "password", "password": newPassword()})
			},
		} {
			leave := w.leaving()
			x.meets(func(bool, []byte) verdict {
				leave()
				return swallow
			})
			a := request()
			x.meets(nil)
			w.staying()
			assert.Equal(t, http.StatusServiceUnavailable, a.Status, "%s: %s", name, brief(a))
			w.holds()
			summary.add(w.at.Store, counts{faults: 1})
		}
		w.goOnToTheEnd()
		w.end()
	})
}

// A server that is only slow makes nothing wrong.
func TestServerSlow(t *testing.T) {
	onEveryServer(t, func(t *testing.T, p place) {
		x, behind := newProxy(t, p)
		w := begin(t, behind.open(t), true)
		x.meets(func(bool, []byte) verdict {
			time.Sleep(time.Millisecond) // the slowness itself: nothing waits for it
			return pass
		})
		summary.add(w.at.Store, counts{faults: 1})
		w.goOnToTheEnd()
		w.end()
	})
}

// One connection is enough for any request, and none is held while a password
// is hashed: the hash here needs it itself.
func TestPoolOfOne(t *testing.T) {
	for _, place := range places[1:] {
		t.Run(place.name, func(t *testing.T) {
			t.Parallel()
			at := place.make(t).open(t)
			at.db.SetMaxOpenConns(1)
			for _, backend := range []bool{false, true} {
				w := begin(t, at, backend)
				ctx, stop := context.WithTimeout(t.Context(), time.Minute)
				w.mu.Lock()
				w.request = ctx // a request that waits for itself must come to an end
				w.mu.Unlock()
				w.hashing = func() error { return at.db.PingContext(ctx) }
				w.goOnToTheEnd()
				assert.Positive(t, w.hashed.Load())
				stop()
				w.staying()
				w.end()
			}
		})
	}
}
