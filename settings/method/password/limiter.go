package password

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
)

// ErrOverloaded is what [Limiter.Do] returns when the work did not start within the wait: more passwords are being hashed
// than the machine can hash. The right answer to a client is to come back later.
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
// Work starts first in, first out, as slots and memory allow. Work of one identity runs one after the other: while some
// runs or is next, the rest of that identity's waits aside, holding no place in the queue, and enters it at the end, one
// at a time. So nobody gets more than one slot, or keeps others waiting, by sending much.
type Limiter struct {
	slots  int
	memory int64
	wait   time.Duration

	mu      sync.Mutex
	running int
	used    int64      // bytes that the running jobs take
	queue   *list.List // of *job: those that only wait for a slot; nil if there never was one
	// aside has a key for each identity with a job that runs or is in the queue, and its other jobs, in order; nil if
	// there are none.
	aside map[string]*list.List
}

// NewLimiter returns a Limiter of its own. Zero or less is the default: slots, min(GOMAXPROCS, the number of cores),
// followed if it changes; memory, 256 MiB (in bytes) for all running work together; wait, 2 seconds.
func NewLimiter(slots int, memory int64, wait time.Duration) *Limiter {
	return &Limiter{slots: max(slots, 0), memory: max(memory, 0), wait: max(wait, 0)}
}

// Do runs work when its turn has come and returns its error.
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
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{identity: identity, memory: max(memory, 0), work: work, done: make(chan error, 1)}
	l.enter(j)

	timer := time.NewTimer(cmp.Or(l.wait, defaultWait))
	defer timer.Stop()
	for {
		select {
		case err := <-j.done:
			return err
		case <-ctx.Done():
			l.withdraw(j)
			return ctx.Err()
		case <-timer.C:
			if l.withdraw(j) {
				return ErrOverloaded
			}
			// It started in time. The wait does not bound how long it runs.
		}
	}
}

type job struct {
	identity string
	memory   int64
	work     func() error
	done     chan error // has room for the one result, so that nobody needs to listen

	waitsIn *list.List // the queue or a list aside; nil once it runs or has left
	place   *list.Element
}

func (j *job) waitIn(l *list.List) { j.waitsIn, j.place = l, l.PushBack(j) }

func (j *job) stopWaiting() {
	j.waitsIn.Remove(j.place)
	j.waitsIn, j.place = nil, nil
}

func (l *Limiter) enter(j *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queue == nil {
		l.queue, l.aside = list.New(), map[string]*list.List{}
	}
	if others, busy := l.aside[j.identity]; busy {
		if others == nil {
			others = list.New()
			l.aside[j.identity] = others
		}
		j.waitIn(others)
		return
	}
	if j.identity != "" {
		l.aside[j.identity] = nil
	}
	j.waitIn(l.queue)
	l.startReady()
}

// withdraw takes a waiting job out and reports whether it was waiting.
func (l *Limiter) withdraw(j *job) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if j.waitsIn == nil {
		return false
	}
	wasQueued := j.waitsIn == l.queue
	j.stopWaiting()
	if wasQueued {
		l.queueNextOf(j.identity)
		l.startReady() // it may have been the large one at the head
	}
	return true
}

// queueNextOf moves an identity's next job from aside into the queue, when the one before it has run or left.
func (l *Limiter) queueNextOf(identity string) {
	if identity == "" {
		return
	}
	others := l.aside[identity]
	if others == nil || others.Len() == 0 {
		delete(l.aside, identity)
		return
	}
	next := others.Front().Value.(*job)
	next.stopWaiting()
	next.waitIn(l.queue)
}

// startReady starts jobs from the head of the queue while they fit. Nothing overtakes a job that does not fit yet: it
// would never start while smaller ones keep coming.
func (l *Limiter) startReady() {
	for head := l.queue.Front(); head != nil; head = l.queue.Front() {
		j := head.Value.(*job)
		if !l.fits(j.memory) {
			return
		}
		j.stopWaiting()
		l.running++
		l.used += j.memory
		go l.run(j)
	}
}

func (l *Limiter) fits(memory int64) bool {
	if l.running == 0 {
		return true
	}
	slots := l.slots
	if slots == 0 {
		slots = min(runtime.GOMAXPROCS(0), runtime.NumCPU())
	}
	budget := cmp.Or(l.memory, defaultHashMemory)
	return l.running < slots && memory <= budget-l.used
}

func (l *Limiter) run(j *job) {
	err := errNoResult
	defer func() {
		if value := recover(); value != nil {
			err = newPanicError(value)
		}
		l.mu.Lock()
		l.running--
		l.used -= j.memory
		l.queueNextOf(j.identity)
		l.startReady()
		l.mu.Unlock()
		j.done <- err // after the slot is free: whoever sees the result may take the next one
	}()
	err = j.work()
}
