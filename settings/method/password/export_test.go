package password

// MemoryOf lets the tests hold what the limiter is told against what Verify takes.
var MemoryOf = memoryOf

// Idle reports whether nothing is left of the work a Limiter had: no job, no slot, no memory, no entry of an identity.
func (l *Limiter) Idle() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.running == 0 && l.used == 0 && (l.queue == nil || l.queue.Len() == 0) && len(l.aside) == 0
}
