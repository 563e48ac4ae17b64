package memory

import (
	"container/heap"
	"slices"
	"time"
)

// entry is a stored record that expires. But for the owner, which never
// changes, it is guarded by the lock of its owner. Whoever finds it in an index
// before having that lock must look at gone.
type entry[R any] struct {
	owner  *account
	record R
	due    time.Time // when record expires
	at     int       // where the entry stands in its queue
	gone   bool      // deleted
}

// queue is a heap (container/heap) of entries; the one that expires first is
// at 0.
type queue[R any] []*entry[R]

func (q queue[R]) Len() int           { return len(q) }
func (q queue[R]) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q queue[R]) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].at, q[j].at = i, j
}

func (q *queue[R]) Push(e any) {
	e.(*entry[R]).at = len(*q)
	*q = append(*q, e.(*entry[R]))
}

func (q *queue[R]) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return e
}

// replace gives an entry a new record.
func (q *queue[R]) replace(e *entry[R], record R, due time.Time) {
	e.record, e.due = record, due
	heap.Fix(q, e.at)
}

// firstToExpire is the entry that makes room for another.
func firstToExpire[R any](entries []*entry[R]) *entry[R] {
	return slices.MinFunc(entries, func(a, b *entry[R]) int { return a.due.Compare(b.due) })
}

// without is the entries without one of them.
func without[R any](entries []*entry[R], e *entry[R]) []*entry[R] {
	i := slices.Index(entries, e)
	return slices.Delete(entries, i, i+1)
}

// sweepAtOnce is how many records a sweep deletes before it lets others have
// the lock.
const sweepAtOnce = 32

// sweep deletes at most limit entries that are due. It begins at another part
// each time, so that small limits come around to all of them.
func sweep[R any](s *Store, queues *[width]queue[R], now time.Time, limit int, drop func(*entry[R])) (deleted int) {
	begin := int(s.sweepsBegun.Add(1) % width)
	for i := range width {
		n := (begin + i) % width
		for more := true; more && deleted < limit; {
			most := min(sweepAtOnce, limit-deleted)
			s.accounts.locks[n].Lock()
			got := dropDue(&queues[n], now, most, drop)
			s.accounts.locks[n].Unlock()
			deleted += got
			more = got == most
		}
	}
	return deleted
}

func dropDue[R any](q *queue[R], now time.Time, most int, drop func(*entry[R])) (deleted int) {
	for ; deleted < most && len(*q) > 0 && !(*q)[0].due.After(now); deleted++ {
		drop((*q)[0])
	}
	return deleted
}
