package password

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
)

// ErrOverloaded is returned by Limiter.Do and Limiter.DoUnknown for work that did not start
// within the wait, or whose queue was full: more passwords are to be hashed than the
// machine can hash. Ask the client to come back later.
var ErrOverloaded = errors.New("password: no slot for hashing within the wait")

// The defaults of a Limiter.
const (
	defaultHashMemory = 256 << 20 // bytes
	defaultWait       = 2 * time.Second
)

// processLimiter is shared by all that is not given a Limiter of its own: cores and memory are the process's, however
// many handlers it has.
var processLimiter = &Limiter{}

// ProcessLimiter returns the Limiter that everything in the process shares unless it is given another one: a slot per
// core, 256 MiB, 2 seconds. A login that hashes outside this package should take its slots here.
func ProcessLimiter() *Limiter { return processLimiter }

// Limiter decides how many passwords are hashed at once. Hashing fills a core and takes megabytes, so a burst of requests
// would otherwise take all of both. The zero value is a Limiter with the defaults.
//
// Work waits in one of two queues: [Limiter.Do] is for who is signed in, or comes from a device that has signed in before,
// and [Limiter.DoUnknown] for everybody else. Anybody can fill the second one, with names that nobody has if need be. So
// it is bounded, gets all slots but one, and never keeps the first one waiting for the last slot. Where both wait, they
// take turns.
//
// In each queue work starts first in, first out, as slots and memory allow. Work of one identity, or name, runs one after
// the other: while some runs or is next, the rest of that name's waits aside, holding no place in the queue, and enters it
// at the end, one at a time. So nobody gets more than one slot, or keeps others waiting, by sending much for one name.
type Limiter struct {
	slots  int
	memory int64
	wait   time.Duration

	mu             sync.Mutex
	running        int
	used           int64 // bytes that the running jobs take
	known, unknown queue
	last           *queue // the one whose work started last
}

// NewLimiter returns a Limiter of its own. Zero or less is the default: slots, min(GOMAXPROCS, the number of cores),
// followed if it changes; memory, 256 MiB (in bytes) for all running work together; wait, 2 seconds.
func NewLimiter(slots int, memory int64, wait time.Duration) *Limiter {
	return &Limiter{slots: max(slots, 0), memory: max(memory, 0), wait: max(wait, 0)}
}

// ahead is how many sign-ins from unknown devices have begun beyond those that have a slot: so many wait for a network while
// others are hashed, and so many for a slot once they have begun.
const ahead = 4

// Do runs work of somebody who is known, a signed-in user or a device that has signed in before, when its turn has come,
// and returns its error.
//
// The identity is whose password it is; at most one piece of work per identity runs at a time. The empty identity is
// nobody's and waits for no other. Memory is the bytes that work takes ([Writer].Memory); work that takes more than the
// whole budget runs alone.
//
// If work has not started within the wait, Do returns [ErrOverloaded]; if ctx is done first, ctx.Err(). In both cases
// work is never run. Once started, work runs to its end in a goroutine of its own and keeps its slot until then, since no
// hash can be stopped halfway. If ctx is done meanwhile, Do returns ctx.Err() at once; so what work writes may be read
// only after Do returned work's own error. A panic in work comes back as a [*PanicError].
func (l *Limiter) Do(ctx context.Context, identity string, memory int64, work func() error) error {
	return l.do(ctx, &job{queue: &l.known, name: identity, memory: memory, work: work})
}

// DoUnknown is Do for everybody else: a sign-in from a device that is not known. Name is whose password it is, or would
// be: names that nobody has wait like all others. Address is the client's IP address, "" if it is not known.
//
// Begin runs when the turn of the name has come, and before work: it may write to a store, and holds no slot meanwhile.
// With its error, DoUnknown returns and work is never run. nil begins with nothing. The wait is for the turn. Where there
// is no slot within as long again, work is not run although it has begun.
//
// At most 256 pieces of work wait, 8 of one name besides the first, and 64 of one address; one more is [ErrOverloaded] at
// once.
func (l *Limiter) DoUnknown(ctx context.Context, name, address string, memory int64, begin, work func() error) error {
	if begin == nil {
		begin = func() error { return nil }
	}
	return l.do(ctx, &job{queue: &l.unknown, name: name, address: address, memory: memory, begin: begin, work: work})
}

func (l *Limiter) do(ctx context.Context, j *job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j.memory, j.done = max(j.memory, 0), make(chan error, 1)
	if !l.enter(j) {
		return ErrOverloaded
	}
	wait := cmp.Or(l.wait, defaultWait)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for begun := false; ; begun = true {
		select {
		case err := <-j.done:
			return err
		case <-ctx.Done():
			l.withdraw(j, ctx.Err(), true)
			return ctx.Err()
		case <-timer.C:
			if l.withdraw(j, ErrOverloaded, begun) {
				return ErrOverloaded
			}
			// It started in time, and the wait does not bound how long it runs. Or it began in time, which is as good:
			// where many wait, everybody's turn comes when the wait is nearly over. It may wait as long again for a slot.
			timer.Reset(wait)
		}
	}
}

// enter queues a job, and reports false if its queue is full.
func (l *Limiter) enter(j *job) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if j.begin != nil && j.queue.full(j) {
		return false
	}
	j.queue.enter(j)
	l.startReady()
	return true
}

// withdraw takes a waiting job out and reports whether it was waiting. One that has begun stays unless begun says so; then
// one that is beginning comes to nothing, with the given error.
func (l *Limiter) withdraw(j *job, with error, begun bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if j.hasBegun && !begun {
		return false
	}
	j.withdrawn = with
	if !j.queue.withdraw(j) {
		return false
	}
	l.startReady() // it may have been the large one at the head
	return true
}

// startReady starts jobs while they fit. Nothing overtakes a job that does not fit yet: it would never start while smaller
// ones keep coming.
func (l *Limiter) startReady() {
	for l.unknown.mayBegin(l.unknownSlots() + ahead) {
		j := l.unknown.begin()
		go guarded(j.begin, func(err error) { l.begun(j, err) })
	}
	for q := l.next(); q != nil; q = l.next() {
		l.last = q
		j := q.start()
		l.running++
		l.used += j.memory
		go guarded(j.work, func(err error) { l.worked(j, err) })
	}
}

// next is the queue whose head may start now, nil for none.
func (l *Limiter) next() *queue {
	slots := l.slotsNow()
	if l.running > 0 && l.running >= slots {
		return nil
	}
	// The slot that is never given to the unknown, and the memory of one hash with it.
	if slots > 1 && l.known.waits() && l.known.running == 0 {
		return &l.known
	}
	first, second := &l.known, &l.unknown
	if l.last == first {
		first, second = second, first
	}
	for _, q := range []*queue{first, second} {
		if !q.waits() || q == &l.unknown && q.running >= l.unknownSlots() {
			continue
		}
		if l.running > 0 && q.head().memory > cmp.Or(l.memory, defaultHashMemory)-l.used {
			return nil
		}
		return q
	}
	return nil
}

// Load are the counts of a Limiter at one moment, for metrics.
type Load struct {
	Slots   int   // how many pieces of work may run at once
	Running int   // how many do
	Memory  int64 // bytes that those take
	Waiting int   // pieces of work of who is known that wait for a slot
	Queued  int   // sign-ins from unknown devices that wait for their turn or a slot
}

// Load gives the Limiter's counts at this moment.
func (l *Limiter) Load() Load {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Load{
		Slots: l.slotsNow(), Running: l.running, Memory: l.used,
		Waiting: l.known.waiting, Queued: l.unknown.waiting + l.unknown.beginning + l.unknown.readyNow(),
	}
}

func (l *Limiter) slotsNow() int {
	if l.slots > 0 {
		return l.slots
	}
	return min(runtime.GOMAXPROCS(0), runtime.NumCPU())
}

// unknownSlots are all but one, where there are two.
func (l *Limiter) unknownSlots() int { return max(1, l.slotsNow()-1) }

// begun lets a job that has begun wait for a slot, unless it came to nothing.
func (l *Limiter) begun(j *job, err error) {
	l.mu.Lock()
	err = cmp.Or(err, j.withdrawn)
	if j.queue.beginning--; err != nil {
		j.queue.finish(j)
	} else {
		j.waitIn(j.queue.ready)
	}
	l.startReady()
	l.mu.Unlock()
	if err != nil {
		j.done <- err
	}
}

// worked frees the slot of a job.
func (l *Limiter) worked(j *job, err error) {
	l.mu.Lock()
	l.running--
	l.used -= j.memory
	j.queue.running--
	j.queue.finish(j)
	l.startReady()
	l.mu.Unlock()
	j.done <- err // after the slot is free: whoever sees the result may take the next one
}
