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

	// Authenticators are the password, the factors and the linked logins, with their
	// names and dates.
	Authenticators []Authenticator

	// SignsInHere says that one of them signs the user in alone, and SignsInElsewhere
	// is that of the Record. A host that takes its own way away looks at the first
	// before, and writes its row only if that still has Version, which it counts.
	SignsInHere, SignsInElsewhere bool

	// Required is the level that the account requires of its sessions.
	Required aal.Level

	// Sessions is how many sessions are valid now.
	Sessions int

	// Locks are the counts of wrong tries of unknown devices, those that are not zero.
	Locks []Lock

	// Events wait for an After hook that has not taken them, and Outbox are messages that
	// were not sent yet.
	Events, Outbox []Event

	// Pending are addresses that wait for their codes. Serial, of which a code is made, is
	// left out here and in the Outbox.
	Pending []PendingAddress

	Version              int64
	CreatedAt, UpdatedAt time.Time
}

// Lock is what wrong tries have closed, or are about to.
type Lock struct {
	Class string    // of tries: "password", "totp"
	Wrong int       // tries in a row
	Until time.Time // when it opens; zero, or past, where it is open
}

// Account is what an administrator may see, but for sessions and locks, which stand
// elsewhere. addresses and oblige are as for Missing and Required.
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
