package session

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/seal"
	"github.com/amend-go/amend/settings/wire"
)

var (
	// ErrNotFound is returned for a session that does not exist, or that has been deleted.
	ErrNotFound = errors.New("session: not found")

	// ErrConflict is returned when a session was changed since it was read.
	// Nothing was written.
	ErrConflict = errors.New("session: changed by another update")

	// ErrDuplicate is returned when a session with the id or token hash exists
	// already. Nothing was written.
	ErrDuplicate = errors.New("session: exists")
)

// Session is one signed-in device. It is a value: changing one changes nothing
// stored.
type Session struct {
	ID         string // a random UUID; never changes, never a secret
	IdentityID string // the id of who is signed in

	// TokenHash is the Hash of the token that carries the session.
	TokenHash string

	// Superseded is the token before the last rotation.
	Superseded Superseded

	// Generation is the identity's generation the session was issued in, or
	// carried over to.
	Generation uint64

	// Change is the id of the last credential change of this session whose
	// rotation is done.
	Change string

	// Methods are what its user completed, in order.
	Methods []Completed

	// AuthenticatedAt is the last time the user proved who they are.
	AuthenticatedAt time.Time

	IssuedAt, ExpiresAt time.Time

	// UserAgent and IP describe the device to its user, as the host gave them.
	UserAgent, IP string

	// Extra is a JSON object with what has no field here, nil for none. It is the
	// library's, and opaque to a store: what comes with a later release stands in
	// it, so that no table needs a column for that, and no older build loses it. Up
	// to a few KiB.
	Extra json.RawMessage `json:",omitempty"`

	// Version counts updates.
	Version int64
}

// Completed is one completed authentication method.
type Completed struct {
	Method   aal.Method `json:"method"`
	At       time.Time  `json:"at"`
	Provider string     `json:"provider,omitempty"` // of a linked login

	Unknown jsonrecord.Unknown `json:"-"`
}

// MarshalJSON writes the method together with the members that a newer build has put there.
// UnmarshalJSON reads both, so a store may keep Session.Methods by encoding/json.
func (c Completed) MarshalJSON() ([]byte, error) { return jsonrecord.Encode((*completed)(&c)) }

func (c *Completed) UnmarshalJSON(text []byte) error {
	*c = Completed{}
	return jsonrecord.Decode(text, (*completed)(c))
}

type completed Completed // without the methods

// Superseded is a token that a newer one has replaced. Until a short time later it is still
// accepted for one thing: the repetition of the request that replaced it.
type Superseded struct {
	TokenHash string
	Until     time.Time
	Successor []byte // the token that took its place, sealed
}

// RetryWindow is how long a superseded token may still repeat the request that replaced it.
const RetryWindow = 2 * time.Minute

// Clone copies the session and everything it points to.
func (s Session) Clone() Session {
	s.Methods = slices.Clone(s.Methods)
	s.Superseded.Successor = slices.Clone(s.Superseded.Successor)
	s.Extra = slices.Clone(s.Extra)
	return s
}

// New makes a session for an identity, and its token.
func New(i identity.Identity, now time.Time, lifespan time.Duration, methods ...aal.Method) (Session, string) {
	token := NewToken(i.ID)
	s := Session{
		ID: uuid.NewString(), IdentityID: i.ID, TokenHash: Hash(token), Generation: i.State.Generation,
		AuthenticatedAt: now, IssuedAt: now, ExpiresAt: now.Add(lifespan),
	}
	return s.Completing(now, methods...).signedIn(now), token
}

// Completing is the session after its user completed more methods. A method
// stands in it once, with the last time.
func (s Session) Completing(now time.Time, methods ...aal.Method) Session {
	s.Methods = slices.Clone(s.Methods)
	for _, m := range methods {
		s.Methods = slices.DeleteFunc(s.Methods, func(c Completed) bool { return c.Method == m })
		s.Methods = append(s.Methods, Completed{Method: m, At: now})
	}
	return s
}

// Completed are the names of the completed methods.
func (s Session) Completed() []aal.Method { return s.appendCompleted(nil) }

func (s Session) appendCompleted(names []aal.Method) []aal.Method {
	for _, c := range s.Methods {
		names = append(names, c.Method)
	}
	return names
}

// Recovering reports whether an account recovery takes the place of the first factor in the
// session. Such a session may repair an account, and remove nothing.
func (s Session) Recovering() bool {
	recovered := false
	for _, c := range s.Methods {
		if aal.First(c.Method) {
			return false
		}
		recovered = recovered || aal.Recovery(c.Method)
	}
	return recovered
}

// Level is the assurance level that the session proves now, given what its identity still
// has. A factor that the session has just enrolled counts at once: the change is written
// before the session, and LastChange stands in for the latter.
func (s Session) Level(i identity.Identity) aal.Level {
	completed := make([]aal.Method, 0, 8) // as many as there are methods: stays on the stack
	for _, c := range s.CaughtUp(i.State.LastChange).Methods {
		completed = append(completed, c.Method)
	}
	return i.Level(completed...)
}

// behind reports whether the session made a change that it was not rotated for
// yet.
func (s Session) behind(last identity.LastChange) bool {
	return last.ID != "" && last.Session == s.ID && s.Change != last.ID
}

// CaughtUp is the session with the factor that its own last change proved, if the change is
// committed and the session was not written since.
func (s Session) CaughtUp(last identity.LastChange) Session {
	if last.Proved == "" || !s.behind(last) {
		return s
	}
	return s.Completing(last.At, last.Proved)
}

// Renewed is the session with a new token, which is returned too. The old token, and one
// superseded before, no longer open anything.
func (s Session) Renewed() (Session, string) {
	token := NewToken(s.IdentityID)
	s.TokenHash, s.Superseded = Hash(token), Superseded{}
	return s, token
}

// CarriedOver is the session after a credential change that it made itself: in the
// identity's new generation, with its old token. It is for a client that cannot take a new
// token; whoever else has the old one stays signed in.
func (s Session) CarriedOver(change string, generation uint64) Session {
	s.Generation, s.Change, s.Superseded = generation, change, Superseded{}
	return s
}

// RotatedFor is CarriedOver with a new token, which is kept sealed beside the old
// one's hash for RetryWindow.
func (s Session) RotatedFor(change string, generation uint64, ring *seal.Keyring, now time.Time) (Session, string) {
	old := s.TokenHash
	s, token := s.CarriedOver(change, generation).Renewed()
	s.Superseded = Superseded{TokenHash: old, Until: now.Add(RetryWindow), Successor: ring.Seal(s.successorBinding(), []byte(token))}
	return s, token
}

// Successor is the token that took the superseded one's place.
func (s Session) Successor(ring *seal.Keyring) (string, error) {
	token, err := ring.Open(s.successorBinding(), s.Superseded.Successor)
	return string(token), err
}

func (s Session) successorBinding() seal.Binding {
	return seal.Binding{Purpose: "successor-token", Owner: s.ID, IdentityID: s.IdentityID}
}

// Validity is what a token may be used for.
type Validity uint8

const (
	Invalid  Validity = iota // no session
	Retrying                 // superseded moments ago: worth a retry of the last change, nothing else
	Valid                    // the session
)

// ValidityOf says what a token may be used for at a time, given the hash of the token, its
// session and the session's identity.
func ValidityOf(s Session, i identity.Identity, tokenHash string, now time.Time) Validity {
	st := i.State
	if s.IdentityID != i.ID || !i.Active || !now.Before(s.ExpiresAt) || s.idle(now) {
		return Invalid
	}
	if s.Generation != st.Generation && st.KeptSession != s.ID {
		return Invalid
	}
	switch {
	case equal(tokenHash, s.TokenHash):
		return Valid
	case equal(tokenHash, s.Superseded.TokenHash) && now.Before(s.Superseded.Until):
		return Retrying
	}
	return Invalid
}

func equal(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// WriteJSON writes the session as its user may see it, with its identity if
// one is given.
func (s Session) WriteJSON(w *wire.Writer, i identity.Identity, about identity.About, withIdentity bool) {
	w.BeginObject()
	w.Field("id", s.ID)
	w.Key("active")
	w.Bool(true)
	w.Key("expires_at")
	w.Time(s.ExpiresAt)
	w.Key("authenticated_at")
	w.Time(s.AuthenticatedAt)
	w.Field("authenticator_assurance_level", s.Level(i).String())
	w.Key("authentication_methods")
	w.BeginArray()
	for _, c := range s.Methods {
		w.BeginObject()
		w.Field("method", string(c.Method))
		w.Field("aal", aal.Counted(c.Method).String())
		w.Key("completed_at")
		w.Time(c.At)
		if c.Provider != "" {
			w.Field("provider", c.Provider)
		}
		w.EndObject()
	}
	w.EndArray()
	w.Key("issued_at")
	w.Time(s.IssuedAt)
	if withIdentity {
		w.Key("identity")
		i.WriteJSON(w, about)
	}
	w.Key("devices")
	w.BeginArray()
	w.BeginObject()
	w.Field("id", s.ID)
	w.Field("ip_address", s.IP)
	w.Field("user_agent", s.UserAgent)
	w.Field("location", "")
	w.EndObject()
	w.EndArray()
	w.EndObject()
}
