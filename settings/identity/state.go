package identity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/seal"
)

// Identity is a record whose state is open. It is a value: changing one
// changes nothing stored.
type Identity struct {
	Record
	State State

	shared *shared // nil: each decodes the traits for itself
}

// State is what the library keeps about an identity besides the columns. State and the
// records in it preserve members that a newer build has written.
type State struct {
	jsonrecord.Head

	// Generation moves with every credential change. A session passes if it
	// was issued in this generation, or is KeptSession.
	Generation uint64 `json:"generation,omitempty"`

	// KeptSession is the id of the session that made the last credential
	// change, and so outlives it.
	KeptSession string `json:"kept_session,omitempty"`

	// DevicesSince is the lowest generation in which a device must have signed in to be a
	// known one. It rises when all sessions are revoked, but not with a change that the
	// owner makes.
	DevicesSince uint64 `json:"devices_since,omitempty"`

	// LastChange recognises a retry of the change that was just made.
	LastChange LastChange `json:"last_change,omitzero"`

	// Factors are the credentials other than the password.
	Factors map[aal.Method]Factor `json:"factors,omitempty"`

	// Verified are the addresses whose owner has shown to receive what is sent
	// there. A change of the address takes it out.
	Verified []Verified `json:"verified,omitempty"`

	// Events are committed changes that an After hook has not taken yet.
	Events []Event `json:"events,omitempty"`

	// Outbox are messages that were not sent yet: events with a Mail.
	Outbox []Event `json:"outbox,omitempty"`

	// Pending are addresses that wait for their owner to show that they are theirs.
	Pending []PendingAddress `json:"pending,omitempty"`

	// CodesAt are the times of the last codes for pending addresses, oldest first.
	CodesAt []time.Time `json:"codes_at,omitempty"`
}

// LastChange describes the submit that last changed a credential, so that a repetition of
// it is recognised.
type LastChange struct {
	ID      string    `json:"id"` // random
	Flow    string    `json:"flow"`
	Session string    `json:"session"`
	Method  string    `json:"method"`
	At      time.Time `json:"at"`

	// Proved is the factor that the change itself proved, as an enrolment does. It counts
	// for the session that made the change even before that session is written.
	Proved aal.Method `json:"proved,omitempty"`

	// Form is a hash of the csrf_token of the submit, "" if its body had none. Only a
	// submit with the same token is a repetition of the change.
	Form string `json:"form,omitempty"`

	// RepeatKey is method.Plan.RepeatKey of the change: it tells the changes of one method
	// apart.
	RepeatKey string `json:"mark,omitempty"`

	Unknown jsonrecord.Unknown `json:"-"`
}

// Factor is what an identity has of one method.
type Factor struct {
	// Serial moves with every committed change of the factor, so that what is
	// derived from it while enrolling (a secret, a challenge) is never used twice.
	Serial      uint64       `json:"serial"`
	Credentials []Credential `json:"credentials,omitempty"`

	Unknown jsonrecord.Unknown `json:"-"`
}

// Credential is one authenticator of a factor.
type Credential struct {
	ID      string          `json:"id"`              // unique within the factor
	Data    json.RawMessage `json:"data,omitempty"`  // the method's own record
	Spent   bool            `json:"spent,omitempty"` // exists, but proves nothing any more: all codes used
	Name    string          `json:"name,omitempty"`  // given by its owner; "" for none
	AddedAt time.Time       `json:"added_at"`

	// LastUsedAt is when the credential last proved somebody at a login, zero if it is
	// not known. A proof that has nothing else to write notes it once a day: see UsedOn.
	LastUsedAt time.Time `json:"last_used_at,omitzero"`

	Unknown jsonrecord.Unknown `json:"-"`
}

// UsedOn reports whether the credential is known to have been used on the day of a time, in
// UTC. A last use is told by its day, so a proof that changes nothing else writes the row
// once a day at most.
func (c Credential) UsedOn(at time.Time) bool {
	return c.LastUsedAt.UTC().Format(time.DateOnly) == at.UTC().Format(time.DateOnly)
}

func binding(id string) seal.Binding { return seal.Binding{Purpose: "identity-state", IdentityID: id} }

// Open reads the sealed state of a record. It fails with an error for the log
// if no key opens it, or if it is the state of another identity, and with
// jsonrecord.ErrNewer if only a newer build may read it.
func Open(ring *seal.Keyring, r Record) (Identity, error) {
	if len(r.SealedState) == 0 {
		return Identity{Record: r}, nil
	}
	plain, err := ring.Open(binding(r.ID), r.SealedState)
	if err != nil {
		return Identity{}, fmt.Errorf("state of identity %q: no key opens it (was a key replaced, or the state of another identity put there?): %w", r.ID, err)
	}
	var state State
	if err := jsonrecord.Decode(plain, &state); err != nil {
		return Identity{}, fmt.Errorf("state of identity %q: %w", r.ID, err)
	}
	state.dropCanceled()
	return Identity{Record: r, State: state}, nil
}

// Seal gives the record to store: the columns as they are, and the state encrypted under
// the newest key.
func (i Identity) Seal(ring *seal.Keyring) (Record, error) {
	plain, err := jsonrecord.Encode(&i.State)
	if err != nil {
		return Record{}, fmt.Errorf("state of identity %q: %w", i.ID, err)
	}
	r := i.Record
	r.SealedState, r.DueAt = ring.Seal(binding(i.ID), plain), i.State.DueAt()
	return r, nil
}

// Clone copies the identity and everything it points to.
func (i Identity) Clone() Identity {
	i.Record = i.Record.Clone()
	if i.shared != nil {
		i.ShareTraits()
	}
	i.State.Verified, i.State.Events, i.State.Outbox = slices.Clone(i.State.Verified), slices.Clone(i.State.Events), slices.Clone(i.State.Outbox)
	i.State.Pending, i.State.CodesAt = slices.Clone(i.State.Pending), slices.Clone(i.State.CodesAt)
	for _, list := range [][]Event{i.State.Events, i.State.Outbox} {
		for n := range list {
			list[n] = list[n].clone()
		}
	}
	if i.State.Factors != nil {
		factors := make(map[aal.Method]Factor, len(i.State.Factors))
		for m, f := range i.State.Factors {
			f.Credentials = slices.Clone(f.Credentials)
			for n := range f.Credentials {
				f.Credentials[n].Data = bytes.Clone(f.Credentials[n].Data)
			}
			factors[m] = f
		}
		i.State.Factors = factors
	}
	return i
}

// Has reports whether the identity can prove itself by m now: it has a
// password, or a credential of the factor that is not spent.
func (i Identity) Has(m aal.Method) bool {
	if m == aal.Password {
		return i.PasswordHash != ""
	}
	for _, c := range i.State.Factors[m].Credentials {
		if !c.Spent {
			return true
		}
	}
	return false
}

// Methods are the methods for which Has is true, in no order.
func (i Identity) Methods() []aal.Method { return i.appendMethods(nil) }

func (i Identity) appendMethods(have []aal.Method) []aal.Method {
	if i.Has(aal.Password) {
		have = append(have, aal.Password)
	}
	for m := range i.State.Factors {
		if i.Has(m) {
			have = append(have, m)
		}
	}
	return have
}

// Level is the assurance level that completed methods prove of this identity now. A second
// factor counts only while the identity has it, so removing one lowers every session. A set
// of recovery codes whose last code is used still counts for the session that used it. A
// first factor counts once it was proved, though it was removed since or is kept by the
// host; but a passkey that was removed counts as one factor, not as two.
func (i Identity) Level(completed ...aal.Method) aal.Level {
	return aal.Of(i.appendCounted(make([]aal.Method, 0, 8), completed)...) // stays on the stack
}

// Repairing is Level for the repair of an account: see aal.Repairing.
func (i Identity) Repairing(completed ...aal.Method) aal.Level {
	return aal.Repairing(i.appendCounted(make([]aal.Method, 0, 8), completed)...)
}

// appendCounted appends those of the completed methods that count.
func (i Identity) appendCounted(counted, completed []aal.Method) []aal.Method {
	for _, m := range completed {
		exists := len(i.State.Factors[m].Credentials) > 0
		switch {
		case m == aal.Passkey && !exists:
			counted = append(counted, aal.Code)
		case aal.First(m), aal.Recovery(m), exists:
			counted = append(counted, m)
		}
	}
	return counted
}

// Required is the level that the account requires of a session that completed these
// methods: see aal.Required. oblige lists the methods that oblige besides an authenticator
// app and a security key. It is worked out each time from the credentials, from
// SignsInElsewhere and from completed, which may have first factors that the host keeps.
func (i Identity) Required(oblige []aal.Method, completed ...aal.Method) aal.Level {
	have := i.appendMethods(make([]aal.Method, 0, 8))
	if i.SignsInElsewhere {
		have = append(have, elsewhere)
	}
	for _, m := range completed {
		if aal.First(m) && m != aal.Passkey || aal.Recovery(m) {
			have = append(have, m)
		}
	}
	return aal.Required(have, oblige...)
}

// elsewhere is what SignsInElsewhere counts as: one first factor that is no password.
const elsewhere = aal.OIDC

// CanSignIn reports whether the identity has a first factor: one that is kept here, or one
// of the host's (SignsInElsewhere). LocksOut, which asks it about both sides of a change,
// decides whether a credential may go.
func CanSignIn(i Identity) bool {
	return i.SignsInElsewhere || slices.ContainsFunc(i.Methods(), aal.First)
}

// LocksOut reports whether a change from before to after takes away the last way to sign
// in. It is false if before has none either.
func LocksOut(before, after Identity) bool { return CanSignIn(before) && !CanSignIn(after) }

// EndSessions changes the state so that every session of the identity is invalid: no
// session is kept, no change can be repeated, no device is known, and no address is
// pending.
func (i *Identity) EndSessions() {
	i.State.Pending = nil
	i.State.Generation++
	i.State.KeptSession, i.State.DevicesSince = "", i.State.Generation
	i.State.LastChange = LastChange{}
}
