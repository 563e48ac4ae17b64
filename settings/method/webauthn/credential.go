package webauthn

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	relying "github.com/go-webauthn/webauthn/webauthn"

	"github.com/amend-go/amend/aal"
	"github.com/amend-go/amend/settings/identity"
	"github.com/amend-go/amend/settings/jsonrecord"
	"github.com/amend-go/amend/settings/method"
)

// The row of an identity holds all of its credentials, so there is a bound to
// how many there are of each method, and to how large one is.
const (
	maxCredentials = 20
	maxPublicKey   = 2 << 10 // bytes; RSA with 8192 bits takes half of it
)

// record is what is kept of a credential beside its id, name and time. See
// Web Authentication Level 3, section 4, "credential record".
type record struct {
	Handle         []byte                            `json:"user_handle"`
	PublicKey      []byte                            `json:"public_key"` // COSE
	Count          uint32                            `json:"sign_count,omitempty"`
	BackupEligible bool                              `json:"backup_eligible,omitempty"`
	BackedUp       bool                              `json:"backed_up,omitempty"`
	FlagsUnknown   bool                              `json:"flags_unknown,omitempty"` // of an import: the first sign-in tells the two
	Transports     []protocol.AuthenticatorTransport `json:"transports,omitempty"`
	AAGUID         []byte                            `json:"aaguid,omitempty"` // nil where the authenticator does not tell

	Unknown jsonrecord.Unknown `json:"-"`
}

// stored is a credential with its record.
type stored struct {
	identity.Credential
	record
}

// open reads the record of a credential; ok is false for one that is not ours.
func open(c identity.Credential) (s stored, ok bool) {
	s.Credential = c
	return s, jsonrecord.Decode(c.Data, &s.record) == nil && len(s.Handle) > 0
}

// rawID is the id as authenticators have it.
func (s stored) rawID() []byte {
	id, _ := hex.DecodeString(s.ID) // we have written it
	return id
}

// relying is the credential as the verification takes it.
func (s stored) relying() relying.Credential {
	return relying.Credential{
		ID: s.rawID(), PublicKey: s.PublicKey, Transport: s.Transports,
		Flags:         relying.CredentialFlags{BackupEligible: s.BackupEligible, BackupState: s.BackedUp},
		Authenticator: relying.Authenticator{SignCount: s.Count},
	}
}

// credentials are those of an identity by some methods.
func credentials(i identity.Identity, methods ...aal.Method) []stored {
	var all []stored
	for _, m := range methods {
		for _, c := range i.State.Factors[m].Credentials {
			if s, ok := open(c); ok {
				all = append(all, s)
			}
		}
	}
	return all
}

// every are the credentials of both methods. An authenticator knows no
// difference between them, and neither do the ids and the user handle.
func every(i identity.Identity) []stored { return credentials(i, aal.WebAuthn, aal.Passkey) }

// find finds a credential of the method by its id.
func (m *Method) find(i identity.Identity, id string) (stored, bool) {
	for _, c := range credentials(i, m.method) {
		if c.ID == id {
			return c, true
		}
	}
	return stored{}, false
}

func (m *Method) serial(i identity.Identity) uint64 { return i.State.Factors[m.method].Serial }

// add puts a credential into an identity.
func (m *Method) add(i *identity.Identity, c identity.Credential) {
	f := i.State.Factors[m.method]
	f.Serial++
	f.Credentials = append(slices.Clip(f.Credentials), c)
	if i.State.Factors == nil {
		i.State.Factors = map[aal.Method]identity.Factor{}
	}
	i.State.Factors[m.method] = f
	i.Keys = append(slices.Clip(i.Keys), key(c.ID))
}

// drop takes a credential out of an identity.
func (m *Method) drop(i *identity.Identity, id string) bool { return id != "" && i.Drop(m.method, id) }

// key is what finds the identity of a credential.
func key(id string) identity.Key { return identity.Key{Kind: identity.WebAuthn, Value: id} }

// handle is the user handle: what an authenticator knows the account by. It
// must not tell who that is (section 14.6.1), and must stay the same, or an
// authenticator would take the account for another one. So it is derived for the
// first credential, and kept with it from then on. known are those there are.
func handle(v method.View, known []stored) []byte {
	if len(known) > 0 {
		return known[0].Handle
	}
	return v.Secrets.Derive(64, "user handle")
}

// sameHandle reports whether an identity has no other user handle than this.
func sameHandle(i identity.Identity, handle []byte) bool {
	return !slices.ContainsFunc(every(i), func(c stored) bool { return !bytes.Equal(c.Handle, handle) })
}

// user is an identity as the relying party sees it.
type user struct {
	handle      []byte
	name        string
	credentials []relying.Credential
}

func (u user) WebAuthnID() []byte                        { return u.handle }
func (u user) WebAuthnName() string                      { return u.name }
func (u user) WebAuthnDisplayName() string               { return u.name }
func (u user) WebAuthnCredentials() []relying.Credential { return u.credentials }

// What is kept of the transports that a client claims: names, and not too many.
const (
	maxTransports = 16
	maxTransport  = 32 // characters of one
)

// transports are hints of a browser for browsers: how the authenticator can be
// reached. They are kept as they came, those too that are not in the standard yet
// (Web Authentication Level 3, sections 5.2.1.1 and 7.1), as far as they are names: a
// client may claim anything.
func transports(claimed []protocol.AuthenticatorTransport) []protocol.AuthenticatorTransport {
	var kept []protocol.AuthenticatorTransport
	for _, t := range claimed {
		name := t != "" && len(t) <= maxTransport && strings.Trim(string(t), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
		if name && len(kept) < maxTransports && !slices.Contains(kept, t) {
			kept = append(kept, t)
		}
	}
	return kept
}
