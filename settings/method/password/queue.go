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
type queue struct {
	line *list.List // of *job: those that only wait for a slot; nil if there never was one
	// aside has a key for each name with a job that runs or is in line, and its other jobs, in order; nil if there are
	// none.
	aside     map[string]*list.List
	running   int
	waiting   int            // in line and aside
	addresses map[string]int // of those
}

// job is one piece of work.
type job struct {
	queue   *queue
	name    string // "" waits for no other
	address string // "" is not counted
	memory  int64
	work    func() error
	done    chan error // has room for the one result, so that nobody needs to listen

	waitsIn *list.List // the line or a list aside; nil once it runs or has left
	place   *list.Element
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

// waits reports whether a job only waits for a slot; head is the first of them.
func (q *queue) waits() bool { return q.line != nil && q.line.Len() > 0 }
func (q *queue) head() *job  { return q.line.Front().Value.(*job) }

// start takes the head out to run it.
func (q *queue) start() *job {
	j := q.head()
	q.leave(j)
	q.running++
	return j
}

// finish lets the next one of a name that has run into the line.
func (q *queue) finish(j *job) {
	q.running--
	q.queueNextOf(j.name)
}

// withdraw takes a waiting job out and reports whether it was waiting.
func (q *queue) withdraw(j *job) bool {
	if j.waitsIn == nil {
		return false
	}
	inLine := j.waitsIn == q.line
	q.leave(j)
	if inLine {
		q.queueNextOf(j.name)
	}
	return true
}

func (q *queue) leave(j *job) {
	j.stopWaiting()
	q.waiting--
	if j.address == "" {
		return
	}
	if q.addresses[j.address]--; q.addresses[j.address] == 0 {
		delete(q.addresses, j.address)
	}
}

// queueNextOf moves a name's next job from aside into the line, when the one before it has run or left.
func (q *queue) queueNextOf(name string) {
	if name == "" {
		return
	}
	others := q.aside[name]
	if others == nil || others.Len() == 0 {
		delete(q.aside, name)
		return
	}
	next := others.Front().Value.(*job)
	next.stopWaiting()
	next.waitIn(q.line)
}
