package respond

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/wire"
)

// ErrorID names an error for programs. An id never changes. Every answer except a success
// and a form has one of these.
type ErrorID string

const (
	SessionInactive        ErrorID = "session_inactive"                      // no session, or one that ended
	SessionRefreshRequired ErrorID = "session_refresh_required"              // signed in too long ago for this change
	SessionAAL2Required    ErrorID = "session_aal2_required"                 // a second factor is needed
	SessionAmbiguous       ErrorID = "session_ambiguous"                     // two different sessions in one request
	IdentityMismatch       ErrorID = "security_identity_mismatch"            // another identity's flow
	CSRFViolation          ErrorID = "security_csrf_violation"               // the request may be forged
	ReturnToForbidden      ErrorID = "self_service_flow_return_to_forbidden" // return_to not allowed
	FlowExpired            ErrorID = "self_service_flow_expired"             // the flow's time is over
	FlowNotFound           ErrorID = "self_service_flow_not_found"           // no such flow
	FlowMissing            ErrorID = "self_service_flow_missing"             // the flow parameter is missing or malformed
	FlowDisabled           ErrorID = "self_service_flow_disabled"            // the method is not offered here
	LocationChangeRequired ErrorID = "browser_location_change_required"      // the browser has to open a URL
	NotFoundID             ErrorID = "not_found"                             // no such endpoint or thing
	MethodNotAllowed       ErrorID = "method_not_allowed"                    // not with this HTTP method
	BodyTooLarge           ErrorID = "body_too_large"                        // over the limit
	BodyTooSlow            ErrorID = "body_incomplete"                       // it did not arrive whole, or not in time
	UnsupportedMediaType   ErrorID = "unsupported_media_type"                // neither JSON nor a form, or encoded
	BadRequest             ErrorID = "bad_request"                           // the request contradicts itself
	TooManyTriesID         ErrorID = "too_many_tries"                        // a factor is locked for a while
	OverloadedID           ErrorID = "overloaded"                            // too much to do just now
	UnavailableID          ErrorID = "unavailable"                           // a store did not answer
	InternalError          ErrorID = "internal_error"                        // a bug
)

// ErrorIDs lists every id, with the sentence that explains it to a person.
var ErrorIDs = map[ErrorID]string{
	SessionInactive:        "No valid session came with this request. Sign in first.",
	SessionRefreshRequired: "This change needs a recent sign-in. Sign in again.",
	SessionAAL2Required:    "This needs a session with a second factor. Complete one first.",
	SessionAmbiguous:       "The request carries more than one session.",
	IdentityMismatch:       "The request belongs to another identity.",
	CSRFViolation:          "The request could not be told from a forged one.",
	ReturnToForbidden:      "The return_to address is not an allowed one.",
	FlowExpired:            "The settings flow has expired. Start a new one.",
	FlowNotFound:           "There is no such settings flow.",
	FlowMissing:            "The request names no settings flow, or not by its id.",
	FlowDisabled:           "This method is not offered here.",
	LocationChangeRequired: "Open the given address in a browser to go on.",
	NotFoundID:             "There is nothing here.",
	MethodNotAllowed:       "This address does not answer to this HTTP method.",
	BodyTooLarge:           "The request body is too large.",
	BodyTooSlow:            "The request body did not arrive whole.",
	UnsupportedMediaType:   "Send the body as JSON or as a form, in UTF-8 and not encoded.",
	BadRequest:             "The request is not valid.",
	TooManyTriesID:         "Too many wrong tries. Wait before the next one.",
	OverloadedID:           "There is too much to do just now. Try again in a moment.",
	UnavailableID:          "The service cannot be reached just now. Try again in a moment.",
	InternalError:          "Something went wrong on our side.",
}

// Error is what the client learns of a failure. What the log learns is Outcome.Err.
type Error struct {
	ID     ErrorID `json:"id"`
	Code   int     `json:"code"`
	Reason string  `json:"reason"`
}

// Details of an error, for programs.
type Details map[string]any

// WriteJSON writes the error as it stands in an answer.
func (e Error) WriteJSON(w *wire.Writer) { e.write(w, nil) }

func (e Error) write(w *wire.Writer, details Details) {
	w.BeginObject()
	w.Field("id", string(e.ID))
	w.Key("code")
	w.Int(int64(e.Code))
	w.Field("status", http.StatusText(e.Code))
	w.Field("reason", e.Reason)
	w.Field("message", ErrorIDs[e.ID])
	if len(details) > 0 {
		w.Key("details")
		w.Any(map[string]any(details))
	}
	w.EndObject()
}

// ErrorLifetime is how long the error behind a redirect to the error page can be read.
const ErrorLifetime = 15 * time.Minute

type sealedError struct {
	Error
	At int64 `json:"at"` // Unix seconds
}

var errorBinding = seal.Binding{Purpose: "error"}

// SealError encrypts an error and its time into a text that stands as id in the URL of the
// error page. Nothing is stored.
func SealError(ring *seal.Keyring, e Error, now time.Time) string {
	plain, _ := json.Marshal(sealedError{e, now.Unix()}) // strings and numbers only: cannot fail
	return base64.RawURLEncoding.EncodeToString(ring.Seal(errorBinding, plain))
}

// OpenError reads the error from an id that SealError made. It is false once ErrorLifetime
// has passed, or if the id is not one of this ring's.
func OpenError(ring *seal.Keyring, id string, now time.Time) (Error, bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil || strings.ContainsAny(id, "\r\n") { // the decoder skips those
		return Error{}, false
	}
	plain, err := ring.Open(errorBinding, sealed)
	if err != nil {
		return Error{}, false
	}
	var s sealedError
	if json.Unmarshal(plain, &s) != nil || now.Sub(time.Unix(s.At, 0)) >= ErrorLifetime {
		return Error{}, false
	}
	return s.Error, true
}
