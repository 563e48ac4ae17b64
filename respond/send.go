package respond

import (
	"net/http"
	"sync"

	"github.com/amend-go/amend/settings/wire"
)

// Send answers a request with an outcome: Render and Write in one. A form is
// written to a buffer that is used again: it takes half of the room that an answer
// needs.
func (r *Responder) Send(w http.ResponseWriter, o Outcome) error {
	buffer := buffers.Get().(*wire.Writer)
	defer putBack(buffer)
	return r.render(buffer, o).Write(w)
}

var buffers = sync.Pool{New: func() any { return wire.New(16 << 10) }}

// maxBuffer is how large a buffer may be that is kept.
const maxBuffer = 64 << 10

// putBack keeps a buffer, without what was in it: a form may show a secret.
func putBack(w *wire.Writer) {
	if cap(w.Bytes()) > maxBuffer {
		return
	}
	w.Reset()
	buffers.Put(w)
}
