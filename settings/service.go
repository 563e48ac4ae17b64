package settings

import (
	"sync/atomic"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/session"
)

// This file owns what the machine is made of: new.go puts it together.

// Service is the settings machine without HTTP: it takes a Request and decides
// its Outcome. It is safe for concurrent use and keeps nothing itself,
// but for entries of the activity until they are written.
type Service struct {
	c Config
	parsed
	methods  *methods
	sessions *session.Sessions
	respond  *respond.Responder
	schema   string        // the URL of that of identities that name none
	created  atomic.Uint64 // for sweepNowAndThen
	noting   noting        // for Activity
}
