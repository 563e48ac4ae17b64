package totp

import (
	"errors"
	"fmt"
	"time"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// Import is an authenticator app that an account had in another system, for
// settings.Service.Import: its secret of 128 bit or more (RFC 4226 section 4), of SHA-1,
// six digits and 30 seconds, which is what apps can do. addedAt may
// be zero.
//
// Codes that were used in the other system shortly before the import are good once here.
// An account has one app: another secret beside it is method.ErrImported.
func Import(secret []byte, addedAt time.Time) method.Import {
	return method.Import{Method: aal.TOTP, Edit: func(v method.View, i *identity.Identity) error {
		if len(secret) < minSecret {
			return fmt.Errorf("%w: an authenticator app's secret of %d bit, want 128 or more", method.ErrImported, 8*len(secret))
		}
		app, err := Credential(secret, v.AddedAt(addedAt))
		if err != nil {
			return fmt.Errorf("%w: %w", method.ErrImported, err)
		}
		if enrolled(*i) == nil {
			method.SetCredentials(i, aal.TOTP, app)
			return nil
		}
		if same, err := hasSecret(*i, secret); err != nil || !same {
			return fmt.Errorf("%w: %w", method.ErrImported, errors.Join(errors.New("the account has another authenticator app"), err))
		}
		return nil
	}}
}
