package method

import (
	"errors"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
)

// ErrImported is returned by an Import's Edit, and by settings.Service.Import, for a
// credential that cannot be imported. Its text says why, to whoever runs the import.
var ErrImported = errors.New("method: this credential cannot be imported")

// Import is a credential that an account brings from another system, for
// settings.Service.Import. The methods make it: totp.Import, lookup.Import,
// webauthn.Credential.Passkey and .SecurityKey, oidc.Account.Import.
type Import struct {
	// Method is the method that the credential belongs to.
	Method aal.Method

	// Edit adds the credential and its keys to i. If i has the credential already, it does
	// nothing, so an import may run again; it may also run again on a newer row. It returns
	// ErrImported for a credential that is damaged, or that there is no room for.
	Edit func(v View, i *identity.Identity) error
}

// SetCredentials replaces all credentials of a factor in i, which must be the caller's own
// copy. It raises the factor's Serial, so that a secret made for an enrolment before can no
// longer be used.
func SetCredentials(i *identity.Identity, m aal.Method, all ...identity.Credential) {
	if i.State.Factors == nil {
		i.State.Factors = map[aal.Method]identity.Factor{}
	}
	f := i.State.Factors[m]
	f.Serial++
	f.Credentials = all
	i.State.Factors[m] = f
}

// AddedAt is the time at which an imported credential was added: t, or Now if t is zero.
func (v View) AddedAt(t time.Time) time.Time {
	if t.IsZero() {
		return v.Now
	}
	return t
}
