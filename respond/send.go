package respond

import (
	"net/http"

	"github.com/amend-go/amend/settings/wire"
)

// Send answers a request with an outcome: Render and Write in one. A form is
// written to a buffer that is used again: it takes half of the room that an answer
// needs.
func (r *Responder) Send(w http.ResponseWriter, o Outcome) error {
	buffer := wire.Borrow()
	defer buffer.GiveBack()
	return r.render(buffer, o).Write(w)
}
