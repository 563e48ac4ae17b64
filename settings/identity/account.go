package identity

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/amend-go/amend/aal"
)

// Account is what an administrator may see of an identity. It holds no secret: no hash,
// no key, no token.
type Account struct {
	ID             string
	Active         bool
	SchemaID       string
	Traits         json.RawMessage
	MetadataPublic json.RawMessage
	Identifiers    []string   // what the user logs in with
	Addresses      []Address  // as the traits have them
	Verified       []Verified // the addresses that were shown to be the user's

	// Authenticators are the password, the factors and the linked logins, with their names
	// and dates.
	Authenticators []Authenticator

	// SignsInHere says that one of the Authenticators signs the user in alone;
	// SignsInElsewhere is the field of the Record. A host that wants to take away its own
	// way to sign in first looks whether SignsInHere is true, and then writes its row only
	// if the row still has this Version, which the write raises.
	SignsInHere, SignsInElsewhere bool

	// Required is the level that the account requires of its sessions.
	Required aal.Level

	// Sessions is how many sessions are valid now.
	Sessions int

	// Locks are the counts of wrong tries of unknown devices, those that are not zero.
	Locks []Lock

	// Events were not yet taken by every After hook. Outbox are messages that were not sent
	// yet.
	Events, Outbox []Event

	// Pending are addresses that wait for their codes. Their Serial, and the one of a Mail,
	// is left out, because a code could be made of it.
	Pending []PendingAddress

	Version              int64
	CreatedAt, UpdatedAt time.Time
}

// Lock is a count of wrong tries of one class, and until when that class is closed.
type Lock struct {
	Class string    // of tries: "password", "totp"
	Wrong int       // tries in a row
	Until time.Time // when it opens; zero, or past, where it is open
}

// Account is what an administrator may see of the identity. Sessions and Locks are left
// empty, because they stand in other rows. addresses are those in its traits; oblige is as
// for Required.
func (i Identity) Account(addresses []Address, oblige []aal.Method) Account {
	i = i.Clone()
	for n := range i.State.Pending {
		i.State.Pending[n].Serial = ""
	}
	for n := range i.State.Outbox {
		i.State.Outbox[n].Mail.Serial = ""
	}
	return Account{
		ID: i.ID, Active: i.Active, SchemaID: i.SchemaID, Traits: i.Traits, MetadataPublic: i.MetadataPublic,
		Identifiers: i.Identifiers(), Addresses: addresses, Verified: i.State.Verified, Authenticators: i.Authenticators(),
		SignsInHere: slices.ContainsFunc(i.Methods(), aal.First), SignsInElsewhere: i.SignsInElsewhere,
		Required: i.Required(oblige), Events: i.State.Events, Outbox: i.State.Outbox, Pending: i.State.Pending,
		Version: i.Version, CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
	}
}
