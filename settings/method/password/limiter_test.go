package password_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/settings/method/password"
)

// A bench gives work to a limiter whose end the test decides. It lives in a synctest bubble, where every goroutine that
// waits is known to wait, and the clock moves only when all do.
type bench struct {
	t       *testing.T
	limiter *password.Limiter

	mu      sync.Mutex
	started []string // names of the work, in the order in which it started
}

func (b *bench) order() []string {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string{}, b.started...)
}

// A submission is one call of Do.
type submission struct {
	end    chan error // what is sent is what the work returns
	result chan error // what Do returned
	cancel context.CancelFunc
}

func (b *bench) submit(name, identity string, memory int64) *submission {
	return b.send(name, func(ctx context.Context, work func() error) error { return b.limiter.Do(ctx, identity, memory, work) })
}

// guess is submit from a device that is not known.
func (b *bench) guess(name, account, address string, memory int64) *submission {
	return b.send(name, func(ctx context.Context, work func() error) error {
		return b.limiter.DoUnknown(ctx, account, address, memory, work)
	})
}

func (b *bench) send(name string, do func(context.Context, func() error) error) *submission {
	ctx, cancel := context.WithCancel(b.t.Context())
	s := &submission{end: make(chan error), result: make(chan error, 1), cancel: cancel}
	go func() {
		s.result <- do(ctx, func() error {
			b.mu.Lock()
			b.started = append(b.started, name)
			b.mu.Unlock()
			return <-s.end
		})
	}()
	synctest.Wait() // so that submissions come in the order of the test's lines
	return s
}

func (s *submission) finish() error {
	s.end <- nil
	return <-s.result
}

func onBench(t *testing.T, l *password.Limiter, test func(t *testing.T, b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(t, &bench{t: t, limiter: l})
		synctest.Wait()
		assert.True(t, l.Idle(), "something is left over")
	})
}

func TestLimiterReturnsWhatTheWorkReturned(t *testing.T) {
	l := password.NewLimiter(1, 0, 0)
	require.NoError(t, l.Do(t.Context(), "ada", 1, func() error { return nil }))
	wrong := errors.New("wrong")
	require.Same(t, wrong, l.Do(t.Context(), "ada", 1, func() error { return wrong }))
	assert.True(t, l.Idle())
}

func TestLimiterStartsFirstInFirstOut(t *testing.T) {
	onBench(t, password.NewLimiter(1, 0, time.Hour), func(t *testing.T, b *bench) {
		var all []*submission
		for _, name := range []string{"a", "b", "c", "d"} {
			all = append(all, b.submit(name, name, 1))
		}
		assert.Equal(t, []string{"a"}, b.order(), "one slot")
		for i, want := range [][]string{{"a", "b"}, {"a", "b", "c"}, {"a", "b", "c", "d"}} {
			require.NoError(t, all[i].finish())
			assert.Equal(t, want, b.order())
		}
		require.NoError(t, all[3].finish())
	})
}

func TestLimiterRunsOneOfAnIdentityAtATime(t *testing.T) {
	onBench(t, password.NewLimiter(3, 0, time.Hour), func(t *testing.T, b *bench) {
		ada1 := b.submit("ada 1", "ada", 1)
		ada2 := b.submit("ada 2", "ada", 1)
		ada3 := b.submit("ada 3", "ada", 1)
		bob := b.submit("bob", "bob", 1)
		assert.Equal(t, []string{"ada 1", "bob"}, b.order(), "bob does not wait behind ada's second")
		require.NoError(t, ada1.finish())
		assert.Equal(t, []string{"ada 1", "bob", "ada 2"}, b.order(), "a slot is free, but ada's third waits")
		require.NoError(t, ada2.finish())
		assert.Equal(t, []string{"ada 1", "bob", "ada 2", "ada 3"}, b.order())
		require.NoError(t, ada3.finish())
		require.NoError(t, bob.finish())
	})
}

func TestLimiterLetsAnIdentityThatSendsMuchWaitBehindTheOthers(t *testing.T) {
	onBench(t, password.NewLimiter(1, 0, time.Hour), func(t *testing.T, b *bench) {
		ada1 := b.submit("ada 1", "ada", 1)
		ada2 := b.submit("ada 2", "ada", 1)
		ada3 := b.submit("ada 3", "ada", 1)
		bob := b.submit("bob", "bob", 1)
		require.NoError(t, ada1.finish())
		require.NoError(t, bob.finish())
		require.NoError(t, ada2.finish())
		require.NoError(t, ada3.finish())
		assert.Equal(t, []string{"ada 1", "bob", "ada 2", "ada 3"}, b.order())
	})
}

func TestLimiterDoesNotTakeNobodyForOneIdentity(t *testing.T) {
	onBench(t, password.NewLimiter(2, 0, time.Hour), func(t *testing.T, b *bench) {
		first, second := b.submit("first", "", 1), b.submit("second", "", 1)
		assert.Equal(t, []string{"first", "second"}, b.order())
		require.NoError(t, first.finish())
		require.NoError(t, second.finish())
	})
}

func TestLimiterKeepsItsMemoryBudget(t *testing.T) {
	onBench(t, password.NewLimiter(8, 100, time.Hour), func(t *testing.T, b *bench) {
		a, c := b.submit("50", "a", 50), b.submit("40", "c", 40)
		d := b.submit("11", "d", 11)
		e := b.submit("1", "e", 1)
		assert.Equal(t, []string{"50", "40"}, b.order(), "11 more do not fit, and nothing overtakes them")
		require.NoError(t, c.finish())
		assert.ElementsMatch(t, []string{"50", "40", "11", "1"}, b.order(), "both start at once")
		for _, s := range []*submission{a, d, e} {
			require.NoError(t, s.finish())
		}
	})
}

func TestLimiterRunsWorkLargerThanTheBudgetAlone(t *testing.T) {
	onBench(t, password.NewLimiter(8, 100, time.Hour), func(t *testing.T, b *bench) {
		small := b.submit("small", "a", 1)
		large := b.submit("large", "b", 101)
		after := b.submit("after", "c", 1)
		assert.Equal(t, []string{"small"}, b.order(), "not beside anything that runs")
		require.NoError(t, small.finish())
		assert.Equal(t, []string{"small", "large"}, b.order(), "and nothing beside it")
		require.NoError(t, large.finish())
		assert.Equal(t, []string{"small", "large", "after"}, b.order())
		require.NoError(t, after.finish())
	})
}

func TestLimiterDoesNotCountNegativeMemory(t *testing.T) {
	onBench(t, password.NewLimiter(8, 100, time.Hour), func(t *testing.T, b *bench) {
		generous := b.submit("-1000", "a", -1000)
		large := b.submit("60", "b", 60)
		second := b.submit("60 again", "c", 60)
		assert.Equal(t, []string{"-1000", "60"}, b.order())
		for _, s := range []*submission{generous, large, second} {
			require.NoError(t, s.finish())
		}
	})
}

func TestLimiterByDefaultHasASlotPerCoreAnd256MiB(t *testing.T) {
	cores := min(runtime.GOMAXPROCS(0), runtime.NumCPU())
	for name, l := range map[string]*password.Limiter{
		"the zero value":      {},
		"NewLimiter of zeros": password.NewLimiter(0, 0, 0),
		"NewLimiter of less":  password.NewLimiter(-1, -1, -1),
	} {
		onBench(t, l, func(t *testing.T, b *bench) {
			var all []*submission
			for i := range cores + 2 {
				all = append(all, b.submit("small", fmt.Sprint(i), 1))
			}
			assert.Len(t, b.order(), cores, name)
			for _, s := range all {
				require.NoError(t, s.finish(), name)
			}
		})
		onBench(t, l, func(t *testing.T, b *bench) {
			a := b.submit("all", "a", 256<<20)
			c := b.submit("one byte", "c", 1)
			assert.Equal(t, []string{"all"}, b.order(), name)
			require.NoError(t, a.finish(), name)
			require.NoError(t, c.finish(), name)
		})
	}
}

func TestLimiterGivesUpAfterTheWait(t *testing.T) {
	for _, row := range []struct {
		name  string
		given time.Duration
		want  time.Duration
	}{
		{"2 seconds by default", 0, 2 * time.Second},
		{"as configured", 300 * time.Millisecond, 300 * time.Millisecond},
	} {
		onBench(t, password.NewLimiter(1, 0, row.given), func(t *testing.T, b *bench) {
			start := time.Now()
			running := b.submit("ada 1", "ada", 1)
			queued := b.submit("bob", "bob", 1)
			aside := b.submit("ada 2", "ada", 1)
			require.ErrorIs(t, <-queued.result, password.ErrOverloaded, row.name)
			assert.Equal(t, row.want, time.Since(start), "%s: the clock of the bubble is exact", row.name)
			require.ErrorIs(t, <-aside.result, password.ErrOverloaded, row.name)
			assert.Equal(t, row.want, time.Since(start), row.name)

			time.Sleep(time.Hour)
			require.NoError(t, running.finish(), "the wait does not bound the work itself")
			assert.Equal(t, []string{"ada 1"}, b.order(), "what gave up never runs")
		})
	}
}

func TestLimiterCountsTheWaitFromEachOnesArrival(t *testing.T) {
	onBench(t, password.NewLimiter(1, 0, 2*time.Second), func(t *testing.T, b *bench) {
		a := b.submit("a", "a", 1)
		early := b.submit("early", "b", 1)
		time.Sleep(1500 * time.Millisecond)
		late := b.submit("late", "c", 1)
		time.Sleep(time.Second)
		require.ErrorIs(t, <-early.result, password.ErrOverloaded)
		require.NoError(t, a.finish())
		assert.Equal(t, []string{"a", "late"}, b.order())
		require.NoError(t, late.finish())
	})
}

func TestLimiterLetsACancelledRequestLeaveTheQueue(t *testing.T) {
	onBench(t, password.NewLimiter(1, 0, time.Hour), func(t *testing.T, b *bench) {
		a := b.submit("a", "a", 1)
		gone := b.submit("gone", "gone", 1)
		behind := b.submit("behind gone", "gone", 1)
		aside := b.submit("aside", "a", 1)
		last := b.submit("last", "last", 1)

		gone.cancel()
		require.ErrorIs(t, <-gone.result, context.Canceled)
		aside.cancel()
		require.ErrorIs(t, <-aside.result, context.Canceled)

		require.NoError(t, a.finish())
		require.NoError(t, last.finish())
		require.NoError(t, behind.finish())
		assert.Equal(t, []string{"a", "last", "behind gone"}, b.order())
	})
}

func TestLimiterStartsTheNextWhenALargeHeadLeaves(t *testing.T) {
	onBench(t, password.NewLimiter(4, 100, time.Hour), func(t *testing.T, b *bench) {
		a := b.submit("60", "a", 60)
		large := b.submit("80", "b", 80)
		small := b.submit("10", "c", 10)
		assert.Equal(t, []string{"60"}, b.order())
		large.cancel()
		require.ErrorIs(t, <-large.result, context.Canceled)
		assert.Equal(t, []string{"60", "10"}, b.order())
		require.NoError(t, a.finish())
		require.NoError(t, small.finish())
	})
}

func TestLimiterLeavesTheSlotToTheWorkOfACancelledRequest(t *testing.T) {
	onBench(t, password.NewLimiter(1, 0, time.Hour), func(t *testing.T, b *bench) {
		cancelled := b.submit("cancelled", "a", 1)
		next := b.submit("next", "b", 1)
		cancelled.cancel()
		require.ErrorIs(t, <-cancelled.result, context.Canceled, "the request returns while its work runs")
		assert.Equal(t, []string{"cancelled"}, b.order(), "its work still fills the core")
		cancelled.end <- nil
		assert.Equal(t, []string{"cancelled", "next"}, b.order())
		require.NoError(t, next.finish())
	})
}

func TestLimiterReturnsTheErrorOfTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := password.NewLimiter(1, 0, time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		end := make(chan struct{})
		err := l.Do(ctx, "ada", 1, func() error { <-end; return nil })
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, password.ErrOverloaded)
		err = l.Do(ctx, "bob", 1, func() error { panic("ran for a request that was gone") })
		require.ErrorIs(t, err, context.DeadlineExceeded)
		close(end)
		synctest.Wait()
		assert.True(t, l.Idle())
		err = l.Do(ctx, "bob", 1, func() error { panic("ran for a request that was gone, on a free slot") })
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.True(t, l.Idle())
	})
}

func TestLimiterTurnsAPanicIntoAnError(t *testing.T) {
	l := password.NewLimiter(1, 0, time.Hour)
	for _, row := range []struct {
		name string
		work func() error
		text string
	}{
		{"a string, which may be the password", func() error { panic("hunter2hunter2") }, "a value of type string"},
		{"an error, which may contain it", func() error { panic(errors.New("hunter2hunter2")) }, "a value of type *errors.errorString"},
		{"one of the runtime", func() error { return []error{nil}[len(t.Name())] }, "index out of range"},
	} {
		err := l.Do(t.Context(), "ada", 1, row.work)
		var panicked *password.PanicError
		require.ErrorAs(t, err, &panicked, row.name)
		assert.ErrorContains(t, err, row.text, row.name)
		assert.NotContains(t, err.Error(), "hunter2", row.name)
		assert.NotNil(t, panicked.Value, row.name)
		assert.Contains(t, string(panicked.Stack), "limiter_test.go", row.name)
	}
	require.Error(t, l.Do(t.Context(), "ada", 1, func() error { runtime.Goexit(); return nil }))
	require.NoError(t, l.Do(t.Context(), "ada", 1, func() error { return nil }), "the slot is free again")
	assert.True(t, l.Idle())
}

// The one thing a limiter must never do is lose a slot. A thousand requests of twenty identities, half of them from unknown
// devices, with real parallelism; a third of them go away at a moment of their own.
func TestLimiterLosesNoSlotInABurst(t *testing.T) {
	const slots, budget = 4, 100
	l := password.NewLimiter(slots, budget, time.Hour)
	var running, memory, peak, over, unknown atomic.Int64
	var ofIdentity [2][20]atomic.Int64

	var requests sync.WaitGroup
	for i := range 1000 {
		random := rand.New(rand.NewPCG(1, uint64(i)))
		identity, takes, known := random.IntN(len(ofIdentity[0])), 1+random.Int64N(60), random.IntN(2)
		ctx, cancel := context.WithCancel(t.Context())
		if random.IntN(3) == 0 {
			requests.Go(func() {
				for range random.IntN(2000) {
					runtime.Gosched()
				}
				cancel()
			})
		}
		requests.Go(func() {
			defer cancel()
			do := l.Do
			if known == 0 {
				do = func(ctx context.Context, identity string, memory int64, work func() error) error {
					return l.DoUnknown(ctx, identity, fmt.Sprint(i%7), memory, work)
				}
			}
			err := do(ctx, fmt.Sprint(identity), takes, func() error {
				n := running.Add(1)
				if known == 0 && unknown.Add(1) > slots-1 {
					over.Add(1)
				}
				for p := peak.Load(); n > p && !peak.CompareAndSwap(p, n); p = peak.Load() {
				}
				// One hash of the known may come on top of the memory that the unknown have.
				if n > slots || memory.Add(takes) > budget+60 || ofIdentity[known][identity].Add(1) > 1 {
					over.Add(1)
				}
				for range 50 {
					runtime.Gosched()
				}
				ofIdentity[known][identity].Add(-1)
				memory.Add(-takes)
				if known == 0 {
					unknown.Add(-1)
				}
				running.Add(-1)
				if i%10 == 0 {
					panic("some work panics")
				}
				return nil
			})
			var panicked *password.PanicError
			if err != nil && !errors.Is(err, context.Canceled) && !errors.As(err, &panicked) && (known == 1 || !errors.Is(err, password.ErrOverloaded)) {
				t.Errorf("request %d: %v", i, err)
			}
		})
	}
	requests.Wait()
	assert.Zero(t, over.Load(), "more at once than slots, memory or identities allow")
	assert.Greater(t, peak.Load(), int64(1), "nothing ran side by side: the test shows nothing")

	// All slots at once: each waits until the others run too.
	var all, done sync.WaitGroup
	all.Add(slots)
	for i := range slots {
		done.Go(func() {
			assert.NoError(t, l.Do(t.Context(), fmt.Sprint(i), budget/slots, func() error {
				all.Done()
				all.Wait()
				return nil
			}))
		})
	}
	done.Wait()
	assert.True(t, l.Idle())
}

func TestProcessLimiterIsOne(t *testing.T) {
	assert.Same(t, password.ProcessLimiter(), password.ProcessLimiter())
}
