package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/amend-go/amend/flow/ui"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
)

// Type is the kind of client a flow was started for.
type Type string

const (
	API     Type = "api"     // a client with a session token: an app, a script outside a browser
	Browser Type = "browser" // a page, or a script in one
)

// Flow is one settings flow. It is a value: changing one changes nothing
// stored.
type Flow struct {
	jsonrecord.Head

	ID         string    `json:"id"` // a random UUID
	Type       Type      `json:"type"`
	IdentityID string    `json:"identity"` // the owner's id
	State      State     `json:"state"`
	IssuedAt   time.Time `json:"issued_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	RequestURL string    `json:"request_url"`
	ReturnTo   string    `json:"return_to,omitempty"` // absolute, allowed when it was set

	// Generation is the owner's generation the flow belongs to. See Gone.
	Generation uint64 `json:"generation,omitempty"`

	// ReplacedBy is the id of the fresh flow in an expired one's place.
	ReplacedBy string `json:"replaced_by,omitempty"`

	// Paused is the id of a submit that waits for its user to sign in again.
	Paused string `json:"paused,omitempty"`

	// Active, Messages, Input and TransientPayload are of the last submit:
	// the method, what was said about it, what may be shown again of its
	// fields, and the payload the client passed through.
	Active           string            `json:"active,omitempty"`
	Messages         []ui.Message      `json:"messages,omitempty"`
	Input            map[string]string `json:"input,omitempty"`
	TransientPayload json.RawMessage   `json:"transient_payload,omitempty"`

	// Changed is the event of the change that the last submit has made, "" if it made
	// none, and EndedOthers says that it signed out the owner's other devices.
	Changed     string `json:"changed,omitempty"`
	EndedOthers bool   `json:"ended_others,omitempty"`

	// Rendered says which values the form had when it was made: a JSON object that package
	// settings writes and reads, when a submit needs it. It is nil if nothing was recorded.
	Rendered json.RawMessage `json:"rendered,omitempty"`

	// Version is that of the record the flow was read from.
	Version int64 `json:"-"`
}

// Start is what a new flow is made of.
type Start struct {
	Type       Type
	Identity   identity.Identity
	RequestURL string
	ReturnTo   string
	Now        time.Time
	Lifespan   time.Duration
}

// New makes a flow for an identity. It lives from Now for Lifespan.
func New(s Start) Flow {
	return Flow{
		ID: uuid.NewString(), Type: s.Type, IdentityID: s.Identity.ID, State: transitions[step{"", Started}],
		IssuedAt: s.Now, ExpiresAt: s.Now.Add(s.Lifespan), RequestURL: s.RequestURL, ReturnTo: s.ReturnTo,
		Generation: s.Identity.State.Generation,
	}
}

const keyPrefix = "flow:"

// Key is the key of the record of a flow: "flow:" and the flow's id. It is "" for an id
// that is not a UUID in lower case; such an id is not looked up.
func Key(id string) string {
	if !ValidID(id) {
		return ""
	}
	return keyPrefix + id
}

// ValidID reports whether id has the form of a flow's id.
func ValidID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i, c := range []byte(id) {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f') {
				return false
			}
		}
	}
	return true
}

// Expired reports whether the flow can no longer be submitted: from the instant of
// ExpiresAt on.
func (f Flow) Expired(now time.Time) bool { return !now.Before(f.ExpiresAt) }

// RecognisedFor is how long after its expiry a flow is still recognised as one that has
// expired. A form that is sent within that time, after lunch or the next morning, gets a
// fresh flow with what was typed; later it gets the answer for a flow that never existed.
const RecognisedFor = 24 * time.Hour

// Dead reports whether the flow's record is of no use any more: RecognisedFor has passed
// since the flow expired, so its client is no longer told that it did.
func (f Flow) Dead(now time.Time) bool { return !now.Before(f.deadline()) }

func (f Flow) deadline() time.Time { return f.ExpiresAt.Add(RecognisedFor) }

// Gone reports whether a credential of the owner was changed after the flow was started, by
// another flow: then the flow may no longer be used. The flow that made the change itself
// is not gone, because its success may not have been written yet.
func (f Flow) Gone(owner identity.Identity) bool {
	return f.Generation != owner.State.Generation && owner.State.LastChange.Flow != f.ID
}

// After is the flow after an event of a submit. Its state follows from Transition; method,
// messages and input are those of this submit, and nothing of an earlier submit is left.
func (f Flow) After(on Event, active string, messages []ui.Message, input map[string]string) (Flow, error) {
	state, err := Transition(f.State, on)
	if err != nil {
		return Flow{}, err
	}
	f.State, f.Active, f.Messages, f.Input, f.Paused = state, active, messages, input, ""
	f.Changed, f.EndedOthers = "", false
	return f, nil
}

// Replacement is the fresh flow that takes the place of an expired one. It has the type,
// the owner and the return_to of the expired flow and the given input, and a message says
// that the old flow expired.
func (f Flow) Replacement(now time.Time, lifespan time.Duration, owner identity.Identity, active string, input map[string]string) Flow {
	fresh := New(Start{Type: f.Type, Identity: owner, RequestURL: f.RequestURL, ReturnTo: f.ReturnTo, Now: now, Lifespan: lifespan})
	fresh.Active, fresh.Input = active, input
	ended := f.ExpiresAt
	if now.Before(ended) { // by a newer sign-in
		ended = now
	}
	fresh.Messages = []ui.Message{ui.Form(ui.FlowExpired(ended, now))}
	return fresh
}

// Record is the flow as it is stored, with the version that it was read at. If that is more
// than MaxData, the input is left out, then the messages, then Rendered.
func (f Flow) Record() (Record, error) {
	for range 4 {
		data, err := jsonrecord.Encode(&f)
		if err != nil {
			return Record{}, fmt.Errorf("flow: encode: %w", err)
		}
		if len(data) <= MaxData {
			return Record{Key: Key(f.ID), Owner: f.IdentityID, Version: f.Version, ExpiresAt: f.deadline(), Data: data}, nil
		}
		switch {
		case f.Input != nil || f.TransientPayload != nil:
			f.Input, f.TransientPayload = nil, nil
		case f.Messages != nil:
			f.Messages = nil
		default:
			f.Rendered = nil
		}
	}
	return Record{}, errors.New("flow: record too large")
}

// Parse reads a flow from its record. It fails with an error for the log if the record is
// damaged, or if the flow in it has another id or owner than the record. The error is
// jsonrecord.ErrNewer if only a newer build may read the record.
func Parse(r Record) (Flow, error) {
	var f Flow
	if err := jsonrecord.Decode(r.Data, &f); err != nil {
		return Flow{}, fmt.Errorf("flow: record %q: %w", r.Key, err)
	}
	if id, ok := strings.CutPrefix(r.Key, keyPrefix); !ok || id != f.ID || !ValidID(id) || f.IdentityID != r.Owner {
		return Flow{}, fmt.Errorf("flow: record %q is not the flow it says", r.Key)
	}
	if f.Type != API && f.Type != Browser || f.State != ShowForm && f.State != Success {
		return Flow{}, fmt.Errorf("flow: record %q has type %q and state %q", r.Key, f.Type, f.State)
	}
	f.Version = r.Version
	return f, nil
}
