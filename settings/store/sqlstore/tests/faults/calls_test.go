package faults_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// fault is what goes wrong with the calls of a store.
type fault struct {
	name string

	// around is put around the calls from the k-th on, which has n 0. It reports
	// what the call came to.
	around func(w *fixture, leave context.CancelFunc, n int, ctx context.Context, run func(context.Context) error) error

	// restarts says that it ends the connections to a server, where there is one.
	restarts bool
}

func answerLost(ctx context.Context, run func(context.Context) error) error {
	return errors.Join(run(ctx), errFault)
}

var everyFault = []fault{
	{name: "the call fails", around: func(_ *fixture, _ context.CancelFunc, n int, ctx context.Context, run func(context.Context) error) error {
		if n == 0 {
			return errFault
		}
		return run(ctx)
	}},
	{name: "the call takes effect and its answer is lost", around: func(_ *fixture, _ context.CancelFunc, n int, ctx context.Context, run func(context.Context) error) error {
		if n == 0 {
			return answerLost(ctx, run)
		}
		return run(ctx)
	}},
	{name: "the store goes down with the call", around: func(*fixture, context.CancelFunc, int, context.Context, func(context.Context) error) error {
		return errFault
	}},
	{name: "the store goes down after the call took effect", around: func(_ *fixture, _ context.CancelFunc, n int, ctx context.Context, run func(context.Context) error) error {
		if n == 0 {
			return answerLost(ctx, run)
		}
		return errFault
	}},
	{name: "the client goes away before the call", around: func(_ *fixture, leave context.CancelFunc, n int, ctx context.Context, run func(context.Context) error) error {
		if n == 0 {
			leave()
		}
		return run(ctx)
	}},
	{name: "the client goes away after the call", around: func(_ *fixture, leave context.CancelFunc, n int, ctx context.Context, run func(context.Context) error) error {
		err := run(ctx)
		if n == 0 {
			leave()
		}
		return err
	}},
	{name: "the store hangs until the client goes away", around: func(w *fixture, leave context.CancelFunc, n int, ctx context.Context, run func(context.Context) error) error {
		if n == 0 {
			return w.hang(ctx, leave)
		}
		return run(ctx)
	}},
	{name: "the store hangs until the client goes away, and did it all the same", around: func(w *fixture, leave context.CancelFunc, n int, ctx context.Context, run func(context.Context) error) error {
		if n == 0 {
			return errors.Join(run(context.WithoutCancel(ctx)), w.hang(ctx, leave))
		}
		return run(ctx)
	}},
	{name: "the store is slow, and the client sends the same again", around: func(w *fixture, _ context.CancelFunc, n int, ctx context.Context, run func(context.Context) error) error {
		if n == 0 {
			w.again()
		}
		return run(ctx)
	}},
	{name: "the store does it and is slow to say so, and the client sends the same again", around: func(w *fixture, _ context.CancelFunc, n int, ctx context.Context, run func(context.Context) error) error {
		err := run(ctx)
		if n == 0 {
			w.again()
		}
		return err
	}},
	{name: "the server is restarted before the call", restarts: true, around: func(w *fixture, _ context.CancelFunc, n int, ctx context.Context, run func(context.Context) error) error {
		if n == 0 {
			w.at.restart(w.t)
		}
		return run(ctx)
	}},
}

// hang is a call that comes to no end. The client does not wait for it; what
// does not go with its client must have an end of its own.
func (w *fixture) hang(ctx context.Context, leave context.CancelFunc) error {
	leave()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, ends := ctx.Deadline(); !ends {
		w.violated("a call that would hang for ever")
	}
	return context.DeadlineExceeded
}

// arm puts a fault around the calls from the k-th on. It says whether it came
// to that.
func (f fault) arm(w *fixture, k int) (reached *bool) {
	calls, reached := 0, new(bool)
	leave := w.leaving()
	w.watch.handle(func(ctx context.Context, run func(context.Context) error) error {
		calls++
		n := calls - k
		if n < 0 {
			return run(ctx)
		}
		*reached = true
		return f.around(w, leave, n, ctx, run)
	})
	return reached
}

func (w *fixture) disarm() {
	w.watch.handle(nil)
	w.staying()
}

// oneIn: without -long, one in so many rounds of a store is made, but all of
// memory's, which are quick; under the race detector fewer. The seed says which.
func oneIn(at opened) int {
	switch {
	case *long:
		return 1
	case at.Store == "memory":
		return fewer
	}
	return 12 * fewer
}

// A fault in every step, at its k-th call, for every k.
func TestEveryStepWithAFaultAtEveryCall(t *testing.T) {
	onEveryPlace(t, func(t *testing.T, at opened, backend bool) {
		for n, f := range everyFault {
			if f.restarts && (at.Driver == "" || at.Driver == "sqlite") {
				continue // no server
			}
			for k, more := 1, true; more; k++ {
				require.Less(t, k, 60)
				if uint64(n+k)%uint64(oneIn(at)) != *seed%uint64(oneIn(at)) {
					continue
				}
				t.Run(fmt.Sprintf("%s, call %d", f.name, k), func(t *testing.T) {
					w := begin(t, at, backend)
					defer w.end()
					more = false
					for !w.over() && !t.Failed() {
						reached := f.arm(w, k)
						done := w.attempt()
						w.disarm()
						if *reached {
							more = true
							summary.add(at.Store, counts{faults: 1})
						} else if !done {
							w.violated("it is not done, and there was no fault")
						}
						w.holds()
						if !done && !w.over() {
							w.insist()
						} else {
							w.advance(betweenSteps)
						}
					}
					w.goOnToTheEnd()
				})
			}
		}
	})
}

// onEveryPlace runs a test on every store, without a Backend and with one: no
// promise may depend on it. The stores run at the same time.
func onEveryPlace(t *testing.T, test func(t *testing.T, at opened, backend bool)) {
	for _, place := range places {
		t.Run(place.name, func(t *testing.T) {
			t.Parallel()
			at := place.make(t).open(t)
			for backend, mode := range map[bool]string{false: "three stores", true: "a backend"} {
				t.Run(mode, func(t *testing.T) { test(t, at, backend) })
			}
		})
	}
}
