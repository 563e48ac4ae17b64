package identity

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/amend-go/amend/settings/jsonrecord"
)

// Difference says what a change touched. It is found by comparing the identity before and
// after the change, whatever the change was announced as.
type Difference struct {
	Password    bool // set, replaced or removed
	Factors     bool // a credential other than the password, or a key of one, added, replaced or removed
	Names       bool // a credential is called otherwise; it proves what it did before
	Used        bool // a credential has another time of its last use
	Identifiers bool // a key that is not a credential added or removed: what the user logs in with
	Taken       bool // a credential or an identifier that was there is no longer
	Removed     bool // a credential is gone, and none of its kind has come
	Addresses   bool // an address took the place of another, or became the first, by a proof that was pending
	Pending     bool // which addresses are pending, or the code of one
	Traits      bool // the traits differ, or which addresses are verified
	Forbidden   bool // a field changed that no method may write
}

// Diff compares two versions of one identity.
func Diff(before, after Identity) Difference {
	return Difference{
		Password: before.PasswordHash != after.PasswordHash,
		Factors: !maps.EqualFunc(before.State.Factors, after.State.Factors, sameFactor) ||
			!sameKeys(before, after, credentialKey),
		Names:       anyCredential(before, after, func(c, d Credential) bool { return c.Name != d.Name }),
		Used:        anyCredential(before, after, func(c, d Credential) bool { return !c.LastUsedAt.Equal(d.LastUsedAt) }),
		Identifiers: !sameKeys(before, after, identifierKey),
		Addresses:   !bytes.Equal(before.Traits, after.Traits) && slices.ContainsFunc(after.State.Verified, func(v Verified) bool { return proved(before, v) }),
		Pending:     !slices.Equal(before.State.Pending, after.State.Pending) || !slices.EqualFunc(before.State.CodesAt, after.State.CodesAt, time.Time.Equal),
		Traits:      !bytes.Equal(before.Traits, after.Traits) || !slices.EqualFunc(before.State.Verified, after.State.Verified, sameVerified),
		Taken:       taken(before, after),
		Removed:     removed(before, after),
		Forbidden: before.ID != after.ID || before.Active != after.Active || before.SignsInElsewhere != after.SignsInElsewhere || before.SchemaID != after.SchemaID ||
			before.Version != after.Version || !bytes.Equal(before.MetadataPublic, after.MetadataPublic) ||
			!sameHead(before.State.Head, after.State.Head) || before.State.Generation != after.State.Generation ||
			before.State.DevicesSince != after.State.DevicesSince || before.State.KeptSession != after.State.KeptSession ||
			before.State.LastChange != after.State.LastChange || !slices.EqualFunc(before.State.Events, after.State.Events, sameEvent) ||
			!slices.EqualFunc(before.State.Outbox, after.State.Outbox, sameEvent) ||
			slices.ContainsFunc(after.State.Verified, func(v Verified) bool { return !hasVerified(before, v) && !proved(before, v) }),
	}
}

// Credentials reports whether the change touched what signs somebody in or recovers the
// account: a password, a factor, or an address by which the account is recovered. It is
// what a thief would change.
func (d Difference) Credentials() bool { return d.Password || d.Factors || d.Addresses }

// Sensitive reports whether the change needs a recent sign-in: it touched a credential or
// its name, an identifier, or an address that is pending.
func (d Difference) Sensitive() bool { return d.Credentials() || d.Names || d.Identifiers || d.Pending }

// Any reports whether anything differs.
func (d Difference) Any() bool { return d.Sensitive() || d.Used || d.Traits || d.Forbidden }

// sameHead: a change may need a newer reader than the row did before.
func sameHead(before, after jsonrecord.Head) bool {
	return before.MinReader <= after.MinReader && before.Unknown == after.Unknown
}

func sameFactor(a, b Factor) bool {
	return a.Serial == b.Serial && a.Unknown == b.Unknown && slices.EqualFunc(a.Credentials, b.Credentials, sameCredential)
}

// sameCredential: neither its name nor its last use makes it another one.
func sameCredential(x, y Credential) bool {
	return x.ID == y.ID && x.Spent == y.Spent && x.AddedAt.Equal(y.AddedAt) && bytes.Equal(x.Data, y.Data) && x.Unknown == y.Unknown
}

func sameVerified(a, b Verified) bool {
	return a.Via == b.Via && a.Value == b.Value && a.At.Equal(b.At) && a.Unknown == b.Unknown
}

// proved reports whether a verification is new, and of an address that was pending.
func proved(before Identity, v Verified) bool {
	return !hasVerified(before, v) && slices.ContainsFunc(before.State.Pending, func(p PendingAddress) bool { return p.Via == v.Via && p.Value == v.Value })
}

// hasVerified: to verify an address is not a settings change, but for one that was pending.
func hasVerified(i Identity, v Verified) bool {
	return slices.ContainsFunc(i.State.Verified, func(w Verified) bool { return sameVerified(v, w) })
}

// taken reports whether after lacks a credential or a key that before has. A
// password that was replaced is not taken: its owner has one.
func taken(before, after Identity) bool {
	if before.PasswordHash != "" && after.PasswordHash == "" {
		return true
	}
	for m, f := range before.State.Factors {
		for _, c := range f.Credentials {
			kept := slices.ContainsFunc(after.State.Factors[m].Credentials, func(d Credential) bool { return sameCredential(c, d) })
			if !kept {
				return true
			}
		}
	}
	return slices.ContainsFunc(before.Keys, func(k Key) bool { return !slices.Contains(after.Keys, k) })
}

// removed reports whether after lacks a credential, by its id, of a kind that has no
// new one.
func removed(before, after Identity) bool {
	if before.PasswordHash != "" && after.PasswordHash == "" {
		return true
	}
	for m, f := range before.State.Factors {
		now := after.State.Factors[m].Credentials
		if lacks(now, f.Credentials) && !lacks(f.Credentials, now) {
			return true
		}
	}
	return false
}

// anyCredential reports whether a credential that both have differs in some way.
func anyCredential(before, after Identity, differ func(c, d Credential) bool) bool {
	for m, f := range before.State.Factors {
		for _, c := range f.Credentials {
			if slices.ContainsFunc(after.State.Factors[m].Credentials, func(d Credential) bool { return c.ID == d.ID && differ(c, d) }) {
				return true
			}
		}
	}
	return false
}

// lacks reports whether one of some credentials is not among all.
func lacks(all, some []Credential) bool {
	return slices.ContainsFunc(some, func(c Credential) bool {
		return !slices.ContainsFunc(all, func(d Credential) bool { return c.ID == d.ID })
	})
}

func identifierKey(k Key) bool { return k.Kind == Identifier }
func credentialKey(k Key) bool { return k.Kind != Identifier }

// sameKeys reports whether two identities have the same of the keys that count, in
// whatever order.
func sameKeys(a, b Identity, count func(Key) bool) bool {
	return slices.Equal(a.Keys, b.Keys) || slices.Equal(keys(a, count), keys(b, count))
}

// keys are those of the identity's keys that count, in a fixed order.
func keys(i Identity, count func(Key) bool) []Key {
	var some []Key
	for _, k := range i.Keys {
		if count(k) {
			some = append(some, k)
		}
	}
	slices.SortFunc(some, func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	return some
}
