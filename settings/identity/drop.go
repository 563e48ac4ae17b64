package identity

import (
	"maps"
	"slices"

	"github.com/amend-go/amend/aal"
)

// This file owns taking a credential out of an identity.

// Without is the identity after Drop, to be looked at: it shares all that stays.
func (i Identity) Without(m aal.Method, id string) Identity {
	i.State.Factors = maps.Clone(i.State.Factors)
	i.Drop(m, id)
	return i
}

// Drop removes a credential of a factor, and the keys that have its id. With "" for id it
// removes all credentials of the factor, and with aal.Password the password. It is false if
// there was nothing to remove. The factor itself stays, because its serial must not begin
// again.
func (i *Identity) Drop(m aal.Method, id string) bool {
	if m == aal.Password {
		had := i.PasswordHash != "" && id == ""
		if had {
			i.PasswordHash = ""
		}
		return had
	}
	f := i.State.Factors[m]
	goes := func(c Credential) bool { return id == "" || c.ID == id }
	if !slices.ContainsFunc(f.Credentials, goes) {
		return false
	}
	before := f.Credentials
	f.Serial++
	f.Credentials = slices.DeleteFunc(slices.Clone(before), goes)
	i.State.Factors[m] = f
	i.Keys = slices.DeleteFunc(slices.Clone(i.Keys), func(k Key) bool {
		if k.Kind == Identifier {
			return false
		}
		return m == aal.OIDC && k.Kind == OIDC && len(f.Credentials) == 0 ||
			slices.ContainsFunc(before, func(c Credential) bool { return goes(c) && c.ID == k.Value })
	})
	return true
}
