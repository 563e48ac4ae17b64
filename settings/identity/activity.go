package identity

import (
	"time"

	"github.com/amend-go/amend/settings/jsonrecord"
)

// This file owns what is kept of a change for the owner of the account to look over.

// Activity is something that was done with an account, for its owner to recognise. It
// holds no secret, and only claims of where it came from.
type Activity struct {
	// Event is the name of the change's Event, "password.changed", or "device.added": a
	// whole sign-in on a device that had not signed in before.
	Event string    `json:"event"`
	At    time.Time `json:"at"`

	// Actor is who did it for the account's user, as settings.WithActor names them: an
	// administrator. "" is the user.
	Actor string `json:"actor,omitempty"`

	// UserAgent is that of the session's sign-in, and ClientIP the address of the request,
	// as Config.ClientIP tells it. Both may be "".
	UserAgent string `json:"user_agent,omitempty"`
	ClientIP  string `json:"client_ip,omitempty"`

	Unknown jsonrecord.Unknown `json:"-"`
}
