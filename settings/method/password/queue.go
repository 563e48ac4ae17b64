package password

import "container/list"

// How much may wait of what anybody can send. A machine that takes 30 ms for a hash works off some 60 of it in a slot
// before their wait is over.
const (
	maxWaiting          = 256
	maxWaitingOfName    = 8
	maxWaitingOfAddress = 64
)

// queue is one of a Limiter's two. It is guarded by the Limiter's lock, and the zero value is empty.
//
// A job waits aside while another one of its name is under way, then in line for its turn, and once it has begun for a
// slot only. What begins with nothing waits for turn and slot in one.
type queue struct {
	line  *list.List // of *job: in line for a turn; nil if there never was one
	ready *list.List // of *job: those that only wait for a slot; the line itself where jobs begin with nothing
	// aside has a key for each name with a job under way or in line, and its other jobs, in order; nil if there are none.
	aside     map[string]*list.List
	beginning int
	running   int
	waiting   int            // aside and in line
	addresses map[string]int // of those
}

// job is one piece of work.
type job struct {
	queue       *queue
	name        string // "" waits for no other
	address     string // "" is not counted
	memory      int64
	begin, work func() error
	done        chan error // has room for the one result, so that nobody needs to listen

	hasBegun  bool
	withdrawn error      // why it is not to run
	waitsIn   *list.List // aside, the line or those that are ready; nil while it begins or runs, or when it has left
	place     *list.Element
}

func (j *job) waitIn(l *list.List) { j.waitsIn, j.place = l, l.PushBack(j) }

func (j *job) stopWaiting() {
	j.waitsIn.Remove(j.place)
	j.waitsIn, j.place = nil, nil
}

// full reports whether there is no room for one more.
func (q *queue) full(j *job) bool {
	others := q.aside[j.name]
	return q.waiting >= maxWaiting || others != nil && others.Len() >= maxWaitingOfName || q.addresses[j.address] >= maxWaitingOfAddress
}

func (q *queue) enter(j *job) {
	if q.line == nil {
		q.line, q.aside, q.addresses = list.New(), map[string]*list.List{}, map[string]int{}
		if q.ready = q.line; j.begin != nil {
			q.ready = list.New()
		}
	}
	q.waiting++
	if j.address != "" {
		q.addresses[j.address]++
	}
	if others, busy := q.aside[j.name]; busy {
		if others == nil {
			others = list.New()
			q.aside[j.name] = others
		}
		j.waitIn(others)
		return
	}
	if j.name != "" {
		q.aside[j.name] = nil
	}
	j.waitIn(q.line)
}

// mayBegin reports whether the turn of the first in line has come: fewer than so many are under way.
func (q *queue) mayBegin(most int) bool {
	return q.line != nil && q.line != q.ready && q.line.Len() > 0 && q.beginning+q.ready.Len()+q.running < most
}

// begin takes the first in line out.
func (q *queue) begin() *job {
	j := q.line.Front().Value.(*job)
	q.takeOut(j)
	j.hasBegun = true
	q.beginning++
	return j
}

// waits reports whether a job only waits for a slot; head is the first of them.
func (q *queue) waits() bool { return q.ready != nil && q.ready.Len() > 0 }
func (q *queue) head() *job  { return q.ready.Front().Value.(*job) }

// readyNow are those that have begun, and wait for a slot only.
func (q *queue) readyNow() int {
	if q.ready == nil || q.ready == q.line {
		return 0
	}
	return q.ready.Len()
}

// start takes the head out to run it.
func (q *queue) start() *job {
	j := q.head()
	q.takeOut(j)
	q.running++
	return j
}

// withdraw takes a waiting job out and reports whether it was waiting.
func (q *queue) withdraw(j *job) bool {
	if j.waitsIn == nil {
		return false
	}
	underWay := j.waitsIn == q.line || j.waitsIn == q.ready
	if q.takeOut(j); underWay {
		q.finish(j)
	}
	return true
}

// takeOut ends a job's waiting where it waits.
func (q *queue) takeOut(j *job) {
	j.stopWaiting()
	if j.hasBegun {
		return
	}
	q.waiting--
	if j.address == "" {
		return
	}
	if q.addresses[j.address]--; q.addresses[j.address] == 0 {
		delete(q.addresses, j.address)
	}
}

// finish lets the next job of a name from aside into the line, when the one before it is done or has left.
func (q *queue) finish(j *job) {
	if j.name == "" {
		return
	}
	others := q.aside[j.name]
	if others == nil || others.Len() == 0 {
		delete(q.aside, j.name)
		return
	}
	next := others.Front().Value.(*job)
	next.stopWaiting()
	next.waitIn(q.line)
}
