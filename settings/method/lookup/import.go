package lookup

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// maxImported bounds how many codes a set has, since all stand in one row.
const maxImported = 50

// Import gives an account its recovery codes from another system, for
// settings.Service.Import. codes are the unused ones, as they were given to their owner: 8
// to 64 letters and digits each; case, spaces and hyphens do not count. Codes that the
// other system has kept only as hashes cannot be imported: make new ones by Credentials and
// send them. addedAt may be zero.
//
// An account that has all of these codes already is left alone. One that has other codes is
// method.ErrImported.
func Import(codes []string, addedAt time.Time) method.Import {
	return method.Import{Method: aal.Lookup, Edit: func(v method.View, i *identity.Identity) error {
		if len(codes) == 0 || len(codes) > maxImported {
			return fmt.Errorf("%w: %d recovery codes, want 1 to %d", method.ErrImported, len(codes), maxImported)
		}
		set := make([]identity.Credential, len(codes))
		known := 0
		for n, code := range codes {
			read := typedCode{foreign: foreign(code)}
			if read.foreign == "" {
				return fmt.Errorf("%w: recovery code %d does not have %d to %d letters and digits", method.ErrImported, n+1, minForeign, maxForeign)
			}
			if hasCode(v.Secrets, *i, read) {
				known++
			}
			salt := make([]byte, saltSize)
			rand.Read(salt)
			data, err := json.Marshal(stored{MAC: v.Secrets.MAC(parts(read.foreign, salt)...), Salt: salt, Foreign: true})
			if err != nil {
				return err
			}
			set[n] = identity.Credential{ID: strconv.Itoa(n + 1), Data: data, AddedAt: v.AddedAt(addedAt)}
		}
		switch {
		case known == len(codes):
			return nil
		case len(i.State.Factors[aal.Lookup].Credentials) > 0:
			return fmt.Errorf("%w: the account has other recovery codes", method.ErrImported)
		}
		method.SetCredentials(i, aal.Lookup, set...)
		return nil
	}}
}

// hasCode reports whether an identity has a code, used or not.
func hasCode(secrets method.Secrets, i identity.Identity, code typedCode) bool {
	for _, c := range i.State.Factors[aal.Lookup].Credentials {
		if matches(secrets, c, code) {
			return true
		}
	}
	return false
}
