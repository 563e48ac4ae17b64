package page

import (
	"net/http"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/respond"
)

// This file owns the error page: plain words, in the look of the settings, and a way
// back to them. What an error is to programs stands on it small, for who reports it.

// errorWords are the sentences for people, by the id of the error. Any other is
// textBroken.
var errorWords = map[respond.ErrorID]int64{
	"":                        textErrorGone,
	respond.SessionInactive:   textErrorSignIn,
	respond.IdentityMismatch:  textErrorOther,
	respond.CSRFViolation:     textErrorForged,
	respond.ReturnToForbidden: textErrorReturn,
	respond.FlowExpired:       textErrorOld,
	respond.FlowNotFound:      textErrorOld,
	respond.FlowMissing:       textErrorOld,
	respond.FlowDisabled:      textErrorDisabled,
	respond.NotFoundID:        textErrorNothing,
	respond.MethodNotAllowed:  textErrorNothing,
	respond.BodyTooLarge:      textErrorTooLarge,
	respond.BodyTooSlow:       textErrorSlow,
	respond.TooManyTriesID:    textErrorTries,
	respond.OverloadedID:      textErrorBusy,
	respond.UnavailableID:     textErrorBusy,
	respond.SessionAmbiguous:  textErrorSignIn,
}

// errorView is what error.html shows.
type errorView struct {
	frame
	Said ui.Text
	Text string
	ID   respond.ErrorID
	Home string
}

// showError is for settings.Handler.ShowErrorsBy.
func (p *handler) showError(w http.ResponseWriter, r *http.Request, code int, e respond.Error, home string) {
	id, known := errorWords[e.ID]
	if !known {
		id = textErrorBroken
	}
	v := &errorView{frame: frame{look: p.look, Language: p.look.of(r)}, Said: sentence(id), ID: e.ID, Home: home}
	v.Title, v.failed = v.Words(textError), true
	if id == textErrorNothing {
		v.Title = v.Words(textErrorNoPage)
	}
	v.Text = v.say(v.Said)
	_ = v.send(w, code, "error", v) // a reader that has gone away
}
