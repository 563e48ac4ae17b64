package identity

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrNotFound is returned for an identity, or the owner of a key, that does
// not exist.
var ErrNotFound = errors.New("identity: not found")

// ErrConflict is returned when a record was changed since it was read: its
// version is no longer the stored one. Nothing was written.
var ErrConflict = errors.New("identity: changed by another update")

// ErrDuplicate is returned when a key of the record belongs to another
// identity. Nothing was written.
var ErrDuplicate = errors.New("identity: key belongs to another identity")

// Kind is a kind of key by which an identity is found.
type Kind string

const (
	Identifier Kind = "identifier" // what the user types to log in: an e-mail address, a user name
	OIDC       Kind = "oidc"       // issuer and subject of a linked login
	WebAuthn   Kind = "webauthn"   // a credential id
)

// MaxKeyValue is the greatest length of a Key's Value, in bytes. Every store of package
// settings/store indexes that much, and a host's own store must.
const MaxKeyValue = 2048

// Key is a value that at most one identity of the installation has.
type Key struct {
	Kind  Kind
	Value string
}

// Storable reports whether a store can index the Value: valid UTF-8 of at most
// MaxKeyValue bytes, without NUL, which PostgreSQL does not take. A method finds
// out before it makes such a key; a store that is given one writes nothing, and
// its error is answered with 503.
func (k Key) Storable() bool {
	return len(k.Value) <= MaxKeyValue && utf8.ValidString(k.Value) && !strings.Contains(k.Value, "\x00")
}

// Record is an identity as a host stores it. A host with a users table of its
// own maps its columns to it and adds two, SealedState and Version, and a third if it
// likes: DueAt.
type Record struct {
	// ID is the host's own id as text, of any form: a UUID, "42".
	ID string

	// Active is false for a blocked account: none of its sessions pass.
	Active bool

	// SchemaID names the schema of the traits; "" reads as "default".
	SchemaID string

	// Traits is the profile as a JSON object; nil reads as {}.
	Traits json.RawMessage

	// MetadataPublic is shown to the user and written by the host only. It is
	// any JSON value; nil leaves it out.
	MetadataPublic json.RawMessage

	// PasswordHash is the encoded hash of the password, "" without one.
	PasswordHash string

	// Keys are the identity's unique keys: what it logs in with. A store that
	// finds identities by key indexes them; one whose own columns are already
	// unique may ignore them on update, but fills in the identifiers on read:
	// the password policy compares against them.
	Keys []Key

	// SealedState is opaque: encrypted and bound to ID. nil for an account
	// the library has not changed yet. Up to a few KiB, and 8 KiB more while After
	// hooks fail.
	SealedState []byte

	// DueAt is when the next event or message is to be delivered, zero if there is none.
	// The library sets it together with SealedState. A store that implements store.Due
	// keeps both; any other may leave it zero.
	DueAt time.Time

	// SignsInElsewhere says that the account has a way to sign in that the host keeps in a
	// column of its own: a social login, SAML, a client certificate. It counts as a first
	// factor, so the last one here may be removed. Only the host writes it, and raises the
	// Version with it.
	SignsInElsewhere bool

	// Version counts updates; a new record may have any. See store.IdentityStore.
	Version int64

	// CreatedAt and UpdatedAt are shown to the user, and decide nothing.
	CreatedAt, UpdatedAt time.Time
}

// Clone copies the record and everything it points to.
func (r Record) Clone() Record {
	r.Traits = append(json.RawMessage(nil), r.Traits...)
	r.MetadataPublic = append(json.RawMessage(nil), r.MetadataPublic...)
	r.Keys = append([]Key(nil), r.Keys...)
	r.SealedState = append([]byte(nil), r.SealedState...)
	return r
}

// FirstIdentifier is the first of Identifiers, "" without one: a name for the
// account that its user knows.
func (r Record) FirstIdentifier() string {
	for _, k := range r.Keys {
		if k.Kind == Identifier {
			return k.Value
		}
	}
	return ""
}

// Identifiers are the values the user logs in with.
func (r Record) Identifiers() []string {
	var ids []string
	for _, k := range r.Keys {
		if k.Kind == Identifier {
			ids = append(ids, k.Value)
		}
	}
	return ids
}
