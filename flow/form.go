package flow

import (
	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/wire"
)

// Form is a flow as its client sees it: the flow, the nodes made for this
// answer, and the owner.
type Form struct {
	Flow
	UI    ui.Container
	Owner identity.Identity
	About identity.About

	// EndsOthers says that a change of a credential signs out the owner's other
	// devices. It is for pages in the process, and not written.
	EndsOthers bool
}

// Extra is what an answer adds to a form. The zero value adds nothing.
type Extra struct {
	SessionToken   string // as session_token
	SetToken       string // as continue_with set_ory_session_token
	RedirectTarget string // as continue_with redirect_browser_to
}

// WriteJSON writes the form with every key the flow's schema requires.
func (f *Form) WriteJSON(w *wire.Writer, x Extra) {
	w.BeginObject()
	w.Field("id", f.ID)
	w.Field("type", string(f.Type))
	w.Key("expires_at")
	w.Time(f.ExpiresAt)
	w.Key("issued_at")
	w.Time(f.IssuedAt)
	w.Field("request_url", f.RequestURL)
	if f.ReturnTo != "" {
		w.Field("return_to", f.ReturnTo)
	}
	if f.Active != "" {
		w.Field("active", f.Active)
	}
	w.Key("ui")
	f.UI.WriteJSON(w)
	w.Key("identity")
	f.Owner.WriteJSON(w, f.About)
	w.Field("state", string(f.State))
	if x.SetToken != "" || x.RedirectTarget != "" {
		w.Key("continue_with")
		w.BeginArray()
		if x.SetToken != "" {
			w.BeginObject()
			w.Field("action", "set_ory_session_token")
			w.Field("ory_session_token", x.SetToken)
			w.EndObject()
		}
		if x.RedirectTarget != "" {
			w.BeginObject()
			w.Field("action", "redirect_browser_to")
			w.Field("redirect_browser_to", x.RedirectTarget)
			w.EndObject()
		}
		w.EndArray()
	}
	if x.SessionToken != "" {
		w.Field("session_token", x.SessionToken)
	}
	if len(f.TransientPayload) > 0 {
		w.Key("transient_payload")
		w.Raw(f.TransientPayload)
	}
	w.EndObject()
}
