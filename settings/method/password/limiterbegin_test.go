package password_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/settings/method/password"
)

// beginning is a sign-in of an unknown device whose beginning the test decides.
func (b *bench) beginning(name string) (begun chan error, s *submission) {
	begun = make(chan error)
	return begun, b.send(name, func(ctx context.Context, work func() error) error {
		return b.limiter.DoUnknown(ctx, name, "", 1, func() error {
			b.mu.Lock()
			b.started = append(b.started, "begin "+name)
			b.mu.Unlock()
			return <-begun
		}, work)
	})
}

func TestWhatBeginsHoldsNoSlot(t *testing.T) {
	onBench(t, password.NewLimiter(2, 0, time.Hour), func(t *testing.T, b *bench) {
		slow, first := b.beginning("slow")
		quick, second := b.beginning("quick")
		quick <- nil
		assert.Equal(t, []string{"begin slow", "begin quick", "quick"}, b.order(), "whoever has begun is next")
		assert.NoError(t, second.finish())
		slow <- nil
		assert.NoError(t, first.finish())
	})
}

func TestWhatDoesNotBeginIsNotRun(t *testing.T) {
	refused := errors.New("too many tries")
	onBench(t, password.NewLimiter(2, 0, time.Hour), func(t *testing.T, b *bench) {
		begun, s := b.beginning("a")
		begun <- refused
		assert.Same(t, refused, <-s.result)
		begun, s = b.beginning("b")
		close(begun)
		assert.NoError(t, s.finish())
		assert.Equal(t, []string{"begin a", "begin b", "b"}, b.order())
	})
	l := password.NewLimiter(1, 0, 0)
	err := l.DoUnknown(t.Context(), "a", "", 1, func() error { panic("hunter2") }, func() error { t.Error("run"); return nil })
	var panicked *password.PanicError
	assert.ErrorAs(t, err, &panicked)
	assert.True(t, l.Idle())
}

// No more begin than will have a slot soon: what is counted is compared, as a rule.
func TestFewBeginAhead(t *testing.T) {
	onBench(t, password.NewLimiter(3, 0, 2*time.Second), func(t *testing.T, b *bench) {
		var begun []chan error
		var all []*submission
		for i := range 10 {
			c, s := b.beginning(fmt.Sprint(i))
			begun, all = append(begun, c), append(all, s)
		}
		assert.Len(t, b.order(), 2+4)
		for _, c := range begun[6:] { // should they come to it when others have left
			close(c)
		}
		for _, c := range begun[:5] {
			c <- nil
			synctest.Wait() // they come to a slot in this order
		}
		time.Sleep(3 * time.Second)
		for _, s := range slices.Concat(all[2:5], all[6:]) {
			assert.ErrorIs(t, <-s.result, password.ErrOverloaded, "without a slot, or without a turn")
		}
		begun[5] <- nil
		assert.ErrorIs(t, <-all[5].result, password.ErrOverloaded, "begun too late")
		for _, s := range all[:2] {
			assert.NoError(t, s.finish())
		}
	})
}

func TestAClientThatLeavesHavingBegun(t *testing.T) {
	onBench(t, password.NewLimiter(2, 0, time.Hour), func(t *testing.T, b *bench) {
		running := b.guess("running", "x", "", 1)
		waiting, beginning := b.guess("waiting", "y", "", 1), make(chan error)
		s := b.send("beginning", func(ctx context.Context, work func() error) error {
			return b.limiter.DoUnknown(ctx, "z", "", 1, func() error { return <-beginning }, work)
		})
		waiting.cancel()
		assert.ErrorIs(t, <-waiting.result, context.Canceled)
		s.cancel()
		assert.ErrorIs(t, <-s.result, context.Canceled)
		beginning <- nil
		assert.NoError(t, running.finish())
		assert.Equal(t, []string{"running"}, b.order(), "nobody is there to be compared for")
	})
}
