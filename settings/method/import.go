package method

import (
	"errors"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
)

// ErrImported is returned by an Import's Edit, and so by settings.Service.Import, for a
// credential that cannot be taken: its text says why, for whoever runs the import.
var ErrImported = errors.New("method: this credential cannot be imported")

// Import is a credential that an account brings from another system, for
// settings.Service.Import. The methods make it: totp.Import, lookup.Import,
// webauthn.Credential.Passkey and .SecurityKey, oidc.Account.Import.
type Import struct {
	// Method is whose credential it is.
	Method aal.Method

	// Edit puts the credential into an identity, with its keys. For one that the
	// identity has already it does nothing, so an import may run again. It may run
	// again on a newer row, and is ErrImported for what is damaged or has no room.
	Edit func(v View, i *identity.Identity) error
}

// SetCredentials makes these the credentials of a factor of an identity, which is the
// caller's own: its serial moves, so nothing is derived from it twice.
func SetCredentials(i *identity.Identity, m aal.Method, all ...identity.Credential) {
	if i.State.Factors == nil {
		i.State.Factors = map[aal.Method]identity.Factor{}
	}
	f := i.State.Factors[m]
	f.Serial++
	f.Credentials = all
	i.State.Factors[m] = f
}

// AddedAt is the time that an imported credential was added at: now if it is not known.
func (v View) AddedAt(t time.Time) time.Time {
	if t.IsZero() {
		return v.Now
	}
	return t
}
