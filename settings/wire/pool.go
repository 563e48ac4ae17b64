package wire

import "sync"

var pool = sync.Pool{New: func() any { return New(16 << 10) }}

// maxKept is how large a buffer may be that is kept, in bytes.
const maxKept = 64 << 10

// Borrow is a Writer, empty, whose buffer has been used before: an answer takes half
// of its room for what is written. Its borrower gives it back.
func Borrow() *Writer { return pool.Get().(*Writer) }

// GiveBack ends what Borrow began. What Bytes gave is gone then: it is overwritten
// by zeros, for it may have held a secret.
func (w *Writer) GiveBack() {
	if cap(w.buf) > maxKept {
		return
	}
	clear(w.buf)
	w.buf, w.next = w.buf[:0], false
	pool.Put(w)
}
