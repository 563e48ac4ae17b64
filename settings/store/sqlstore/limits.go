package sqlstore

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/amend-go/amend/flow"
	"github.com/amend-go/amend/session"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/store"
)

// The longest texts that are indexed, in bytes. They are checked here and not
// by the database, because SQLite checks none, and MariaDB in some modes cuts
// what is too long.
const (
	MaxID      = 255 // ids, flow keys, token hashes, schema ids
	MaxKeyKind = 64  // the kind of an identity's key; see identity.MaxKeyValue for its value
)

// errText is for a record that no table here can keep.
var errText = errors.New("sqlstore: an id, key or hash is too long, or no text without NUL")

// storable reports whether a column of this size can have such a text. What is
// not storable is never found either, and the database is not asked for it:
// PostgreSQL would answer with an error and not with nothing.
func storable(most int, texts ...string) bool {
	for _, text := range texts {
		if len(text) > most || !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			return false
		}
	}
	return true
}

func storableKeys(keys []identity.Key) bool {
	for _, k := range keys {
		if !storable(MaxKeyKind, string(k.Kind)) || !k.Storable() {
			return false
		}
	}
	return true
}

func storableSession(s session.Session) bool {
	return storable(MaxID, s.ID, s.IdentityID, s.TokenHash, s.Superseded.TokenHash, s.Change)
}

// storableCommit is the error of a commit with a record that cannot be there,
// or cannot be kept.
func storableCommit(c store.Commit) error {
	switch {
	case c.Identity != nil && !storable(MaxID, c.Identity.ID):
		return identity.ErrNotFound
	case c.Session != nil && !storable(MaxID, c.Session.ID):
		return session.ErrNotFound
	case c.IfSession != nil && !storable(MaxID, c.IfSession.ID, c.IfSession.IdentityID):
		return session.ErrNotFound
	case c.Flow != nil && !storable(MaxID, c.Flow.Key):
		return flow.ErrNotFound
	case c.Identity != nil && !storableKeys(c.Identity.Keys),
		c.Session != nil && !storableSession(*c.Session),
		c.Flow != nil && !storable(MaxID, c.Flow.Owner):
		return errText
	}
	return nil
}
