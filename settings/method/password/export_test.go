package password

import "time"

// MemoryOf lets the tests hold what the limiter is told against what Verify takes.
var MemoryOf = hashes(nil).memory

// Idle reports whether nothing is left of the work a Limiter had: no job, no slot, no memory, no entry of a name or an
// address.
func (l *Limiter) Idle() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.running == 0 && l.used == 0 && l.known.idle() && l.unknown.idle()
}

func (q *queue) idle() bool {
	return !q.waits() && q.running == 0 && q.beginning == 0 && q.waiting == 0 && len(q.aside) == 0 && len(q.addresses) == 0
}

// Seen makes a method believe that comparing with hashes like this one takes so long.
func (m *Method) Seen(hash string, took time.Duration) {
	for range len(durations{}.ring) {
		m.saw(hash, "x", took)
	}
}
