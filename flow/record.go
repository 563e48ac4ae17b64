package flow

import (
	"bytes"
	"errors"
	"time"
)

// ErrNotFound is returned for a record that does not exist, or that has been deleted.
var ErrNotFound = errors.New("flow: record not found")

// ErrConflict is returned when a record was changed since it was read. Nothing
// was written.
var ErrConflict = errors.New("flow: record changed by another update")

// ErrDuplicate is returned when a record with the key exists already. Nothing
// was written.
var ErrDuplicate = errors.New("flow: record exists")

// Record is an expiring record: a flow, a paused change, a count of tries, the
// state of a ceremony. Its kind is the part of Key before the first colon.
type Record struct {
	// Key is unique, ASCII, at most 200 bytes: "flow:<id>", "paused:<flow>",
	// "tries:<identity>:<factor>", "devices:<identity>".
	Key string

	// Owner is the id of the identity the record belongs to.
	Owner string

	// Version counts updates.
	Version int64

	// ExpiresAt is when the record may be deleted. It is RecognisedFor later than the
	// time the flow in it expires.
	ExpiresAt time.Time

	// Data is opaque: at most 16 KiB, without secrets in the clear.
	Data []byte
}

// MaxData is the largest Data of a record, in bytes.
const MaxData = 16 << 10

// Clone copies the record and its data.
func (r Record) Clone() Record {
	r.Data = bytes.Clone(r.Data)
	return r
}
