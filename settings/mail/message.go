package mail

import (
	"time"

	"github.com/amend-go/amend/settings/identity"
)

// Ids of words, for Message.Text.
const (
	Code            int64 = 7002001 // a code that proves a new address
	VerifyCode      int64 = 7002002 // a code that proves an address which the account has
	AddressInUse    int64 = 7002003 // somebody has asked for an address that is another account's: to its owner
	PasswordChanged int64 = 7002010 // set, replaced or removed
	FactorAdded     int64 = 7002011
	FactorRemoved   int64 = 7002012
	FactorReplaced  int64 = 7002013 // recovery codes that were made anew
	LoginLinked     int64 = 7002014
	LoginUnlinked   int64 = 7002015
	AddressChanged  int64 = 7002016
	NameChanged     int64 = 7002017 // to sign in with
)

// Message is what the host sends to one address.
type Message struct {
	// ID is the same each time that the message is tried: what was sent may be given
	// again, after an answer that was lost.
	ID string

	// Text is the id of the words.
	Text int64

	// Language is what settings.Config.Language says of the account: a tag of BCP 47.
	Language string

	// IdentityID is whose change it tells of, or whose code it brings. That of
	// AddressInUse is "": its reader is somebody else.
	IdentityID string

	// Via is "email" or "sms", To the address.
	Via, To string

	// Code is what its reader types into the form, in the session that asked for it: eight
	// characters, good until CodeExpires. It is a secret.
	Code        string
	CodeExpires time.Time

	// Event is the change that the message tells of: its Name, when it was made and from
	// where, who made it, what was Added and Removed. Zero for codes and AddressInUse.
	Event identity.Event

	// Place is roughly where the change was made, as settings.Config.Place says; "" if
	// that is not known.
	Place string
}
