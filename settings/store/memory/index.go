package memory

import (
	"hash/maphash"
	"math/bits"
	"sync"
)

// width is how many locks the keys of an index are spread over: the bits of a
// set.
const width = 64

// set is a set of locks, by their numbers.
type set uint64

// index finds values by keys that are unique. The keys are spread over parts,
// and each part has a lock.
type index[K comparable, V comparable] struct {
	seed  maphash.Seed
	locks [width]struct {
		sync.RWMutex
		_ [40]byte // a cache line for each
	}
	parts [width]map[K]V
}

func newIndex[K comparable, V comparable]() *index[K, V] {
	x := &index[K, V]{seed: maphash.MakeSeed()}
	for n := range x.parts {
		x.parts[n] = map[K]V{}
	}
	return x
}

// part is the number of a key's part and of its lock.
func (x *index[K, V]) part(k K) int { return int(maphash.Comparable(x.seed, k) % width) }

// lockOf is the lock of a key's part.
func (x *index[K, V]) lockOf(k K) *sync.RWMutex { return &x.locks[x.part(k)].RWMutex }

func (x *index[K, V]) partsOf(keys []K) (s set) {
	for _, k := range keys {
		s |= 1 << x.part(k)
	}
	return s
}

// lock locks the parts of a set in ascending order, so that two calls that
// need several never wait for each other.
func (x *index[K, V]) lock(s set) {
	for ; s != 0; s &= s - 1 {
		x.locks[bits.TrailingZeros64(uint64(s))].Lock()
	}
}

func (x *index[K, V]) unlock(s set) {
	for ; s != 0; s &= s - 1 {
		x.locks[bits.TrailingZeros64(uint64(s))].Unlock()
	}
}

// rlock is lock for reading.
func (x *index[K, V]) rlock(s set) {
	for ; s != 0; s &= s - 1 {
		x.locks[bits.TrailingZeros64(uint64(s))].RLock()
	}
}

func (x *index[K, V]) runlock(s set) {
	for ; s != 0; s &= s - 1 {
		x.locks[bits.TrailingZeros64(uint64(s))].RUnlock()
	}
}

// get finds a value.
func (x *index[K, V]) get(k K) (V, bool) {
	n := x.part(k)
	x.locks[n].RLock()
	v, ok := x.parts[n][k]
	x.locks[n].RUnlock()
	return v, ok
}

// claim gives the keys to v, unless another value has one of them.
func (x *index[K, V]) claim(v V, keys []K) bool {
	s := x.partsOf(keys)
	x.lock(s)
	defer x.unlock(s)
	if !x.free(v, keys) {
		return false
	}
	x.put(v, keys)
	return true
}

// release takes keys away from the value that has them.
func (x *index[K, V]) release(keys []K) {
	s := x.partsOf(keys)
	x.lock(s)
	x.drop(keys)
	x.unlock(s)
}

// free reports whether no value but v has one of the keys. It, put and drop
// need the locks of the keys' parts.
func (x *index[K, V]) free(v V, keys []K) bool {
	for _, k := range keys {
		if has, ok := x.parts[x.part(k)][k]; ok && has != v {
			return false
		}
	}
	return true
}

func (x *index[K, V]) put(v V, keys []K) {
	for _, k := range keys {
		x.parts[x.part(k)][k] = v
	}
}

func (x *index[K, V]) drop(keys []K) {
	for _, k := range keys {
		delete(x.parts[x.part(k)], k)
	}
}
