package identity

import (
	"bytes"
	"maps"
	"slices"
)

// Difference is what a change touched, judged by the identities before and
// after it and not by what anyone said it would touch.
type Difference struct {
	Password    bool // set, replaced or removed
	Factors     bool // a credential other than the password added, replaced or removed
	Identifiers bool // a key that is not a credential added or removed: what the user logs in with
	Traits      bool // the traits differ
	Forbidden   bool // a field changed that no method may write
}

// Diff compares two versions of one identity.
func Diff(before, after Identity) Difference {
	return Difference{
		Password:    before.PasswordHash != after.PasswordHash,
		Factors:     !maps.EqualFunc(before.State.Factors, after.State.Factors, sameFactor),
		Identifiers: !slices.Equal(identifierKeys(before), identifierKeys(after)),
		Traits:      !bytes.Equal(before.Traits, after.Traits),
		Forbidden: before.ID != after.ID || before.Active != after.Active || before.SchemaID != after.SchemaID ||
			before.Version != after.Version || !bytes.Equal(before.MetadataPublic, after.MetadataPublic) ||
			before.State.Generation != after.State.Generation || before.State.KeptSession != after.State.KeptSession ||
			before.State.LastChange != after.State.LastChange || !slices.Equal(before.State.Events, after.State.Events),
	}
}

// Credentials reports whether the change was one of credentials: what a thief
// would use.
func (d Difference) Credentials() bool { return d.Password || d.Factors }

// Sensitive reports whether the change needs a recent authentication: it
// touched a credential or what the user logs in with.
func (d Difference) Sensitive() bool { return d.Credentials() || d.Identifiers }

// Any reports whether anything differs.
func (d Difference) Any() bool { return d.Sensitive() || d.Traits || d.Forbidden }

func sameFactor(a, b Factor) bool {
	return a.Serial == b.Serial && slices.EqualFunc(a.Credentials, b.Credentials, func(x, y Credential) bool {
		return x.ID == y.ID && x.Spent == y.Spent && x.Name == y.Name && x.AddedAt.Equal(y.AddedAt) && bytes.Equal(x.Data, y.Data)
	})
}

func identifierKeys(i Identity) []string {
	ids := i.Identifiers()
	slices.Sort(ids)
	return ids
}
