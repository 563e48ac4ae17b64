package webauthn

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/method"
)

// maxHandle is the longest user handle, in bytes, and maxCredentialID the longest
// credential id (Web Authentication Level 3, sections 5.4.3 and 4).
const (
	maxHandle       = 64
	maxCredentialID = 1023
)

// Credential is a security key or a passkey that was registered with another system, for
// settings.Service.Import. It works here if the RPID is the same; a key that was registered
// by U2F, under an AppID, does not.
type Credential struct {
	// ID is the credential id, PublicKey the COSE_Key, as authenticators give them.
	ID, PublicKey []byte

	// UserHandle is the user.id that the credential was made with: 1 to 64 bytes, the
	// same for all credentials of an account.
	UserHandle []byte

	// SignCount is the last signature counter that was seen; 0 for none.
	SignCount uint32

	// BackupEligible and BackedUp are the flags BE and BS. If the other system did not keep
	// them, set FlagsUnknown: they are then taken from the first sign-in here.
	BackupEligible, BackedUp, FlagsUnknown bool

	// AAGUID is the kind of the authenticator, as its attestation said; zero if it is not
	// known.
	AAGUID [16]byte

	Transports []string  // hints for browsers, "usb", "internal"; may be nil
	Name       string    // what its owner calls it; "" for no name of their own
	AddedAt    time.Time // zero if it is not known
}

// Passkey imports a credential that signs in on its own: one that was made discoverable,
// and whose authenticator verifies its user. A credential that Ory Kratos calls
// passwordless is one.
func (c Credential) Passkey() method.Import { return c.importTo(aal.Passkey) }

// SecurityKey imports a second factor.
func (c Credential) SecurityKey() method.Import { return c.importTo(aal.WebAuthn) }

func (c Credential) importTo(factor aal.Method) method.Import {
	return method.Import{Method: factor, Edit: func(v method.View, i *identity.Identity) error {
		if wrong := c.wrong(); wrong != "" {
			return fmt.Errorf("%w: %s", method.ErrImported, wrong)
		}
		id := hex.EncodeToString(c.ID)
		if slices.ContainsFunc(credentials(*i, factor), func(s stored) bool { return s.ID == id && bytes.Equal(s.PublicKey, c.PublicKey) }) {
			return nil
		}
		all := every(*i)
		switch {
		case slices.ContainsFunc(all, func(s stored) bool { return s.ID == id }):
			return fmt.Errorf("%w: the account has this credential with another key, or as another factor", method.ErrImported)
		case !sameHandle(*i, c.UserHandle):
			return fmt.Errorf("%w: the account has credentials with another user handle", method.ErrImported)
		case len(i.State.Factors[factor].Credentials) >= maxCredentials:
			return fmt.Errorf("%w: an account has at most %d of them", method.ErrImported, maxCredentials)
		}
		named := printable(c.Name)
		if named == "" || len([]rune(named)) > maxName {
			named = ""
		}
		var hints []protocol.AuthenticatorTransport
		for _, t := range c.Transports {
			hints = append(hints, protocol.AuthenticatorTransport(t))
		}
		data, err := json.Marshal(record{
			Handle: c.UserHandle, PublicKey: c.PublicKey, Count: c.SignCount,
			BackupEligible: c.BackupEligible, BackedUp: c.BackedUp, FlagsUnknown: c.FlagsUnknown, Transports: transports(hints),
			AAGUID: aaguidOf(c.AAGUID[:]),
		})
		if err != nil {
			return err
		}
		had := i.State.Factors[factor].Credentials
		method.SetCredentials(i, factor, append(slices.Clip(had), identity.Credential{ID: id, Data: data, Name: named, AddedAt: v.AddedAt(c.AddedAt)})...)
		i.Keys = append(slices.Clip(i.Keys), key(id))
		return nil
	}}
}

// wrong is what makes a credential one that cannot be, "" for nothing.
func (c Credential) wrong() string {
	if _, err := webauthncose.ParsePublicKey(c.PublicKey); err != nil {
		return "the public key is no COSE_Key"
	}
	switch {
	case len(c.ID) == 0 || len(c.ID) > maxCredentialID:
		return fmt.Sprintf("a credential id of %d bytes", len(c.ID))
	case len(c.PublicKey) > maxPublicKey:
		return "the public key is too long"
	case len(c.UserHandle) == 0 || len(c.UserHandle) > maxHandle:
		return fmt.Sprintf("a user handle of %d bytes", len(c.UserHandle))
	case c.BackedUp && !c.BackupEligible && !c.FlagsUnknown:
		return "it is backed up, and not eligible for it"
	case c.FlagsUnknown && (c.BackedUp || c.BackupEligible):
		return "its flags are said, and said to be unknown"
	}
	return ""
}
