package password

import (
	"context"
	"slices"
	"sync"
	"time"
)

// pace makes wrong passwords take the same time, whatever they were compared with. A
// table may hold hashes of several kinds, of which one takes ten times as long as
// another, and some passwords are refused without any work: too long for bcrypt, or
// of an account whose hash cannot be read. Each would tell that there is such an
// account, since a name that nobody has is compared with a hash of the writer's.
//
// So a wrong answer is held until the dearest kind would be done that the writer makes
// or that was compared in this process, and a quarter more, for what a busy machine
// adds. A timer does that: no slot is held meanwhile. Right answers wait for nothing.
//
// It is the one thing here that is measured: the clock of the machine, and not that
// of a Config.
type pace struct {
	mu    sync.Mutex
	kinds map[strength]*durations
}

// maxKinds bounds what is remembered. A table has a handful of kinds.
const maxKinds = 64

// durations are the last ones of a kind, in a ring. Their median stays the same when
// one of them was held up by something else.
type durations struct {
	ring [9]time.Duration
	n    int
}

func (d *durations) add(took time.Duration) {
	d.ring[d.n%len(d.ring)] = took
	d.n++
}

func (d *durations) median() time.Duration {
	known := slices.Clone(d.ring[:min(d.n, len(d.ring))])
	slices.Sort(known)
	return known[len(known)/2]
}

// saw notes how long a comparison of a password with a hash took. One that bcrypt does
// not read whole says nothing of the kind.
func (m *Method) saw(hash, password string, took time.Duration) {
	kind, ok := m.hashes.strength(hash)
	if !ok || len(password) > bcryptMaxBytes || hasNUL(password) {
		return
	}
	m.pace.saw(kind, took)
}

// saw notes how long a comparison with a hash of a kind took.
func (p *pace) saw(kind strength, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kinds == nil {
		p.kinds = map[strength]*durations{}
	}
	d := p.kinds[kind]
	if d == nil && len(p.kinds) < maxKinds {
		d = &durations{}
		p.kinds[kind] = d
	}
	if d != nil {
		d.add(took)
	}
}

// dearest is how long a wrong answer takes.
func (p *pace) dearest() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	var most time.Duration
	for _, d := range p.kinds {
		most = max(most, d.median())
	}
	return most + most/4
}

// hold waits until so many comparisons with the dearest kind would be done that had
// begun then. It gives up when ctx is done, with its error.
func (p *pace) hold(ctx context.Context, began time.Time, comparisons int) error {
	timer := time.NewTimer(time.Duration(comparisons)*p.dearest() - time.Since(began))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
