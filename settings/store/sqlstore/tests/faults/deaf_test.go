package faults_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The After hook takes nothing while its user does all that a user does, and never
// comes again. Every change is made all the same, and has its event; once the hook
// works, Sweep tells it of all.
func TestAHookThatFailsThroughout(t *testing.T) {
	onEveryPlace(t, func(t *testing.T, at opened, backend bool) {
		w := begin(t, at, backend)
		defer w.end()
		w.deaf.Store(true)
		for !w.over() {
			w.insist()
			require.NoError(t, w.kit.Handler.Service.Sweep(t.Context()))
		}
		if waiting := len(w.identity().State.Events); waiting != len(w.user.Changes) {
			w.violated("%d events wait of %d changes", waiting, len(w.user.Changes))
		}
		w.toldBySweep()
	})
}

// toldBySweep is the end of a fixture whose hook works again.
func (w *fixture) toldBySweep() {
	w.t.Helper()
	w.deaf.Store(false)
	w.advance(time.Hour) // the longest that an event waits
	require.NoError(w.t, w.kit.Handler.Service.Sweep(w.t.Context()))
	i := w.identity()
	if len(i.State.Events) > 0 || !i.DueAt.IsZero() {
		w.violated("events that are never told: %v, due %s", i.State.Events, i.DueAt)
	}
	w.holds()
}

// sweptBeside is a store that is slow while another process sweeps.
var sweptBeside = fault{name: "another process sweeps meanwhile", around: func(w *fixture, _ context.CancelFunc, n int, ctx context.Context, run func(context.Context) error) error {
	err := run(ctx)
	if n == 0 {
		require.NoError(w.t, w.instance(0).Handler.Service.Sweep(context.WithoutCancel(ctx)))
	}
	return err
}}

// A fault at each call of the Sweep that tells what waits.
func TestASweepWithAFaultAtEveryCall(t *testing.T) {
	onEveryPlace(t, func(t *testing.T, at opened, backend bool) {
		for n, f := range append([]fault{sweptBeside}, everyFault...) {
			if f.restarts && (at.Driver == "" || at.Driver == "sqlite") || strings.Contains(f.name, "sends the same again") {
				continue // no server, and no client
			}
			for k, more := 1, true; more; k++ {
				require.Less(t, k, 30+oneIn(at))
				if uint64(n+k)%uint64(oneIn(at)) != *seed%uint64(oneIn(at)) {
					continue
				}
				t.Run(fmt.Sprintf("%s, call %d", f.name, k), func(t *testing.T) {
					w := begin(t, at, backend)
					defer w.end()
					w.deaf.Store(true)
					w.insist() // a name
					w.insist() // a password
					w.deaf.Store(false)
					w.advance(time.Minute)
					reached := f.arm(w, k)
					err := w.kit.Handler.Service.Sweep(w.context(t.Context()))
					w.disarm()
					if more = *reached; more {
						summary.add(at.Store, counts{faults: 1})
					} else if err != nil {
						w.violated("it fails, and there was no fault: %v", err)
					}
					w.holds()
					w.toldBySweep()
				})
			}
		}
	})
}
