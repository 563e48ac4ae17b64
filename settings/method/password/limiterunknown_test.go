package password_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/amend-go/amend/settings/method/password"
)

func finishAll(all []*submission) {
	for _, s := range all {
		go func() { s.end <- nil }()
	}
	synctest.Wait()
}

// fill sends n sign-ins, each with a name of its own that nobody has.
func (b *bench) fill(n int) (all []*submission) {
	for i := range n {
		all = append(all, b.guess(fmt.Sprint("guess ", i), fmt.Sprint("name ", i), "", 1))
	}
	return all
}

func TestUnknownDevicesNeverGetTheLastSlot(t *testing.T) {
	onBench(t, password.NewLimiter(3, 0, time.Hour), func(t *testing.T, b *bench) {
		guesses := b.fill(5)
		assert.Equal(t, []string{"guess 0", "guess 1"}, b.order(), "two of three slots")
		ada := b.submit("ada", "ada", 1)
		assert.Equal(t, []string{"guess 0", "guess 1", "ada"}, b.order(), "somebody known waits for none of them")
		assert.NoError(t, ada.finish())
		assert.Len(t, b.order(), 3, "and leaves the slot free")
		finishAll(guesses)
	})
}

func TestTheKnownMayHaveAllSlots(t *testing.T) {
	onBench(t, password.NewLimiter(3, 0, time.Hour), func(t *testing.T, b *bench) {
		known := []*submission{b.submit("a", "a", 1), b.submit("b", "b", 1), b.submit("c", "c", 1)}
		assert.Len(t, b.order(), 3)
		finishAll(known)
	})
}

// Whoever has a thousand accounts of their own is known with each of them, and keeps
// nobody else from signing in.
func TestWhereBothWaitTheyTakeTurns(t *testing.T) {
	for slots, want := range map[int][]string{
		1: {"known 0", "guess 0", "known 1", "guess 1", "known 2", "guess 2"},
		2: {"known 0", "known 1", "guess 0", "known 2", "guess 1", "guess 2"},
	} {
		t.Run(fmt.Sprint(slots), func(t *testing.T) {
			onBench(t, password.NewLimiter(slots, 0, time.Hour), func(t *testing.T, b *bench) {
				work := map[string]*submission{}
				for i := range 3 {
					name := fmt.Sprint("known ", i)
					work[name] = b.submit(name, name, 1)
				}
				for i, s := range b.fill(3) {
					work[fmt.Sprint("guess ", i)] = s
				}
				for i := range want {
					assert.NoError(t, work[b.order()[i]].finish())
				}
				assert.Equal(t, want, b.order())
			})
		})
	}
}

func TestTheKnownDoNotWaitForMemoryOfTheUnknown(t *testing.T) {
	onBench(t, password.NewLimiter(4, 100, time.Hour), func(t *testing.T, b *bench) {
		guesses := []*submission{b.guess("guess", "x", "", 90), b.guess("next guess", "y", "", 20)}
		ada := b.submit("ada", "ada", 50)
		assert.Equal(t, []string{"guess", "ada"}, b.order())
		bob := b.submit("bob", "bob", 50)
		assert.Len(t, b.order(), 2, "for one hash that is; more of them keep to the budget")
		assert.NoError(t, guesses[0].finish())
		assert.NoError(t, ada.finish())
		finishAll([]*submission{bob, guesses[1]})
		assert.Len(t, b.order(), 4)
	})
}

func TestSomebodyKnownDoesNotWaitForTheirOwnName(t *testing.T) {
	onBench(t, password.NewLimiter(2, 0, time.Hour), func(t *testing.T, b *bench) {
		guess, next := b.guess("guess", "ada", "", 1), b.guess("next guess", "ada", "", 1)
		ada := b.submit("ada herself", "ada", 1)
		assert.Equal(t, []string{"guess", "ada herself"}, b.order())
		finishAll([]*submission{guess, next, ada})
	})
}

func TestTheQueueOfTheUnknownIsBounded(t *testing.T) {
	rows := []struct {
		name          string
		n             int // that wait
		account, from func(int) string
		other         func(b *bench) *submission // still has room
	}{
		{"256 in all", 256, func(i int) string { return fmt.Sprint(i) }, func(i int) string { return fmt.Sprint(i) },
			func(b *bench) *submission { return b.submit("ada", "ada", 1) }},
		{"8 of one name, and the first", 9, func(int) string { return "ada" }, func(i int) string { return fmt.Sprint(i) },
			func(b *bench) *submission { return b.guess("bob", "bob", "", 1) }},
		{"64 of one address", 64, func(i int) string { return fmt.Sprint(i) }, func(int) string { return "192.0.2.1" },
			func(b *bench) *submission { return b.guess("bob", "bob", "192.0.2.2", 1) }},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			onBench(t, password.NewLimiter(2, 0, time.Hour), func(t *testing.T, b *bench) {
				send := func(i int) *submission { return b.guess(fmt.Sprint(i), row.account(i), row.from(i), 1) }
				var underWay []*submission // one in a slot, and four that are next
				for i := range 5 {
					underWay = append(underWay, b.guess("under way", fmt.Sprint("first ", i), "", 1))
				}
				var waiting []*submission
				for i := range row.n {
					waiting = append(waiting, send(i))
				}
				for range 2 {
					assert.ErrorIs(t, <-send(row.n).result, password.ErrOverloaded, "at once: the clock has not moved")
				}
				other := row.other(b)
				select {
				case err := <-other.result:
					t.Errorf("refused: %v", err)
				default:
				}
				waiting[0].cancel()
				<-waiting[0].result
				again := send(row.n)
				finishAll(append(append(waiting[1:], again, other), underWay...))
				assert.Contains(t, b.order(), fmt.Sprint(row.n), "one who leaves makes room")
			})
		})
	}
}

func TestWhatALimiterSaysOfItsLoad(t *testing.T) {
	l := password.NewLimiter(3, 0, time.Hour)
	onBench(t, l, func(t *testing.T, b *bench) {
		assert.Equal(t, password.Load{Slots: 3}, l.Load())
		guesses := b.fill(5)
		assert.Equal(t, password.Load{Slots: 3, Running: 2, Memory: 2, Queued: 3}, l.Load())
		known := []*submission{b.submit("ada", "ada", 1), b.submit("bob", "bob", 1)}
		assert.Equal(t, password.Load{Slots: 3, Running: 3, Memory: 3, Waiting: 1, Queued: 3}, l.Load())
		finishAll(known[:1])
		finishAll(append(guesses, known[1]))
		assert.Equal(t, password.Load{Slots: 3}, l.Load())
	})
}
